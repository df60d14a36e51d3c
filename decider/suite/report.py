"""What came of a run of suites: for people, and as JUnit XML for CI."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import floor
from textwrap import indent
from xml.etree import ElementTree  # nosec B405  # written here, never parsed

from decider.policy.policy import Policy
from decider.suite.runner import Result, never_matched, rules_of


@dataclass(frozen=True, slots=True)
class Report:
    """All results of one run, by suite."""

    policy: Policy
    results: dict[str, Sequence[Result]]

    @property
    def failures(self) -> list[Result]:
        """The cases that are not as expected."""
        return [result for results in self.results.values() for result in results if result.differences]

    @property
    def coverage(self) -> float:
        """The share of rules that matched in some case, in percent; 100 for a policy without rules."""
        total = len(rules_of(self.policy))
        return 100.0 * (total - len(self._uncovered())) / total if total else 100.0

    def _uncovered(self) -> list[tuple[str, str]]:
        return never_matched(self.policy, [result for results in self.results.values() for result in results])

    def text(self) -> str:
        """Every failure with its trace, the rules that no case covers, and the count."""
        return "\n".join([*map(_failure, self.failures), *self._coverage_lines(), *self._count_lines()])

    def _coverage_lines(self) -> Iterator[str]:
        for document, rule in self._uncovered():
            yield f"no case matches rule {rule} of {document}"
        yield f"rules covered: {floor(self.coverage)}%"

    def _count_lines(self) -> Iterator[str]:
        for suite, results in self.results.items():
            failed = sum(1 for result in results if result.differences)
            yield f"{suite}: {len(results) - failed} passed, {failed} failed"

    def junit(self) -> bytes:
        """The report as JUnit XML."""
        root = ElementTree.Element("testsuites")
        for suite, results in self.results.items():
            failed = sum(1 for result in results if result.differences)
            element = ElementTree.SubElement(
                root, "testsuite", name=suite, tests=str(len(results)), failures=str(failed)
            )
            for result in results:
                _add_case(element, suite, result)
        return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _failure(result: Result) -> str:
    differences = "\n".join(result.differences)
    trace = indent(result.trace, "    ")
    return f"FAILED {result.case.place}: {result.case.name}\n{indent(differences, '  ')}\n\n{trace}\n"


def _add_case(suite: ElementTree.Element, name: str, result: Result) -> None:
    case = ElementTree.SubElement(
        suite, "testcase", classname=name, name=_printable(result.case.name), time=f"{result.seconds:.6f}"
    )
    if result.differences:
        failure = ElementTree.SubElement(case, "failure", message=_printable("; ".join(result.differences)))
        failure.text = _printable(result.trace)


def _printable(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(char if char in "\t\n" or char >= " " else "\ufffd" for char in text)
