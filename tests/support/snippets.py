"""Snippets in documents are regions of files that are tested; `python tests/support/snippets.py` writes them in.

A document has `<!-- PATH region -->` before a block; the file has `docs: begin region` and `docs: end region`.
Without a region the block is the whole file.
"""

import re
from pathlib import Path
from textwrap import dedent

ROOT = Path(__file__).parents[2]
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "calling.md")
_BLOCK = re.compile(r"^(<!-- (\S+)(?: (\w+))? -->\n+```\w*\n)(.*?)^```$", re.MULTILINE | re.DOTALL)


def refresh(text: str) -> str:
    """A document's text with all its snippets as they are in the files."""
    return _BLOCK.sub(lambda found: f"{found[1]}{read(ROOT / found[2], found[3])}```", text)


def read(path: Path, region: str | None) -> str:
    """A region of a file, without the marks, moved to the left; or the whole file."""
    text = path.read_text(encoding="utf-8")
    if region is None:
        return text
    begin, end = (rf"^[ \t]*\S+ docs: {word} {region}\n" for word in ("begin", "end"))
    found = re.search(rf"{begin}(.*?){end}", text, re.MULTILINE | re.DOTALL)
    if not found:
        raise LookupError(f"{path}: no region {region}")
    return dedent(found[1]).strip("\n") + "\n"


def main() -> None:
    """Write every snippet into every document."""
    for document in DOCUMENTS:
        document.write_text(refresh(document.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
