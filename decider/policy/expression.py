"""The expressions of rules: CEL, the Common Expression Language. The one module that knows the CEL runtime.

The language: https://cel.dev, with its extensions for strings, math, optionals and bindings. The variables and
their types are those of `proto/decider/v1`; an expression that does not fit them does not compile.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext import ext_bindings, ext_math, ext_optional, ext_strings

from decider.policy.syntax import Expr, read
from decider.v1 import decider_pb2 as pb
from decider.v1 import facts_pb2

_VARIABLES = {
    "request": cel.Type(pb.DecideTopicCreationRequest.DESCRIPTOR.full_name),
    "operator": cel.Type(facts_pb2.OperatorFacts.DESCRIPTOR.full_name),
    "name": cel.Type(facts_pb2.NameFacts.DESCRIPTOR.full_name),
    "client": cel.Type(facts_pb2.ClientFacts.DESCRIPTOR.full_name),
    "now": cel.Type.TIMESTAMP,
}
_MESSAGES = {
    message.full_name: message
    for file in (pb.DESCRIPTOR, facts_pb2.DESCRIPTOR)
    for message in file.message_types_by_name.values()
}
_KEY_TYPES = (cel.Type.STRING, cel.Type.List(cel.Type.STRING))
_EXTENSIONS = (ext_strings.ExtStrings, ext_math.ExtMath, ext_optional.ExtOptional, ext_bindings.ExtBindings)
_COMPILE_ERROR = re.compile(r"ERROR: <input>:(-?\d+):(-?\d+): (.*)")  # -1: of the whole expression
_UNDEFINED = re.compile(r"undefined field '(.+)' not found in struct '(.+)'")
_STATUS = re.compile(r"^[A-Z_]+: | \[[A-Z_]+\]$")  # the runtime's own status words around a message
# Mistakes in a constant that the type check cannot see and that fail every time.
_ALWAYS_FAILS = ("Invalid timezone", "invalid regular expression")


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with an expression, at a line and column of its text, both from 1."""

    line: int
    column: int
    message: str


class ExpressionError(Exception):
    """An expression that does not compile, with every mistake found."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("; ".join(mistake.message for mistake in mistakes))
        self.mistakes = mistakes


class EvaluationError(Exception):
    """A compiled expression that has no value for this request, and why."""


@dataclass(frozen=True, slots=True)
class Variables:
    """What a condition can read, named as in the policy."""

    request: pb.DecideTopicCreationRequest
    operator: facts_pb2.OperatorFacts
    name: facts_pb2.NameFacts
    client: facts_pb2.ClientFacts
    now: datetime  # with a time zone


class Condition:
    """A compiled `when`."""

    def __init__(self, text: str, program: Any) -> None:
        self.text = text
        self._program = program

    def syntax(self) -> Expr:
        """It as a tree."""
        return read(self._program.serialize())

    def holds(self, activation: Any) -> bool:
        """Whether it is true of an activation. Raises EvaluationError."""
        try:
            value = self._program.eval(activation).value()
        except RuntimeError as error:  # the runtime gave up, as on a loop within a loop over a long name
            raise EvaluationError(_STATUS.sub("", str(error))) from None
        if value is True or value is False:
            return value
        raise EvaluationError(_STATUS.sub("", str(value)))


class Key:
    """A compiled key of a limit: text, or a list of texts."""

    def __init__(self, text: str, program: Any) -> None:
        self.text = text
        self.is_one_text = program.return_type() == cel.Type.STRING
        self._program = program

    def parts(self, activation: Any) -> list[str]:
        """The texts that it comes to for an activation. Raises EvaluationError."""
        try:
            value = self._program.eval(activation)
        except RuntimeError as error:
            raise EvaluationError(_STATUS.sub("", str(error))) from None
        if value.type() == cel.Type.ERROR:
            raise EvaluationError(_STATUS.sub("", str(value.value())))
        plain = value.plain_value()
        return [plain] if isinstance(plain, str) else list(plain)


class Language:
    """CEL with this project's variables: compiles expressions, and binds them to a request.

    `sample` is the activation of a request with nothing special about it.
    """

    def __init__(self) -> None:
        self._env = cel.NewEnv(
            variables=_VARIABLES,
            container=pb.DESCRIPTOR.package,
            extensions=[extension() for extension in _EXTENSIONS],
        )
        self.sample = self.bind(_sample())

    def bind(self, variables: Variables) -> Any:
        """An activation: the variables in the runtime's own form, made once for all conditions of a request."""
        return self._env.Activation(
            {
                "request": variables.request,
                "operator": variables.operator,
                "name": variables.name,
                "client": variables.client,
                "now": variables.now,
            }
        )

    def compile(self, text: str) -> Condition:
        """Compile and type-check a condition. Raises ExpressionError with every mistake."""
        condition = Condition(text, self._program(text, "a condition must be true or false", cel.Type.BOOL))
        self._try(condition.holds)
        return condition

    def compile_key(self, text: str) -> Key:
        """Compile and type-check the key of a limit. Raises ExpressionError with every mistake."""
        key = Key(text, self._program(text, "a key must be text or a list of texts", *_KEY_TYPES))
        self._try(key.parts)
        return key

    def _program(self, text: str, expected: str, *types: Any) -> Any:
        try:
            program = self._env.compile(text)
        except RuntimeError as error:
            raise ExpressionError(*_mistakes(str(error))) from None
        if not any(program.return_type() == type_ for type_ in types):
            name = program.return_type().name()
            kind = name.lower() if name.isupper() else name
            raise ExpressionError(Mistake(1, 1, f"{expected}, and this is of type {kind}"))
        return program

    def _try(self, evaluate: Callable[[Any], object]) -> None:
        try:
            evaluate(self.sample)
        except EvaluationError as error:
            if str(error).startswith(_ALWAYS_FAILS):
                raise ExpressionError(Mistake(1, 1, str(error))) from None


def _mistakes(report: str) -> list[Mistake]:
    found = [
        Mistake(max(1, int(line)), max(1, int(column)), _in_words(_STATUS.sub("", message)))
        for line, column, message in _COMPILE_ERROR.findall(report)
    ]
    return found or [Mistake(1, 1, _STATUS.sub("", report))]


def _in_words(message: str) -> str:
    """The compiler's message, with what the author may have meant."""
    if "type(*error*)" in message:
        return "this name is not known; values of an enum are written like Platform.PLATFORM_WEB"
    if undefined := _UNDEFINED.search(message):
        field, struct = undefined.groups()
        close = get_close_matches(field, _MESSAGES[struct].fields_by_name, n=1) if struct in _MESSAGES else []
        return f"{message}; did you mean '{close[0]}'?" if close else message
    return message


def _sample() -> Variables:
    """A request with nothing special about it."""
    return Variables(
        pb.DecideTopicCreationRequest(app_id=1, operator_user_id="someone", topic_name="something"),
        facts_pb2.OperatorFacts(),
        facts_pb2.NameFacts(length=9, folded="something", scripts=["Latin"]),
        facts_pb2.ClientFacts(),
        datetime(2026, 1, 1, tzinfo=UTC),
    )
