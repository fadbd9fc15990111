"""Reading a number out of what a person typed: any script's digits, both ways of separators, and number words.

A number is read only when nothing beside it can change it: "twenty five" is 25 and "5 thousand" 5000, but "two and
a half", "3 or 4" and "thirty-third" are refused rather than cut down to the part that is understood.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from i18n.bidi import strip_controls
from i18n.formatting import babel_locale
from i18n.plain import digits, words

__all__ = ["MAX_DIGITS", "NUMBER_WORDS", "read_number"]

#: Beyond that it is an account or a phone number, and floats of other systems would round it.
MAX_DIGITS = 15
#: Words that may stand beside the number: "3 children", "I am 34 years old".
_WORDS_BESIDE = 5

#: A sign, then digits in groups parted by single spaces or apostrophes, or digits with points and commas.
_NUMBER = re.compile(
    r"(?<![\w.,])(?P<sign>[-+\u2212]\s?)?"
    r"(?P<number>\d{1,3}(?:[ \u00a0\u202f\u2009'\u2019]\d{3})+(?:[.,\u066b]\d+)?(?!\d)|\d+(?:[.,\u066b\u066c]\d+)*)"
)
_SPACES = re.compile("[ \u00a0\u202f\u2009'\u2019]")

_SPELT = {
    0: "صفر нула ноль нуль zero null none",
    1: "واحد واحدة один одна одно един една едно one ein eine einen eins odin edin edno wahed",
    2: "اثنان اثنين اثنتان تنين اتنين два две двое двама two zwei zwo dva dve",
    3: "ثلاثة ثلاث تلاتة تلات три трое трима three drei tri",
    4: "أربعة اربع четыре четверо четири четирима four vier chetiri chetyre arba3a",
    5: "خمسة خمس пять пятеро пет петима five fünf fuenf pyat",
    6: "ستة ست шесть шестеро шест шестима six sechs shest",
    7: "سبعة سبع семь семеро седем seven sieben sedem",
    8: "ثمانية ثماني تمانية تمنية восемь осем eight acht osem",
    9: "تسعة تسع девять девет nine neun devet",
    10: "عشرة عشر десять десет ten zehn deset desyat",
    11: "حداشر одиннадцать единадесет единайсет eleven elf",
    12: "اتناشر двенадцать дванадесет дванайсет twelve zwölf zwoelf",
    20: "عشرون عشرين وعشرون وعشرين двадцать двадесет twenty zwanzig",
    30: "ثلاثون ثلاثين وثلاثون وثلاثين тридцать тридесет thirty dreißig",
    40: "أربعون أربعين وأربعون وأربعين сорок четиридесет forty vierzig",
    50: "خمسون خمسين وخمسون وخمسين пятьдесят петдесет fifty fünfzig",
    60: "ستون ستين وستون وستين шестьдесят шестдесет sixty sechzig",
    70: "سبعون سبعين وسبعون وسبعين семьдесят седемдесет seventy siebzig",
    80: "ثمانون ثمانين وثمانون وثمانين восемьдесят осемдесет eighty achtzig",
    90: "تسعون تسعين وتسعون وتسعين девяносто деветдесет ninety neunzig",
}
#: Folded word -> number.
NUMBER_WORDS: Mapping[str, int] = MappingProxyType(
    {word: number for number, spellings in _SPELT.items() for word in words(spellings)}
)
#: Two words, one number.
_TEENS = {
    " ".join(words(phrase)): number
    for phrase, number in (("أحد عشر", 11), ("إحدى عشرة", 11), ("اثنا عشر", 12), ("اثني عشر", 12), ("اثنتا عشرة", 12))
}
_TIMES = {
    word: times
    for times, spellings in {
        1000: "thousand thousands k tsd tausend тысяча тысячи тысяч тыс хиляда хиляди хил ألف آلاف الاف",
        1_000_000: "million millions mio millionen миллион миллиона миллионов милион милиона милиони مليون",
    }.items()
    for word in words(spellings)
}
#: Words that change a number in ways not read here.
_SPOILS = frozenset(
    words(
        "half halb halbe halben anderthalb полтора полторы половина половиной половин نصف ونص ونصف نص к "
        "hundred hundreds hundert сто двести триста четыреста пятьсот مئة مائة مية ستمئة dozen milliard billion"
    )
)


@functools.lru_cache(maxsize=64)
def _point(language: str) -> str:
    """Return the decimal sign of ``language``."""
    symbols = babel_locale(language).number_symbols
    found = symbols.get("latn", symbols).get("decimal", ".")
    return found if found in {".", ","} else "."


def read_number(text: str, language: str, *, whole: bool) -> Decimal | None:
    """Return the one number in ``text``, or None when there is none, more than one, or a sentence around it.

    ``whole`` decides what a lone separator before three digits means: with it "1.234" is 1234 in every language,
    without it that depends on how ``language`` writes decimals. More than 15 digits give a number beyond every limit.
    """
    plain = digits(strip_controls(text))
    found = list(_NUMBER.finditer(plain))
    rest = words(_NUMBER.sub(" ", plain))
    # "a1" leaves its digit in the rest.
    if len(rest) > _WORDS_BESIDE or len(found) > 1 or any(_spoils(word) for word in rest):
        return None
    times = [_TIMES[word] for word in rest if word in _TIMES]
    if len(times) > 1:
        return None
    if found:
        if any(NUMBER_WORDS.get(word, 0) > 1 for word in rest):
            return None  # "2 or three"; "one", "ein" and "едно" are articles as well
        value = _value(found[0]["number"], _point(language), whole=whole)
        if value is not None and (found[0]["sign"] or "+").strip() != "+":
            value = -value
    else:
        value = _spelt(rest)
    return value * times[0] if value is not None and times else value


def _spoils(word: str) -> bool:
    return word in _SPOILS or any(map(str.isdigit, word))


def _spelt(rest: Sequence[str]) -> Decimal | None:
    """Return a number in words: one word, or tens and ones in either order ("twenty five", "двадесет и пет")."""
    joined = f" {' '.join(rest)} "
    for phrase, number in _TEENS.items():
        if f" {phrase} " in joined:
            return None if any(word in NUMBER_WORDS for word in joined.replace(phrase, "").split()) else Decimal(number)
    numbers = sorted(NUMBER_WORDS[word] for word in rest if word in NUMBER_WORDS)
    if len(numbers) == 1:
        return Decimal(numbers[0])
    if len(numbers) == 2 and 0 < numbers[0] < 10 and numbers[1] >= 20:
        return Decimal(sum(numbers))
    return None


def _value(written: str, point: str, *, whole: bool) -> Decimal | None:
    """Return the value of digits with separators, or None when the groups make no sense."""
    plain = _SPACES.sub("", written)
    parted = plain != written
    if sum(map(str.isdigit, plain)) > MAX_DIGITS:
        return Decimal(10) ** 30
    plain = plain.replace("\u066c", "").replace("\u066b", "@")
    if "@" in plain:
        plain = plain.replace(",", "").replace(".", "")
        return Decimal(plain.replace("@", ".")) if plain.count("@") == 1 else None
    signs = [sign for sign in plain if sign in ".,"]
    if not signs:
        return Decimal(plain)
    last = signs[-1]
    if len(set(signs)) == 2:
        if signs.count(last) > 1:
            return None
        other = signs[0]
        before, after = plain.split(last)
        return Decimal(f"{before.replace(other, '')}.{after}") if _grouped(before, other) else None
    if len(signs) > 1:
        return Decimal(plain.replace(last, "")) if _grouped(plain, last) else None
    before, after = plain.split(last)
    if not parted and len(after) == 3 and 0 < len(before) <= 3 and before[0] != "0" and (whole or last != point):
        return Decimal(before + after)
    return Decimal(f"{before}.{after}")


def _grouped(written: str, separator: str) -> bool:
    """Return whether ``separator`` parts ``written`` into thousands."""
    first, *others = written.split(separator)
    return 0 < len(first) <= 3 and all(len(group) == 3 for group in others)
