"""A condition as a tree, read from the checked expression that the CEL runtime serializes.

That is the message `cel.expr.CheckedExpr`, declared by the CEL project in its `cel-spec`. The runtime brings no Python
module for it, so its fields are read by their numbers. Only warnings are worked out of it; no decision depends on it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from google.protobuf.empty_pb2 import Empty
from google.protobuf.unknown_fields import UnknownFieldSet


class Kind(StrEnum):
    """What a part of an expression is, and so what its label is."""

    CONSTANT = "constant"  # the value
    NAME = "name"  # of a variable
    FIELD = "field"  # its name
    HAS = "has"  # the name of the field that is asked for
    CALL = "call"  # the function; operators are functions such as `_&&_`
    LIST = "list"
    OTHER = "other"  # loops and literal messages; only good to be compared


class Type(StrEnum):
    """The types of which something can be worked out."""

    BOOL = "bool"
    INT = "int"
    STRING = "string"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Expr:
    """An expression. Two that are equal have the same value for the same request, wherever they stand."""

    kind: Kind
    label: object
    args: tuple["Expr", ...] = ()
    type: Type = Type.OTHER
    overload: str = ""  # of a call: which function of that name, where only one fits the types
    start: int = field(default=0, compare=False)  # where its text begins, in characters from 0


_Fields = Mapping[int, list[int | bytes]]
_PRIMITIVES = {1: Type.BOOL, 2: Type.INT, 5: Type.STRING}
_OPERANDS = {  # the fields that hold expressions, of each kind of expression by its own field
    5: (1,),  # select
    6: (1, 3),  # call: the target, the arguments
    7: (1,),  # list
    9: (2, 4, 5, 6, 7),  # comprehension
}
_STRUCT = 8


def read(serialized: bytes) -> Expr:
    """The tree of a checked expression, packed in an Any as the runtime returns it."""
    checked = _fields(_bytes(_fields(serialized), 2))
    return _Reader(checked).expr(_bytes(checked, 4))


class _Reader:
    """What an expression says of its parts in other places, by their ids."""

    def __init__(self, checked: _Fields) -> None:
        self._references = _entries(checked, 2)
        self._types = _entries(checked, 3)
        source = _fields(_bytes(checked, 5))
        self._positions = {_int(entry, 1): _int(entry, 2) for entry in map(_fields, _all_bytes(source, 4))}

    def expr(self, data: bytes) -> Expr:
        fields = _fields(data)
        number = _int(fields, 2)
        kind, label, args = self._content(number, fields)
        start = min([self._positions.get(number, 0), *(arg.start for arg in args)])
        kinds = _fields(self._types.get(number, b"")).get(3, [0])
        primitive = _PRIMITIVES.get(int(kinds[0]), Type.OTHER)
        return Expr(kind, label, args, primitive, self._overload(number), start)

    def _content(self, number: int, fields: _Fields) -> tuple[Kind, object, tuple[Expr, ...]]:
        reference = _fields(self._references.get(number, b""))
        if 4 in reference:  # a named constant, such as a value of an enum
            return Kind.CONSTANT, _constant(_bytes(reference, 4)), ()
        which, body = next(((key, _fields(_bytes(fields, key))) for key in fields if key in range(3, 10)), (0, {}))
        args = tuple(self.expr(data) for key in _OPERANDS.get(which, ()) for data in _all_bytes(body, key))
        match which:
            case 3:
                return Kind.CONSTANT, _constant(_bytes(fields, 3)), ()
            case 4:
                return Kind.NAME, _text(body, 1), ()
            case 5:
                return Kind.HAS if _int(body, 3) else Kind.FIELD, _text(body, 2), args
            case 6:
                return Kind.CALL, (_text(body, 2), 1 in body), args
            case 7:
                return Kind.LIST, tuple(body.get(2, ())), args
            case 9:
                return Kind.OTHER, (_text(body, 1), _text(body, 3), _text(body, 8)), args
        return Kind.OTHER, (number, fields[_STRUCT][0] if which == _STRUCT else b""), ()

    def _overload(self, number: int) -> str:
        overloads = _all_bytes(_fields(self._references.get(number, b"")), 3)
        return overloads[0].decode() if len(overloads) == 1 else ""


def _constant(data: bytes) -> object:
    """The value of a bool, int or string; of any other type only something to compare it by."""
    for number, values in _fields(data).items():
        value = values[0]
        match number, value:
            case 2, int():
                return bool(value)
            case 3, int():
                return value - 2**64 if value >= 2**63 else value
            case 6, bytes():
                return value.decode("utf-8")
        return number, value
    return None


def _fields(data: bytes) -> _Fields:
    found: dict[int, list[int | bytes]] = defaultdict(list)
    unknown = UnknownFieldSet(Empty.FromString(data))
    for index in range(len(unknown)):
        found[unknown[index].field_number].append(unknown[index].data)
    return dict(found)


def _entries(fields: _Fields, number: int) -> Mapping[int, bytes]:
    """A map from numbers to messages."""
    return {_int(entry, 1): _bytes(entry, 2) for entry in map(_fields, _all_bytes(fields, number))}


def _all_bytes(fields: _Fields, number: int) -> list[bytes]:
    return [value for value in fields.get(number, ()) if isinstance(value, bytes)]


def _bytes(fields: _Fields, number: int) -> bytes:
    return next(iter(_all_bytes(fields, number)), b"")


def _text(fields: _Fields, number: int) -> str:
    return _bytes(fields, number).decode("utf-8")


def _int(fields: _Fields, number: int) -> int:
    return next((value for value in fields.get(number, ()) if isinstance(value, int)), 0)
