"""What send tells."""

import pytest

from adapter.report import Summary, describe, reply_fields
from adapter.send import Reply
from adapter.vendor.answer import Answer


@pytest.mark.parametrize(
    ("reply", "first_line", "verdict"),
    [
        (Reply(0.0123, Answer(0), raw="{}"), "allowed", "allowed"),
        (Reply(0.0123, Answer(1), raw="{}"), "refused with code 1 (the user sees 10016)", "refused"),
        (Reply(0.0123, Answer(1, "No."), raw="{}"), "refused with code 1 (the user sees 10016): No.", "refused"),
        (Reply(0.0123, Answer(10101, "No."), raw="{}"), "refused with code 10101: No.", "refused"),
        (
            Reply(0.0123, failure="timeout"),
            "webhook failure: timeout; by the vendor's default, the topic is created",
            "failure",
        ),
    ],
)
def test_a_reply_is_told_with_its_verdict_its_json_and_its_time(reply, first_line, verdict):
    lines = describe(reply).splitlines()
    assert lines == [first_line, *([reply.raw] if reply.raw else []), "12.3 ms"]
    fields = reply_fields(reply)
    assert (fields["verdict"], fields["ms"], fields["raw"]) == (verdict, 12.3, reply.raw)


def test_a_summary_counts_answers_failures_and_ranks_latencies():
    replies = [Reply(ms / 1000, Answer(0)) for ms in range(1, 91)]
    replies += [Reply(ms / 1000, Answer(10101, "No.")) for ms in range(91, 100)] + [Reply(2.0, failure="timeout")]
    fields = Summary(replies, seconds=4.0).fields()
    assert (fields["sent"], fields["seconds"], fields["rate"]) == (100, 4.0, 25.0)
    assert fields["answers"] == [
        {"code": 0, "message": "", "count": 90},
        {"code": 10101, "message": "No.", "count": 9},
    ]
    assert fields["failures"] == {"timeout": 1}
    assert fields["latency_ms"] == {"min": 1, "p50": 50, "p90": 90, "p99": 99, "max": 2000}


def test_a_summary_reads_well():
    text = str(Summary([Reply(0.001, Answer(10101, "No.")), Reply(0.003, failure="HTTP 500")], seconds=2.0))
    assert text.splitlines() == [
        "sent 2 in 2.0 s (1.0/s)",
        "       1  code 10101  No.",
        "       1  webhook failure: HTTP 500",
        "By the vendor's default, the topic of a webhook that failed is created.",
        "ms: min 1.0  p50 1.0  p90 3.0  p99 3.0  max 3.0",
    ]


def test_a_summary_of_nothing_is_one_too():
    assert Summary([], 0.0).fields()["latency_ms"] == {}
    assert str(Summary([], 0.0)).startswith("sent 0 in 0.0 s (0.0/s)")
