"""Finding FAQ entries: across scripts and spellings, in time, and with thresholds that hold on the shipped bot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.faq import ANSWER, LONGEST_QUERY, OFFER, Faq
from flows.lexical import EntryTexts
from flows.skeleton import consonants, latin, script
from i18n.plain import fold
from tests.fakes.bots import BERLIN, program

ENTRIES = {
    "unpaid": {
        "en": ["My boss does not pay me", "no salary for two months"],
        "bg": ["Шефът не ми плаща", "няма заплата от два месеца"],
        "ru": ["Начальник не платит зарплату", "не дают деньги за работу"],
        "ar": ["صاحب العمل لا يدفع لي", "لم أستلم راتبي منذ شهرين"],
    },
    "register": {
        "en": ["How do I register my address", "appointment for registration"],
        "bg": ["Как да регистрирам адреса си", "час за адресна регистрация"],
        "ru": ["Как зарегистрировать адрес", "запись на регистрацию"],
        "ar": ["كيف أسجل عنواني", "موعد تسجيل السكن"],
    },
    "doctor": {
        "en": ["I am ill and have no insurance", "doctor without insurance"],
        "bg": ["Болен съм и нямам осигуровка", "лекар без осигуровка"],
        "ru": ["Я болею и у меня нет страховки", "врач без страховки"],
        "ar": ["أنا مريض وليس لدي تأمين", "طبيب بدون تأمين"],
    },
}


def texts(entries):
    found: dict[str, list[EntryTexts]] = {}
    for entry, languages in entries.items():
        for language, asked in languages.items():
            found.setdefault(language, []).append(EntryTexts(entry=entry, asked=tuple(asked)))
    return found


FAQ = Faq(texts(ENTRIES), topics={"unpaid": "work", "register": "first", "doctor": "health"})


@pytest.mark.parametrize(
    ("query", "language", "entry"),
    [
        ("my boss doesnt pay", "en", "unpaid"),
        ("Шефа не ми плаща!!", "bg", "unpaid"),
        ("shefat ne mi plashta", "bg", "unpaid"),
        ("6efut ne mi pla6ta", "bg", "unpaid"),
        ("nachalnik ne platit zarplatu", "ru", "unpaid"),
        ("kak zaregistrirovat adres", "ru", "register"),
        ("kak da registriram adresa", "bg", "register"),
        ("صاحب العمل ما بيدفع", "ar", "unpaid"),
        ("kif asajel 3enwani", "ar", "register"),
        ("tabib bidun ta2min", "ar", "doctor"),
        ("doctor without insurance", "ar", "doctor"),
        ("врач без страховки", "ar", "doctor"),
        ("no insurance, ill", "bg", "doctor"),
    ],
)
def test_the_right_entry_is_first(query, language, entry):
    assert FAQ.search(query, language, 3)[0].id == entry


def test_scores_lie_between_0_and_1_and_fall():
    found = FAQ.search("my boss does not pay me", "en", 3)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    assert scores[0] >= ANSWER


def test_topics_and_limit():
    assert [match.id for match in FAQ.search("doctor", "en", 3, frozenset({"work"}))] in ([], ["unpaid"])
    assert len(FAQ.search("my doctor my boss my address", "en", 2)) <= 2


def test_only_the_beginning_of_a_long_question_counts():
    question = "my boss does not pay me " + "x" * LONGEST_QUERY
    assert FAQ.search(question + " doctor without insurance" * 50, "en", 1)[0].id == "unpaid"


def test_an_empty_index_and_empty_questions():
    assert Faq({}).search("anything", "en", 3) == ()
    assert FAQ.search("", "en", 3) == ()
    assert FAQ.search("!!!", "en", 3) == ()


@given(st.text(max_size=250), st.sampled_from(["en", "ar", "bg", "ru", "xx"]))
def test_nothing_raises(query, language):
    for match in FAQ.search(query, language, 5):
        assert 0 < match.score <= 1


def test_spellings_come_together():
    assert latin(fold("Шефът не ми плаща")).split()[1:] == latin(fold("shefat ne mi plashta")).split()[1:]
    assert latin(fold("pla6ta")) == latin(fold("плаща"))
    assert latin(fold("чакам")) == latin(fold("4akam")) == latin(fold("chakam"))
    assert consonants(fold("الراتب")) == consonants(fold("el rateb"))
    assert consonants(fold("طبيب")) == consonants(fold("6abib"))
    assert script("مرحبا abc") == "arabic"
    assert script("Здравей") == "cyrillic"
    assert script("hello") == "latin"


OUTSIDE = {
    "en": ["who won the football match", "I love you", "how do I cook rice", "tell me a joke", "my phone is broken"],
    "bg": ["какво ще е времето утре", "обичам те", "как се готви ориз", "разкажи виц", "на колко години си"],
    "ru": ["какая завтра погода", "расскажи анекдот", "как приготовить рис", "сколько тебе лет", "я тебя люблю"],
    "ar": ["كيف الطقس غدا", "احبك", "كيف اطبخ الارز", "احكي نكتة", "كم عمرك"],
}


@pytest.mark.parametrize("language", ["en", "bg", "ru", "ar"])
def test_the_thresholds_hold_on_the_shipped_bot(language):
    """Each entry's own question is answered; questions from outside are never answered."""
    bot = program(BERLIN)
    asked = right = 0
    for name, entry in bot.faq_entries.items():
        question = bot.translator.text(language, f"faq.{name}.question", entry.question).text
        found = bot.faq.search(question, language, 3)
        asked += 1
        right += found[0].id == name and found[0].score >= ANSWER
        assert name in [match.id for match in found if match.score >= OFFER]
    assert right >= 0.9 * asked
    for question in OUTSIDE[language]:
        found = bot.faq.search(question, language, 1)
        assert not found or found[0].score < ANSWER
