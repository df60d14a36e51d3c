"""The vendor's parser, fed by atheris, which looks for inputs that reach code no input has reached; see nightly.py."""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["adapter.vendor", "json", "urllib.parse"]):
    from parsing import check_body, check_query

# A query, this, a body.
BETWEEN = b"\n\n"


def check(data: bytes) -> None:
    """Check one input."""
    query, _, body = data.partition(BETWEEN)
    check_query(query)
    check_body(body)


if __name__ == "__main__":
    Path("build/fuzz").mkdir(parents=True, exist_ok=True)
    atheris.Setup(sys.argv, check)
    atheris.Fuzz()
