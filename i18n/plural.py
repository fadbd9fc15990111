"""Plural rules of gettext catalogues: the header each language's ``.po`` file must carry.

The table follows gettext and Weblate, whose editors the translators use. It matters most for Arabic: Babel
numbers forms 4 and 5 the other way round with the same ``nplurals=6``, so a header written by Babel puts
"11 to 99" and "100 to 102" into each other's place and no tool complains. Turkish and Persian have two forms
here and one in Babel.
"""

from __future__ import annotations

import functools
import gettext
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["PLURAL_FORMS", "forms_count", "header_problem", "plural_rule"]

_ONE = "nplurals=1; plural=0;"
_NOT_ONE = "nplurals=2; plural=(n != 1);"
_MORE_THAN_ONE = "nplurals=2; plural=(n > 1);"
_EAST_SLAVIC = "nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
_POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"
_ROMANIAN = "nplurals=3; plural=(n==1 ? 0 : (n==0 || (n%100 > 0 && n%100 < 20)) ? 1 : 2);"
_ARABIC = "nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5);"

#: ``Plural-Forms`` header by language.
PLURAL_FORMS: Mapping[str, str] = MappingProxyType(
    {
        "ar": _ARABIC,
        "bg": _NOT_ONE,
        "bs": _EAST_SLAVIC,
        "ckb": _NOT_ONE,
        "de": _NOT_ONE,
        "el": _NOT_ONE,
        "en": _NOT_ONE,
        "es": _NOT_ONE,
        "fa": _MORE_THAN_ONE,
        "fr": _MORE_THAN_ONE,
        "hr": _EAST_SLAVIC,
        "hu": _NOT_ONE,
        "it": _NOT_ONE,
        "ka": _NOT_ONE,
        "kmr": _NOT_ONE,
        "ku": _NOT_ONE,
        "pl": _POLISH,
        "ps": _NOT_ONE,
        "pt": _MORE_THAN_ONE,
        "ro": _ROMANIAN,
        "ru": _EAST_SLAVIC,
        "so": _NOT_ONE,
        "sq": _NOT_ONE,
        "sr": _EAST_SLAVIC,
        "ti": _MORE_THAN_ONE,
        "tr": _NOT_ONE,
        "uk": _EAST_SLAVIC,
        "ur": _NOT_ONE,
        "vi": _ONE,
        "zh": _ONE,
    }
)

_HEADER = re.compile(r"nplurals\s*=\s*(\d{1,2})\s*;\s*plural\s*=\s*([^;]{1,500})")
#: Every formula in use repeats after 100; beyond 1000 nothing new happens.
_TESTED = range(1101)


def _parse(header: str) -> tuple[int, str]:
    match = _HEADER.search(header)
    if match is None:
        raise ValueError("the Plural-Forms header does not read 'nplurals=N; plural=FORMULA;'")
    return int(match[1]), match[2].strip()


def forms_count(header: str) -> int:
    """Return how many plural forms ``header`` declares; ValueError when it cannot be read."""
    return _parse(header)[0]


@functools.lru_cache(maxsize=64)
def plural_rule(header: str) -> Callable[[int], int]:
    """Return the function from a count to the number of its form; ValueError when ``header`` cannot be read."""
    _, formula = _parse(header)
    try:
        rule: Callable[[int], int] = gettext.c2py(formula)
        rule(1)
    except (ValueError, RecursionError, ZeroDivisionError) as error:
        raise ValueError("the plural formula of the Plural-Forms header cannot be read") from error
    return rule


def header_problem(language: str, header: str) -> str | None:
    """Return what is wrong with the ``Plural-Forms`` header of a catalogue of ``language``, or None.

    Two formulas are equal when they give the same form for every count, however they are written. A language that
    is not in the table is only tested for a readable formula that stays below ``nplurals``.
    """
    try:
        count, rule = forms_count(header), plural_rule(header)
        found = [rule(n) for n in _TESTED]
    except (ValueError, ZeroDivisionError):
        return "the Plural-Forms header cannot be read"
    if max(found) >= count:
        return f"the plural formula reaches form {max(found)}, but nplurals is {count}"
    wanted = PLURAL_FORMS.get(language) or PLURAL_FORMS.get(re.split("[-_@]", language)[0])
    if wanted is None:
        return None
    if count != forms_count(wanted):
        return f"nplurals is {count}, it must be {forms_count(wanted)}: {wanted}"
    right = plural_rule(wanted)
    for n, form in zip(_TESTED, found, strict=True):
        if form != right(n):
            return f"a count of {n} gets form {form}, it must get form {right(n)}: {wanted}"
    return None
