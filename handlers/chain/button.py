"""Fourth link: pressed buttons, of the open question or of an older one."""

from __future__ import annotations

from core.messages import Choice, Inbound
from core.pages import MORE
from flows import engine
from flows.verbs import Given
from handlers.chain.comeback import choose
from handlers.chain.commands import obey
from handlers.talk import Talk

__all__ = ["follow", "language_of", "take"]


def take(talk: Talk, message: Inbound) -> bool:
    """Follow a button; one that is gone or closed is explained and the open question repeated."""
    content = message.content
    if not isinstance(content, Choice):
        return False
    if not follow(talk, content):
        talk.run.count("button.stale")
        talk.run.system("stale_choice")
        talk.repeat_or_home()
    return True


def language_of(talk: Talk, message: Inbound) -> str | None:
    """Return the language that a button of any language question names."""
    content = message.content
    found = talk.program.tokens.get(content.token) if isinstance(content, Choice) else None
    step = talk.program.step(found[0], found[1]) if found is not None else None
    return found[2] if found is not None and step is not None and step.verb.name == "language" else None


def _chooses_language(talk: Talk, found: tuple[str, str, str]) -> bool:
    """Return whether this is the button of an older language question: it changes the language and nothing else."""
    step = talk.program.step(found[0], found[1])
    if step is None or step.verb.name != "language":
        return False
    return all((frame.flow, frame.step) != (step.flow, step.id) for frame in talk.conversation.flow.frames)


def _turn_page(talk: Talk, begin: str) -> bool:
    """Show the page of a question that begins with this option; False when the option or the question is gone."""
    flow, step, _ = talk.program.tokens.get(begin, ("", "", ""))
    talk.page = begin
    return bool(flow) and engine.show_again(talk.run, flow, step)


def follow(talk: Talk, choice: Choice) -> bool:
    """Do what a button's token names; False when that is not possible any more."""
    if choice.token.startswith(MORE):
        return _turn_page(talk, choice.token.removeprefix(MORE))
    found = talk.program.tokens.get(choice.token)
    if found is None:
        return False
    flow, step, option = found
    if _chooses_language(talk, found):
        talk.run.choose_language(option)
        talk.repeat_or_home()
        return True
    if flow:
        return engine.press(talk.run, flow, step, option, Given(content=choice, option=option))
    if step == "faq":
        talk.run.count("faq.chosen")
        talk.run.answer_faq(option)
        return True
    if step == "pages":
        talk.run.show_page(option)
        return True
    if step == "next":
        follow_on = talk.program.faq_entries[option].next
        if follow_on is not None:
            engine.go_to(talk.run, follow_on.goto)
        return follow_on is not None
    if step == "case":
        return choose(talk, option)
    if step == "commands":
        obey(talk, talk.program.commands[option])
        return True
    return False
