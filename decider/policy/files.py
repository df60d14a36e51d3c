"""The files of a policy, read so that all of them are of one moment: documents, and the list files that they name."""

import hashlib
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from decider.policy.problem import PolicyError, Problem
from decider.policy.source import Source, parse

_SUFFIXES = (".yaml", ".yml")
_TEST_SUFFIXES = ("_test.yaml", "_test.yml")  # suites of `decider test`, not part of the policy
_MAX_BYTES = 64 * 2**20  # of one file: some five million words
_TRIES = 5  # a change takes milliseconds, and few folders change all the time


@dataclass(slots=True)
class Files:
    """The files by their paths within the policy's folder: the bytes, or why they cannot be had."""

    folder: Path
    names: Sequence[str]  # of the documents
    _sources: dict[str, Source | PolicyError] = field(default_factory=dict)
    _contents: dict[str, bytes | str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A file's text. Raises ValueError where there is none."""
        if name not in self._contents:
            self._contents[name] = _read(self.folder, name)
        content = self._contents[name]
        if isinstance(content, str):
            raise ValueError(content)
        return content.decode("utf-8")

    def source(self, name: str) -> Source:
        """A document. Raises PolicyError where it cannot be read."""
        found = self._sources[name]
        if isinstance(found, PolicyError):
            raise found
        return found

    def revision(self) -> str:
        """A digest of every name and every byte read: 16 hexadecimal digits."""
        digest = hashlib.sha256()
        for name, content in sorted(self._contents.items()):
            if isinstance(content, bytes):
                digest.update(f"{len(name)} {name} {len(content)} ".encode() + content)
        return digest.hexdigest()[:16]

    def read(self) -> None:
        """Read the documents, and every list file that they name."""
        for name in self.names:
            try:
                self._sources[name] = source = parse(name, self.text(name))
            except ValueError as error:
                self._sources[name] = PolicyError([Problem(name, 0, 0, reason(error))])
            except PolicyError as error:
                self._sources[name] = error
            else:
                self._contents.update((file, _read(self.folder, file)) for file in _list_files(source.data))

    def are_of_one_moment(self) -> bool:
        """Whether no file has changed since the first was read: each is read again, now that all have been read."""
        return all(_read(self.folder, name) == content for name, content in self._contents.items())


def read_files(path: Path) -> Files:
    """Read the policy at `path`, a folder or one document. Raises PolicyError where there is none.

    What a folder holds may be swapped while it is read, and a document must not meet the lists of another revision.
    """
    for _ in range(_TRIES):
        names = _document_names(path)
        files = Files(path if path.is_dir() else path.parent, names)
        files.read()
        if files.are_of_one_moment() and names == _document_names(path):
            return files
    raise PolicyError([Problem(str(path), 0, 0, "the files keep changing while they are read")])


def reason(error: OSError | ValueError) -> str:
    """Why a file could not be read, in words."""
    if isinstance(error, UnicodeDecodeError):
        return f"not UTF-8 at byte {error.start}"
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)


def _read(folder: Path, name: str) -> bytes | str:
    """A regular file's bytes, or why not. A pipe or a device would be waited for, or would never end."""
    if Path(name).is_absolute() or ".." in Path(name).parts:
        return "the path must stay inside the policy's folder"
    try:
        status = (folder / name).stat()
        if not stat.S_ISREG(status.st_mode):
            return "not a regular file"
        if status.st_size > _MAX_BYTES:
            return f"larger than {_MAX_BYTES // 2**20} MiB"
        return (folder / name).read_bytes()
    except (OSError, ValueError) as error:
        return reason(error)


def _list_files(data: object) -> Iterator[str]:
    match data:
        case {"lists": dict() as lists}:
            for spec in lists.values():
                match spec:
                    case {"file": str(name)} if name:
                        yield name


def _document_names(path: Path) -> list[str]:
    try:
        return _find_documents(path)
    except OSError as error:
        raise PolicyError([Problem(str(path), 0, 0, reason(error))]) from None


def _find_documents(path: Path) -> list[str]:
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
