"""What `negotiate` promises, in tables over all languages and as properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.negotiate import NATIVE_NAMES, direction, negotiate, recognise

OFFERED = ("ar", "bg", "en", "ru", "de")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("ru", "ru"),
        ("ru-RU", "ru"),
        ("bg_BG", "bg"),
        ("ar-SY", "ar"),
        ("ar-EG-u-nu-latn", "ar"),
        ("apc", "ar"),
        ("EN-us", "en"),
        ("de-CH-1996", "de"),
        ("ru_RU.UTF-8", "ru"),
        ("uk", None),
        ("uk-UA", None),
        ("sr", None),
        ("", None),
        (None, None),
        ("x", None),
        ("русский", None),
        ("en" * 200, None),
        ("en-", None),
    ],
)
def test_a_tag_never_gives_another_language(tag: str | None, language: str | None) -> None:
    assert negotiate(tag, OFFERED) == language


def test_an_exact_region_wins_and_the_first_offered_stands_in() -> None:
    assert negotiate("pt-BR", ["pt-PT", "pt-BR"]) == "pt-BR"
    assert negotiate("pt", ["pt-PT", "pt-BR"]) == "pt-PT"
    assert negotiate("de-AT", ["de", "de-CH"]) == "de"
    assert negotiate("zh-Hant-TW", ["zh-Hans", "zh-Hant"]) == "zh-Hant"


@pytest.mark.parametrize(
    ("typed", "language"),
    [
        ("русский", "ru"),
        ("Русский язык", "ru"),
        ("по-русски", "ru"),
        ("на русском пожалуйста", "ru"),
        ("руский", "ru"),
        ("руски", "ru"),
        ("russki", "ru"),
        ("روسي", "ru"),
        ("български", "bg"),
        ("на български, моля", "bg"),
        ("болгарский", "bg"),
        ("balgarski", "bg"),
        ("BG", "bg"),
        ("البلغارية", "bg"),
        ("arabic", "ar"),
        ("عربي", "ar"),
        ("العربية", "ar"),
        ("أريد اللغة العربية", "ar"),
        ("arabisch", "ar"),
        ("арабский", "ar"),
        ("3arabi", "ar"),
        ("англ.", "en"),
        ("английски", "en"),
        ("English please", "en"),
        ("انجليزي", "en"),
        ("eng", "en"),
        ("deutsch", "de"),
        ("auf Deutsch bitte", "de"),
        ("немецкий", "de"),
        ("الألمانية", "de"),
        ("de", "de"),
        ("\U0001f1e7\U0001f1ec", "bg"),
        ("\U0001f1f8\U0001f1fe", "ar"),
        ("украинский", None),
        ("français", None),
        ("bulgarian or russian", None),
        ("I need help with german papers", None),
        ("in", None),
        ("no", None),
        ("да", None),
        ("", None),
        ("...", None),
        ("a" * 10_000, None),
    ],
)
def test_people_name_languages_in_many_ways(typed: str, language: str | None) -> None:
    assert recognise(typed, OFFERED) == language


@pytest.mark.parametrize("language", sorted(NATIVE_NAMES))
def test_every_native_name_is_recognised(language: str) -> None:
    assert recognise(NATIVE_NAMES[language], tuple(NATIVE_NAMES)) == language


@given(st.text(max_size=80))
def test_nothing_typed_breaks_it(text: str) -> None:
    assert recognise(text, OFFERED) in {*OFFERED, None}
    assert negotiate(text, OFFERED) in {*OFFERED, None}


@pytest.mark.parametrize(
    ("language", "way"),
    [
        ("ar", "rtl"),
        ("ar-SY", "rtl"),
        ("fa", "rtl"),
        ("en", "ltr"),
        ("ku_Arab", "rtl"),
        ("ar-Latn", "ltr"),
        ("xx", "ltr"),
    ],
)
def test_direction(language: str, way: str) -> None:
    assert direction(language) == way
