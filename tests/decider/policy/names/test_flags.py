"""Flags among regional indicator letters."""

import pytest

from decider.policy.names import fold
from decider.policy.names.flags import flag_runs, is_flag


@pytest.mark.parametrize(
    ("name", "runs"),
    [
        *(("🇫🇷", [(0, 2)]), ("a🇪🇺🇽🇰b🇨🇶", [(1, 5), (6, 8)]), ("🇫", []), ("🇫🇷🇫", []), ("🇽🇽", []), ("none", [])),
        *(("🇫🇷\u200b🇫🇷", []), ("🇫🇷\u0301🇫🇷", []), ("🇫🇷 🇫🇷", [(0, 2), (3, 5)])),
    ],
)
def test_letters_that_all_pair_into_regions_are_flags(name: str, runs: list[tuple[int, int]]) -> None:
    assert [(run.start, run.stop) for run in flag_runs(name)] == runs


def test_a_flag_folds_to_itself_and_letters_that_are_none_fold_to_letters() -> None:
    assert fold("🇫🇷 🇸🇵🇦🇲").text == "🇫🇷 spam"
    assert is_flag("🇫🇷")
