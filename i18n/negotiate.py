"""Which language: from a messenger's tag, or from what a person types when asked for a language.

Nothing here guesses a neighbour: a Ukrainian interface with no Ukrainian offered gives None, not Russian. Which
language stands in for another is the bot's own decision (its fallback chains), and the person's.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from babel import Locale, UnknownLocaleError

from i18n.plain import fold

__all__ = ["NATIVE_NAMES", "base_language", "direction", "negotiate", "recognise"]

#: The name of each language in itself, as a button shows it.
NATIVE_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "ar": "العربية",
        "bg": "Български",
        "de": "Deutsch",
        "en": "English",
        "es": "Español",
        "fa": "فارسی",
        "fr": "Français",
        "kmr": "Kurmancî",
        "pl": "Polski",
        "ps": "پښتو",
        "ro": "Română",
        "ru": "Русский",
        "sr": "Srpski",
        "ti": "ትግርኛ",
        "tr": "Türkçe",
        "uk": "Українська",
        "ur": "اردو",
        "vi": "Tiếng Việt",
    }
)

#: Other codes for the same written language: withdrawn codes, three-letter codes, Arabic as spoken.
_ALIASES = {
    "iw": "he", "in": "id", "ji": "yi", "no": "nb", "ara": "ar", "arb": "ar", "arz": "ar", "apc": "ar", "ajp": "ar",
    "acm": "ar", "ary": "ar", "arq": "ar", "aeb": "ar", "ars": "ar", "bul": "bg", "eng": "en", "rus": "ru", "deu": "de",
    "ger": "de", "ukr": "uk", "fra": "fr", "fre": "fr", "tur": "tr", "fas": "fa", "per": "fa", "pes": "fa", "prs": "fa",
    "pol": "pl", "ron": "ro", "rum": "ro", "mo": "ro", "spa": "es",
}  # fmt: skip

_RTL = frozenset({"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "syr", "ug", "ur", "yi"})
_RTL_SCRIPTS = frozenset({"arab", "hebr", "syrc", "thaa", "nkoo", "rohg"})
_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{1,8}){0,6}", re.ASCII)
#: Longest answer looked at: no language's name is longer, and what follows is a sentence, not an answer.
_LONGEST_ANSWER = 60

#: How people write these names besides what the locale data knows: with a preposition, in Latin letters, short.
_ALSO = {
    "ar": "عربي عربى بالعربي بالعربية arabi 3arabi 3arabic arab araby arabe arabik арабски арабский арабском arabski",
    "bg": "български българска болгарский болгарском болгарски balgarski bulgarski bylgarski bulgarian bolgarskiy "
    "bulgarisch болг бълг бг",
    "de": "deutsch немецкий немецком немски german nemski nemetskiy nemeckij almani الماني المانية doitch doych нем",
    "en": "english inglese английский английском английски angliyski angliiski anglijskij inglizi انجليزي انكليزي "
    "inglish englisch англ",
    "ru": "русский русски русском руский руски russkij russkiy russki ruski rusky russisch روسي russian рус русс",
    "uk": "українська украинский украинском украински ukrainian ukrainskiy ukrainska мова укр",
    "tr": "türkçe turkce türkisch турецкий турски turkish تركي",
    "fa": "فارسی farsi дари dari персийски персидский persisch دری",
}
#: Countries whose flag people send for a language.
_FLAGS = {
    "ar": "SY EG SA IQ LB JO MA DZ TN AE YE SD LY PS KW QA", "bg": "BG", "de": "DE AT", "en": "GB US", "es": "ES",
    "fa": "IR AF", "fr": "FR", "pl": "PL", "ro": "RO MD", "ru": "RU", "sr": "RS", "tr": "TR", "uk": "UA", "ur": "PK",
    "vi": "VN",
}  # fmt: skip
#: Words that may stand around the name of a language.
_AROUND = frozenset(
    fold(
        "language please in the speak want i only на по моля език езика искам говоря пожалуйста язык языке хочу я "
        "только auf bitte sprache ich spreche möchte اللغة لغة باللغة في من فضلك اريد ana بدي يرجى"
    ).split()
)


def base_language(tag: str) -> str:
    """Return the language of a tag without region and script: ``de`` of ``de-AT``."""
    return re.split("[-_@.]", tag, maxsplit=1)[0].lower()


@functools.lru_cache(maxsize=512)
def direction(language: str) -> Literal["ltr", "rtl"]:
    """Return which way ``language`` is written; unknown languages run left to right."""
    parts = language.replace("_", "-").lower().split("-")
    scripts = [part for part in parts[1:] if len(part) == 4 and part.isalpha()]
    if scripts:
        return "rtl" if scripts[0] in _RTL_SCRIPTS else "ltr"
    return "rtl" if parts[0] in _RTL else "ltr"


def negotiate(tag: str | None, offered: Sequence[str]) -> str | None:
    """Return the offered language that a messenger's BCP 47 tag asks for, or None.

    ``bg_BG``, ``ru-RU.UTF-8`` and ``ar-SY`` are understood; an exact tag wins over the bare language, the bare
    language over another region of it. Never a different language.
    """
    if not tag or len(tag) > 40:
        return None
    clean = re.split("[.@]", tag.strip(), maxsplit=1)[0].replace("_", "-").lower()
    if _TAG.fullmatch(clean) is None:
        return None
    base, _, rest = clean.partition("-")
    base = _ALIASES.get(base, base)
    wanted = f"{base}-{rest}" if rest else base
    known = {language.replace("_", "-").lower(): language for language in reversed(offered)}
    while True:
        if wanted in known:
            return known[wanted]
        if "-" not in wanted:
            break
        wanted = wanted.rpartition("-")[0]
    return next((language for language in offered if base_language(language) == base), None)


def _flag(country: str) -> str:
    return "".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in country)


def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return None


@functools.lru_cache(maxsize=32)
def _names(offered: tuple[str, ...]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return (every folded name, code or flag -> offered language) and (names only)."""
    names: dict[str, str] = {}
    codes: dict[str, str] = {}
    readers = [locale for language in dict.fromkeys((*offered, *NATIVE_NAMES)) if (locale := _locale(language))]
    for language in offered:
        base = base_language(language)
        spellings = [NATIVE_NAMES.get(language, NATIVE_NAMES.get(base, "")), *_ALSO.get(base, "").split()]
        itself = _locale(language)
        if itself is not None:
            spellings += [itself.get_display_name(reader) or "" for reader in readers]
            spellings += [reader.languages.get(base, "") for reader in readers]
        for spelling in filter(None, map(fold, spellings)):
            names.setdefault(spelling, language)
        for code in (language, base, *(alias for alias, target in _ALIASES.items() if target == base)):
            codes.setdefault(fold(code), language)
        for country in _FLAGS.get(base, "").split():
            codes.setdefault(fold(_flag(country)), language)
    return {**codes, **names}, names


