"""The vendor at its busiest: webhooks that come when they are due, whether or not earlier ones were answered."""

import re
import select
import socket
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, NamedTuple

# How many are sent in a row before answers are read.
_AT_ONCE: Final = 32
_ANSWER: Final = re.compile(rb'HTTP/1\.1 200 OK\r\n.*\r\n\r\n\{.*"ErrorCode":(\d+)\}\Z', re.DOTALL)


class Answer(NamedTuple):
    """What became of one webhook; times in seconds."""

    due: float
    sent: float
    # From sending, the connecting included, to the answer or the end of patience.
    took: float
    # The vendor's code; None: no answer.
    code: int | None
    failure: str = ""

    @property
    def done(self) -> float:
        """When it ended."""
        return self.sent + self.took


@dataclass(slots=True)
class _Exchange:
    connection: socket.socket
    due: float
    sent: float
    unsent: bytes
    received: bytes = b""
    over: bool = False
    # Whether the poll looks for room to write.
    watched: bool = False


@dataclass
class Crowd:
    """One thread that speaks raw HTTP over as many connections as it takes.

    `webhook` makes the bytes of the next one. With `reuse`, an idle connection is used before a new one is opened.
    """

    address: tuple[str, int]
    webhook: Callable[[], bytes]
    reuse: bool = True
    # Where connections come from: a host has 28,000 ports, and every closed connection keeps its one for a minute.
    source: str = "127.0.0.1"
    # Seconds after which the sender hangs up.
    patience: float = 2.0
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._poll = select.epoll()
        self._idle: list[socket.socket] = []
        self._busy: dict[int, _Exchange] = {}
        # In the order in which they were sent, which is that in which patience ends.
        self._order: deque[_Exchange] = deque()

    def send_when_due(self, times: Sequence[float]) -> list[Answer]:
        """Send one webhook at each of the times, by the monotonic clock; return when the last has ended."""
        waiting = deque(times)
        while waiting or self._busy:
            now = time.monotonic()
            for _ in range(_AT_ONCE):
                if not (waiting and waiting[0] <= now):
                    break
                self._send(waiting.popleft())
            self._turn(waiting[0] if waiting else now + 1)
        return self._finish()

    def send_when_answered(self, connections: int, until: float) -> list[Answer]:
        """Keep that many webhooks under way until a moment; return when the last has ended."""
        while self._busy or time.monotonic() < until:
            while len(self._busy) < connections and time.monotonic() < until:
                self._send(time.monotonic())
            self._turn(time.monotonic() + 1)
        return self._finish()

    def _finish(self) -> list[Answer]:
        for connection in self._idle:
            connection.close()
        self._poll.close()
        return self.answers

    def _turn(self, until: float) -> None:
        first = self._order[0].sent + self.patience if self._order else until
        for number, events in self._poll.poll(max(0.0, min(until, first) - time.monotonic())):
            exchange = self._busy.get(number)
            if exchange is None:
                self._lose_idle(number)
            elif exchange.unsent and events & select.EPOLLOUT:
                self._write(exchange)
            else:
                self._read(exchange)
        self._give_up()

    def _send(self, due: float) -> None:
        connection = self._idle.pop() if self._idle else self._connect()
        exchange = _Exchange(connection, due, time.monotonic(), self.webhook())
        self._busy[connection.fileno()] = exchange
        self._order.append(exchange)
        self._write(exchange)

    def _connect(self) -> socket.socket:
        connection = socket.socket()
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT: the port is chosen by connect
        connection.bind((self.source, 0))
        connection.connect_ex(self.address)
        self._poll.register(connection, select.EPOLLIN)
        return connection

    def _write(self, exchange: _Exchange) -> None:
        try:
            exchange.unsent = exchange.unsent[exchange.connection.send(exchange.unsent) :]
        except BlockingIOError:
            pass
        except OSError as error:
            self._end(exchange, None, type(error).__name__)
            return
        if bool(exchange.unsent) != exchange.watched:
            exchange.watched = not exchange.watched
            self._poll.modify(exchange.connection, select.EPOLLIN | (select.EPOLLOUT if exchange.watched else 0))

    def _read(self, exchange: _Exchange) -> None:
        try:
            data = exchange.connection.recv(4096)
        except OSError as error:
            self._end(exchange, None, type(error).__name__)
            return
        exchange.received += data
        if found := _ANSWER.match(exchange.received):
            self._end(exchange, int(found[1]))
        elif not data:
            self._end(exchange, None, "not HTTP 200" if exchange.received else "closed")

    def _give_up(self) -> None:
        patient = time.monotonic() - self.patience
        while self._order and (self._order[0].over or self._order[0].sent <= patient):
            exchange = self._order.popleft()
            if not exchange.over:
                self._end(exchange, None, "no connection" if exchange.unsent else "no answer")

    def _end(self, exchange: _Exchange, code: int | None, failure: str = "") -> None:
        exchange.over = True
        del self._busy[exchange.connection.fileno()]
        took = time.monotonic() - exchange.sent
        self.answers.append(Answer(exchange.due, exchange.sent, took, code, failure))
        if self.reuse and code is not None and b"\r\nConnection: close\r\n" not in exchange.received:
            self._idle.append(exchange.connection)
        else:
            exchange.connection.close()

    def _lose_idle(self, number: int) -> None:
        for connection in [each for each in self._idle if each.fileno() == number]:
            self._idle.remove(connection)
            with suppress(OSError):
                connection.close()


def arrivals(start: float, rate: float, seconds: float, chance: Callable[[float], float]) -> Iterator[float]:
    """Moments of independent arrivals; `chance` draws the time to the next one, as random.expovariate does."""
    moment = start
    while (moment := moment + chance(rate)) < start + seconds:
        yield moment
