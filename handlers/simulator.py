"""A conversation without store, channel or clock: the same turns as in production, driven by hand.

Used by the terminal chat, the flow tests and the benchmarks. The state is written out and read back between any two
turns, so a test cannot pass with a state that the store could not keep.
"""

from __future__ import annotations

from core.capabilities import Capabilities
from core.events import CallReturned, CaseAction, ConsoleActed, Event, Received, TimerFired
from core.ids import ConversationId, Millis
from core.messages import Address, Choice, Content, Inbound, Option, Profile, Say
from core.records import Call, Commit, Entry, Outcome, Timer, Wrote
from flows.effects import Env, QueueFacts, Understood
from flows.program import Program
from flows.understanding import understand
from handlers.talk import TurnEnv
from handlers.turn import Needs, NeedsLook, walk_turn
from handoff.conversation import Conversation, dump, load

__all__ = ["Simulator"]

CONVERSATION = ConversationId("0" * 32)


class Simulator:
    """One person, one bot, a clock that only moves when told."""

    def __init__(
        self,
        program: Program,
        capabilities: Capabilities,
        *,
        now: Millis,
        channel: str = "simulator",
        locale: str | None = None,
    ) -> None:
        self.program = program
        self.capabilities = capabilities
        self.now = now
        self.state: bytes = dump(Conversation())
        self.epoch = 0
        self.turn = 0
        self.timers: dict[str, Timer] = {}
        self.calls: list[Call] = []
        self.transcript: list[Entry] = []
        self.outcome: Outcome | None = None
        #: Of the last turn.
        self.commit: Commit | None = None
        #: How every queue stands, for whoever asks.
        self.queue_facts = QueueFacts(before=0)
        self.erased = False
        #: Steps (flow, step) in the order they were walked.
        self.walked: list[tuple[str, str]] = []
        self._address = Address(bot=program.bot, channel=channel, account="simulator", peer="simulator")
        self._profile = Profile(language=locale)

    @property
    def conversation(self) -> Conversation:
        """Return the present state, freshly read."""
        return load(self.state)

    @property
    def options(self) -> tuple[Option, ...]:
        """Return the buttons of the last message that had any."""
        for entry in reversed(self.transcript):
            if isinstance(entry.body, Wrote) and isinstance(entry.body.message, Say) and entry.body.message.options:
                return entry.body.message.options
        return ()

    def send(self, content: Content) -> list[Entry]:
        """Let the person do something and return what was written because of it."""
        return self.handle(Received(message=Inbound(content=content, profile=self._profile)))

    def press(self, token: str, label: str | None = None) -> list[Entry]:
        """Let the person press a button."""
        return self.send(Choice(token=token, label=label))

    def desk(self, action: CaseAction, actor: str = "anna") -> list[Entry]:
        """Let somebody of the staff act; the outcome is in :attr:`outcome`."""
        return self.handle(ConsoleActed(actor=actor, name=actor.title(), action=action))

    def give_back(self, call_id: str, values: dict[str, str], error: str | None = None) -> list[Entry]:
        """Let an outside call end."""
        call = next(call for call in self.calls if call.id == call_id)
        self.calls.remove(call)
        return self.handle(CallReturned(call_id=call.id, values=values, error=error))

    def pass_time(self, amount: Millis) -> list[Entry]:
        """Let time pass and every timer that comes due fire, in order."""
        until = self.now + amount
        written: list[Entry] = []
        while due := [timer for timer in self.timers.values() if timer.at <= until]:
            timer = min(due, key=lambda found: found.at)
            del self.timers[timer.name]
            self.now = max(self.now, timer.at)
            written += self.handle(TimerFired(name=timer.name, data=timer.data))
        self.now = until
        return written

    def handle(self, event: Event) -> list[Entry]:
        """Run one turn and apply its commit."""
        self.turn += 1
        return self.apply(self._decide(event))

    def apply(self, commit: Commit) -> list[Entry]:
        """Do what the store does with a commit and return its entries."""
        self.state = commit.state
        self.epoch = commit.epoch
        self.commit = commit
        self.outcome = commit.outcome
        self.erased = commit.erase
        if commit.erase:
            self.transcript, self.timers, self.calls = [], {}, []
        for name in commit.cancel_timers:
            self.timers = {} if name == "*" else {key: t for key, t in self.timers.items() if key != name}
        self.timers |= {timer.name: timer for timer in commit.set_timers}
        self.calls += commit.calls
        self.transcript += commit.entries
        return list(commit.entries)

    def env(self) -> TurnEnv:
        """Return what the turn at hand knows; what texts are taken for is added as it is asked for."""
        understood: dict[tuple[str, str | None], Understood] = {}
        return TurnEnv(
            conversation=CONVERSATION,
            generation=1,
            turn=self.turn,
            address=self._address,
            epoch=self.epoch,
            capabilities=self.capabilities,
            flow=Env(
                now=self.now,
                prefix=f"{CONVERSATION}/1/{self.turn}",
                understood=understood,
                queues={},
                channel=self._address.channel,
            ),
        )

    def _decide(self, event: Event) -> Commit:
        env = self.env()
        while True:
            made, walked = walk_turn(self.program, load(self.state), event, env)
            if isinstance(made, Commit):
                self.walked += walked
                return made
            self.obtain(env, made)

    def obtain(self, env: TurnEnv, need: Needs | NeedsLook) -> None:
        """Get what a turn needs to go on."""
        match need:
            case Needs(text=text, language=language):
                env.flow.understood[text, language] = understand(self.program, text, language)
            case NeedsLook(queue=queue, language=language):
                env.flow.queues[queue, language] = self.queue_facts
