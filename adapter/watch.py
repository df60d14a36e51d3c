"""Which sockets have news, at a cost that depends on those with something going on and not on how many are open."""

import select
from collections.abc import Iterable, Mapping
from typing import Any, Final

from waitress import wasyncore

_READ: Final = select.EPOLLIN | select.EPOLLPRI
_WRITE: Final = select.EPOLLOUT


class Watch:
    """Waitress' sockets, treated as its own loop would, but asked what they wait for only when that may have changed.

    Its loop asks each one in every turn. With hundreds of connections that takes as long as ten answers, and most
    of them have nothing to say.
    """

    def __init__(self, sockets: Mapping[int, Any]) -> None:
        """`sockets` are those that are open, by descriptor; others see to it that they are."""
        self._sockets = sockets
        self._poll = select.epoll()
        # What descriptors are watched for; those that are not there are watched for nothing.
        self._watched: dict[int, int] = {}

    def ask(self, sockets: Iterable[Any]) -> None:
        """Watch sockets for what they wait for now."""
        for each in sockets:
            if each._fileno in self._sockets:
                self._watch(each._fileno, _awaited(each))

    def turn(self, seconds: float) -> list[int]:
        """Have sockets do what they are ready for, within so many seconds; return the descriptors that had news."""
        news = self._poll.poll(seconds)
        for number, events in news:
            if number in self._sockets:
                wasyncore.readwrite(self._sockets[number], events)
        return [number for number, _ in news]

    def forget(self, number: int) -> None:
        """Stop watching a descriptor; it has to be before it is closed."""
        self._watch(number, 0)

    def close(self) -> None:
        """Watch nothing any more."""
        self._poll.close()

    def _watch(self, number: int, awaited: int) -> None:
        watched = self._watched.pop(number, 0)
        if awaited:
            self._watched[number] = awaited
        if awaited == watched:
            return
        if not watched:
            self._poll.register(number, awaited)
        elif awaited:
            self._poll.modify(number, awaited)
        else:
            self._poll.unregister(number)


def _awaited(each: Any) -> int:
    # A socket that accepts is never to be written to.
    return (_READ if each.readable() else 0) | (_WRITE if each.writable() and not each.accepting else 0)
