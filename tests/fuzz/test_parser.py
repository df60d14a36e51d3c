"""The vendor's parser, fed by hypothesis."""

import json
from random import Random

import bodies
from hypothesis import HealthCheck, given, note, seed, settings
from hypothesis import strategies as st
from parsing import check_body, check_query
from runs import SEED, share
from shapes import Draft, draft

_REPEAT = f"repeat it with: FUZZ_SEED={SEED} FUZZ_CASES={{}} .venv/bin/python -m pytest tests/fuzz/test_parser.py"
_SETTINGS = settings(
    max_examples=len(share(0.2)),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)

_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_fields = st.fixed_dictionaries(
    {},
    optional={
        "CallbackCommand": st.text() | _json,
        "Operator_Account": st.text() | _json,
        "Type": st.text() | _json,
        "Name": st.text(st.characters(codec=None)) | _json,
        "name": _json,
        "EventTime": st.integers() | st.from_regex(r"[0-9]{1,16}", fullmatch=True) | _json,
    },
)
_bodies = st.one_of(
    st.binary(),
    st.integers(0, 2**32).map(lambda number: bodies.any_body(Random(number))),
    _fields.map(lambda fields: json.dumps(fields).encode()),
    st.tuples(_fields, _fields).map(lambda two: (json.dumps(two[0])[:-1] + "," + json.dumps(two[1])[1:]).encode()),
)

_names = st.sampled_from(
    [b"SdkAppid", b"CallbackCommand", b"ClientIP", b"OptPlatform", b"Sign", b"RequestTime", b"sign"]
)
_parts = st.tuples(_names | st.binary(), st.sampled_from([b"=", b"", b"==", b"%3d"]), st.binary())
_queries = st.one_of(
    st.binary(),
    st.lists(_parts.map(b"".join), max_size=8).map(b"&".join),
    st.integers(0, 2**32).map(lambda number: _changed_query(Random(number))),
)


def _changed_query(chance: Random) -> bytes:
    made: Draft = draft(chance, 3)
    return b"&".join(made.query)


@seed(SEED)
@_SETTINGS
@given(_bodies)
def test_a_body_is_read_rightly_or_rejected(raw: bytes) -> None:
    note(_REPEAT.format(len(share(1))))
    check_body(raw)


@seed(SEED)
@_SETTINGS
@given(_queries)
def test_a_query_is_read_rightly_or_rejected(raw: bytes) -> None:
    note(_REPEAT.format(len(share(1))))
    check_query(raw)
