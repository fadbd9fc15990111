"""Files that people send: each is asked for once, a burst is answered once, and what did not come is told."""

from __future__ import annotations

from msgspec.structs import replace

from core.capabilities import CAPABILITIES
from core.events import CallReturned, Claim, Reply, TakeBack
from core.ids import CallId
from core.messages import Media, Say, SendMedia, Text
from core.records import Marked, Wrote
from flows.program import Program
from handlers.casework import TAKE_BACK
from handlers.files import BURST, FETCH, entry_of, is_fetch
from handlers.simulator import CONVERSATION, Simulator
from tests.unit.handlers.conftest import MONDAY
from tests.unit.handlers.test_chain import begun, say

PHOTO = Media(kind="photo", ref="file-id", mime="image/jpeg", size=1234, name="a.jpg")


def test_a_file_is_asked_for_under_the_id_of_its_line(talk: Simulator) -> None:
    begun(talk)
    written = talk.send(PHOTO)
    (call,) = talk.calls
    assert call.name == FETCH
    assert not FETCH.isidentifier(), "an editor's hook could have this name"
    assert not FETCH.startswith("https://")
    assert is_fetch(call.id)
    assert entry_of(call.id) == written[0].id
    assert call.args == {"ref": "file-id", "kind": "photo", "mime": "image/jpeg", "name": "a.jpg", "size": "1234"}


def test_one_that_came_with_the_message_is_not_fetched(talk: Simulator) -> None:
    begun(talk)
    talk.send(Media(kind="photo", ref=f"{CONVERSATION}/1/up/abc"))
    assert talk.calls == []
    talk.send(Media(kind="photo", ref="somebody-else/1/up/abc"))
    assert len(talk.calls) == 1


def test_a_flow_call_of_the_same_turn_keeps_its_own_id() -> None:
    assert not is_fetch(CallId(f"{CONVERSATION}/1/7/call0"))


def test_an_album_is_answered_once_and_all_of_it_is_fetched(talk: Simulator, sources) -> None:
    begun(talk)
    assert sources(talk.send(PHOTO)) == ["streetwork.cannot_read", "main.menu"]
    for _ in range(5):
        talk.pass_time(1_000)
        assert sources(talk.send(PHOTO)) == []
    assert len(talk.calls) == 6
    assert [type(entry.body).__name__ for entry in talk.transcript].count("Heard") == 7
    talk.pass_time(BURST)
    assert sources(talk.send(PHOTO)) != []


def test_words_end_a_burst_and_words_beneath_a_file_are_heard(talk: Simulator, sources) -> None:
    begun(talk)
    talk.send(PHOTO)
    assert sources(talk.send(Media(kind="photo", ref="b", caption="suicide"))) != []
    say(talk, "menu")
    assert sources(talk.send(PHOTO)) != []


def test_who_waits_for_a_human_is_told_that_the_file_was_added(talk: Simulator, sources) -> None:
    begun(talk)
    waiting(talk)
    assert "streetwork.file_added" in sources(talk.send(PHOTO))
    assert sources(talk.send(PHOTO)) == []
    assert len(talk.calls) == 2


def test_a_counsellor_who_speaks_gets_the_file_and_the_bot_is_silent(talk: Simulator, sources) -> None:
    begun(talk)
    waiting(talk)
    talk.desk(Claim())
    assert sources(talk.send(PHOTO)) == []
    assert len(talk.calls) == 1


def test_one_that_did_not_come_is_marked_and_told_once(talk: Simulator, sources) -> None:
    begun(talk)
    waiting(talk)
    talk.send(PHOTO)
    talk.send(PHOTO)
    first, second = talk.calls
    written = talk.give_back(first.id, {}, "too_large")
    assert [entry.body for entry in written if isinstance(entry.body, Marked)] == [
        Marked(kind="file_failed", detail={"reason": "too_large"})
    ]
    assert sources(written) == ["streetwork.file_lost"]
    assert sources(talk.give_back(second.id, {}, "gone")) == []
    assert any(isinstance(entry.body, Marked) and entry.body.detail == {"reason": "gone"} for entry in talk.transcript)


def test_nobody_is_told_of_a_lost_file_while_a_human_speaks_or_nobody_waits(talk: Simulator, sources) -> None:
    begun(talk)
    talk.send(PHOTO)
    assert sources(talk.give_back(talk.calls[0].id, {}, "gone")) == []
    waiting(talk)
    talk.desk(Claim())
    talk.send(PHOTO)
    written = talk.give_back(talk.calls[0].id, {}, "gone")
    assert not any(isinstance(entry.body, Wrote) for entry in written)
    assert any(isinstance(entry.body, Marked) for entry in written)


def test_an_answer_for_a_file_never_moves_a_flow(talk: Simulator) -> None:
    begun(talk)
    before = talk.conversation.flow
    assert talk.handle(CallReturned(call_id=CallId(f"{CONVERSATION}/1/1/file0"), values={"answer": "x"})) == []
    assert talk.conversation.flow == before


def waiting(talk: Simulator) -> None:
    """Bring the conversation to where the person waits for a human."""
    talk.send(Text(text="human"))
    assert talk.conversation.case is not None


# -- files of a counsellor ---------------------------------------------------------------------------------

LETTER = SendMedia(kind="document", ref=f"{CONVERSATION}/1/up/anna/x", name="letter.pdf", mime="application/pdf")


def test_a_counsellors_file_goes_out_like_a_reply_and_can_be_taken_back(talk: Simulator) -> None:
    begun(talk)
    waiting(talk)
    talk.desk(Claim())
    assert not any(isinstance(entry.body, Wrote) for entry in talk.desk(Reply(text="", file=LETTER)))
    assert talk.outcome is not None
    reply = talk.outcome.detail["reply"]
    (written,) = [entry for entry in talk.pass_time(TAKE_BACK) if isinstance(entry.body, Wrote)]
    assert written.body == Wrote(message=LETTER, source="reply")
    assert (written.author, written.actor) == ("counsellor", "anna")
    assert written.dispatch is not None
    assert written.dispatch.kind == "counsellor"
    talk.desk(Reply(text="", file=LETTER))
    assert talk.outcome.detail["reply"] != reply
    talk.desk(TakeBack(reply=talk.outcome.detail["reply"]))
    assert not any(isinstance(entry.body, Wrote) for entry in talk.pass_time(TAKE_BACK))


def test_words_that_a_messenger_cannot_put_beneath_a_file_follow_it(program: Program) -> None:
    talk = Simulator(program, CAPABILITIES["whatsapp"], now=MONDAY)
    begun(talk)
    waiting(talk)
    talk.desk(Claim())
    talk.desk(Reply(text="", file=replace(LETTER, caption="Please sign")))
    said = [entry.body.message for entry in talk.pass_time(TAKE_BACK) if isinstance(entry.body, Wrote)]
    assert said == [LETTER, Say(text="Please sign")]
