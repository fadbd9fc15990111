"""What stands in the copy of a person's data: a page in their language, without scripts or anything to load. Pure.

In it: for what, how long and from whom the data are (GDPR Art. 15(1)), what is known, the consents, the cases and the
whole conversation. Not in it: the notes of the team. They are data about the person too, but they can name others,
which only a human can judge (Art. 15(4)), and the phone may be in other hands; the page says how many there are and
whom to ask. Names of counsellors stand there as the person was told them; account ids never.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from msgspec import Struct

from core.ids import Millis
from core.messages import (
    Choice,
    Edited,
    Inbound,
    Location,
    Media,
    Outbound,
    Say,
    SendLocation,
    SendMedia,
    SharedContact,
    Text,
)
from core.records import Entry, Heard, Marked, Noted, Wrote
from flows import wording
from flows.effects import Env
from flows.knowledge_spec import DISTRICTS
from flows.places import ELSEWHERE
from flows.program import Program
from flows.run import Run
from handoff.case import Case
from handoff.conversation import Conversation
from i18n.formatting import format_datetime
from i18n.negotiate import NATIVE_NAMES, direction

__all__ = ["Subject", "data_copy"]

_DAY: Millis = 86_400_000
_STYLE = (
    "body{font:1rem/1.5 sans-serif;max-width:42rem;margin:1rem auto;padding:0 1rem;color:#111;background:#fff}"
    "h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}li{margin:.5rem 0;white-space:pre-wrap}"
    "ul{list-style:none;padding:0}small{color:#555}"
)
#: Name of the answer that is a district, and codes of other answers with what their button says.
_PLACE = "district"
_CODES = {(_PLACE, ELSEWHERE): "referral_elsewhere", ("stage", "abroad"): "referral_abroad"}
#: Words that the messenger or the store chose, not the person: shown as they are.
_PLAIN_NAMES = {"telegram": "Telegram", "viber": "Viber", "whatsapp": "WhatsApp", "webchat": "Web chat"}


class Subject(Struct, frozen=True, kw_only=True):
    """Whose copy it is, and all that is kept about them beside the transcript."""

    state: Conversation
    channel: str
    peer: str
    #: When everything is erased, as it stands now; None while a case is open.
    expires: Millis | None
    now: Millis
    language: str


def data_copy(program: Program, subject: Subject, entries: Sequence[Entry]) -> bytes:
    """Return the page."""
    return "".join(_Page(program, subject, entries).parts()).encode("utf-8", "replace")


class _Page:
    def __init__(self, program: Program, subject: Subject, entries: Sequence[Entry]) -> None:
        self.program, self.subject, self.entries = program, subject, entries
        state = subject.state.flow.copy()
        state.language = subject.language
        self.run = Run(program, state, Env(now=subject.now, prefix="", channel=subject.channel))

    def parts(self) -> Iterator[str]:
        language = self.subject.language
        yield (
            f'<!doctype html><html lang="{escape(language)}" dir="{direction(language)}"><head><meta charset="utf-8">'
            f'<meta name="viewport" content="width=device-width"><title>{self.text("data_title")}</title>'
            f"<style>{_STYLE}</style></head><body><h1>{self.text('data_title')}</h1>"
        )
        yield from (f"<p>{line}</p>" for line in self.law())
        yield self.section("data_known", self.known())
        yield self.section("data_consents", self.consents())
        yield self.section("data_cases", self.cases())
        yield self.section("data_talk", self.talk())
        yield "</body></html>"

    def text(self, name: str, **values: str) -> str:
        found = self.run.system_text(name)
        return escape(wording.fill(self.run, found.text, found.language, values=values))

    def day(self, at: Millis) -> str:
        return format_datetime(datetime.fromtimestamp(at / 1000, self.run.zone), self.subject.language)

    def section(self, title: str, items: Iterator[str]) -> str:
        lines = "".join(f'<li dir="auto">{item}</li>' for item in items) or f"<li>{self.text('data_none')}</li>"
        return f"<h2>{self.text(title)}</h2><ul>{lines}</ul>"

    # -- what stands in it ---------------------------------------------------------------------------------

    def law(self) -> Iterator[str]:
        keep = self.program.spec.defaults.keep_after_case // _DAY
        yield self.text("data_made", date=self.day(self.subject.now))
        yield self.text("data_why")
        yield self.text("data_readers", carrier=wording.carrier(self.run))
        if self.subject.expires is None:
            yield self.text("data_open", keep=str(keep))
        else:
            yield self.text("data_until", date=self.day(self.subject.expires))
        notes = sum(isinstance(entry.body, Noted) for entry in self.entries)
        if notes:
            yield self.text("data_notes", count=str(notes))
        yield self.text("data_rights")

    def known(self) -> Iterator[str]:
        flow, channel = self.subject.state.flow, self.subject.channel
        yield f"{self.text('data_messenger')}: {escape(_PLAIN_NAMES.get(channel, channel))}"
        yield f"{self.text('data_address')}: {escape(self.subject.peer)}"
        if flow.language:
            yield f"{self.text('data_language')}: {escape(NATIVE_NAMES.get(flow.language, flow.language))}"
        answers = flow.contact | {name: value for frame in flow.frames for name, value in frame.vars.items()}
        for name, value in sorted(answers.items()):
            yield f"{self.text('data_answers')}, {escape(name)}: {self.answered(name, value)}"

    def answered(self, name: str, value: object) -> str:
        """Return an answer; what the bot keeps as a code is said as the button said it."""
        if name == _PLACE and value in DISTRICTS:
            return self.text(f"district_{value}")
        code = _CODES.get((name, str(value)))
        return self.text(code) if code is not None else escape(str(value))

    def consents(self) -> Iterator[str]:
        for one in self.subject.state.flow.consents:
            words = self.text("data_agreed" if one.given else "data_refused")
            taken = f" {self.text('data_withdrawn', date=self.day(one.withdrawn))}" if one.withdrawn else ""
            yield f"<small>{self.day(one.at)} · {escape(one.language)} {escape(one.version)}</small> {words}{taken}"

    def cases(self) -> Iterator[str]:
        for case in (self.subject.state.earlier, self.subject.state.case):
            if case is not None:
                yield self.case(case)

    def case(self, case: Case) -> str:
        if case.closed is None:
            title = self.text("data_case_open", number=case.number, date=self.day(case.since))
        else:
            until = self.day(case.closed)
            title = self.text("data_case_closed", number=case.number, date=self.day(case.since), until=until)
        facts = (case.queue, case.urgency, case.topic, case.deadline, case.outcome, case.note)
        return f"{title}: {escape(', '.join(filter(None, facts)))}"

    def talk(self) -> Iterator[str]:
        for entry in self.entries:
            said = self.line(entry)
            if said is not None:
                who, words = said
                yield f"<small>{self.day(entry.at)} · {who}</small>\n{escape(words)}"

    def line(self, entry: Entry) -> tuple[str, str] | None:
        match entry.body:
            case Heard(message=heard):
                return self.text("data_you"), self.heard(heard)
            case Wrote(message=message):
                return self.text("data_human" if entry.author == "counsellor" else "data_program"), self.wrote(message)
            case Marked(kind=kind, detail=detail):
                # Codes only: who of the team it was, and what they wrote, is not the person's.
                facts = [detail[name] for name in ("kind", "urgency", "outcome", "language") if detail.get(name)]
                return self.text("data_event"), " ".join([kind, *facts])
            case Noted():
                return None

    def heard(self, message: Inbound) -> str:
        match message.content:
            case Text(text=text) | Edited(text=text):
                words = text
            case Choice(label=label):
                words = label or ""
            case Media(kind=kind, name=name, caption=caption):
                words = " ".join(filter(None, (self.plain("data_file"), kind, name, caption)))
            case Location(latitude=latitude, longitude=longitude, label=label):
                words = " ".join(filter(None, (f"{latitude}, {longitude}", label)))
            case SharedContact(phone=phone, name=name):
                words = " ".join(filter(None, (phone, name)))
            case other:
                words = str(other.__struct_config__.tag)
        name = message.profile.name
        return f"[{name}] {words}" if name else words

    def wrote(self, message: Outbound) -> str:
        match message:
            case Say(text=text, options=options):
                return "\n".join([text, *(f"[{option.label}]" for option in options)])
            case SendMedia(kind=kind, name=name, caption=caption):
                return " ".join(filter(None, (self.plain("data_file"), kind, name, caption)))
            case SendLocation(latitude=latitude, longitude=longitude, label=label):
                return " ".join(filter(None, (f"{latitude}, {longitude}", label)))

    def plain(self, name: str) -> str:
        return self.run.system_text(name).text
