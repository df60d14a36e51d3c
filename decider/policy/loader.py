"""Loads a policy from disk: a folder of documents and list files, or one document."""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from decider.policy.compiler import Compiler, Draft
from decider.policy.document import parse_document
from decider.policy.entries import reason
from decider.policy.expression import Language
from decider.policy.lint import warnings
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError, Problem
from decider.policy.salvage import salvage
from decider.policy.source import parse

_SUFFIXES = (".yaml", ".yml")
_MAX_BYTES = 64 * 2**20  # of one file: some five million words
_TEST_SUFFIXES = ("_test.yaml", "_test.yml")  # suites of `decider test`, not part of the policy


def load_policy(path: Path) -> Policy:
    """Load and compile the policy at `path`. Raises PolicyError with every problem of every file.

    A folder's documents are its `*.yaml` and `*.yml` files but for tests, hidden files and folders. Every file
    is read once, and the revision is the digest of the bytes that were read.
    """
    return _assemble(*_load(path))


def check_policy(path: Path) -> tuple[Policy, Sequence[Problem]]:
    """Load a policy and warn of what is hardly meant, which takes longer than to load it. Raises PolicyError."""
    drafts, language, revision = _load(path)
    policy = _assemble(drafts, language, revision)
    return policy, [warning for draft in drafts for warning in warnings(draft, language, policy.by_app.keys())]


def _load(path: Path) -> tuple[list[Draft], Language, str]:
    files = _Files(path if path.is_dir() else path.parent)
    language = Language()
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for name in _document_names(path):
        try:
            drafts.append(_load_document(files, name, language))
        except PolicyError as error:
            problems += error.problems
    problems += _conflicts(drafts)
    if problems:
        raise PolicyError(problems)
    return drafts, language, files.revision()


@dataclass(slots=True)
class _Files:
    """The files of one policy folder, each read once and remembered by its path within the folder."""

    folder: Path
    contents: dict[str, bytes] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A file's text. Raises OSError, ValueError for a path outside the folder and for text not in UTF-8."""
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError("the path must stay inside the policy's folder")
        if name not in self.contents:
            self.contents[name] = _read(self.folder / name)
        return self.contents[name].decode("utf-8")

    def revision(self) -> str:
        """A digest of every name and every byte read: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for name, content in sorted(self.contents.items()):
            digest.update(f"{len(name)} {name} {len(content)} ".encode() + content)
        return digest.hexdigest()[:16]


def _read(path: Path) -> bytes:
    """A regular file's bytes. A pipe or a device would be waited for, or would never end."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("not a regular file")
    if status.st_size > _MAX_BYTES:
        raise ValueError(f"larger than {_MAX_BYTES // 2**20} MiB")
    return path.read_bytes()


def _document_names(path: Path) -> list[str]:
    if path.exists() and not path.is_dir():
        return [path.name]
    if not path.is_dir():
        raise PolicyError([Problem(str(path), 0, 0, "no such file or folder")])
    names = sorted(entry.name for entry in path.iterdir() if _is_document(entry))
    if not names:
        raise PolicyError([Problem(str(path), 0, 0, "there is no policy document (*.yaml) in the folder")])
    return names


def _is_document(path: Path) -> bool:
    """By its name alone: a link that leads nowhere is a document that cannot be read, and no reason to go without."""
    return path.suffix in _SUFFIXES and not path.name.startswith(".") and not path.name.endswith(_TEST_SUFFIXES)


def _load_document(files: _Files, name: str, language: Language) -> Draft:
    try:
        source = parse(name, files.text(name))
    except (OSError, ValueError) as error:
        raise PolicyError([Problem(name, 0, 0, reason(error))]) from None
    compiler = Compiler(source, language, files.text)
    try:
        return compiler.compile(parse_document(source))
    except PolicyError as error:
        raise PolicyError([*error.problems, *_further_problems(compiler)]) from None


def _further_problems(compiler: Compiler) -> Sequence[Problem]:
    """What else is wrong, where the document does not fit its model."""
    rest = salvage(compiler.source)
    try:
        if rest is not None:
            compiler.compile(rest)
    except PolicyError as error:
        return error.problems
    return ()


def _conflicts(drafts: Sequence[Draft]) -> Iterator[Problem]:
    """Documents that claim the same requests."""
    owner: dict[int | None, str] = {}
    for draft in drafts:
        path = draft.compiled.path
        for index, app in enumerate(draft.compiled.apps or (None,)):
            claimed = "app " + str(app) if app is not None else "every other app (it names no `apps`)"
            if app in owner:
                whose = "stands twice" if owner[app] == path else f"already belongs to {owner[app]}"
                yield draft.source.problem(("apps", index), f"{claimed} {whose}")
            owner.setdefault(app, path)


def _assemble(drafts: Sequence[Draft], language: Language, revision: str) -> Policy:
    documents = [draft.compiled for draft in drafts]
    default = next((document for document in documents if not document.apps), None)
    return Policy(
        revision=revision,
        documents=sorted(documents, key=lambda document: not document.apps),
        by_app={app: document for document in documents for app in document.apps},
        default=default,
        language=language,
    )
