"""Bodies of presses: each verb reads what it needs, and nothing that is no good comes through."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.events import Close, Park, Reply, SetDeadline, SetTopic, TakeBack, Transfer
from handoff.cases import TABLE
from handoff.verbs import EVENTS, LONGEST_TEXT, VERBS, parse

GOOD: dict[str, dict[str, Any]] = {
    "park": {"until": 1_900_000_000_000, "reason": "date", "promised": True},
    "transfer": {"to": "0123456789", "note": "speaks Kurdish"},
    "close": {"outcome": "referral", "topic": "work"},
    "reply": {"text": "hello"},
    "takeback": {"reply": "r12"},
    "note": {"text": "hello"},
    "deadline": {"date": "2027-03-12"},
    "topic": {"topic": "work"},
}


def refused(verb: str, body: dict[str, object]) -> str:
    with pytest.raises(Refused) as caught:
        parse(verb, body)
    return caught.value.reason


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_becomes_its_event_and_stands_in_the_table(verb):
    made = parse(verb, GOOD.get(verb, {}))
    assert made is not None
    assert (made[0], type(made[1])) == (verb, EVENTS[verb])
    assert verb == "reopen" or any(event is EVENTS[verb] for _, event in TABLE)


def test_what_is_read_is_what_was_written():
    assert parse("park", GOOD["park"]) == ("park", Park(until=1_900_000_000_000, reason="date", promised=True))
    assert parse("park", {"until": None, "reason": "person"}) == ("park", Park(reason="person"))
    assert parse("transfer", {"queue": "advice", "note": "n"}) == ("transfer", Transfer(queue="advice", note="n"))
    assert parse("close", {"outcome": "left"}) == ("close", Close(outcome="left"))
    assert parse("deadline", {"date": None}) == ("deadline", SetDeadline(date=None))
    assert parse("topic", {"topic": ""}) == ("topic", SetTopic(topic=""))
    assert parse("takeback", {"reply": "r1"}) == ("takeback", TakeBack(reply="r1"))
    assert parse("reply", {"text": "\r\na\r\nb\x00\n"}) == ("reply", Reply(text="a\nb"))
    assert parse("steal", {}) is None


@pytest.mark.parametrize(
    ("verb", "body", "code"),
    [
        ("park", {"until": "tomorrow"}, "malformed"),
        ("park", {"until": True}, "malformed"),
        ("park", {"until": -1}, "malformed"),
        ("park", {"until": 10**18}, "malformed"),
        ("park", {"until": None, "reason": "holiday"}, "malformed"),
        ("park", {"until": None, "promised": True}, "malformed"),
        ("park", {"until": 1_900_000_000_000, "promised": "yes"}, "malformed"),
        ("transfer", {"note": "n"}, "malformed"),
        ("transfer", {"to": "a", "queue": "q", "note": "n"}, "malformed"),
        ("transfer", {"to": "a b", "note": "n"}, "malformed"),
        ("transfer", {"to": ["a"], "note": "n"}, "malformed"),
        ("transfer", {"to": "a"}, "no_note"),
        ("transfer", {"to": "a", "note": " \n"}, "no_note"),
        ("transfer", {"to": "a", "note": 7}, "malformed"),
        ("close", {}, "malformed"),
        ("close", {"outcome": "won"}, "malformed"),
        ("close", {"outcome": "left", "topic": "<b>"}, "malformed"),
        ("reply", {}, "malformed"),
        ("reply", {"text": "\x00 "}, "empty"),
        ("note", {"text": "x" * (LONGEST_TEXT + 1)}, "too_long"),
        ("release", {"reason": ["x"]}, "malformed"),
        ("takeback", {}, "malformed"),
        ("takeback", {"reply": "r 1"}, "malformed"),
        ("deadline", {}, "malformed"),
        ("deadline", {"date": "12.3.2027"}, "malformed"),
        ("deadline", {"date": "2027-02-30"}, "malformed"),
        ("deadline", {"date": "20270312"}, "malformed"),
        ("topic", {"topic": "Work!"}, "malformed"),
    ],
)
def test_what_is_no_good_is_refused_with_its_code(verb, body, code):
    assert refused(verb, body) == code


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["text", "note", "to", "queue", "until", "reason", "promised", "outcome", "topic", "date", "reply"]
)


@given(st.sampled_from(VERBS), st.dictionaries(NAMES, JSON, max_size=6))
def test_any_body_becomes_an_action_or_a_refusal(verb, body):
    codes = []
    try:
        made = parse(verb, body)
    except Refused as refusal:
        made, codes = None, [refusal.reason]
    assert set(codes) <= {"malformed", "empty", "too_long", "no_note"}
    assert codes or (made is not None and isinstance(made[1], EVENTS[verb]))
