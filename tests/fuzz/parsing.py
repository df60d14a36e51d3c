"""What holds of the vendor's parser for every query and every body: it takes it or rejects it, and reads it rightly."""

from contextlib import suppress

from reading import Unclear, read_object, read_parameters

from adapter.errors import Rejected
from adapter.vendor.body import command_of, read_body, read_event
from adapter.vendor.query import Query, read_query


def check_query(raw: bytes) -> None:
    """Check one query string, as it stands in a request."""
    with suppress(Rejected):
        query = read_query(raw.decode("latin-1"))
        assert query == _expected_query(raw), f"{raw!r} was read as {query}"


def _expected_query(raw: bytes) -> Query:
    try:
        given = dict(read_parameters(raw))
    except (Unclear, ValueError) as error:
        raise AssertionError(f"{raw!r} was read, but has no one reading") from error
    return Query(
        command=given.get("CallbackCommand"),
        app_id=given.get("SdkAppid", ""),
        client_ip=given.get("ClientIP", ""),
        platform=given.get("OptPlatform", ""),
        sign=given.get("Sign", ""),
        request_time=given.get("RequestTime", ""),
    )


def check_body(raw: bytes) -> None:
    """Check one body."""
    with suppress(Rejected):
        fields = read_body(raw)
        try:
            expected = read_object(raw)
        except (Unclear, ValueError, RecursionError) as error:
            raise AssertionError(f"{raw!r:.2000} was read, but has no one reading") from error
        assert fields == expected, f"{raw!r:.2000} was read as {fields!r:.2000}"
        assert command_of(fields) == expected.get("CallbackCommand")
        event = read_event(Query(None, "", "", ""), fields)
        given = (expected["Operator_Account"], expected["Type"], expected["Name"])
        assert (event.operator, event.group_type, event.name) == given
        assert all(text.encode().decode() == text and "\0" not in text for text in given)
