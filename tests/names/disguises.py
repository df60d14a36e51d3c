"""Disguises by kind: each takes the letters of a word and writes them in another way.

The tables are made here, from `unicodedata` and from a reverse look-up in Unicode's confusables, and share nothing with
the code that is tested.
"""

import random
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import disarm

Letters = list[str]  # one string for each letter of the word, however it is written
Write = Callable[[Letters, random.Random], Letters]

LATIN, CYRILLIC, HAN = "Latin", "Cyrillic", "Han"
STAGES = ("repeat", "letter", "mark", "unseen", "separate", "turn")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of disguise, the scripts it is for, and the stage at which it is combined with others."""

    name: str
    stage: str
    scripts: Sequence[str]
    write: Write


KINDS: list[Kind] = []


def kind(name: str, stage: str, *scripts: str) -> Callable[[Write], Write]:
    def add(write: Write) -> Write:
        KINDS.append(Kind(name, stage, scripts or (LATIN, CYRILLIC, HAN), write))
        return write

    return add


def each(name: str, stage: str, *scripts: str) -> Callable[[Callable[[str, random.Random], str]], None]:
    """A kind that writes every letter by itself; spaces stay."""

    def add(one: Callable[[str, random.Random], str]) -> None:
        kind(name, stage, *scripts)(lambda letters, rnd: [c if c == " " else one(c, rnd) for c in letters])

    return add


@cache
def _assigned(*categories: str) -> list[str]:
    """Every character of some categories, as the interpreter knows them."""
    chars = map(chr, (*range(0x80, 0xD800), *range(0xE000, 0x20000), *range(0xE0000, 0xE01F0)))
    return [char for char in chars if unicodedata.category(char).startswith(categories)]


# Letters


def _named(template: str, either: bool = False) -> Callable[[str, random.Random], str]:
    """The letter whose Unicode name is the template filled in, where there is one."""

    def one(char: str, rnd: random.Random) -> str:
        cases = ("SMALL", "CAPITAL") if either else ("SMALL",)
        if not char.isascii() or not char.isalpha():
            return char
        for case in (*cases, "CAPITAL"):
            try:
                return unicodedata.lookup(template.format(case=case, letter=char.upper()))
            except KeyError:
                continue
        return char

    return one


for _name, _template in {
    "full width": "FULLWIDTH LATIN {case} LETTER {letter}",
    "mathematical bold": "MATHEMATICAL BOLD {case} {letter}",
    "mathematical italic": "MATHEMATICAL ITALIC {case} {letter}",
    "mathematical bold script": "MATHEMATICAL BOLD SCRIPT {case} {letter}",
    "mathematical fraktur": "MATHEMATICAL BOLD FRAKTUR {case} {letter}",
    "double-struck": "MATHEMATICAL DOUBLE-STRUCK {case} {letter}",
    "sans-serif": "MATHEMATICAL SANS-SERIF {case} {letter}",
    "monospace": "MATHEMATICAL MONOSPACE {case} {letter}",
    "circled": "CIRCLED LATIN {case} LETTER {letter}",
    "negative circled": "NEGATIVE CIRCLED LATIN {case} LETTER {letter}",
    "squared": "SQUARED LATIN {case} LETTER {letter}",
    "negative squared": "NEGATIVE SQUARED LATIN {case} LETTER {letter}",
    "parenthesised": "PARENTHESIZED LATIN {case} LETTER {letter}",
    "regional indicators": "REGIONAL INDICATOR SYMBOL LETTER {letter}",
    "small capitals": "LATIN LETTER SMALL CAPITAL {letter}",
    "modifier letters": "MODIFIER LETTER {case} {letter}",
}.items():
    each(_name, "letter", LATIN)(_named(_template))

# As name generators write them.
for _name, _letters in {
    "small capitals of generators": "ᴀʙᴄᴅᴇғɢʜɪᴊᴋʟᴍɴᴏᴘǫʀsᴛᴜᴠᴡxʏᴢ",
    "currency letters": "₳฿₵ĐɆ₣₲ⱧłJ₭Ⱡ₥₦Ø₱QⱤ₴₮ɄV₩ӾɎⱫ",
    "Canadian syllabics": "ᗩᗷᑕᗪEᖴGᕼIᒍKᒪᗰᑎOᑭᑫᖇᔕTᑌᐯᗯ᙭Yᘔ",
}.items():
    each(_name, "letter", LATIN)(
        lambda c, rnd, letters=_letters: letters[ord(c) - ord("a")] if "a" <= c <= "z" else c  # type: ignore[misc]
    )

each("upper case", "letter", LATIN, CYRILLIC)(lambda c, rnd: c.upper())
each("random case", "letter", LATIN, CYRILLIC)(lambda c, rnd: rnd.choice((c, c.upper())))


@cache
def _accented() -> dict[str, list[str]]:
    """Each letter's precomposed forms."""
    forms: dict[str, list[str]] = defaultdict(list)
    for code in range(0xC0, 0x2000):
        base = unicodedata.normalize("NFD", chr(code))
        if len(base) > 1 and base[0].isalpha() and all(map(unicodedata.combining, base[1:])):
            forms[base[0]].append(chr(code))
    return forms


