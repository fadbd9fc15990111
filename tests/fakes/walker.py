"""A person, a team and an editor who do anything in any order, and what must hold after each of their steps."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

import msgspec

from core.capabilities import Capabilities
from core.events import (
    SYSTEM,
    AcceptTransfer,
    Claim,
    Close,
    ConsoleActed,
    DeclineTransfer,
    Event,
    ExportContact,
    OwnerGone,
    Park,
    Received,
    Release,
    Reopen,
    Reply,
    ReturnToBot,
    SendFailed,
    SetDeadline,
    SetTopic,
    TakeBack,
    TimerFired,
    Transfer,
    Wake,
    WithdrawTransfer,
    WriteNote,
)
from core.graphemes import length
from core.ids import EntryId
from core.messages import (
    Choice,
    Content,
    Edited,
    Inbound,
    Location,
    Media,
    Profile,
    Say,
    SendMedia,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)
from core.records import Commit, Entry, Wrote
from flows.program import Program
from handlers.casework import CASE_TIMERS, case_timers
from handlers.chain.lost import TELL_WAITING_EVERY
from handlers.files import BURST
from handlers.mydata import is_copy
from handlers.simulator import Simulator
from handlers.talk import TurnEnv
from handlers.turn import dead_turn, walk_turn
from handoff.conversation import Conversation, dump, labels, load

__all__ = ["LARGEST_STATE", "Walker"]

LARGEST_STATE = 8_192
_HOLE = re.compile(r"\{[a-z_.]+\}")
_SECONDS = (1, 1, 2, 5, 30, 90, 700, 4_000, 40_000, 80_000, 300_000)
_encode = msgspec.json.Encoder().encode

#: What people type, beside words of the bot itself.
SAYINGS = (
    "hello", "мерси", "شكرا", "да", "нет", "yes", "no", "نعم", "لا", "1", "2", "3", "٢", "۳", "9", "12", "99", "-1",
    "0", "01067", "٠١٠٦٧", "3 children", "red", "paint", "русский", "Български", "عربي", "English", "en", "ru", "ar",
    "What is the minimum wage?", "Сколько минимальная зарплата?", "Колко е минималната заплата?",
    "ما هو الحد الأدنى للأجور؟", "ne moga da platq naema", "how do I register my address", "zzzz qqqq", "?!", " ",
    "\u200f", "\U0001f64f", "😀😀", "a" * 4096, "ي" * 4000, "1.", "2)", "skip", "Skip", "stop sign", "/start", "/nope",
    "31.12.2026", "erase", "helped", "not helped", "yes, that helped", "K-ABCDEF", "my boss took my money away",
)  # fmt: skip
DANGER = ("I want to kill myself", "хочу умереть", "kill myself", "искам да умра", "أريد أن أموت")


class _Checked(Simulator):
    """Runs every turn three times: with fresh copies of the state it must give the same and touch nothing it got."""

    #: Commit of the last turn.
    last: Commit

    def _turn(self, conversation: Conversation, event: Event, env: TurnEnv) -> tuple[Commit, list[tuple[str, str]]]:
        while True:
            made, walked = walk_turn(self.program, conversation, event, env)
            if isinstance(made, Commit):
                return made, walked
            self.obtain(env, made)

    def _decide(self, event: Event) -> Commit:
        env = self.env()
        given = load(self.state)
        made, walked = self._turn(given, event, env)
        assert dump(given) == self.state, "the turn changed the state it was given"
        assert _encode(self._turn(load(self.state), event, env)[0]) == _encode(made), "a second run gave another commit"
        self.walked += walked
        self.last = made
        return made


class Walker:
    """One conversation on a random walk. ``versions`` are programs an editor may put in place of each other."""

    def __init__(self, versions: Sequence[Program], capabilities: Capabilities, *, now: int, seed: int) -> None:
        self.random = Random(seed)
        self.versions = versions
        locale = self.random.choice((None, None, "ru", "ar", "en-GB", "de", "xx"))
        self.sim = _Checked(versions[0], capabilities, now=now, locale=locale)
        self.old: list[str] = []
        #: What was done, to be read when a walk fails.
        self.history: list[str] = []
        self._profile = Profile(language=locale)

    # -- what happens ----------------------------------------------------------------------------------

    def step(self) -> None:
        """Let something happen and look at what came of it."""
        doings: tuple[tuple[Callable[[], None], int], ...] = (
            (self._say, 40),
            (self._press, 25),
            (self._send, 8),
            (self._pass, 12),
            (self._desk, 12),
            (self._call_ends, 6),
            (self._edit_flows, 3),
            (self._trouble, 2),
        )
        self.random.choices([do for do, _ in doings], [weight for _, weight in doings])[0]()

    def words(self, command: str) -> str:
        """Return one word that means a command, in the person's language where it has one."""
        program, language = self.sim.program, self.sim.conversation.flow.language or "en"
        known = [word for word, name in program.words.get(language, {}).items() if name == command]
        return known[0] if known else f"/{command}"

    def _say(self) -> None:
        lot = self.random.random()
        if lot < 0.03:
            self.person(Text(text=self.random.choice(DANGER)))
        elif lot < 0.25:
            self.person(Text(text=self.words(self.random.choice(list(self.sim.program.commands)))))
        elif lot < 0.40 and self.sim.options:
            self.person(Text(text=self.random.choice(self.sim.options).label))
        else:
            self.person(Text(text=self.random.choice(SAYINGS)))

    def _press(self) -> None:
        live = [option.token for option in self.sim.options]
        anything = list(self.sim.program.tokens)
        token = self.random.choice((live or anything) * 3 + self.old[-20:] + self.random.sample(anything, 2) + ["o:no"])
        self.person(Choice(token=token))

    def _send(self) -> None:
        content: Content = self.random.choice(
            (
                Media(kind="photo", ref="p", caption=self.random.choice((None, "look", DANGER[0]))),
                Media(kind="voice", ref="v"),
                Media(kind="sticker", ref="s"),
                Location(latitude=52.5, longitude=13.4),
                Location(latitude=float("nan"), longitude=1e9),
                SharedContact(phone="+49301234567", own=True),
                Unknown(kind="poll"),
                Start(),
                Edited(of="1", text=self.random.choice(SAYINGS)),
                Edited(of="1", text=DANGER[0]),
                Unsubscribed(),
                Subscribed(),
            )
        )
        self.person(content)

    def _pass(self) -> None:
        until = self.sim.now + self.random.choice(_SECONDS) * 1000
        while due := [timer for timer in self.sim.timers.values() if timer.at <= until]:
            timer = min(due, key=lambda found: found.at)
            del self.sim.timers[timer.name]
            self.sim.now = max(self.sim.now, timer.at)
            self.handle(TimerFired(name=timer.name, data=timer.data))
        self.sim.now = until
        if self.random.random() < 0.1:
            self.handle(TimerFired(name="wait", data=self.random.choice(("1:0", "2:1", "", "x:y", "9:9"))))

    def _desk(self) -> None:
        case = self.sim.conversation.case
        action = self.random.choice(
            (Claim(), Claim(), Claim(), Release(), Reply(text="Hello, Anna here."), Reply(text="x " * 4000),
             Reply(text=" "), WriteNote(text="note"), Close(outcome="referral"), ReturnToBot(), Wake(),
             Park(until=self.sim.now + 90_000, promised=True), Park(reason="document"), Park(until=1),
             Transfer(to="boris", note="please"), Transfer(to="anna", note="please"), Transfer(queue="no", note="x"),
             Transfer(queue=next(iter(self.sim.program.queues)), note="for anybody"), AcceptTransfer(),
             DeclineTransfer(), WithdrawTransfer(), Reopen(), SetDeadline(date="2027-01-01"), SetTopic(topic="no"),
             TakeBack(reply=f"r{self.sim.turn}"), TakeBack(reply="r1"), ExportContact(),
             OwnerGone(owner="anna", reason="shift"))
        )  # fmt: skip
        seen = self.random.choice((None, None, case.version if case else 1, 1))
        actor = self.random.choice(("anna", "boris")) if not isinstance(action, OwnerGone) else SYSTEM
        self.handle(ConsoleActed(actor=actor, action=action, seen_version=seen))

    def _call_ends(self) -> None:
        if self.sim.calls:
            call = self.random.choice(self.sim.calls)
            error = self.random.choice((None, None, "TimeoutError"))
            answer = {"answer": "x" * 5000, "other": "y"}
            if is_copy(call.id):
                answer = {"ref": "a/1/copy/1", "size": "2000", "name": "my-data.html", "link": "https://example.org/x"}
            self.sim.give_back(call.id, {} if error else answer, error)
            self._look(None, None)

    def _edit_flows(self) -> None:
        self.sim.program = self.random.choice(self.versions)
        self.history.append(f"edit {self.versions.index(self.sim.program)}")

    def _trouble(self) -> None:
        if self.random.random() < 0.7:
            blocked = self.random.random() < 0.3
            self.handle(SendFailed(entry_id=EntryId("x/1/1/0"), reason="refused", blocked=blocked))
            return
        before = self.sim.conversation
        event = Received(message=Inbound(content=Text(text="poison")))
        self.sim.turn += 1
        commit = dead_turn(self.sim.program, before, event, self.sim.env(), "ValueError at x.py:1")
        assert commit.dead is not None
        self.sim.last = commit
        self.sim.apply(commit)
        assert self.sim.conversation.case is not None
        self._look(before, None)

    def person(self, content: Content) -> None:
        """Let the person do something."""
        self.handle(Received(message=Inbound(content=content, profile=self._profile)))

    def handle(self, event: Event) -> None:
        """Run one turn and look at what came of it."""
        self.history.append(str(event)[:160])
        before = self.sim.conversation
        self.old += [option.token for option in self.sim.options]
        self.sim.handle(event)
        self._look(before, event)

    # -- what must hold --------------------------------------------------------------------------------

    def _look(self, before: Conversation | None, event: Event | None) -> None:
        sim, commit, now = self.sim, self.sim.last, self.sim.conversation
        assert dump(now) == sim.state
        # Replies that can still be taken back are there for seconds, and at most a few.
        held = sum(len(dump(Conversation(asked=one.text))) for one in (now.case.pending if now.case else ()))
        assert len(sim.state) - held < LARGEST_STATE, len(sim.state)
        self._look_at_case(now, commit)
        self._look_at_clock(now)
        said = [entry for entry in commit.entries if isinstance(entry.body, Wrote)]
        for entry in said:
            self._look_at_entry(entry)
        human = now.case is not None and now.case.held
        if human:
            assert all(entry.dispatch and entry.dispatch.kind != "bot" for entry in said), "the bot talks over a human"
        if before is not None and isinstance(event, Received) and not human and not commit.erase:
            assert said or self._may_be_silent(before, now, event.message.content), "silence"

    def _look_at_case(self, now: Conversation, commit: Commit) -> None:
        case = now.case
        if case is None:
            assert commit.erase or commit.expires is not None
            assert {label.name.split(":")[0] for label in commit.labels} <= {"closed", "had"}
            return
        assert case.open
        assert (case.owner is not None) == case.held
        assert {timer.name for timer in case_timers(case)} == set(CASE_TIMERS) & set(self.sim.timers)
        assert (commit.expires is None) == (case.state != "intake")
        assert {label.name for label in labels(now)} >= {case.state, f"case:{case.number}"}
        assert commit.labels == labels(now)

    def _look_at_clock(self, now: Conversation) -> None:
        """Who waits for the clock or for a call has a timer that belongs to this wait."""
        flow, timer = now.flow, self.sim.timers.get("wait")
        human = now.case is not None and now.case.held
        if human or now.stopped or now.unreachable or flow.wait is None or flow.release != self.sim.program.release:
            return
        step = self.sim.program.step(flow.frames[-1].flow, flow.frames[-1].step)
        assert step is not None
        if timer is not None:
            assert timer.data.startswith(f"{flow.wait.n}:")
        if step.verb.name in {"wait", "hook"}:
            assert timer is not None, f"nothing will ever end {step.flow}.{step.id}"
        if step.verb.human:
            asking = "consent" in flow.wait.data
            assert now.case is not None or asking, "waits for a human, but no human knows"

    def _look_at_entry(self, entry: Entry) -> None:
        assert isinstance(entry.body, Wrote)
        message, limits = entry.body.message, self.sim.capabilities
        assert entry.dispatch is not None
        if isinstance(message, SendMedia):
            assert limits.files is not None
            return
        assert isinstance(message, Say)
        assert message.text.strip()
        assert length(message.text, limits.unit) <= limits.text
        assert len(message.options) <= limits.buttons
        for option in message.options:
            assert option.label.strip()
            assert length(option.label, limits.unit) <= limits.label
            assert option.token.isascii()
            assert len(option.token) <= 64
        if entry.author == "bot":
            assert _HOLE.search(message.text) is None, message.text

    def _may_be_silent(self, before: Conversation, now: Conversation, content: Content) -> bool:
        if isinstance(content, Subscribed | Unsubscribed):
            return True
        if now.warned and now.tokens is not None and now.tokens < 2_000:
            return True  # told once to slow down
        if isinstance(content, Edited):
            return now.case is not None
        if isinstance(content, Media) and not content.caption and self.sim.now - before.told_file < BURST:
            return True  # one of several files in a row, of which the first was answered
        if now.case is not None and self.sim.now - now.told_waiting < TELL_WAITING_EVERY:
            return True  # told a moment ago that a human will read it
        top = now.flow.top
        step = self.sim.program.step(top.flow, top.step) if top is not None else None
        # A call or a pause has just begun, or somebody is back in it; what comes after it speaks.
        entered = now.flow.waits > before.flow.waits or len(now.flow.frames) < len(before.flow.frames)
        return step is not None and step.verb.name in {"hook", "wait"} and entered

    # -- the promise -----------------------------------------------------------------------------------

    def fork(self) -> Walker:
        """Return a walker that stands where this one stands, a minute later; this one is left alone."""
        other = Walker(self.versions, self.sim.capabilities, now=self.sim.now + 60_000, seed=0)
        other.sim.program, other.sim.state = self.sim.program, self.sim.state
        other.sim.epoch, other.sim.turn, other.sim.timers = self.sim.epoch, self.sim.turn, dict(self.sim.timers)
        other.history = [*self.history, "fork"]
        return other

    def reaches(self, command: str, arrived: Callable[[Conversation], bool], *, tries: int = 6) -> bool:
        """Return whether somebody who says so often what a command is called gets there."""
        other = self.fork()
        for _ in range(tries):
            other.person(Text(text=other.words(command)))
            if arrived(other.sim.conversation):
                return True
        return False
