"""The order in which a text under direction controls is read."""

import pytest

from decider.policy.names.direction import may_run_left, reading_order

RLO, LRO, RLE, LRE, PDF = "\u202e", "\u202d", "\u202b", "\u202a", "\u202c"
RLI, LRI, FSI, PDI = "\u2067", "\u2066", "\u2068", "\u2069"
RLM = "\u200f"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("spam", "spam"),
        (f"{RLO}maps{PDF}", "spam"),
        (f"{RLO}maps", "spam"),
        (f"x {RLO}maps{PDF} y", "x spam y"),
        (f"{RLO}m{LRO}ap{PDF}s{PDF}", "sapm"),
        (f"{RLE}spam now{PDF}", "spam now"),
        (f"{LRE}spam{PDF}", "spam"),
        (f"{RLI}spam{PDI}", "spam"),
        (f"{LRI}{RLO}maps{PDF}{PDI}!", "spam!"),
        (f"{RLI}{RLO}maps{PDI} ok", "spam ok"),
        (f"{RLO}mąps{PDF}".replace("ą", "a\u0328"), "spa\u0328m"),
        (f"{RLO}שלום{PDF}", "שלום"),
        ("שלום", "שלום"),
        (f"{LRO}שלום{PDF}", "םולש"),
        (f"{PDF}{PDI}spam", "spam"),
        (f"{RLI}{LRI}am{PDI}{LRI}sp{PDI}{PDI}!", "spam!"),
        (f"{FSI}ב{LRI}am{PDI}{LRI}sp{PDI}{PDI}", "spamב"),
        (f"{LRI}sp{PDI}{LRI}am{PDI}", "spam"),
        (f"{RLI}{LRI}a{RLO}c{PDI}b{PDI}", "bac"),
    ],
)
def test_text_is_read_as_it_is_displayed(text: str, read: str) -> None:
    assert "".join(text[at] for at in reading_order(text)) == read


def test_embeddings_too_deep_are_ignored() -> None:
    text = RLO * 500 + "ab" + PDF * 500 + "cd"
    assert sorted(text[at] for at in reading_order(text)) == list("abcd")


def test_the_base_direction_can_be_right_to_left() -> None:
    text = f"{RLM}{LRI}am{PDI}{LRI}sp{PDI}"
    assert "".join(text[at] for at in reading_order(text, leftward=True)) == f"spam{RLM}"


@pytest.mark.parametrize(
    ("text", "leftward"),
    [
        *((f"{RLM}spam", True), (f"{LRI}spam{PDI} ב", True), (f"ב{LRI}spam{PDI}", True)),
        *(("שלום", False), (f"spam{RLM}", False), (f"{RLI}ב{PDI}spam", False)),
    ],
)
def test_a_base_direction_of_right_to_left_needs_cause(text: str, leftward: bool) -> None:
    assert may_run_left(text) is leftward
