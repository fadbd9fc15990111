"""Last link: nobody understood. The options again, then a human; never silence."""

from __future__ import annotations

from core.messages import Inbound, Location, Media, SharedContact, Unknown
from flows import engine
from handlers.talk import Talk

__all__ = ["take"]

#: While somebody waits for a human, they are told so at most this often (milliseconds).
TELL_WAITING_EVERY = 600_000


def take(talk: Talk, message: Inbound) -> bool:
    """Say that nobody understood and offer a way on."""
    run, conversation = talk.run, talk.conversation
    file = isinstance(message.content, Media)
    # While the bot still asks, nobody has agreed that a human looks at anything.
    if talk.case is not None and not (file and talk.case.state == "intake"):
        _still_waiting(talk, "file_added" if file else "waiting")
        return True
    conversation.lost += 1
    run.count("lost")
    if conversation.lost > 1:
        run.system("offer_human", options=run.command_options("human", "menu"))
        return True
    if isinstance(message.content, Media | Location | SharedContact | Unknown):
        run.system("cannot_read", options=run.command_options("human"))
    else:
        run.system("not_understood")
    if engine.open_step(run) is not None:
        engine.repeat(run)
    else:
        engine.begin(run, talk.program.home)
    return True


def _still_waiting(talk: Talk, notice: str) -> None:
    """Say that the message has been added; for a file always, since nobody can see that it came."""
    conversation = talk.conversation
    if notice == "waiting" and talk.env.now - conversation.told_waiting < TELL_WAITING_EVERY:
        return
    conversation.told_waiting = talk.env.now
    talk.notice(notice, options=talk.run.command_options("how_long", "stop_waiting"))
