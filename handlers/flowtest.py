"""Runs the conversation tests of a bot: every test in every language and channel of its matrix, on a virtual clock.

A failed line says what was expected, what came, which way the conversation went, and where the line stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.events import CaseAction, Claim, Close, Release, Reply, ReturnToBot, WriteNote
from core.messages import Choice, Content, Location, Media, Say, SharedContact, Start, Text, Unknown
from core.records import Entry, Wrote
from flows.channels import capabilities
from flows.program import Program, option_token
from flows.run import Run
from handlers.casework import TAKE_BACK
from handlers.flowtest_spec import Desk, FlowTest, Handoff, Line, UserDoes
from handlers.simulator import Simulator
from handoff.conversation import dump

__all__ = ["Failure", "Result", "run_test"]

#: Lets the turn number of the simulator stand for the conversation's place.
PATH_SHOWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One line that did not hold."""

    test: str
    language: str
    channel: str
    #: Number of the line in ``chat``, from 0; -1 for ``expect``.
    line: int
    expected: str
    got: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One test in one language on one channel."""

    test: str
    language: str
    channel: str
    failure: Failure | None
    walked: frozenset[tuple[str, str]]


class _Broken(Exception):
    def __init__(self, line: int, expected: str, got: str) -> None:
        super().__init__(expected)
        self.line, self.expected, self.got = line, expected, got


def run_test(program: Program, test: FlowTest) -> Iterator[Result]:
    """Yield the result of ``test`` for every language and channel of its matrix."""
    languages = program.languages if test.matrix.languages == "all" else tuple(test.matrix.languages)
    channels = list(program.spec.channels)
    if test.matrix.channels != "all":
        channels = list(test.matrix.channels)
    for language in languages:
        for channel in channels:
            yield _Run(program, test, language, channel).result()


class _Run:
    """One run of one test."""

    def __init__(self, program: Program, test: FlowTest, language: str, channel: str) -> None:
        self.program, self.test, self.language, self.channel = program, test, language, channel
        locale = test.given.locale
        self.talk = Simulator(
            program,
            capabilities()[channel],
            now=test.given.now,
            channel=channel,
            locale=language if locale == "{language}" else locale,
        )
        #: Messages of the bot that no line has asked for yet: (text id, text, option tokens).
        self.said: list[tuple[str, str, list[str]]] = []
        self.shown: list[str] = []
        self._set_contact()

    def _set_contact(self) -> None:
        if not self.test.given.contact:
            return
        state = self.talk.conversation
        for name, value in self.test.given.contact.items():
            value = value.replace("{language}", self.language)
            if name == "language":
                state.flow.language, state.flow.language_chosen = value, True
            else:
                state.flow.contact[name] = value
        self.talk.state = dump(state)

    def result(self) -> Result:
        failure = None
        try:
            for number, line in enumerate(self.test.chat):
                self._line(number, line)
            self._nothing_left(len(self.test.chat) - 1)
            self._expect()
        except _Broken as broken:
            path = " > ".join(f"{flow}.{step}" for flow, step in self.talk.walked[-PATH_SHOWN:])
            failure = Failure(
                test=self.test.test,
                language=self.language,
                channel=self.channel,
                line=broken.line,
                expected=broken.expected,
                got=broken.got,
                path=path or "nowhere yet",
            )
        return Result(
            test=self.test.test,
            language=self.language,
            channel=self.channel,
            failure=failure,
            walked=frozenset(self.talk.walked),
        )

    # -- lines -----------------------------------------------------------------------------------------

    def _line(self, number: int, line: Line) -> None:
        if line.bot is not None:
            self._bot(number, line)
            return
        if line.handoff is not None:
            self._handoff(number, line.handoff)
            return
        self._nothing_left(number - 1)
        if line.user is not None:
            self._take(self.talk.send(self._content(number, line.user)))
        elif line.passes is not None:
            self._take(self.talk.pass_time(line.passes))
        elif line.desk is not None:
            self._desk(number, line.desk)
        elif line.hook is not None:
            if not self.talk.calls:
                raise _Broken(number, "an open outside call", "none is open")
            call = self.talk.calls[0]
            self._take(self.talk.give_back(call.id, line.hook.returns or {}, line.hook.fails))

    def _content(self, number: int, user: UserDoes | str) -> Content:
        if not isinstance(user, UserDoes):
            return _typed(user)
        if user.text is not None:
            return _typed(self._in_language(number, user.text))
        if user.command is not None:
            return Text(text=f"/{user.command}")
        if user.send is not None:
            return _sent(user.send)
        if user.press_old is not None:
            flow, step, option = user.press_old.split(".", 2)
            return Choice(token=option_token(flow, step, option))
        return self._press(number, user.press or "")

    def _press(self, number: int, option: str) -> Content:
        names = {self._option_name(token): token for token in self.shown}
        for name, token in names.items():
            if option in {name, name.rsplit(".", 1)[-1]}:
                return Choice(token=token)
        raise _Broken(number, f"a button {option!r}", f"buttons {', '.join(names) or '(none)'}")

    def _option_name(self, token: str) -> str:
        flow, step, option = self.program.tokens.get(token, ("?", "?", token))
        return f"{flow}.{step}.{option}" if flow else f"{step}.{option}"

    def _bot(self, number: int, line: Line) -> None:
        if not self.said:
            raise _Broken(number, f"the text {line.bot}", "silence")
        source, text, tokens = self.said.pop(0)
        if source != line.bot:
            raise _Broken(number, f"the text {line.bot}", f"{source}: {text[:200]}")
        if line.contains is not None:
            part = self._in_language(number, line.contains)
            if part not in _plain(text):
                raise _Broken(number, f"{source} with {part!r} in it", text[:400])
        if line.buttons is not None:
            got = [self._option_name(token).rsplit(".", 1)[-1] for token in tokens]
            if got != [name.rsplit(".", 1)[-1] for name in line.buttons]:
                raise _Broken(number, f"{source} with buttons {line.buttons}", f"buttons {got}")

    def _handoff(self, number: int, wanted: Handoff) -> None:
        case = self.talk.conversation.case
        if case is None or not case.open or case.queue != wanted.queue:
            raise _Broken(number, f"a case in queue {wanted.queue}", "no case" if case is None else str(case.queue))
        if wanted.urgency is not None and case.urgency != wanted.urgency:
            raise _Broken(number, f"urgency {wanted.urgency}", case.urgency)
        if wanted.note_contains is not None:
            part = self._in_language(number, wanted.note_contains)
            if part not in _plain(case.note):
                raise _Broken(number, f"a note with {part!r}", case.note)

    def _desk(self, number: int, desk: Desk) -> None:
        written = self.talk.desk(_action(desk), actor=desk.claim or desk.by)
        outcome = self.talk.outcome
        if desk.reply is not None:
            written += self.talk.pass_time(TAKE_BACK)  # nobody takes it back
        self._take(written)
        code = None if outcome is None or outcome.ok else outcome.code
        if code != desk.refused:
            raise _Broken(number, f"refused: {desk.refused}" if desk.refused else "it is done", f"refused: {code}")

    def _expect(self) -> None:
        run = Run(self.program, self.talk.conversation.flow, None)  # type: ignore[arg-type] # only reads variables
        for name, wanted in self.test.expect.items():
            got = run.get(name)
            if str(got) != wanted.replace("{language}", self.language):
                raise _Broken(-1, f"{name} is {wanted}", f"{name} is {got}")

    # -- helpers ---------------------------------------------------------------------------------------

    def _take(self, entries: list[Entry]) -> None:
        """Put what the bot said in line; parts of one text count as one."""
        last = None
        for entry in entries:
            body = entry.body
            if not isinstance(body, Wrote) or not isinstance(body.message, Say):
                continue
            tokens = [option.token for option in body.message.options]
            if body.source == last and self.said and body.source != "reply":
                source, text, before = self.said.pop()
                self.said.append((source, f"{text}\n{body.message.text}", before + tokens))
            else:
                self.said.append((body.source or "?", body.message.text, tokens))
            last = body.source
        self.shown = list(self.talk.conversation.shown)

    def _nothing_left(self, number: int) -> None:
        if self.said:
            source, text, _ = self.said[0]
            raise _Broken(max(number, 0), "nothing more from the bot", f"{source}: {text[:200]}")

    def _in_language(self, number: int, text: str | dict[str, str]) -> str:
        if isinstance(text, str):
            return text
        if self.language not in text:
            raise _Broken(number, f"a text in {self.language}", f"texts in {', '.join(text)}")
        return text[self.language]


def _typed(text: str) -> Content:
    return Start() if text == "/start" else Text(text=text)


def _sent(kind: str) -> Content:
    match kind:
        case "location":
            return Location(latitude=52.5, longitude=13.4)
        case "contact":
            return SharedContact(phone="+4930115", own=True)
        case "unknown":
            return Unknown(kind="poll")
        case _:
            return Media(kind=kind, ref="test")  # type: ignore[arg-type] # the spec allows these words only


def _plain(text: str) -> str:
    """Return a text without the marks that keep values apart from its direction."""
    return text.replace("\u2068", "").replace("\u2069", "")


def _action(desk: Desk) -> CaseAction:
    if desk.claim is not None:
        return Claim()
    if desk.reply is not None:
        return Reply(text=desk.reply)
    if desk.note is not None:
        return WriteNote(text=desk.note)
    if desk.close is not None:
        return Close(outcome=desk.close)
    return Release() if desk.release is not None else ReturnToBot()
