"""The case table, line by line, and its invariants under random histories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Refused
from core.events import Claim, Close, EraseContact, Release, Reply, ReturnToBot, WriteNote
from handoff.cases import Case, Left, act, claim_rank, open_case
from handoff.conversation import Conversation, dump, labels, load


def waiting(urgency="normal", now=1000) -> Case:
    return open_case(number="K-1", queue="main", language="ar", urgency=urgency, note="", now=now)


def refusal(case, action, actor="a", **more):
    with pytest.raises(Refused) as caught:
        act(case, action, actor, 2000, **more)
    return caught.value.reason, caught.value.detail


def test_a_claim_makes_the_case_the_actors():
    case = act(waiting(), Claim(), "a", 2000)
    assert (case.state, case.owner, case.claimed, case.version) == ("active", "a", 2000, 2)


def test_the_second_claim_learns_who_won():
    case = act(waiting(), Claim(), "a", 2000)
    assert refusal(case, Claim(), "b") == ("taken", {"owner": "a"})
    assert refusal(case, Claim(), "a") == ("already_yours", {"owner": "a"})


def test_a_released_case_keeps_its_waiting_age_and_has_no_owner():
    case = act(act(waiting(now=1000), Claim(), "a", 2000), Release(), "a", 3000)
    assert (case.state, case.owner, case.claimed, case.since) == ("waiting", None, None, 1000)


@pytest.mark.parametrize("action", [Release(), Reply(text="x"), Close(), ReturnToBot()])
def test_only_the_owner_acts(action):
    assert refusal(waiting(), action)[0] == "not_claimed"
    assert refusal(act(waiting(), Claim(), "a", 2000), action, "b") == ("not_owner", {"owner": "a"})


@pytest.mark.parametrize("action", [Reply(text=" \n"), WriteNote(text="")])
def test_words_without_text_are_refused(action):
    assert refusal(act(waiting(), Claim(), "a", 2000), action)[0] == "empty"


@pytest.mark.parametrize("action", [Claim(), Release(), Reply(text="x"), WriteNote(text="x"), Close(), Left()])
def test_nothing_happens_to_a_closed_case(action):
    closed = act(waiting(), Left(), "", 2000)
    assert closed.state == "closed"
    assert refusal(closed, action)[0] == "no_case"
    assert refusal(None, action)[0] == "no_case"


def test_a_reply_passes_the_ball_and_a_note_does_not():
    case = act(waiting(), Claim(), "a", 2000)
    assert case.ours
    assert act(case, WriteNote(text="x"), "a", 3000).ours
    assert not act(case, Reply(text="x"), "a", 3000).ours


def test_the_queue_is_safety_then_clock_then_age():
    cases = [
        waiting("normal", 1),
        waiting("returning", 9),
        waiting("safety", 9),
        waiting("clock", 9),
        waiting("normal", 0),
    ]
    assert [(case.urgency, case.since) for case in sorted(cases, key=claim_rank)] == [
        ("safety", 9), ("clock", 9), ("returning", 9), ("normal", 0), ("normal", 1)
    ]  # fmt: skip


def test_labels_find_the_case_by_state_owner_and_number_until_it_is_closed():
    case = act(waiting(), Claim(), "a", 2000)
    assert {label.name for label in labels(Conversation(case=waiting()))} == {"case:K-1", "waiting"}
    assert {label.name for label in labels(Conversation(case=case))} == {"case:K-1", "active", "owner:a"}
    assert labels(Conversation(case=act(case, Close(), "a", 3000))) == ()
    assert load(dump(Conversation(case=case))).case == case


ACTIONS = st.sampled_from(
    [Claim(), Release(), Reply(text="hello"), Reply(text=""), WriteNote(text="n"), Close(outcome="referral"),
     ReturnToBot(), Left(), EraseContact()]
)  # fmt: skip


@given(st.lists(st.tuples(ACTIONS, st.sampled_from("abc"), st.none() | st.integers(0, 9)), max_size=40))
def test_whatever_happens_owner_and_state_agree(history):
    case, now, claims = waiting(), 1000, 0
    for action, actor, seen in history:
        now += 1
        before = case
        try:
            case = act(case, action, actor, now, seen)
        except Refused:
            assert case == before
            continue
        assert before.open
        assert case.version == before.version + 1
        assert case.since == before.since
        assert (case.state == "active") <= (case.owner is not None)
        assert (case.state == "waiting") <= (case.owner is None)
        assert (case.state == "closed") == (case.closed is not None) == (case.outcome is not None)
        if isinstance(action, Claim):
            claims += 1
            assert before.owner is None
            assert case.owner == actor
        if isinstance(action, Release):
            claims -= 1
            assert before.owner == actor
        if isinstance(action, Reply):
            assert before.owner == actor == case.owner
        assert claims in (0, 1)
