"""Facts: what is worked out about a request once, before any rule runs."""

from collections.abc import Sequence
from dataclasses import dataclass

from decider.policy import names
from decider.policy.lists import IdIndex, Match, NetworkIndex
from decider.policy.words import WordIndex
from decider.v1 import decider_pb2 as pb
from decider.v1 import facts_pb2


@dataclass(frozen=True, slots=True)
class Facts:
    """The variables `operator`, `name` and `client`, and the list entries behind them."""

    operator: facts_pb2.OperatorFacts
    name: facts_pb2.NameFacts
    client: facts_pb2.ClientFacts
    matches: Sequence[Match]


@dataclass(frozen=True, slots=True)
class Lists:
    """The compiled lists of one document; `order` has their names as declared."""

    order: Sequence[str]
    ids: Sequence[IdIndex]
    networks: Sequence[NetworkIndex]
    words: WordIndex

    def facts(self, request: pb.DecideTopicCreationRequest) -> Facts:
        """Work out the facts. The request is within the limits of the contract."""
        folded = names.fold(request.topic_name)
        operator = [match for index in self.ids for match in index.find(request.operator_user_id)]
        client = [match for index in self.networks for match in index.find(request.client_ip)]
        name = self.words.find(request.topic_name, folded)
        return Facts(
            facts_pb2.OperatorFacts(lists=self._names(operator)),
            facts_pb2.NameFacts(
                lists=self._names(name),
                length=names.length(request.topic_name),
                folded=folded.text,
                scripts=names.scripts(request.topic_name),
                mixed_scripts=names.mixes_scripts(request.topic_name),
                invisible=names.hides_characters(request.topic_name),
            ),
            facts_pb2.ClientFacts(lists=self._names(client)),
            sorted((*operator, *name, *client), key=lambda match: (self.order.index(match.list), match.start)),
        )

    def _names(self, matches: Sequence[Match]) -> list[str]:
        found = {match.list for match in matches}
        return [name for name in self.order if name in found] if found else []
