"""The judgement whether a reader would see an entry where its letters were found."""

from collections.abc import Sequence, Set

from decider.policy.names.readings import Kind, Reading
from decider.policy.names.signs import stands_only_inside
from decider.policy.words.alignment import Alignment, is_own
from decider.policy.words.context import is_of_another_language, is_of_another_script
from decider.policy.words.page import Page
from decider.policy.words.pattern import Run

Word = Sequence[tuple[int, Run]]  # letters of the page, each with the run of the pattern it was found for

_SHORT = 4  # letters; so short a word turns up by chance, and must be written the more clearly
_NO_LONGER_SHORT = 5
_WIDEST_GAP, _WIDEST_GAP_BETWEEN_LETTERS = 8, 40
_DIGITS = "0123456789"
_SENTENCE_MARKS = frozenset(",;:!?。，、；：！？…")
_CLOSING = frozenset(")]}>\"'）］｝〉》」』】〕”’")
_CLOSED_BY = {"(": ")", "[": "]", "{": "}", "<": ">"}
_ONE_LETTER_WORDS = frozenset("aiouyeéàáóасвикуояжбі&")
_APOSTROPHES = frozenset("'’ʼ")
_UNITS = frozenset(["am", "pm", "st", "nd", "rd", "th", "km", "kg", "ft", "mm", "cm", "gb", "tb", "hz", "mp", "s", "x"])
_UNIT_LETTERS = frozenset("abcdfghklmpstvwxкмгслвт")
# Letters seldom written twice in a row in ordinary words, so that two of them are a stretch.
_SELDOM_DOUBLED = frozenset("ahijkquvwxyауыэяюхцчшщйьъ")


def is_readable(alignment: Alignment) -> bool:
    """Whether the disguise, if there is one, is one that a reader sees through."""
    words = list(alignment.words())
    return (
        _is_drawn(alignment)
        and _is_stretched(alignment)
        and all(_is_joined(alignment, word) for word in words)
        and all(_is_leet(alignment, word) for word in words)
        and not is_of_another_script(alignment)
        and not is_of_another_language(alignment)
    )


def fills(alignment: Alignment, match: str) -> bool:
    """Whether the letters fill the span that `match` asks for, without cutting a reader's character in two."""
    page, first, last = alignment.page, alignment.first, alignment.last
    if match == "exact":
        return first == 0 and last == len(page.letters) - 1
    if match == "word":
        return _starts_word(alignment) and _ends_word(alignment)
    start, end = page.letters[first], page.letters[last]
    return not (
        (start > 0 and page.spans[start - 1] == page.spans[start])
        or (end + 1 < len(page.spans) and page.spans[end] == page.spans[end + 1])
    )


def _is_drawn(alignment: Alignment) -> bool:
    """Whether no pair of letters is taken for one in a short word: *burn* is not *bum*, nor *modern* a *modem*."""
    page = alignment.page
    if not page.pairs or alignment.pattern.size > _NO_LONGER_SHORT:
        return True
    return not any(page.letters[letter] in page.pairs for letter in range(alignment.first, alignment.last + 1))


# Stretched letters


def _is_stretched(alignment: Alignment) -> bool:
    """Whether letters written more often than the entry has them are a stretch, and not another word."""
    doubled = 0
    surely = any(size > max(run.count, 2) for run, size in alignment.sizes())  # no spelling has three in a row
    for run, size in alignment.sizes():
        if size == run.count:
            continue
        if run.digit or alignment.pattern.size == 1:
            return False
        if size == 2:
            doubled += 2 if run.letters[0] in _SELDOM_DOUBLED and alignment.pattern.size > 2 else 1
    return surely or doubled != 1 or alignment.pattern.size > _SHORT


# Separated letters


def _is_joined(alignment: Alignment, word: Word) -> bool:
    """Whether what stands between the letters of a word leaves it one word."""
    pieces = _pieces(alignment, word)
    if len(pieces) == 1:
        return True
    gaps = [alignment.page.gap(piece[-1][0]) for piece in pieces[:-1]]
    alone = len(word) > 2 and all(_is_one(alignment, piece) for piece in pieces)
    if max(map(len, gaps)) > (_WIDEST_GAP_BETWEEN_LETTERS if alone else _WIDEST_GAP):
        return False
    if all(alignment.reading(letter).unspaced for letter, _ in word):
        return _is_joined_han(alignment, word, gaps)
    if len(word) <= 2:
        return False
    if alone:
        return _stands_alone(alignment, word) or _is_spelt_inside(alignment, word, gaps)
    parted = any(reading.kind is Kind.SPACE or reading.own in _SENTENCE_MARKS for gap in gaps for reading in gap)
    return not parted and len(word) > _SHORT


