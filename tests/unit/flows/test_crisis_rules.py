"""One phrase stands for many spellings: slips, emphasis, Latin letters, gaps and groups hide nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.crisis import Crisis
from flows.crisis_rules import PLAIN, Mending
from flows.knowledge_spec import CrisisKind
from tests.fakes.bots import BERLIN, codes, lines, loaded, mini, program

KINDS = {
    "despair": CrisisKind.model_validate(
        {
            "answer": "x",
            "phrases": {
                "en": ["want to disappear", "no tomorrow"],
                "ru": ["не хочу просыпаться", "самоубий*"],
                "bg": ["искам да изчезна"],
                "ar": ["لا أريد أن أستيقظ", "أريد أن أختفي"],
            },
            "unless": {"en": ["do not want to disappear"]},
        }
    ),
    "danger": CrisisKind.model_validate(
        {
            "answer": "x",
            "groups": {"en": {"who": ["neighbour", "my uncle", "broth*"], "does": ["hits", "beats up"]}},
            "phrases": {"en": ["{who} … {does} … dog"]},
        }
    ),
}
CRISIS = Crisis(KINDS)


@pytest.mark.parametrize(
    "text",
    [
        "I really just want to disappear",
        "i waaant to disappearrr",
        "want to dissapear",
        "i want to disapear",
        "i want to disappaer",
        "want to already disappear now",
        "я больше просто не хочу просыпаться",
        "не хочу прасыпаться",
        "нехочется... не хочу просыпатся",
        "ne hochu prosypatsya",
        "ne xochu prosipatsa",
        "samoubiystvo",
        "мысли о самоубийстве",
        "искам вече просто да изчезна",
        "iskam da izchezna",
        "iskam da iz4ezna",
        "ولا أريد أن أستيقظ",
        "والله أريد كتير أن أختفي",
        "la orid an astaykez",
    ],
)
def test_what_people_write_is_recognised(text):
    assert CRISIS.match(text) == "despair"
    assert CRISIS.match(f"hello, {text}!!! please") == "despair"


@pytest.mark.parametrize(
    "text", ["I do not want to disappear", "i really do not want to disappear", "no", "the dog", ""]
)
def test_what_is_not_meant_stays_quiet(text):
    assert CRISIS.match(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "neighbour hits dog",
        "my neighbour always hits my little dog",
        "my uncle from the second floor beats up the dog",
        "his brother hits the dog",
    ],
)
def test_gaps_and_groups(text):
    assert CRISIS.match(text) == "danger"


@pytest.mark.parametrize(
    "text",
    [
        "the dog hits my neighbour",
        "neighbour one two three four five hits dog",
        "my neighbours dog",
        "uncle hits the dog",
    ],
)
def test_order_and_length_of_a_gap_count(text):
    assert CRISIS.match(text) is None


def test_a_phrase_that_is_only_emphasis_around_one_word_is_not_loosened():
    kinds = {
        "x": CrisisKind.model_validate({"answer": "x", "phrases": {"en": ["so many pills"], "ru": ["просто устал"]}})
    }
    assert Crisis(kinds).match("я устал") is None
    assert Crisis(kinds).match("просто устал") == "x"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("disapear", "disappear"),
        ("disappearr", "disappear"),
        ("dissappear", "disappear"),
        ("disapepar", "disappear"),
        ("disappeal", "disappeal"),
        ("isappear", "isappear"),
        ("убираю", "убираю"),
        ("dis", "dis"),
    ],
)
def test_one_slip_is_mended_another_letter_is_another_word(typed, meant):
    assert Mending(["disappear", "умираю", "short"]).mend(typed) == meant


@given(st.text(max_size=300))
def test_nothing_raises_and_more_readings_never_find_less(text):
    found = Crisis(KINDS, PLAIN).match(text)
    assert CRISIS.match(text) in ({"despair", "danger", None} if found is None else {"despair", "danger"})


def test_every_phrase_of_the_shipped_bot_is_found_by_itself():
    """With the first word of each group, and nothing for a star or a gap."""
    bot = program(BERLIN)
    lost = []
    for name, kind in loaded(BERLIN).draft.crisis.items():
        for language, phrases in kind.phrases.items():
            for phrase in phrases:
                said = " ".join(
                    kind.groups[language][word[1:-1]][0] if word.startswith("{") else word
                    for word in phrase.split()
                    if word != "…"
                ).replace("*", "")
                if bot.crisis.match(said) is None:
                    lost.append((name, language, phrase))
    # What is excepted elsewhere may be a phrase by itself.
    assert lost == []


def test_a_group_that_does_not_exist_is_told(tmp_path):
    bot = mini(tmp_path, {("crisis.yaml", "suicid*"): '"{who} … suicid*"'})
    assert codes(loaded(bot)) == ["E707"]
    assert lines(loaded(bot), "E707")[0][0] == "crisis.yaml"
