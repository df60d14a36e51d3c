"""Loads a policy from disk, with every problem of every file."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from decider.policy.compiler import Compiler, Draft
from decider.policy.document import parse_document
from decider.policy.entries import ReadFile
from decider.policy.expression import Language
from decider.policy.files import read_files
from decider.policy.lint import warnings
from decider.policy.policy import Policy
from decider.policy.problem import PolicyError, Problem
from decider.policy.salvage import salvage
from decider.policy.source import Source


def load_policy(path: Path) -> Policy:
    """Load and compile the policy at `path`. Raises PolicyError with every problem of every file.

    A folder's documents are its `*.yaml` and `*.yml` files but for tests, hidden files and folders. All files are
    of one moment, and the revision is the digest of the bytes that were read.
    """
    return _assemble(*_load(path))


def check_policy(path: Path) -> tuple[Policy, Sequence[Problem]]:
    """Load a policy and warn of what is hardly meant, which takes longer than to load it. Raises PolicyError."""
    drafts, language, revision = _load(path)
    policy = _assemble(drafts, language, revision)
    return policy, [warning for draft in drafts for warning in warnings(draft, language, policy.by_app.keys())]


def _load(path: Path) -> tuple[list[Draft], Language, str]:
    files = read_files(path)
    language = Language()
    drafts: list[Draft] = []
    problems: list[Problem] = []
    for name in files.names:
        try:
            source = files.source(name)
            drafts.append(_compile(source, files.text, language))
        except PolicyError as error:
            problems += error.problems
    problems += _conflicts(drafts)
    if problems:
        raise PolicyError(problems)
    return drafts, language, files.revision()


def _compile(source: Source, read_file: ReadFile, language: Language) -> Draft:
    compiler = Compiler(source, language, read_file)
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
