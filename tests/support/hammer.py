"""Many callers at once on one key, and a log of what they were answered that knows nothing of the decider."""

import random
import signal
import threading
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc
from policies import request
from processes import Program, free_port

from decider.v1 import decider_pb2 as pb
from decider.v1 import decider_pb2_grpc as rpc
from decider.v1 import policy_pb2


@dataclass(frozen=True, slots=True)
class Answer:
    """One call: when it was sent and answered, and the verdict; None: nobody knows what became of it."""

    sent: float
    answered: float
    allowed: bool | None


def most_in_a_window(admitted: Sequence[Answer], per: float) -> int:
    """The most that were surely admitted in one window, wherever it lies: sent and answered inside it."""
    most = 0
    by_answer = sorted(admitted, key=lambda each: each.answered)
    ends = [each.answered for each in by_answer]
    for begin in (each.sent for each in admitted):
        until = by_answer[: bisect_right(ends, begin + per)]
        most = max(most, sum(each.sent >= begin for each in until))
    return most


@dataclass
class Replica:
    """A decider that can be killed and started again on its port."""

    start: Callable[[str], Program]
    address: str = field(default_factory=lambda: f"127.0.0.1:{free_port()}")

    def __post_init__(self) -> None:
        self.program = self.start(self.address)

    def kill(self) -> None:
        self.program.signal(signal.SIGKILL)
        self.program.wait()
        self.program.end()

    def restart(self) -> None:
        self.program = self.start(self.address)

    def end(self) -> None:
        self.program.end()


class Hammer:
    """Keeps `callers` calls under way to one replica, each with an id of its own, until told to stop."""

    def __init__(self, address: str, callers: int, name: str = "chess") -> None:
        self.log: list[Answer] = []
        self._stop = threading.Event()
        self._request = request(name)
        self._channel = grpc.insecure_channel(address, options=[("grpc.max_reconnect_backoff_ms", 200)])
        self._decide = rpc.DeciderServiceStub(self._channel).DecideTopicCreation
        self._idle = threading.Semaphore(callers)
        self._callers = callers
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> list[Answer]:
        """Stop, wait for what is under way, and give the log."""
        self._stop.set()
        self._thread.join()
        for _ in range(self._callers):
            assert self._idle.acquire(timeout=30)
        self._channel.close()
        return self.log

    def _run(self) -> None:
        while not self._stop.is_set():
            if self._idle.acquire(timeout=0.05):
                self._call()

    def _call(self) -> None:
        asked = pb.DecideTopicCreationRequest()
        asked.CopyFrom(self._request)
        asked.request_id = f"{random.getrandbits(64):x}"
        sent = time.monotonic()
        future = self._decide.future(asked, timeout=2.0)
        future.add_done_callback(lambda done: self._done(sent, done))

    def _done(self, sent: float, done: grpc.Future) -> None:
        error = done.exception()
        allowed = None if error else done.result().verdict == policy_pb2.VERDICT_ALLOW
        self.log.append(Answer(sent, time.monotonic(), allowed))
        if error:
            self._stop.wait(0.02)  # a replica that is down is not asked as fast as it can refuse
        self._idle.release()