@functools.lru_cache(maxsize=32)
def _sorted_names(offered: tuple[str, ...]) -> Sequence[str]:
    return sorted(_names(offered)[1])


def _beginning_with(letters: str, offered: tuple[str, ...]) -> set[str]:
    """Return the languages that have a name beginning with ``letters``."""
    names, order = _names(offered)[1], _sorted_names(offered)
    begun = itertools.takewhile(lambda name: name.startswith(letters), order[bisect.bisect_left(order, letters) :])
    return {names[name] for name in begun}


def recognise(text: str, offered: Sequence[str]) -> str | None:
    """Return the offered language a person names, or None when it is none of them or not a language at all.

    Understood are the name in itself or in any known language, with or without "please" and "language" around
    it, Latin spellings, beginnings of three letters and more that fit only one ("англ."), codes and flags. A
    sentence that merely mentions a language is not an answer.
    """
    if len(text) > _LONGEST_ANSWER:
        return None
    folded = fold(text)
    everything, names = _names(tuple(offered))
    if not folded:
        return None
    if folded in everything:
        return everything[folded]
    parts = folded.split()
    core = [part for part in parts if part not in _AROUND]
    if len(parts) <= 6 and core:
        found = {everything[part] if part in names else None for part in core}
        if len(found) == 1 and None not in found:
            return found.pop()
    if len(core) == 1 and len(core[0]) >= 3:
        begun = _beginning_with(core[0], tuple(offered))
        if len(begun) == 1:
            return begun.pop()
    return None