def _accent(char: str, rnd: random.Random) -> str:
    return rnd.choice(_accented().get(char) or [char]) if char not in "иИ" else char


each("precomposed accents", "letter", LATIN, CYRILLIC)(_accent)


@cache
def _altered() -> dict[str, list[str]]:
    """Each letter's forms with strokes, hooks, tails, descenders: letters that do not decompose."""
    forms: dict[str, list[str]] = defaultdict(list)
    for code in range(0xC0, 0x2000):
        name = unicodedata.name(chr(code), "")
        base, with_, what = name.partition(" WITH ")
        if with_ and not unicodedata.decomposition(chr(code)) and what.split()[-1] in ("STROKE", "HOOK", "TAIL"):
            try:
                forms[unicodedata.lookup(base)].append(chr(code))
            except KeyError:
                continue
    return forms


each("strokes and hooks", "letter", LATIN, CYRILLIC)(lambda c, rnd: rnd.choice(_altered().get(c) or [c]))


@cache
def look_alikes(script: str) -> dict[str, list[str]]:
    """For each letter every character that Unicode's confusables table maps to it, in either case."""
    table: dict[str, list[str]] = defaultdict(list)
    for code in range(0x80, 0x20000):
        char = chr(code)
        if unicodedata.category(char)[0] in "CZM":
            continue
        target = disarm.normalize_confusables(char, target_script=script.lower())
        target = "m" if target == "rn" else target
        if target != char and len(target) == 1 and target.isalpha():
            table[target.lower()].append(char)
    return table


def _look_alike(script: str) -> Callable[[str, random.Random], str]:
    return lambda c, rnd: rnd.choice(look_alikes(script).get(c) or [c])


each("look-alikes, every letter", "letter", LATIN)(_look_alike(LATIN))
each("look-alikes, every letter (Cyrillic)", "letter", CYRILLIC)(_look_alike(CYRILLIC))


@kind("look-alikes, one letter", "letter", LATIN, CYRILLIC)
def _one_look_alike(letters: Letters, rnd: random.Random) -> Letters:
    script = CYRILLIC if any("а" <= c <= "я" for c in letters) else LATIN
    able = [at for at, c in enumerate(letters) if look_alikes(script).get(c)]
    if not able:
        return letters
    at = rnd.choice(able)
    return [*letters[:at], rnd.choice(look_alikes(script)[letters[at]]), *letters[at + 1 :]]


def _of_block(table: dict[str, str]) -> Callable[[str, random.Random], str]:
    return lambda c, rnd: rnd.choice(table.get(c, c))


_INTO_CYRILLIC = dict(zip("acehijkmnoprstuvwxy", "асеһіјкмпоргѕтцѵшху", strict=True))
_INTO_GREEK = dict(zip("aeiknoptuvxyw", "αεικηορτυνχγω", strict=True))
_INTO_LATIN = dict(zip("авгекмнопрстухшьиз", "abrekmhonpctyxwbu3", strict=True))
each("Cyrillic for Latin", "letter", LATIN)(_of_block(_INTO_CYRILLIC))
each("Greek for Latin", "letter", LATIN)(_of_block(_INTO_GREEK))
each("Latin for Cyrillic", "letter", CYRILLIC)(_of_block(_INTO_LATIN))
each("faux Cyrillic", "letter", LATIN)(
    _of_block({"n": "ИП", "r": "ЯГ", "w": "ШЩ", "e": "Э", "o": "Ф", "a": "ДЛ", "b": "Ь"})
)


