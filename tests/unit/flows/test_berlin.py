"""The shipped bot: complete in its languages, within the messengers' limits, and alert to danger as people write it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pytest

from flows.bot_texts import texts_of
from flows.completeness import completeness, states
from flows.facts import derive
from flows.loader import Loaded, load
from flows.program import Program
from i18n.check import check_catalog

ROOT = Path(__file__).resolve().parents[3]
BOT = ROOT / "flows" / "berlin"
TODAY = date(2026, 11, 23)
#: The shortest list rows and buttons of the messengers; the reason is in ``core.capabilities``.
LONGEST_LABEL = 24


@lru_cache(maxsize=1)
def _loaded() -> Loaded:
    return load(BOT, today=TODAY)


def _bot() -> Program:
    program = _loaded().program
    assert program is not None, _loaded().findings
    return program


def _faq_texts(part: str) -> list[tuple[str, str, str]]:
    """Return (entry, language, text) of a part of every FAQ entry."""
    bot = _bot()
    return [
        (entry, language, bot.translator.text(language, f"faq.{entry}.{part}", getattr(spec, part) or "").text)
        for entry, spec in bot.faq_entries.items()
        for language in bot.languages
    ]


def test_the_bot_has_neither_errors_nor_warnings() -> None:
    found = [f"{finding.code} {finding}" for finding in _loaded().findings if finding.level in {"error", "warning"}]
    assert found == []


def test_every_answer_rumour_and_centre_has_example_questions_in_every_language() -> None:
    assert [str(finding) for finding in _loaded().findings if finding.code == "H510"] == []


@pytest.mark.parametrize("folder", [BOT / "locales", ROOT / "i18n" / "locales"], ids=["bot", "framework"])
def test_catalogues_keep_names_numbers_and_addresses(folder: Path) -> None:
    files = sorted(folder.glob("*/LC_MESSAGES/messages.po"))
    assert {"ar", "bg", "de", "ru"} <= {file.parts[-3] for file in files}
    for file in files:
        language = file.parts[-3]
        problems = [(one.line, one.code, one.context) for one in check_catalog(file.read_bytes(), language)]
        assert problems == [], language


def test_every_text_is_there_in_every_language() -> None:
    bot = _bot()
    sources = [
        (step.text_id(part), source)
        for flow in bot.flows.values()
        for step in flow.steps.values()
        for part, source in step.texts.items()
        if part != "note"
    ]
    sources += list(bot.texts.values())
    missing = [
        (language, context)
        for language in bot.languages
        for context, source in sources
        if bot.translator.text(language, context, source).fell_back
    ]
    assert missing == []


def test_people_and_counsellors_read_everything_in_every_language() -> None:
    loaded = _loaded()
    assert loaded.draft.bot is not None
    chosen = loaded.draft.bot.languages
    languages = (*chosen.offered, *chosen.desk)
    found = list(states(list(texts_of(loaded.draft)), loaded.translations, {}, languages, chosen.source))
    assert [(one.language, one.text.context) for one in found if one.state in ("missing", "fuzzy")] == []
    counted = {count.language: count.total for count in completeness(found) if count.kind == "faq"}
    assert set(counted) == {"ar", "bg", "de", "en", "ru"}
    assert len(set(counted.values())) == 1


def test_labels_fit_the_smallest_messenger() -> None:
    bot = _bot()
    too_long = []
    for flow in bot.flows.values():
        for step in flow.steps.values():
            parts = [part for part in step.verb.options(step.spec).values() if not part.startswith("=")]
            for language in bot.languages:
                labels = [bot.translator.text(language, step.text_id(part), step.texts[part]).text for part in parts]
                too_long += [(language, label) for label in labels if len(label) > LONGEST_LABEL]
    too_long += [(lang, text) for _, lang, text in _faq_texts("title") if len(text) > LONGEST_LABEL]
    assert too_long == []


def test_answers_are_two_to_five_short_steps() -> None:
    assert len(_bot().faq_entries) >= 12
    sources = {entry: len((spec.steps or "").splitlines()) for entry, spec in _bot().faq_entries.items()}
    for entry, language, steps in _faq_texts("steps"):
        assert 2 <= len(steps.splitlines()) <= 5 or not steps, (entry, language)
        assert len(steps.splitlines()) == sources[entry], (entry, language)
        assert "•" not in steps, "the list is made when it is shown"


def test_nothing_is_called_reviewed_before_a_team_read_it() -> None:
    assert {spec.status for spec in _bot().faq_entries.values()} == {"draft"}


@pytest.mark.parametrize(
    ("fact", "day", "amount"),
    [
        ("minijob_month", date(2025, 6, 1), 556),
        ("minijob_month", date(2026, 6, 1), 603),
        ("minijob_month", date(2027, 6, 1), 633),
        ("bluecard_general", TODAY, 50_700),
        ("bluecard_reduced", TODAY, Decimal("45934.20")),
        ("experienced_worker_salary", TODAY, 45_630),
        ("over45_salary", TODAY, 55_770),
    ],
)
def test_derived_values_agree_with_the_register_and_with_their_formula(
    fact: str, day: date, amount: Decimal | int
) -> None:
    facts = _bot().facts
    value, formula = facts.value(fact, day), facts.spec(fact).formula
    assert value is not None
    assert formula is not None
    base = facts.value(formula.of, day)
    assert base is not None
    assert isinstance(base.value, Decimal)
    assert value.value == amount == derive(formula, base.value)


#: Entries whose question is itself one of danger: whoever asks gets the numbers first.
ASKS_FOR_HELP_NUMBERS = {
    "no_home_tonight": "no_shelter",
    "frostschutzengel": "no_shelter",
    "cold_help": "no_shelter",
    "taskforcex": "no_shelter",
    "violence_helpline": "violence",
}

DANGER = {
    "suicide": "I want to die.|I don't want to live anymore|Не хочу больше жить|Ne hochu zhit'|بدي موت|أريد أن أموت|"
    "bddi mout wallah|3ayez amout|Искам да се убия|6te se ubiq|iskam da se ubia|не ми се живее вече|أفكر في الانتحار|"
    "I do not want to die, but I will kill myself",
    "danger_now": "he has a knife|he wants to kill me|той ще ме убие|shte me ubie|муж хочет меня убить|رح يقتلني|"
    "вызовите скорую|он не дышит|حياتي في خطر",
    "child": "my husband hits my child|муж бьет ребёнка|бие децата|بيضرب ولادي|My parents hit me|детето ми изчезна",
    "violence": "my husband beats me|Муж меня бьёт|мъжът ми ме бие|mujat mi me bie|زوجي يضربني|byedrobni|"
    "изнасилиха ме|he threatened me",
    "trafficking": "my boss took my passport|шефът ми взе паспорта|shefat mi vze pasporta|начальник забрал мой паспорт|"
    "أخذ جوازي|they don't let me leave|заставляют работать|karat me da rabotq|"
    "с нами обращаются как с рабами|работаю как раб",
    "no_shelter": "I have nowhere to sleep tonight|негде ночевать|нямам къде да спя|ما عندي مكان نام|"
    "nqmam kude da spq|я бездомный",
}


@pytest.mark.parametrize(
    ("kind", "message"), [(kind, text) for kind, texts in DANGER.items() for text in texts.split("|")]
)
def test_danger_is_recognised_as_people_write_it(kind: str, message: str) -> None:
    assert _bot().crisis.match(message) == kind


@pytest.mark.parametrize(
    "message",
    [
        "I do not want to die, only ask about my visa",
        "не искам да умра",
        "не хочу умереть, хочу спросить",
        "ما بدي موت",
        "my boss does not pay me",
        "мне угрожает увольнение",
        "удерживают из зарплаты",
        "до скорой встречи",
        "изгониха ме от работа",
        "طردوني من الشغل",
        "I hurt myself at work",
        "20 kms from Berlin",
        "I lost my passport",
        "как работать медсестрой в Берлине",
        "как работает страховка",
        "искам да сложа край на договора",
        "помощь с жильём",
        "къде да уча немски вечер след работа",
        "посредник просит деньги за визу и контракт",
        "سمسار بدو مصاري مشان فيزا وعقد عمل",
        "хазяинът ще ме вади от квартирата",
        "السوريين صاروا ياخدو باسبور",
        "nobody hits me",
        "никой не ме бие",
        "меня никто не бьёт",
        "ما حدا بيضربني",
        "the landlord threatens to raise the rent",
        "my son is alone at home after school, is there a Hort",
    ],
)
def test_everyday_trouble_is_no_alarm(message: str) -> None:
    assert _bot().crisis.match(message) is None


def test_no_question_of_the_faq_sets_off_an_alarm() -> None:
    alarms = [
        (name, line)
        for name, languages in _bot().questions.items()
        for lines in languages.values()
        for line in lines
        if _bot().crisis.match(line) not in {None, ASKS_FOR_HELP_NUMBERS.get(name)}
    ]
    assert alarms == []


def test_every_question_finds_or_offers_its_answer() -> None:
    bot = _bot()
    lost = [
        (language, name, line)
        for name, languages in bot.questions.items()
        for language in bot.languages
        for line in languages.get(language, ())
        if name not in [match.id for match in bot.faq.search(line, language, 3)]
    ]
    assert lost == []
