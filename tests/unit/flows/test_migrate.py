"""People in the middle of a flow when it is edited: they stay, or land safely with their values."""

from __future__ import annotations

import pytest

from flows.migrate import settle
from flows.state import Crumb, Frame, State, Wait
from tests.fakes.bots import change, mini, program


@pytest.fixture
def bot(tmp_path):
    return mini(tmp_path)


def waiting(flow, step, **values):
    return Frame(flow=flow, step=step, vars=values, wait=Wait(n=1, opened=0))


def in_intake(step="plz"):
    return State(
        release="old",
        frames=[Frame(flow="start", step="intake", vars={"topic": "ask"}), waiting("intake", step, topic="ask")],
        trail=[Crumb(flow="start", step="main", depth=1)],
        contact={"city": "Berlin"},
    )


def test_nothing_happens_within_one_release(bot):
    now = program(bot)
    state = State(release=now.release, frames=[waiting("gone", "gone")])
    assert settle(state, now) == (state, False)


def test_people_whose_steps_exist_stay_with_all_they_told(bot):
    now = program(bot)
    state = in_intake()
    settled, moved = settle(state, now)
    assert not moved
    assert settled.frames == state.frames
    assert settled.trail == state.trail
    assert settled.contact == {"city": "Berlin"}
    assert settled.release == now.release
    assert state.release == "old"


def test_a_renamed_step_is_followed(bot):
    settled, moved = settle(in_intake("postcode"), program(bot))
    assert not moved
    assert settled.frames[-1].step == "plz"
    assert settled.frames[-1].wait is not None


def test_a_removed_step_leads_to_where_the_flow_says(bot):
    change(bot, "intake.yaml", "flow: intake", "flow: intake\non_update: children")
    settled, moved = settle(in_intake("removed"), program(bot))
    assert moved
    assert [(frame.flow, frame.step) for frame in settled.frames] == [("start", "intake"), ("intake", "children")]
    assert settled.frames[-1].vars == {"topic": "ask"}
    assert settled.wait is None


def test_without_a_word_of_the_flow_home_is_next_with_the_values(bot):
    settled, moved = settle(in_intake("removed"), program(bot))
    assert moved
    assert [(frame.flow, frame.step) for frame in settled.frames] == [("start", "main")]
    assert settled.frames[0].vars == {"topic": "ask"}
    assert settled.contact == {"city": "Berlin"}
    assert settled.trail == []


def test_a_removed_flow_leads_home(bot):
    settled, moved = settle(State(release="old", frames=[waiting("gone", "x", a=1)]), program(bot))
    assert moved
    assert settled.frames == [Frame(flow="start", step="main", vars={"a": 1})]


def test_a_question_that_became_a_statement_cannot_hold_people(bot):
    change(bot, "start.yaml", "  office:\n    say: Your", "  office:\n    was: [room]\n    say: Your")
    settled, moved = settle(State(release="old", frames=[waiting("start", "room")]), program(bot))
    assert moved
    assert settled.frames[0].step == "main"


def test_a_stack_whose_call_is_gone_is_led_away(bot):
    state = in_intake()
    state.frames[0] = Frame(flow="start", step="office")
    settled, moved = settle(state, program(bot))
    assert moved
    assert [(frame.flow, frame.step) for frame in settled.frames] == [("start", "main")]


def test_an_interrupted_question_stays(bot):
    state = State(
        release="old",
        frames=[waiting("start", "main"), Frame(flow="intake", step="plz", wait=Wait(n=2, opened=0), interrupt=True)],
    )
    settled, moved = settle(state, program(bot))
    assert not moved
    assert settled.frames == state.frames


def test_crumbs_to_removed_steps_are_swept_up(bot):
    state = State(
        release="old",
        frames=[waiting("start", "main")],
        trail=[Crumb(flow="intake", step="postcode", depth=1), Crumb(flow="start", step="gone", depth=1)],
    )
    settled, _ = settle(state, program(bot))
    assert settled.trail == [Crumb(flow="intake", step="plz", depth=1)]
