"""The case table, line by line, and its invariants under random histories."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from core.errors import Refused
from core.events import (
    SYSTEM,
    AcceptTransfer,
    Claim,
    Close,
    DeclineTransfer,
    EraseContact,
    ExportContact,
    OwnerGone,
    Park,
    Release,
    Reopen,
    Reply,
    ReturnToBot,
    SetDeadline,
    SetTopic,
    TakeBack,
    Transfer,
    Wake,
    WithdrawTransfer,
    WriteNote,
)
from handoff.cases import (
    HELD,
    OPEN,
    TABLE,
    Case,
    Facts,
    IntakeOver,
    Left,
    OfferLapsed,
    ParkOver,
    Pending,
    PersonWrote,
    Urged,
    act,
    microphone,
    open_case,
    reopen,
)
from handoff.conversation import Conversation, dump, labels, load
from handoff.queue import claim_rank


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
    assert refusal(case, Claim(), "b") == ("taken", {"owner": "a", "at": "2000"})
    assert refusal(case, Claim(), "a") == ("already_yours", {"owner": "a", "at": "2000"})


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
    assert {label.name for label in labels(Conversation(case=waiting()))} == {
        "case:K-1",
        "waiting",
        "queue:ar",
        "age:ar",
    }
    assert {label.name for label in labels(Conversation(case=case))} == {"case:K-1", "active", "owner:a", "ours:a"}
    closed = act(case, Close(), "a", 3000)
    assert {label.name for label in labels(Conversation(earlier=closed))} == {"closed:K-1", "had:a"}
    assert labels(Conversation(earlier=act(waiting(), Left(), "", 3000))) == ()
    assert load(dump(Conversation(case=case))).case == case


def active(**more) -> Case:
    return replace(act(waiting(), Claim(), "a", 2000), **more)


def test_the_table_has_no_way_out_of_what_is_over_and_none_into_intake():
    for (state, event), line in TABLE.items():
        assert state in OPEN, event
        assert line.to != "intake" or state == "intake", event


@pytest.mark.parametrize(("row", "line"), TABLE.items(), ids=lambda part: str(part)[:60])
def test_the_epoch_is_raised_exactly_when_the_microphone_leaves_or_reaches_somebody(row, line):
    for way in (line, line.otherwise):
        if way is None:
            continue
        before, after = microphone(row[0]), microphone(way.to)
        # A colleague who takes over is somebody else too; stop and erase silence the bot's words under way as well.
        other = (before == "counsellor") != (after == "counsellor") or row[1] in (AcceptTransfer, Left, EraseContact)
        assert ("epoch" in way.effects) == other, row
        assert ("resume" in way.effects) == (before == "counsellor" and after == "queue"), row
        assert ("bot" in way.effects) <= (way.to == "closed"), row


def test_replies_go_out_before_a_case_leaves_its_owners_hands():
    for (state, event), line in TABLE.items():
        for way in (line, line.otherwise):
            if way is None or state not in HELD or way is line.otherwise:
                continue
            leaves = way.to not in HELD or event in (AcceptTransfer, Park, Transfer)
            if event is EraseContact:
                assert "drop" in way.effects
            else:
                assert ("send" in way.effects) == leaves, (state, event)


def test_a_parked_case_wakes_with_its_owner_or_waits_where_they_see_it_first():
    case = act(active(), Park(until=9000, reason="date", promised=True), "a", 3000)
    assert (case.state, case.parked_until, case.promised, case.owner) == ("parked", 9000, 9000, "a")
    here = act(case, ParkOver(), "", 9000)
    assert (here.state, here.owner, here.parked_until, here.park_reason) == ("active", "a", None, None)
    away = act(case, PersonWrote(), "", 5000, facts=Facts(owner_ready=False, affinity_until=99_000))
    assert (away.state, away.owner, away.affinity, away.affinity_until) == ("waiting", None, "a", 99_000)
    assert (away.since, away.back, away.ours) == (1000, True, True)
    assert act(case, Wake(), "a", 4000).state == "active"
    assert refusal(case, Wake(), "b")[0] == "not_owner"
    assert refusal(active(), Wake())[0] == "not_parked"
    assert refusal(active(), Park(until=2000))[0] == "past"


def test_an_offered_case_stays_with_its_owner_until_somebody_accepts():
    case = act(active(), Transfer(to="b", note="speaks Kurdish"), "a", 3000)
    assert (case.state, case.owner, case.offered_to, case.offered) == ("handing_over", "a", "b", 3000)
    assert refusal(case, AcceptTransfer(), "c")[0] == "not_for_you"
    assert refusal(case, WithdrawTransfer(), "b")[0] == "not_owner"
    assert refusal(case, Park(), "a")[0] == "handing_over"
    taken = act(case, AcceptTransfer(), "b", 4000)
    assert (taken.state, taken.owner, taken.offered_to, taken.offered) == ("active", "b", None, None)
    for event, actor in ((DeclineTransfer(), "b"), (WithdrawTransfer(), "a"), (OfferLapsed(), "")):
        back = act(case, event, actor, 4000)
        assert (back.state, back.owner, back.offered_to) == ("active", "a", None)
    anybody = act(active(), Transfer(queue="other", note="x"), "a", 3000)
    assert refusal(anybody, AcceptTransfer(), "a")[0] == "not_for_you"
    assert act(anybody, AcceptTransfer(), "c", 4000).owner == "c"
    assert refusal(active(), Transfer(to="b", note=" "))[0] == "no_note"
    assert refusal(active(), Transfer(to="a", note="x"))[0] == "no_such_colleague"
    assert refusal(active(), AcceptTransfer(), "b")[0] == "not_offered"


def test_only_the_system_says_that_an_owner_is_gone_and_only_of_the_owner():
    gone = OwnerGone(owner="a", reason="shift")
    assert refusal(active(), gone, "a")[0] == "not_owner"
    assert refusal(active(), OwnerGone(owner="b", reason="shift"), SYSTEM)[0] == "not_owner"
    back = act(active(), gone, SYSTEM, 3000)
    assert (back.state, back.owner, back.since, back.back, back.affinity) == ("waiting", None, 1000, True, None)


def test_a_reply_taken_back_is_our_turn_again_and_one_that_went_out_is_not():
    pending = Pending(id="r1", text="x", actor="a", at=2000, until=7000)
    case = replace(act(active(), Reply(text="x"), "a", 2000), pending=(pending,))
    assert not case.ours
    back = act(case, TakeBack(reply="r1"), "a", 3000)
    assert (back.pending, back.ours, back.unanswered) == ((), True, 3000)
    assert refusal(case, TakeBack(reply="r2"))[0] == "too_late"
    assert refusal(case, TakeBack(reply="r1"), "b")[0] == "not_owner"
    theirs = replace(case, pending=(replace(pending, actor="z"),))
    assert refusal(theirs, TakeBack(reply="r1"))[0] == "too_late"


def test_words_of_danger_end_the_questions_at_once():
    asked = open_case(number="K-1", queue="q", language="ar", urgency="normal", note="", now=1, intake=True)
    assert asked.state == "intake"
    urgent = act(asked, Urged(urgency="safety"), "", 2)
    assert (urgent.state, urgent.urgency) == ("waiting", "safety")
    assert refusal(asked, Claim())[0] == "no_case"
    assert act(asked, IntakeOver(), "", 2).state == "waiting"
    assert open_case(number="K", queue="q", language="ar", urgency="safety", note="", now=1, intake=True).state == (
        "waiting"
    )


def test_a_reopened_case_is_a_new_one_and_the_old_one_is_left_alone():
    closed = act(active(topic="work"), Close(outcome="referral"), "a", 3000)
    case = reopen(closed, number="K-2", actor="b", now=9000)
    assert (case.state, case.owner, case.earlier, case.earlier_count, case.topic) == ("active", "b", "K-1", 1, "work")
    assert (closed.state, closed.number, closed.outcome) == ("closed", "K-1", "referral")
    assert refusal(active(), Reopen())[0] == "open_already"


def test_a_state_of_the_first_version_loads():
    old = (
        b'{"flow":{},"case":{"number":"K-1","state":"waiting","queue":"advice","language":"ar","urgency":"normal",'
        b'"since":5,"version":3,"note":"n","from_at":5,"touched":7}}'
    )
    loaded = load(old)
    assert loaded.case is not None
    assert (loaded.case.state, loaded.case.unanswered, loaded.case.pending) == ("waiting", 7, ())
    assert load(dump(loaded)) == loaded


EVENTS = st.sampled_from(
    [Claim(), Release(), Reply(text="hello"), Reply(text=""), WriteNote(text="n"), Close(outcome="referral"),
     ReturnToBot(), Left(), EraseContact(), Park(until=10**6), Park(), Park(until=1), Wake(), ParkOver(),
     PersonWrote(), Transfer(to="b", note="n"), Transfer(to="a", note="n"), Transfer(queue="q", note="n"),
     Transfer(to="c", note=""), AcceptTransfer(), DeclineTransfer(), WithdrawTransfer(), OfferLapsed(),
     Urged(urgency="safety"), Urged(urgency="normal"), IntakeOver(), SetTopic(topic="t"), SetDeadline(date=None),
     OwnerGone(owner="a", reason="away"), OwnerGone(owner="b", reason="disabled"), ExportContact(), Reopen(),
     TakeBack(reply="r")]
)  # fmt: skip


@given(
    st.booleans(),
    st.lists(
        st.tuples(EVENTS, st.sampled_from(["a", "b", "c", SYSTEM]), st.none() | st.integers(0, 9), st.booleans()),
        max_size=60,
    ),
)
def test_whatever_happens_owner_and_state_agree(intake, history):
    case = open_case(number="K-1", queue="q", language="ar", urgency="normal", note="", now=1000, intake=intake)
    now = 1000
    for event, actor, seen, ready in history:
        now += 1
        before = case
        try:
            case = act(case, event, actor, now, seen, Facts(owner_ready=ready, affinity_until=now + 5))
        except Refused:
            assert case == before
            continue
        assert before.open
        assert case.version >= before.version
        assert (case.version > before.version) or case == before
        assert (case.number, case.since) == (before.number, before.since)
        assert case.held <= (case.owner is not None)
        assert (case.state in ("intake", "waiting")) <= (case.owner is None)
        assert (not case.open) == (case.closed is not None) == (case.outcome is not None)
        assert (case.state == "handing_over") == (case.offered is not None)
        assert (case.state == "parked") == (case.park_reason is not None)
        assert case.ours == (case.unanswered > 0)
        if case.owner != before.owner and case.owner is not None:
            assert isinstance(event, Claim | AcceptTransfer)
            assert case.owner == actor
        if isinstance(event, Claim):
            assert before.state == "waiting"
