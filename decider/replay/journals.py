"""Journals, read again: what was asked, when, and what was decided."""

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from decider.policy.policy import Effect
from decider.requests import RequestError, Written, read_time
from decider.v1 import decider_pb2 as pb

MASK = "hmac-sha256:"


@dataclass(frozen=True, slots=True)
class Decided:
    """One decision of a journal. Without a rule, the document's default decided."""

    place: str  # file:line
    time: datetime
    request: pb.DecideTopicCreationRequest
    effect: Effect
    rule_id: str


@dataclass(slots=True)
class Journals:
    """Reads journals, plain or compressed by gzip, one after the other; counts the lines that are left out, by reason.

    `passed` is told how many bytes of a file were read since it was last told.
    """

    paths: list[Path]
    passed: Callable[[int], object] = lambda count: None
    left_out: Counter[str] = field(default_factory=Counter)
    masked: int = 0

    def __iter__(self) -> Iterator[Decided]:
        """Every decision, in order. Raises RequestError for a line that is none of a journal, and OSError."""
        for path in self.paths:
            with path.open("rb") as file:
                yield from self._read(path, file)

    def _read(self, path: Path, file: BinaryIO) -> Iterator[Decided]:
        at = 0
        lines = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
        for number, line in enumerate(lines, start=1):
            decided = self._decided(f"{path}:{number}", line) if line.strip() else None
            if decided:
                self.masked += decided.request.operator_user_id.startswith(MASK)
                yield decided
            self.passed(file.tell() - at)
            at = file.tell()

    def _decided(self, place: str, line: bytes) -> Decided | None:
        match _json(line):
            case None if not line.endswith(b"\n"):
                self.left_out["cut off at the end of a file"] += 1
                return None
            case {"schema": 1, "repeated": True}:
                self.left_out["repeated by their caller"] += 1
                return None
            case {"schema": 1, "verdict": None}:
                self.left_out["could not be decided then"] += 1
                return None
            case {
                "schema": 1,
                "time": str(time),
                "request": dict(fields),
                "verdict": "allow" | "refuse" as verdict,
                "code": int(code),
                "message": str(message),
                "rule_id": str(rule_id),
            }:
                effect = Effect(verdict == "allow", code, message)
                try:
                    at = read_time(time)
                    return Decided(place, at, Written(fields, at).build({}), effect, rule_id)
                except RequestError as error:
                    raise RequestError(f"{place}: {error}") from None
        raise RequestError(f"{place}: not a line of the journal")


def _json(line: bytes) -> object:
    try:
        return json.loads(line)
    except ValueError:
        return None
