"""What an editor may write in ``tests/*.yaml``: a conversation, line by line, to be held in every language."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from core.ids import Millis
from flows.channels import capabilities
from flows.spec import Duration, Name, Spec, Text

__all__ = ["FlowTest", "Line", "TestFile"]

#: One text, or one for each language.
ByLanguage = str | dict[Name, str]


def _moment(value: object) -> Millis:
    """Read ``2026-03-02 10:00 Europe/Berlin``."""
    day, _, rest = str(value).partition(" ")
    hour, _, zone = rest.partition(" ")
    try:
        moment = datetime.fromisoformat(f"{day} {hour}").replace(tzinfo=ZoneInfo(zone or "Europe/Berlin"))
    except (ValueError, KeyError):
        raise ValueError("is not a moment; write 2026-03-02 10:00 Europe/Berlin") from None
    return int(moment.timestamp() * 1000)


def _channel(value: str) -> str:
    known = capabilities()
    if value not in known:
        raise ValueError(f"“{value}” is no channel; known are {', '.join(known)}")
    return value


def _old_button(value: str) -> str:
    if value.count(".") != 2 or not all(value.split(".")):
        raise ValueError("is not the name of a button; write flow.step.option")
    return value


class Matrix(Spec):
    """In which languages and on which channels the test is held."""

    languages: Literal["all"] | list[Name] = "all"
    """``all`` that the bot offers, or a list."""
    channels: Literal["all"] | list[Annotated[str, AfterValidator(_channel)]] = "all"
    """``all`` that the bot names, or a list."""


class Given(Spec):
    """What holds before the first line."""

    now: Annotated[Millis, BeforeValidator(_moment)] = _moment("2026-03-02 10:00 Europe/Berlin")
    """The moment of the first line, for example ``2026-03-02 10:00 Europe/Berlin``."""
    contact: dict[Name, str] = {}
    """Variables of the contact; ``language: "{language}"`` is the language of the run."""
    locale: str | None = None
    """Language of the person's messenger."""


class UserDoes(Spec):
    """Something a person does beside typing."""

    text: ByLanguage | None = None
    """Types this; ``{en: …, ar: …}`` says it in the language of the run."""
    press: str | None = None
    """Id of an option shown last; ``faq.entry``, ``commands.menu`` or ``erase.yes`` for the framework's buttons."""
    press_old: Annotated[str, AfterValidator(_old_button)] | None = None
    """A button of an earlier message: ``flow.step.option``."""
    command: str | None = None
    """Id of a command, sent as ``/id``."""
    send: Literal["photo", "voice", "document", "sticker", "video", "location", "contact", "unknown"] | None = None
    """Sends something of this kind."""

    @model_validator(mode="after")
    def _one_thing(self) -> UserDoes:
        if sum(part is not None for part in (self.text, self.press, self.press_old, self.command, self.send)) != 1:
            raise ValueError("needs exactly one of text, press, press_old, command and send")
        return self


class Desk(Spec):
    """What a counsellor does."""

    claim: str | None = None
    """Takes the case; the value is who does."""
    release: str | None = None
    """Puts the case back into the queue; write ``release: yes``."""
    reply: str | None = None
    """Writes this to the person."""
    note: str | None = None
    """Writes this for the team."""
    close: Literal["first_advice", "referral", "full_counselling", "left", "other"] | None = None
    """Ends the case with this outcome."""
    back_to_bot: str | None = Field(default=None, alias="return")
    """Gives the conversation back to the bot; write ``return: yes``."""
    by: str = "anna"
    """Who does it."""
    refused: str | None = None
    """The code with which the desk must refuse this."""


class Handoff(Spec):
    """The case that must be waiting now."""

    queue: Name
    """The queue it waits in."""
    note_contains: ByLanguage | None = None
    """A part of the note for the counsellor."""
    urgency: Literal["safety", "clock", "returning", "normal"] | None = None
    """How urgent it is."""


class HookSays(Spec):
    """How the open outside call ends."""

    returns: dict[str, str] | None = None
    """The values it answers."""
    fails: str | None = None
    """It fails, with this reason."""


class Line(Spec):
    """One line of the conversation: exactly one of its keys, ``buttons`` and ``contains`` beside ``bot``."""

    user: UserDoes | str | None = None
    """What the person types (a text, or one for each language), or does."""
    bot: str | None = None
    """Id of the text that must come next: ``flow.step``, ``flow.step.part``, ``faq.entry``, ``streetwork.text``."""
    buttons: list[str] | None = None
    """With ``bot``: exactly these options, in this order."""
    contains: ByLanguage | None = None
    """With ``bot``: a part of the text."""
    silence: Literal["yes"] | None = None
    """The bot must say nothing."""
    passes: Duration | None = Field(default=None, alias="pass")
    """So much time passes; reminders come when they are due."""
    desk: Desk | None = None
    """What a counsellor does."""
    handoff: Handoff | None = None
    """The case that must be waiting now."""
    hook: HookSays | None = None
    """How the open outside call ends."""

    @model_validator(mode="before")
    @classmethod
    def _user_text(cls, value: Any) -> Any:
        """Read ``user: {en: …, ar: …}`` as a text in each language."""
        if isinstance(value, dict) and isinstance(value.get("user"), dict):
            user = value["user"]
            if not set(user) & set(UserDoes.model_fields):
                return {**value, "user": {"text": user}}
        return value

    @model_validator(mode="after")
    def _one_key(self) -> Line:
        keys = (self.user, self.bot, self.silence, self.passes, self.desk, self.handoff, self.hook)
        if sum(key is not None for key in keys) != 1:
            raise ValueError("needs exactly one of user, bot, silence, pass, desk, handoff and hook")
        if self.bot is None and (self.buttons is not None or self.contains is not None):
            raise ValueError("buttons and contains belong to a bot line")
        return self


class FlowTest(Spec):
    """One conversation."""

    test: Text
    """What it shows, in a sentence."""
    matrix: Matrix = Matrix()
    """In which languages and on which channels it is held; without it in all of them."""
    given: Given = Given()
    """What holds before the first line."""
    chat: list[Line] = Field(min_length=1)
    """The conversation, line by line."""
    expect: dict[str, str] = {}
    """Variables at the end, in the flow that is open, or ``contact.name``."""


class TestFile(Spec):
    """A file of tests: one test, or several under ``tests``."""

    tests: list[FlowTest] = Field(min_length=1)
    """The conversations."""

    @model_validator(mode="before")
    @classmethod
    def _single(cls, value: Any) -> Any:
        return {"tests": [value]} if isinstance(value, dict) and "test" in value else value
