"""One body, one name: what the policy compares, what the journal keeps and what a strict reader reads is the same."""

import json
from collections.abc import Callable
from random import Random
from typing import Final

import bodies
import pytest
from conftest import Pair
from exchange import post
from processes import eventually
from reading import APP, COMMAND, Unclear, read_object
from runs import ONLY, repeatable, share, source

_TARGET: Final = f"/?SdkAppid={APP}&CallbackCommand={COMMAND}"

# Each with twins that some step on the way could take for it: other forms, cases, widths, hidden characters, edges.
_STEMS: Final = (
    "café",
    "Straße",
    "Ⅷ ﬁn",
    "İstanbul",
    "한국어",
    "שלום",
    "ไทย",
    "👩‍👩‍👧",
    "a\u0301b",
    "x\u2028y",
    "\ufeffz",
    "\\u0061",
    "a\"b'c",
    "a\nb",
)
_TWINS: Final[tuple[Callable[[str], str], ...]] = (
    str, str.upper, str.lower, str.swapcase, lambda text: text + " ", lambda text: " " + text,
    lambda text: text + "\u200b",
    lambda text: text + "\ufe0f", lambda text: "\u202e" + text, lambda text: text + "\u0301",
    lambda text: text + "\r\n",
    lambda text: text.replace("a", "\u0430"), lambda text: text[::-1], lambda text: text * 2,
    lambda text: text + "\x7f",
    lambda text: text + "\U0010ffff", lambda text: text + "\ufffd",
)  # fmt: skip
NAMES: Final = tuple(dict.fromkeys(twin(stem) for stem in _STEMS for twin in _TWINS))


def policy() -> str:
    """A rule for each name, whose message says which name it was that the policy saw."""
    rules = [
        f"  - {{id: n{number}, when: 'request.topic_name == {_literal(name)}', "
        f"refuse: {{code: 10100, message: n{number}}}}}"
        for number, name in enumerate(NAMES)
    ]
    return "\n".join(["version: 1", "rules:", *rules, "default: refuse"])


def _literal(name: str) -> str:
    return '"' + "".join(f"\\U{ord(each):08x}" for each in name) + '"'


def test_one_body_has_one_name(start_pair: Callable[[str], Pair], capsys: pytest.CaptureFixture[str]) -> None:
    pair = start_pair(policy())
    numbers = share(0.05)
    asked = {}
    for number in numbers:
        body = _body(source("names", number))
        with repeatable("names", number):
            code, message = post(pair.port, _TARGET, body)
            if message.startswith("n"):
                assert message == _expected(body), f"the policy saw another name: {body!r}"
                asked[number] = body
            else:
                assert code == 1
                assert _expected(body) == "", f"not read, or another name seen: {body!r}"
    eventually(lambda: len(_named(pair)) == len(asked), "every decision is in the journal")
    for (number, body), (name, rule) in zip(asked.items(), _named(pair), strict=True):
        with repeatable("names", number):
            assert (name, rule) == (read_object(body)["Name"], _expected(body))
    assert ONLY or len(asked) > len(numbers) / 3
    with capsys.disabled():
        print(f"\n{len(numbers)} bodies, {len(asked)} decided")


def _named(pair: Pair) -> list[tuple[object, object]]:
    """Names and rules in the journal, of decisions by a rule."""
    lines = [(line["request"], line["rule_id"]) for line in pair.journal()]
    return [(request["topic_name"], rule) for request, rule in lines if rule]


def _expected(body: bytes) -> str:
    """The rule that a strict reader expects; none for what cannot be read, or holds a name that no rule names."""
    try:
        name = read_object(body).get("Name")
    except (Unclear, ValueError, RecursionError):
        return ""
    return f"n{NAMES.index(name)}" if name in NAMES else ""


def _body(chance: Random) -> bytes:
    name = chance.choice(NAMES)
    fields = {key: json.dumps(value) for key, value in bodies.fields(chance, Name="").items()}
    fields["Name"] = bodies.escaped(chance, name)
    if chance.random() < 0.3:
        fields[chance.choice(["name", "NAME", "Name ", "Nam\\u0065", "Extra", "Name\\u0000"])] = json.dumps(
            chance.choice(NAMES)
        )
    members = [f'"{key}": {value}' for key, value in fields.items()]
    chance.shuffle(members)
    text = "{" + ", ".join(members) + "}"
    coding = "utf-8" if chance.random() < 0.9 else chance.choice(["utf-8-sig", "utf-16", "utf-16-le"])
    return text.encode(coding) + (chance.choice([b"", b"x", b"{}", b"\0"]) if chance.random() < 0.2 else b"")