@kind("leet digits", "letter", LATIN)
def _leet(letters: Letters, rnd: random.Random) -> Letters:
    table = {"a": "4", "e": "3", "i": "1", "l": "1", "o": "0", "s": "5", "t": "7", "b": "8", "g": "9"}
    written = [table.get(c, c) for c in letters]
    if any(c.isalpha() for c in written):
        return written
    at = rnd.randrange(len(letters))  # nobody reads digits alone
    return [*written[:at], letters[at], *written[at + 1 :]]


each("leet digits (Cyrillic)", "letter", CYRILLIC)(_of_block({"о": "0", "з": "3", "ч": "4", "б": "6"}))
each("leet signs", "letter", LATIN)(_of_block({"a": "@", "s": "$", "i": "!", "c": "¢", "e": "€", "l": "|", "t": "+"}))
each("leet signs (Cyrillic)", "letter", CYRILLIC)(_of_block({"а": "@", "о": "0", "е": "€", "с": "$"}))
_TURNED = dict(zip("abcdefghijklmnopqrstuvwxyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍxʎz", strict=True))
each("turned letters, in place", "letter", LATIN)(_of_block({c: t for c, t in _TURNED.items() if t not in "qpudbn"}))


@cache
def _traditional() -> dict[str, list[str]]:
    """Traditional forms, paired by hand with the simplified ones of the corpus."""
    simple = "赌场开发发贷聊单职赚钱内办证乐时庄卖药网络诈骗际娱国现棋号马东龙门车书长"
    ornate = "賭場開發髮貸聊單職賺錢內辦證樂時莊賣藥網絡詐騙際娛國現棋號馬東龍門車書長"
    table: dict[str, list[str]] = defaultdict(list)
    for one, other in zip(simple, ornate, strict=True):
        table[one].append(other)
    return table


each("traditional characters", "letter", HAN)(lambda c, rnd: _traditional().get(c, [c])[0])


@cache
def _compatible() -> dict[str, list[str]]:
    """Compatibility ideographs and radicals that stand for a character."""
    table: dict[str, list[str]] = defaultdict(list)
    for code in (*range(0x2F00, 0x2FE0), *range(0xF900, 0xFAFF), *range(0x2F800, 0x2FA20), *range(0x3280, 0x32B1)):
        form = unicodedata.normalize("NFKC", chr(code))
        if form != chr(code) and len(form) == 1:
            table[form].append(chr(code))
    return table


def _compatibility(char: str, rnd: random.Random) -> str:
    forms = _compatible().get(char) or _compatible().get(_traditional().get(char, [char])[0])
    return rnd.choice(forms) if forms else char


each("compatibility ideographs", "letter", HAN)(_compatibility)


@cache
def _folding() -> dict[str, list[str]]:
    """Each letter's other characters by case folding (long s, the Kelvin sign) and by compatibility (numerals, sub)."""
    table: dict[str, list[str]] = defaultdict(list)
    for char in _assigned("L", "N", "S"):
        for form in {char.casefold(), unicodedata.normalize("NFKC", char).casefold()} - {char, char.lower()}:
            if len(form) == 1 and form.isalpha():
                table[form].append(char)
    return table


each("compatibility and case forms, any", "letter", LATIN, CYRILLIC)(
    lambda c, rnd: rnd.choice(_folding().get(c) or [c])
)


@kind("letter pairs that look like one", "letter", LATIN)
def _pair(letters: Letters, rnd: random.Random) -> Letters:
    if len(letters) < 6:
        return letters
    return [{"m": "rn", "w": "vv"}.get(c, c) for c in letters]


# Letters written more than once

kind("stretched, one letter", "repeat", LATIN, CYRILLIC)(lambda letters, rnd: _stretch(letters, rnd, one=True))
kind("stretched, every letter", "repeat", LATIN, CYRILLIC)(lambda letters, rnd: _stretch(letters, rnd, one=False))
kind("doubled, every letter", "repeat", LATIN, CYRILLIC)(lambda letters, rnd: [c for c in letters for _ in _twice(c)])


def _stretch(letters: Letters, rnd: random.Random, one: bool) -> Letters:
    chosen = rnd.choice([at for at, c in enumerate(letters) if c != " "])
    times = [rnd.randint(3, 6) if c != " " and (not one or at == chosen) else 1 for at, c in enumerate(letters)]
    return [c for c, count in zip(letters, times, strict=True) for _ in range(count)]


