"""Bodies of the webhook, right ones and all that can be wrong with them."""

import gzip
import json
from collections.abc import Callable
from random import Random
from typing import Final

from reading import COMMAND, NAME

Make = Callable[[Random], bytes]

# Beside the allowed name, such as are nearly it; the policy refuses them all.
NAMES: Final = (
    NAME, NAME, NAME, "Another topic", NAME + " ", NAME.lower(), NAME.replace("e", "\u0435"), NAME + "\u200b",
    NAME + "\0", "\0" + NAME, NAME + "\ud800", "\udc00", "", " ", "\ufeff" + NAME, "e\u0301", "\u00e9", "😀",
    "x" * 1001,
)  # fmt: skip

_AROUND: Final = (
    (b"", b" x"), (b"", b"{}"), (b"", b"\0"), (b"\0", b""), (b"[", b"]"), (b"/**/", b""), (b"", b"//"), (b'"', b'"'),
    (b"", b"\xa0"),
    (b")]}'\n", b""), (b"\xef\xbb\xbf", b""), (b"\xff\xfe", b""), (b" \n\t", b"\r\n "), (b"\x0b", b""), (b"", b"}"),
    (b"{}", b""),
)  # fmt: skip

_VALUES: Final = (
    "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "9" * 5000, "1" * 4299, "0." + "3" * 5000, "1e-999", "01",
    "+1", "0x1", "1_0",
    ".5", "-", "[" * 20_000, "[" * 9000 + "]" * 9000, '{"a":' * 5000 + "1" + "}" * 5000, "tru", "nul", "'x'",
    '"\\x41"', '"\\ud800"',
    '"\\u12"', '"\x01"', '"\n"', '{"a":1,"a":2}', '{"a":1,"A":2}', '[{"Name":"x"}]',
)  # fmt: skip


def fields(chance: Random, **changes: object) -> dict[str, object]:
    """The page's fields, with one of the names."""
    name = chance.choice(NAMES)
    return {"CallbackCommand": COMMAND, "Operator_Account": "leckie", "Type": "Community", "Name": name, **changes}


def plain(chance: Random) -> bytes:
    """A body as it should be, but for its name."""
    return json.dumps(fields(chance), ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")


def sample(chance: Random) -> bytes:
    """A right body with the allowed name."""
    return json.dumps(fields(chance, Name=NAME)).encode()


def escaped(chance: Random, text: str) -> str:
    """A JSON string with some of its characters written as escapes."""
    return '"' + "".join(json.dumps(each)[1:-1] if _must(each) else _spelt(each, chance) for each in text) + '"'


def _must(character: str) -> bool:
    return character < " " or character in '"\\'


def _spelt(character: str, chance: Random) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    escapes = "".join(f"\\u{units[at]:02x}{units[at + 1]:02X}" for at in range(0, len(units), 2))
    return escapes if chance.random() < 0.3 else character


def _twice(chance: Random) -> bytes:
    name = chance.choice(["Name", "Name", "Name", "CallbackCommand", "Type", "Operator_Account", "X"])
    other = chance.choice([name, name, name.lower(), name.upper(), name.replace("k", "\u212a"), name + "\\u0000"])
    names = [name, other] if chance.random() < 0.5 else [other, name]
    values = chance.sample([json.dumps(NAME), '"Another topic"', json.dumps(COMMAND)], 2)
    pairs = [f"{escaped(chance, each)}: {value}" for each, value in zip(names, values, strict=True)]
    rest = {key: value for key, value in fields(chance, Name=NAME).items() if key != name}
    members = [*pairs, *(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in rest.items())]
    chance.shuffle(members)
    return ("{" + ", ".join(members) + "}").encode()


def _other_case(chance: Random) -> bytes:
    name = chance.choice(["Name", "CallbackCommand", "Type"])
    given = fields(chance, Name=NAME)
    given[chance.choice([name.lower(), name.upper(), name.swapcase()])] = given.pop(name)
    return json.dumps(given).encode()


def _encoded(chance: Random) -> bytes:
    text = sample(chance).decode()
    codings = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-8-sig", "utf-7", "cp037"]
    return text.encode(chance.choice(codings))


def _wrapped(chance: Random) -> bytes:
    body = sample(chance)
    before, after = chance.choice(_AROUND)
    return before + body + after


def _broken_utf8(chance: Random) -> bytes:
    bad = chance.choice([b"\xff", b"\xc0\xae", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80", b"\xc1\xbf"])
    body = sample(chance)
    where = chance.randrange(len(body))
    return body[:where] + bad + body[where:]


def _extra(chance: Random) -> bytes:
    value = chance.choice(_VALUES)
    name = chance.choice(["EventTime", "Extra", "", "Name\\u0000", "__proto__", "Name\\ud800", "\u017f"])
    return sample(chance)[:-1] + f', "{name}": {value}}}'.encode()


def _other_values(chance: Random) -> bytes:
    value = chance.choice([None, True, 1, 1.5, [], [NAME], {}, {"Name": NAME}, "", "x" * 70_000, "\0", "\ud800"])
    name = chance.choice(["Name", "CallbackCommand", "Operator_Account", "Type", "EventTime"])
    return json.dumps(fields(chance, **{"Name": NAME, name: value})).encode()


def _no_object(chance: Random) -> bytes:
    return chance.choice([b"", b"null", b"[]", b"1", b'"x"', b"{}", b"{", b"}", b"true", b"[" * 60_000, b"{" * 60_000])


def _missing(chance: Random) -> bytes:
    given = fields(chance, Name=NAME)
    given.pop(chance.choice(list(given)))
    return json.dumps(given).encode()


def _noise(chance: Random) -> bytes:
    body = bytearray(sample(chance))
    for _ in range(chance.randint(1, 4)):
        where = chance.randrange(len(body))
        body[where : where + chance.randint(0, 3)] = chance.randbytes(chance.randint(0, 3))
    return bytes(body)


def _compressed(chance: Random) -> bytes:
    return gzip.compress(sample(chance), mtime=0)


def _large(chance: Random) -> bytes:
    return sample(chance) + b" " * chance.choice([65_000, 65_536, 70_000, 200_000])


def _other_command(chance: Random) -> bytes:
    command = chance.choice(["Group.CallbackAfterCreateTopic", COMMAND.lower(), COMMAND + " ", "", "x"])
    return json.dumps(fields(chance, CallbackCommand=command)).encode()


WRONG: tuple[Make, ...] = (
    _twice, _twice, _other_case, _encoded, _wrapped, _broken_utf8, _extra, _extra, _other_values, _no_object, _missing,
    _noise, _noise, _compressed, _large, _other_command,
)  # fmt: skip


def any_body(chance: Random) -> bytes:
    """A body, as likely right as wrong."""
    return chance.choice([plain, chance.choice(WRONG)])(chance)
