"""A decision in words, for people, from the trace that the contract returns."""

from collections.abc import Iterator

from decider.policy.span import in_short
from decider.v1 import decider_pb2 as pb
from decider.v1 import limits_pb2, policy_pb2, trace_pb2

_OUTCOMES = {
    trace_pb2.RULE_OUTCOME_MATCHED: "matched",
    trace_pb2.RULE_OUTCOME_NOT_MATCHED: "no match",
    trace_pb2.RULE_OUTCOME_ERROR: "error",
    trace_pb2.RULE_OUTCOME_NOT_REACHED: "not reached",
    trace_pb2.RULE_OUTCOME_SKIPPED: "passed over",
}


def in_words(request: pb.DecideTopicCreationRequest, response: pb.DecideTopicCreationResponse) -> str:
    """The answer, the facts and each rule, one a line, for people. The response carries its trace."""
    trace = response.trace
    return "\n".join(
        [
            _verdict(response),
            _decisive(response),
            f"  at {trace.now.ToJsonString()}, policy {response.policy_revision}",
            *_section("request", _fields(request)),
            *_section("facts", _facts(trace)),
            *_section("matches", _matches(request, trace)),
            *_section("limits", _limits(trace)),
            *_section("rules", _rules(response)),
        ]
    )


def _verdict(response: pb.DecideTopicCreationResponse) -> str:
    if response.verdict == policy_pb2.VERDICT_ALLOW:
        return "ALLOW"
    message = f' "{response.message}"' if response.message else ""
    return f"REFUSE with code {response.code}{message}"


def _decisive(response: pb.DecideTopicCreationResponse) -> str:
    document = response.trace.document
    return f"  by rule {response.rule_id} of {document}" if response.rule_id else f"  by the default of {document}"


def _section(title: str, rows: Iterator[tuple[str, ...]]) -> list[str]:
    """Rows in columns under a title; nothing where there are no rows."""
    cells = list(rows)
    if not cells:
        return []
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["", title, *("  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)]


def _fields(request: pb.DecideTopicCreationRequest) -> Iterator[tuple[str, str]]:
    for field, value in request.ListFields():
        if field.name == "attributes":
            yield from ((f'attributes["{key}"]', repr(text)) for key, text in sorted(value.items()))
        elif field.name == "platform":
            yield field.name, _platform_name(value)
        elif field.name == "event_time":
            yield field.name, value.ToJsonString()
        elif field.name not in ("explain", "dry_run"):
            yield field.name, repr(value)


def _platform_name(number: int) -> str:
    return pb.Platform.Name(pb.Platform.ValueType(number)) if number in pb.Platform.values() else str(number)


def _facts(trace: trace_pb2.Trace) -> Iterator[tuple[str, str]]:
    yield "operator.lists", ", ".join(trace.operator.lists) or "none"
    yield "client.lists", ", ".join(trace.client.lists) or "none"
    yield "name.lists", ", ".join(trace.name.lists) or "none"
    yield "name.length", str(trace.name.length)
    yield "name.folded", repr(trace.name.folded)
    yield "name.scripts", ", ".join(trace.name.scripts) or "none"
    yield "name.mixed_scripts", str(trace.name.mixed_scripts).lower()
    yield "name.invisible", str(trace.name.invisible).lower()


def _matches(request: pb.DecideTopicCreationRequest, trace: trace_pb2.Trace) -> Iterator[tuple[str, str, str]]:
    subjects = {
        trace_pb2.MATCH_SUBJECT_OPERATOR: request.operator_user_id,
        trace_pb2.MATCH_SUBJECT_NAME: request.topic_name,
        trace_pb2.MATCH_SUBJECT_CLIENT: request.client_ip,
    }
    for match in trace.matches:
        span = subjects[match.subject][match.start : match.end]
        yield match.list, repr(match.entry), f"matches {span!r} at {match.start}..{match.end}"


def _limits(trace: trace_pb2.Trace) -> Iterator[tuple[str, str, str]]:
    for rule in trace.rules:
        if rule.HasField("limit"):
            yield rule.rule_id, f"for {', '.join(map(repr, rule.limit_key))}", usage_in_words(rule.limit)


def usage_in_words(limit: limits_pb2.LimitUsage) -> str:
    """How far a limit is used."""
    if limit.error:
        return f"unknown: {limit.error}"
    shadow = " (in shadow, counted apart)" if limit.shadow else ""
    frees = f", the next one is free at {limit.frees_up.ToJsonString()}" if limit.HasField("frees_up") else ""
    return f"{limit.used} of {limit.count} used in {in_short(limit.per.seconds)}{frees}{shadow}"


def _rules(response: pb.DecideTopicCreationResponse) -> Iterator[tuple[str, str, str, str]]:
    for rule in response.trace.rules:
        mark = ">" if rule.rule_id == response.rule_id else " "
        outcome = _OUTCOMES[rule.outcome] + (" (shadow)" if rule.shadow else "")
        why = rule.error or " ".join(rule.when.split()) or ("by its limit" if rule.HasField("limit") else "always")
        yield mark, rule.rule_id, outcome, why