def _twice(char: str) -> range:
    return range(1 if char == " " else 2)


# Marks

each("combining marks", "mark", LATIN, CYRILLIC)(
    lambda c, rnd: c + chr(rnd.choice((0x300, 0x301, 0x303, 0x30A, 0x323)))
)
each("many marks", "mark", LATIN, CYRILLIC, HAN)(
    lambda c, rnd: c + "".join(chr(rnd.randint(0x310, 0x345)) for _ in range(rnd.randint(2, 6)))
)
each("strike-through", "mark")(lambda c, rnd: c + rnd.choice("\u0336\u0335\u0338\u0337"))
each("enclosing marks", "mark", LATIN, CYRILLIC)(lambda c, rnd: c + rnd.choice("\u20dd\u20de\u20e0\u20e3"))

each("marks of any script", "mark")(lambda c, rnd: c + rnd.choice(_marks()))
each("many marks of any script", "mark", LATIN, CYRILLIC)(
    lambda c, rnd: c + "".join(rnd.choices(_marks(), k=rnd.randint(2, 6)))
)


@cache
def _marks() -> list[str]:
    """Every mark that is drawn on a letter, and stays there when the text is normalised."""
    return [char for char in _assigned("Mn", "Me") if not _is_unseen(char)]


# Characters that nobody sees

for _name, _chars in {
    "zero-width space": "\u200b",
    "zero-width joiners": "\u200c\u200d",
    "soft hyphen": "\u00ad",
    "word joiner": "\u2060\ufeff",
    "variation selectors": "\ufe00\ufe0e\ufe0f\U000e0100\U000e01ef",
    "tag characters": "\U000e0041\U000e0062\U000e007a",
    "grapheme joiner and operators": "\u034f\u2061\u2062\u2063\u2064",
    "direction marks": "\u200e\u200f\u061c",
    "vowel separators and format": "\u180b\u180e\u206a\u206f\ufff9",
}.items():
    each(_name, "unseen")(lambda c, rnd, chars=_chars: c + rnd.choice(chars))  # type: ignore[misc]

each("anything unseen", "unseen")(lambda c, rnd: c + rnd.choice(_unseen()))


@cache
def _unseen() -> list[str]:
    """Every character that is drawn as nothing, but for direction controls."""
    controls = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
    return [char for char in _assigned("Cf", "Mn", "Lo") if _is_unseen(char) and ord(char) not in controls]


def _is_unseen(char: str) -> bool:
    named = ("VARIATION SELECTOR", "FILLER", "INHERENT")
    return disarm.strip_format(f"a{char}") == "a" or any(word in unicodedata.name(char, "") for word in named)


# Separators

for _name, _chars in {
    "spaces": " ",
    "wide and narrow spaces": "\u00a0\u2003\u2009\u202f\u3000\u2800\u3164",
    "full stops": ".",
    "hyphens and dashes": "-‐–—",
    "underscores": "_",
    "asterisks": "*",
    "middle dots and bullets": "·•∙‧",
    "slashes and bars": "/\\¦",
    "tildes and apostrophes": "~'’`",
    "emoji between": "🎰🔥💰✨👉",
    "stars and shapes": "★☆♥●◆",
    "mixed separators": " .-_*·~/★🔥",
}.items():
    kind(_name, "separate")(lambda letters, rnd, chars=_chars: _part(letters, lambda: rnd.choice(chars)))  # type: ignore[misc]


def _part(letters: Letters, pick: Callable[[], str]) -> Letters:
    """The letters with what is picked between them, and spaces made wider."""
    parted: Letters = []
    for at, c in enumerate(letters):
        between = c != " " and at < len(letters) - 1 and letters[at + 1] != " "
        parted += [c * 3 if c == " " else c, *([pick()] if between else [])]
    return parted


@kind("brackets round each letter", "separate")
def _bracket(letters: Letters, rnd: random.Random) -> Letters:
    left, right = rnd.choice(("[]", "()", "{}", "【】", "<>"))
    return [c if c == " " else left + c + right for c in letters]


for _name, _categories in {
    "any dash or connector": ("Pd", "Pc"),
    "any punctuation": ("Po", "Pi", "Pf"),
    "any bracket": ("Ps", "Pe"),
    "any mathematical sign": ("Sm",),
    "any currency": ("Sc",),
    "any modifier sign": ("Sk",),
    "any symbol": ("So",),
    "any space": ("Zs",),
}.items():

    def _part_by(letters: Letters, rnd: random.Random, categories: Sequence[str] = _categories) -> Letters:
        sign = rnd.choice(_signs(*categories))
        return _part(letters, lambda: sign)

    kind(_name, "separate")(_part_by)