def _pieces(alignment: Alignment, word: Word) -> list[Word]:
    pieces: list[list[tuple[int, Run]]] = []
    for at, item in enumerate(word):
        if at and not alignment.page.gap(item[0] - 1):
            pieces[-1].append(item)
        else:
            pieces.append([item])
    return list(pieces)


def _is_one(alignment: Alignment, piece: Word) -> bool:
    """Whether a piece of a word is one letter, stretched or not, or one character that stands for several."""
    page = alignment.page
    first, last = piece[0], piece[-1]
    return first[1] is last[1] or page.spans[page.letters[first[0]]] == page.spans[page.letters[last[0]]]


def _is_joined_han(alignment: Alignment, word: Word, gaps: Sequence[Sequence[Reading]]) -> bool:
    """Between Chinese characters a gap parts nothing, unless it ends a clause and text goes on."""
    parted = len(gaps) == 1 and _ends_clause(gaps[0])
    first, last = word[0][0], word[-1][0]
    return not parted or not (_touches(alignment.page, first, -1) or _touches(alignment.page, last, 1))


def _ends_clause(gap: Sequence[Reading]) -> bool:
    """Whether it has a mark that ends a clause, with nothing but closing marks and spaces before."""
    for reading in gap:
        if reading.own in _SENTENCE_MARKS:
            return True
        if reading.kind is not Kind.SPACE and reading.own not in _CLOSING:
            return False
    return False


def _stands_alone(alignment: Alignment, word: Word) -> bool:
    """Whether single letters with gaps between them are not the rest of longer pieces."""
    return alignment.page.is_edge(word[0][0], -1) and alignment.page.is_edge(word[-1][0], 1)


def _is_spelt_inside(alignment: Alignment, word: Word, gaps: Sequence[Sequence[Reading]]) -> bool:
    """Whether a longer word's letters are parted by one sign, which no word around them does by chance."""
    signs = {tuple(reading.own for reading in gap) for gap in gaps}
    spaces = any(reading.kind is Kind.SPACE for gap in gaps for reading in gap)
    return alignment.pattern.match == "anywhere" and len(word) > _SHORT and len(signs) == 1 and not spaces


def _touches(page: Page, letter: int, side: int) -> bool:
    """Whether a letter or digit stands right beside."""
    return page.in_word(page.letters[letter] + side)


# Digits and signs


def _is_leet(alignment: Alignment, word: Word) -> bool:
    """Whether digits and signs among the letters are meant as letters."""
    read = [(letter, alignment.reading(letter)) for letter, run in word if not is_own(alignment.reading(letter), run)]
    digits = [letter for letter, reading in read if reading.kind is Kind.DIGIT]
    signs = [letter for letter, reading in read if reading.kind is Kind.SIGN]
    if not digits and not signs:
        return True
    if not all(_is_letter_sign(alignment, word, letter) for letter in signs):
        return False
    letters = len(word) - len(digits) - len(signs)
    if not letters:
        return not digits and len(word) > 2 and len({alignment.reading(letter).own for letter in signs}) > 1
    if len(word) > _SHORT:
        return True
    gaps = [reading.kind for letter, _ in word[:-1] for reading in alignment.page.gap(letter)]
    if gaps and letters < len(digits) + (len(signs) if Kind.SPACE in gaps else 0):
        return False
    return not digits or not _is_number(alignment, word)


def _is_letter_sign(alignment: Alignment, word: Word, letter: int) -> bool:
    """Whether a sign stands where a letter would."""
    sign = alignment.reading(letter).own
    inside = word[0][0] < letter < word[-1][0]
    if stands_only_inside(sign):
        if letter == word[0][0]:
            return len(word) > _SHORT and _is_unmatched(alignment.page, letter)
        gaps = [bool(alignment.page.gap(at)) for at in (letter - 1, letter)] if inside else []
        return inside and (not any(gaps) or (all(gaps) and len(word) > _SHORT))
    return sign not in "!|" or len(word) > _SHORT or letter < word[-1][0] or _touches(alignment.page, letter, 1)


