"""The index by letters: what brings texts together, and what must not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.lexical import EntryTexts, LexicalIndex

WORDS = st.text(alphabet="abc яшм رب4", max_size=40)
ENTRIES = st.builds(EntryTexts, entry=st.sampled_from("xyz"), asked=st.lists(WORDS, max_size=3).map(tuple), told=WORDS)
TEXTS = st.dictionaries(st.sampled_from(["en", "bg", "ar"]), st.lists(ENTRIES, max_size=4), max_size=3)


def index(**asked: tuple[str, ...]) -> LexicalIndex:
    """Return an index of entries with these English texts."""
    return LexicalIndex({"en": [EntryTexts(entry=name, asked=texts) for name, texts in asked.items()]})


def best(found: LexicalIndex, query: str, language: str = "en") -> str:
    like = found.likeness(query, language)
    return max(like, key=lambda entry: like[entry].points)


@given(TEXTS, WORDS, st.sampled_from(["en", "bg", "ar", "xx"]))
def test_any_texts_and_questions(texts: dict[str, list[EntryTexts]], query: str, language: str) -> None:
    found = LexicalIndex(texts)
    like = found.likeness(query, language)
    assert {*like} <= {one.entry for known in texts.values() for one in known}
    assert all(0 < one.near <= 1 + 1e-6 for one in like.values())
    assert like == LexicalIndex(texts).likeness(query, language)  # the same in every run


def test_nothing_in_common_is_nothing() -> None:
    assert index(a=("wages",)).likeness("zzz", "en") == {}
    assert index().likeness("wages", "en") == {}
    assert index(a=("",)).likeness("", "en") == {}


def test_near_is_the_share_of_the_question_that_an_entry_has() -> None:
    found = index(a=("my boss does not pay",), b=("doctor",))
    assert found.likeness("my boss does not pay", "en")["a"].near == pytest.approx(1, abs=1e-6)
    half = found.likeness("boss qqqq", "en")["a"].near
    assert 0.2 < half < 0.8


def test_many_texts_alone_make_no_entry_likely() -> None:
    talkative = tuple(f"how do i get paper {n} from office {n * 7}" for n in range(60))
    found = index(papers=talkative, help=("how do i get help",))
    assert best(found, "how do i get") == "help"


def test_examples_of_one_language_help_its_neighbours() -> None:
    found = LexicalIndex(
        {
            "ru": [EntryTexts(entry="wages", asked=("начальник не платит зарплату",))],
            "bg": [EntryTexts(entry="flat", asked=("наемът е висок",)), EntryTexts(entry="wages", asked=("шефът",))],
        }
    )
    assert best(found, "не ми плаща заплата", "bg") == "wages"
    assert best(found, "ne plati zaplata", "bg") == "wages"


def test_a_german_term_is_itself_in_an_arabic_sentence() -> None:
    found = LexicalIndex(
        {
            "ar": [EntryTexts(entry="a", asked=("كيف أسجل عنواني",)), EntryTexts(entry="b", asked=("متى أدفع",))],
            "en": [EntryTexts(entry="b", asked=("wohnberechtigungsschein",)), EntryTexts(entry="a", asked=("house",))],
        }
    )
    assert best(found, "كيف أطلب wohnberechtigungsschein", "ar") == "b"
    assert found.likeness("wohnberechtigungsschein", "ar")["b"].near > 0.4  # but for its consonants all of it


def test_arabic_meets_its_latin_spelling_only_where_it_may_be_arabic() -> None:
    found = LexicalIndex({"ar": [EntryTexts(entry="a", asked=("لم أستلم راتبي",))]})
    assert found.likeness("ratebi", "ar")["a"].near > found.likeness("ratebi", "en")["a"].near