_CLAUSE_ENDS = "!?,;:﹐﹑﹔﹕﹖﹗，！？；：、。…︰｡､"


@cache
def _signs(*categories: str) -> list[str]:
    """Every sign of a category that neither is nor looks like a letter, nor ends a clause."""
    return [char for char in _assigned(*categories) if not _is_like_a_letter(char) and char not in _CLAUSE_ENDS]


def _is_like_a_letter(char: str) -> bool:
    forms = unicodedata.normalize("NFKC", char) + disarm.normalize_confusables(char, digit_policy="tr39")
    name = unicodedata.name(char)
    return any(map(str.isalnum, forms)) or any(word in name for word in ("LETTER", "DIGIT", "RADICAL", "TURNED"))


@kind("full stops between, a number beside", "separate", LATIN, CYRILLIC)
def _numbered(letters: Letters, rnd: random.Random) -> Letters:
    number = str(rnd.randint(2, 999)) if all(map(str.isalpha, "".join(letters).replace(" ", ""))) else ""
    return [*_part(letters, lambda: "."), number]


kind("framed characters between", "separate", HAN)(
    lambda letters, rnd: _part(letters, lambda: rnd.choice(("🈲", "🈶", "㊙️", "㊗️", "🅿️", "🆘", "①", "🈚️")))
)
kind("keycaps between", "separate")(lambda letters, rnd: _part(letters, lambda: f"{rnd.randint(0, 9)}\ufe0f\u20e3"))


# Direction


@kind("isolates from right to left", "turn")
def _isolates(letters: Letters, rnd: random.Random) -> Letters:
    at = rnd.randrange(1, len(letters))
    return ["\u2067\u2066", *letters[at:], "\u2069\u2066", *letters[:at], "\u2069\u2069"]


@kind("isolates in a text from right to left", "turn")
def _isolates_by_mark(letters: Letters, rnd: random.Random) -> Letters:
    at = rnd.randrange(1, len(letters))
    return ["\u2068\u200f\u2066", *letters[at:], "\u2069\u2066", *letters[:at], "\u2069\u2069"]


@kind("reversed under an override", "turn")
def _override(letters: Letters, rnd: random.Random) -> Letters:
    return ["\u202e", *letters[::-1], "\u202c"]


@kind("reversed under an isolated override", "turn")
def _isolated_override(letters: Letters, rnd: random.Random) -> Letters:
    return ["\u2066\u202e", *letters[::-1], "\u202c\u2069"]


@kind("part reversed under an override", "turn")
def _part_override(letters: Letters, rnd: random.Random) -> Letters:
    half = len(letters) // 2
    return [*letters[:half], "\u202e", *letters[half:][::-1], "\u202c"]


@kind("embeddings and isolates", "turn")
def _embed(letters: Letters, rnd: random.Random) -> Letters:
    opener, closer = rnd.choice(("\u202a\u202c", "\u202b\u202c", "\u2066\u2069", "\u2067\u2069", "\u2068\u2069"))
    return [opener, *letters, closer]


@kind("upside down", "turn", LATIN)
def _upside_down(letters: Letters, rnd: random.Random) -> Letters:
    return [_TURNED.get(c.lower(), c) for c in letters[::-1]]


def alone(script: str) -> Iterator[Kind]:
    """The kinds for words of a script."""
    return (kind for kind in KINDS if script in kind.scripts)


def pairs(script: str) -> Iterator[tuple[Kind, Kind]]:
    """Combinations of two kinds that act at different stages, the earlier first."""
    found = list(alone(script))
    for first in found:
        for second in found:
            if STAGES.index(first.stage) < STAGES.index(second.stage) and second.name != "upside down":
                yield first, second
    yield from ((first, up) for first in found if first.stage in ("mark",) for up in found if up.name == "upside down")


def disguise(word: str, kinds: Sequence[Kind], rnd: random.Random) -> str:
    """The word in disguise."""
    letters = list(word)
    for kind_ in sorted(kinds, key=lambda kind: kind.name != "upside down"):
        letters = kind_.write(letters, rnd)
    return "".join(letters)
