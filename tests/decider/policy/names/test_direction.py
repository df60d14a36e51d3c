"""The order in which a text under direction controls is read."""

import pytest

from decider.policy.names.direction import reading_order

RLO, LRO, RLE, LRE, PDF = "\u202e", "\u202d", "\u202b", "\u202a", "\u202c"
RLI, LRI, PDI = "\u2067", "\u2066", "\u2069"


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
    ],
)
def test_text_is_read_as_it_is_displayed(text: str, read: str) -> None:
    assert "".join(text[at] for at in reading_order(text)) == read


def test_embeddings_too_deep_are_ignored() -> None:
    text = RLO * 500 + "ab" + PDF * 500 + "cd"
    assert sorted(text[at] for at in reading_order(text)) == list("abcd")
