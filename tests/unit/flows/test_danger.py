"""Signs of danger: words of several groups near each other, in any letters and with slips, and not when denied."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.crisis import Crisis
from flows.danger import Danger, shared_danger
from flows.knowledge_spec import CrisisKind
from flows.program import Program
from tests.data.crisis.phrases import FRESH, PHRASES
from tests.fakes.bots import BERLIN, program

#: Shares of a whole set that must be recognised, and that may be mistaken at most.
RECALL, FALSE_ALARMS = 0.9, 0.16

GROUPS = {
    "close": {"en": ["husband*", "he"], "bg": ["съпруг*"], "ar": ["زوج*"]},
    "strikes": {"en": ["strangle*", "hits"], "bg": ["удушава*"], "ar": ["يضرب*"]},
    "me": {"en": ["me", "my"], "bg": ["ме"], "ar": ["انا"]},
    "strikes_me": {"ar": ["*ضربني"]},
    "not": {"en": ["not", "never"], "bg": ["не"]},
    "told": {"en": ["film*"], "bg": ["филм*"]},
    "throat": {"en": ["by the throat"]},
}
RULES = {
    "violence": ["close + strikes + me - not - told", "throat + me ~3", "strikes_me - told"],
}
DANGER = Danger(GROUPS, RULES)


@pytest.mark.parametrize(
    "text",
    [
        "my husband strangles me",
        "me, every night, my HUSBAND! strangled",
        "husbands strangel me",  # one slip in a long word
        "съпругът ме удушава",
        "suprugut me udushava",  # another spelling of the first vowels
        "saprugat me udushava",
        "grabbed me by the throat",
        "وزوجي بيضربني",
        "وضربني زوجي",
    ],
)
def test_signs_together_are_a_danger(text):
    assert DANGER.match(text) == {"violence"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "my husband and me",
        "he hits",
        "my husband never strangles me",
        "a film in which my husband strangles me",
        "husband " + "word " * 20 + "strangles me",  # too far from each other
        "съпругът me strangles",  # signs of different languages
        "me " + "word " * 5 + "by the throat",
    ],
)
def test_signs_that_are_missing_denied_told_or_far_away_are_none(text):
    assert DANGER.match(text) == frozenset()


@pytest.mark.parametrize("rule", ["close + nobody", "", "close ++", "close - nothing", "close ~x"])
def test_a_rule_that_cannot_hold_is_refused(rule):
    with pytest.raises(ValueError, match="violence"):
        Danger(GROUPS, {"violence": [rule]})


def test_only_kinds_that_the_bot_answers_are_told_and_what_is_excepted_is_no_sign():
    kind = CrisisKind.model_validate(
        {"answer": "Call.", "phrases": {"en": ["zzz"]}, "unless": {"en": ["strangles me softly"]}}
    )
    assert Crisis({"suicide": kind}, signs=DANGER).match("my husband strangles me") is None
    crisis = Crisis({"violence": kind}, signs=DANGER)
    assert crisis.match("my husband strangles me") == "violence"
    assert crisis.match("my husband strangles me softly") is None


def test_a_word_of_the_bots_own_texts_is_no_slip_of_another():
    assert DANGER.match("my husband strangled me") == {"violence"}
    assert DANGER.match("my husband strongled me") == {"violence"}
    assert DANGER.match("my husband strongled me", frozenset({"strongled"})) == frozenset()
    kind = CrisisKind.model_validate({"answer": "Call.", "phrases": {"en": ["strangles people"]}})
    text = "strongles strangels people"
    assert Crisis({"violence": kind}).match(text) == "violence"
    assert Crisis({"violence": kind}, everyday=["Strangels are birds."]).match(text) is None
    assert Crisis({"violence": kind}, everyday=["He strangles people."]).match("strangles people") == "violence"


def test_any_group_behind_a_minus_takes_a_rule_away():
    groups = {"threats": {"en": ["threat*"]}, "deals": {"en": ["rent"]}, "he": {"en": ["he"]}}
    danger = Danger(groups, {"violence": ["he + threats - deals"]})
    assert danger.match("he threatens again") == {"violence"}
    assert danger.match("he threatens to raise the rent") == frozenset()


def test_a_cyrillic_phrase_is_found_in_latin_letters():
    kind = CrisisKind.model_validate(
        {"answer": "Call.", "phrases": {"ru": ["не хочу больше жить"], "bg": ["да се убия"]}}
    )
    crisis = Crisis({"suicide": kind})
    assert crisis.match("ne hochu bolshe zhit") == "suicide"
    assert crisis.match("iskam da se ubiq") == "suicide"
    assert crisis.match("ne hochu bolshe est") is None


@settings(deadline=None)
@given(st.text(max_size=300), st.sampled_from(["husband strangles me ", "", "не не не ", "\u0648\u0627\u0644 "]))
def test_nothing_raises(text, begun):
    assert shared_danger().match(begun + text) <= {
        "suicide", "child", "violence", "trafficking", "no_shelter", "danger_now",
    }  # fmt: skip


@pytest.fixture(scope="module")
def berlin() -> Program:
    return program(BERLIN)


@pytest.mark.parametrize("phrases", [PHRASES, FRESH], ids=["first", "fresh"])
def test_the_sets_of_phrases_are_found(berlin, phrases):
    """The whole sets, with the halves that nobody looked at while the rules were written; see the benchmark."""
    dangers = [one for one in phrases if one.danger]
    others = [one for one in phrases if not one.danger]
    assert len(dangers) >= 120
    found = sum(berlin.crisis.match(one.text) is not None for one in dangers)
    false = sum(berlin.crisis.match(one.text) is not None for one in others)
    assert found >= RECALL * len(dangers)
    assert false <= FALSE_ALARMS * len(others)
