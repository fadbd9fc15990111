"""What a person did: kept in the transcript, guarded against floods, then given to the chain."""

from __future__ import annotations

from core.ids import Millis
from core.messages import Edited, Inbound, Media, Start, Subscribed, Unknown, Unsubscribed
from flows import engine
from handlers import files
from handlers.casework import person_wrote
from handlers.chain import CHAIN, FIRST, crisis, stop
from handlers.chain.words import typed
from handlers.keeping import empty_old
from handlers.talk import Talk
from i18n.negotiate import negotiate

__all__ = ["hear", "lose"]

#: A person may send so many messages at once, and one more every so many milliseconds. Somebody who types a long
#: story in short lines stays far below; a stuck key or an attack does not.
BURST = 25
ONE_EVERY: Millis = 2_000


def hear(talk: Talk, message: Inbound) -> None:
    """Take one thing a person did."""
    if message.group:
        _answer_group(talk, message)
        return
    _greet_back(talk)
    empty_old(talk.conversation, talk.program, talk.env.now)
    talk.conversation.flow.active = talk.env.now
    if isinstance(message.content, Unsubscribed):
        lose(talk)
        return
    if isinstance(message.content, Subscribed):
        return
    talk.heard(message)
    if isinstance(message.content, Media):
        files.ask_for(talk, message.content)
    _guess_language(talk, message)
    match message.content:
        case _ if _flooding(talk):
            if not crisis.take(talk, message) and not stop.take(talk, message):
                _slow_down(talk)
        case Edited():
            _edited(talk, message)
        case Start():
            _start(talk)
        case _:
            _converse(talk, message)


def lose(talk: Talk) -> None:
    """The person cannot be reached any more: nothing is sent until they come back, a case stays for the team."""
    known, talk.conversation.unreachable = talk.conversation.unreachable, True
    talk.quiet = True
    if talk.case is not None and not known:
        talk.mark("unreachable")


def _greet_back(talk: Talk) -> None:
    talk.conversation.stopped = False
    if talk.conversation.unreachable:
        talk.conversation.unreachable = False
        if not talk.human_speaks:
            engine.resume(talk.run, show=False)  # its clock was stopped


def _start(talk: Talk) -> None:
    talk.conversation.confirm_erase = False
    if not talk.human_speaks:
        talk.start()


def _converse(talk: Talk, message: Inbound) -> None:
    conversation = talk.conversation
    lost_before = conversation.lost
    for link in FIRST if _first(talk) else CHAIN:
        if link(talk, message):
            break
    if conversation.lost == lost_before and talk.said is not None:
        conversation.lost = 0
    if not isinstance(message.content, Media):
        conversation.told_file = 0  # the next file is no part of a burst
    elif talk.said is not None:
        conversation.told_file = talk.env.now
    if not talk.human_speaks and not talk.quiet:
        _answer_asked(talk)
        if talk.said is None:
            _not_without_a_word(talk)


def _first(talk: Talk) -> bool:
    """Return whether nothing was ever asked or said in this conversation."""
    flow = talk.conversation.flow
    return not flow.frames and flow.waits == 0


def _not_without_a_word(talk: Talk) -> None:
    """Speak where the flows had nothing to say: at their end, and at a pause in which another language was chosen."""
    if not talk.conversation.flow.frames:
        engine.begin(talk.run, talk.program.home)
    elif talk.run.chose_language:
        talk.run.system("language_changed")


def _answer_asked(talk: Talk) -> None:
    """Answer the question that came before the language was chosen, once there is a language."""
    conversation = talk.conversation
    if not conversation.asked:
        return
    step = engine.open_step(talk.run)
    if step is not None and step.verb.name == "language":
        return
    asked, conversation.asked = conversation.asked, ""
    talk.run.search(asked, show=0 if talk.case is not None else 3)


def _edited(talk: Talk, message: Inbound) -> None:
    person_wrote(talk)
    if crisis.take(talk, message):
        return
    if talk.case is None:
        talk.run.system("edited")


def _guess_language(talk: Talk, message: Inbound) -> None:
    """Take the messenger's language until the person chooses one; a first message that surely shows another wins."""
    state = talk.conversation.flow
    if state.language is None:
        state.language = negotiate(message.profile.language, talk.program.languages)
    text = typed(message)
    if _first(talk) and not state.language_chosen and text is not None and any(map(str.isalpha, text)):
        found = talk.run.understand(text)
        if found.sure:
            state.language = found.language


def _flooding(talk: Talk) -> bool:
    """Take one token from the person's bucket; True when it is empty."""
    conversation, now = talk.conversation, talk.env.now
    full = BURST * ONE_EVERY
    filled = full if conversation.tokens is None else conversation.tokens + max(0, now - conversation.tokens_at)
    tokens = min(full, filled)
    conversation.tokens_at = max(now, conversation.tokens_at)
    if tokens < ONE_EVERY:
        conversation.tokens = tokens
        return True
    conversation.tokens = tokens - ONE_EVERY
    if tokens > full // 2:
        conversation.warned = False
    return False


def _slow_down(talk: Talk) -> None:
    """Say one polite word; everything is kept, and a counsellor reads it all."""
    person_wrote(talk)
    talk.run.count("flood")
    if not talk.conversation.warned and not talk.human_speaks:
        talk.conversation.warned = True
        talk.notice("slow_down")


def _answer_group(talk: Talk, message: Inbound) -> None:
    """Give a link to the private chat, at most once a day, and never anything else."""
    if isinstance(message.content, Subscribed | Unsubscribed | Unknown):
        return
    state = talk.conversation.flow
    if state.language is None:
        state.language = negotiate(message.profile.language, talk.program.languages)
    if state.active and talk.env.now - state.active < 86_400_000:
        return
    state.active = talk.env.now
    talk.run.system("group", values={"link": talk.env.link or talk.program.spec.name})