def _is_unmatched(page: Page, letter: int) -> bool:
    """Whether the sign is a bracket that nothing closes, at the beginning of a token."""
    at = page.letters[letter]
    closing = _CLOSED_BY.get(page.glyphs[at])
    return closing is not None and not page.in_word(at - 1) and closing not in page.glyphs[at:]


def _is_number(alignment: Alignment, word: Word) -> bool:
    """Whether the token is a number with its unit (80s, 5th, 10k) or a code (A55, FA6, 15D, 4F49)."""
    page = alignment.page
    first, last = page.letters[word[0][0]], page.letters[word[-1][0]]
    if page.goes_on(first - 1) or page.goes_on(last + 1):  # a part of a longer token, which only `anywhere` may find
        ends = (alignment.reading(letter).kind for letter, _ in (word[0], word[-1]))
        return alignment.pattern.match != "anywhere" or any(kind is not Kind.LETTER for kind in ends)
    token = "".join(page.glyphs[first : last + 1])
    tail, head = token.lstrip(_DIGITS), token.rstrip(_DIGITS)
    if token.isupper() and (len(token) <= 3 or len(head) == 1) and (token != tail or token != head):
        return True
    if len(head) == 1 and _is_of_a_series(page, token):
        return True
    return token != tail and (tail.lower() in _UNITS or (len(token) - len(tail) > 1 and tail in _UNIT_LETTERS))


def _is_of_a_series(page: Page, token: str) -> bool:
    """Whether the name has another code of the same letter: `a55` beside `a54` or `A55`."""
    return any(code != token and code[0].lower() == token[0].lower() for code in page.codes)


# The edges of words


def _starts_word(alignment: Alignment) -> bool:
    if not alignment.page.is_edge(alignment.first, -1) or _is_spelt_on(alignment, alignment.first, -1):
        return False
    return not (_touches(alignment.page, alignment.first, -1) and _is_unit(alignment))


def _is_unit(alignment: Alignment) -> bool:
    """Whether what stands right after a number is its unit: `3am` does not say `am`."""
    page = alignment.page
    start, end = page.letters[alignment.first], page.letters[alignment.last] + 1
    return page.read[start - 1].kind is Kind.DIGIT and "".join(page.glyphs[start:end]).lower() in _UNITS


def _ends_word(alignment: Alignment) -> bool:
    return alignment.page.is_edge(alignment.last, 1) and not _is_spelt_on(alignment, alignment.last, 1)


def _is_spelt_on(alignment: Alignment, letter: int, side: int) -> bool:
    """Whether letters spelt one by one go on beyond: `b a s s` does not say `a s s`."""
    page, beyond = alignment.page, letter + side
    if alignment.first == alignment.last or not 0 <= beyond < len(page.letters):
        return False
    if alignment.reading(letter).unspaced:
        return False
    inner = page.gap(letter) if side < 0 else page.gap(letter - 1)
    outer = page.gap(beyond) if side < 0 else page.gap(letter)
    if not inner or {reading.own for reading in inner}.isdisjoint(reading.own for reading in outer):
        return False
    apostrophes = _APOSTROPHES - {reading.own for reading in inner}
    if not _is_alone(page, beyond, apostrophes):
        return False
    if page.read[page.letters[beyond]].own not in _ONE_LETTER_WORDS:
        return True
    further = beyond + side
    return (
        alignment.pattern.size <= _SHORT and 0 <= further < len(page.letters) and _is_alone(page, further, apostrophes)
    )


def _is_alone(page: Page, letter: int, apostrophes: Set[str]) -> bool:
    """Whether it is a letter with nothing beside it, not even the apostrophe of `it's`."""
    at = page.letters[letter]
    beside = (*page.read[max(at - 1, 0) : at], *page.read[at + 1 : at + 2])
    is_letter = page.read[at].kind is Kind.LETTER
    return is_letter and not any(reading.in_word or reading.own in apostrophes for reading in beside)
