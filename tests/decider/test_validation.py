"""What the table of limits says, without a server."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policies import request

from decider.undecided import Undecided
from decider.v1 import decider_pb2 as pb
from decider.validation import validate

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=1100)


@given(
    app_id=st.integers(-(2**63), 2**63 - 1), operator=TEXT, name=TEXT, ip=st.text("0123456789.:%abcdef", max_size=50)
)
def test_a_request_is_valid_or_every_reason_names_a_field(app_id: int, operator: str, name: str, ip: str) -> None:
    asked = pb.DecideTopicCreationRequest(app_id=app_id, operator_user_id=operator, topic_name=name, client_ip=ip)
    try:
        validate(asked)
    except Undecided as undecided:
        fields = {violation.field for violation in undecided.violations}
        assert fields <= {"app_id", "operator_user_id", "topic_name", "client_ip"}
        assert fields
    else:
        assert app_id > 0
        assert 0 < len(operator) <= 128
        assert 0 < len(name) <= 1000


def test_a_long_list_of_reasons_is_told_short_and_kept_whole() -> None:
    with pytest.raises(Undecided) as caught:
        validate(pb.DecideTopicCreationRequest(client_ip="x", request_id=" "))
    assert str(caught.value).endswith("; and 2 more")
    assert len(caught.value.violations) == 5


def test_a_good_request_is_valid() -> None:
    validate(request())
