"""What a call's step says of how it ended."""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType

import grpc
import pytest
from processes import TIMEOUT, eventually

from decider.tracing.interceptor import Traced
from decider.tracing.span import Kind, Value


@dataclass
class Notes:
    """A trace of one step, kept here."""

    noted: dict[str, Value] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)
    trace_id: str = "0" * 31 + "1"
    span_id: str = "0" * 15 + "1"
    recording: bool = True

    def call(self, method: str, metadata: Iterable[tuple[str, str | bytes]]) -> "Notes":
        return self

    def step(self, name: str, kind: Kind = Kind.INTERNAL) -> "Notes":
        return self

    def note(self, attributes: Mapping[str, Value]) -> None:
        self.noted.update(attributes)

    def fail(self, why: str) -> None:
        self.failed.append(why)

    def close(self) -> None:
        pass

    def __enter__(self) -> "Notes":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def breaks(request: bytes, context: grpc.ServicerContext) -> bytes:
    raise ValueError("a defect")


def aborts(request: bytes, context: grpc.ServicerContext) -> bytes:
    context.abort(grpc.StatusCode.INVALID_ARGUMENT, "bad")
    raise AssertionError("abort raises")


def answers(request: bytes, context: grpc.ServicerContext) -> bytes:
    return request


def outlasts(request: bytes, context: grpc.ServicerContext) -> bytes:
    left = threading.Event()
    context.add_callback(left.set)
    left.wait(TIMEOUT)
    return request


METHODS = {"Breaks": breaks, "Aborts": aborts, "Answers": answers, "Outlasts": outlasts}


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def ask(notes: Notes) -> Iterator[Callable[[str, float], None]]:
    """Calls a method with a deadline, whatever comes of it."""
    server = grpc.server(ThreadPoolExecutor(2), interceptors=[Traced(notes, "a.Service")])
    handlers = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in METHODS.items()}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("a.Service", handlers)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:

        def call(method: str, deadline: float) -> None:
            channel.unary_unary(f"/a.Service/{method}").future(b"x", timeout=deadline).exception(TIMEOUT)

        yield call
    server.stop(None).wait(TIMEOUT)


@pytest.mark.parametrize(
    ("method", "deadline", "code", "failed"),
    [
        ("Answers", TIMEOUT, "OK", []),
        ("Aborts", TIMEOUT, "INVALID_ARGUMENT", []),
        ("Breaks", TIMEOUT, "UNKNOWN", ["UNKNOWN"]),
        ("Outlasts", 0.2, "DEADLINE_EXCEEDED", ["DEADLINE_EXCEEDED"]),
    ],
)
def test_a_step_has_the_status_that_the_caller_got(
    notes: Notes, ask: Callable[[str, float], None], method: str, deadline: float, code: str, failed: list[str]
) -> None:
    ask(method, deadline)
    eventually(lambda: notes.noted, "the end of the step")
    assert notes.noted["rpc.response.status_code"] == code
    assert notes.failed == failed
