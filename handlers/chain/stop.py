"""Second link: stop, and a person's rights over their data. They work at every moment, also while a human writes."""

from __future__ import annotations

from core.events import EraseContact
from core.ids import Millis
from core.messages import Choice, Inbound, Option, Text
from flows import wording
from flows.inputs import Accepted, Rules, parse
from flows.program import option_token
from handlers import consent, mydata
from handlers.casework import happen
from handlers.chain.words import command_of
from handlers.talk import Talk
from handoff.cases import Left
from i18n.plain import digits, fold

__all__ = ["DAY", "ask_erase", "take"]

DAY: Millis = 86_400_000


def take(talk: Talk, message: Inbound) -> bool:
    """Take the words of this link, and the answer to whether everything shall be erased."""
    if talk.conversation.confirm_erase:
        talk.conversation.confirm_erase = False
        confirmed = _confirmed(talk, message)
        if confirmed is not None:
            _erase(talk) if confirmed else talk.notice("erase_kept")
            if not confirmed and not talk.human_speaks:
                talk.repeat_or_home()
            return True
    command = command_of(talk, message)
    match command.action if command else None:
        case "stop":
            _stop(talk)
        case "privacy":
            _tell_privacy(talk)
        case "erase":
            ask_erase(talk)
        case "withdraw":
            consent.withdraw(talk)
        case "mydata":
            mydata.ask(talk)
        case _:
            return False
    return True


def _stop(talk: Talk) -> None:
    if talk.case is not None:
        happen(talk, Left())
    else:
        talk.change_hands()
    talk.run.close_wait()
    talk.conversation.flow.frames = []
    talk.conversation.flow.trail = []
    talk.conversation.asked = ""
    talk.conversation.stopped = True
    talk.quiet = True
    talk.notice("stopped")


def _tell_privacy(talk: Talk) -> None:
    team = talk.program.spec.team
    keep = talk.program.spec.defaults
    talk.notice(
        "privacy",
        keep=str(keep.keep_without_case // DAY),
        keep_case=str(keep.keep_after_case // DAY),
        carrier=wording.carrier(talk.run),
        privacy=team.privacy,
        imprint=team.imprint,
        contact=wording.contact(talk.run),
    )
    if not talk.human_speaks:
        talk.repeat_or_home()


def ask_erase(talk: Talk) -> None:
    """Ask whether everything shall be erased; the next message is the answer, if it is one."""
    talk.conversation.confirm_erase = True
    run = talk.run
    buttons = [
        Option(token=option_token("", "erase", answer), label=run.system_text(f"erase_{answer}").text)
        for answer in ("yes", "no")
    ]
    with run.speaking("notice"):
        run.system("erase_ask", options=buttons)


def _confirmed(talk: Talk, message: Inbound) -> bool | None:
    content = message.content
    if isinstance(content, Choice):
        found = talk.program.tokens.get(content.token)
        return found[2] == "yes" if found and found[:2] == ("", "erase") else None
    if isinstance(content, Text) and digits(content.text).strip() in {"1", "2"}:
        return digits(content.text).strip() == "1"
    if isinstance(content, Text):
        for label, meaning in (("erase_yes", True), ("erase_no", False)):
            if talk.folded(content.text) == fold(talk.run.system_text(label).text):
                return meaning
    answer = parse("yes_no", content, Rules(), language=talk.run.language, today=talk.run.today)
    return bool(answer.value) if isinstance(answer, Accepted) else None


def _erase(talk: Talk) -> None:
    if talk.case is not None:
        happen(talk, EraseContact())
        return
    talk.change_hands()
    talk.erase = True
    talk.quiet = True
    talk.notice("erased")
