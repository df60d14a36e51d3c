"""Of what callers send along as a trace, only what is of the W3C's form is taken."""

import pytest

from decider.tracing.context import TraceContext, read_context

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
GOOD = f"00-{TRACE}-{SPAN}-01"


def test_a_sampled_trace_with_its_state() -> None:
    metadata = [("user-agent", "x"), ("traceparent", GOOD), ("tracestate", "a=1"), ("tracestate", "b=2")]
    assert read_context(metadata) == TraceContext(TRACE, SPAN, sampled=True, state="a=1,b=2")


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("02", False), ("ff", True)])
def test_of_the_flags_one_says_whether_it_is_sampled(flags: str, sampled: bool) -> None:
    context = read_context([("traceparent", GOOD[:-2] + flags)])
    assert context is not None
    assert context.sampled is sampled


def test_a_later_version_may_add_something() -> None:
    assert read_context([("traceparent", f"01{GOOD[2:]}-more")]) == TraceContext(TRACE, SPAN, sampled=True)


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "00",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"{GOOD}-more",
        f"01{GOOD[2:]}more",
        GOOD.upper(),
        f" {GOOD}",
        f"{GOOD}\n",
        f"00-{TRACE[:-1]}-{SPAN}-01",
        f"00-{TRACE}0-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE[:-1]}\u0661-{SPAN}-01",
        GOOD.encode(),
    ],
)
def test_anything_else_is_no_trace(bad: str | bytes) -> None:
    assert read_context([("traceparent", bad)]) is None


def test_two_are_none() -> None:
    assert read_context([("traceparent", GOOD), ("traceparent", GOOD)]) is None
    assert read_context([]) is None
