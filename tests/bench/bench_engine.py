"""The engine: turns a second of the shipped bot on one core, against aiogram-dialog with its own mock tools.

Ours is the pure turn with the state read from bytes before and written to bytes after each event, as the worker does
it. A typed question has to be understood, which the worker does elsewhere; it is counted twice, without its price
(that is what the engine costs) and with it. The peer makes the same walk with the same texts and buttons; its state
lives as JSON in its memory storage. On both sides only the handling is timed, not the making of the update.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from core.capabilities import CAPABILITIES
from core.events import Event
from core.ids import ConversationId
from core.messages import Address
from core.records import Commit, Wrote
from flows.effects import Env, QueueFacts, Understood
from flows.program import Program
from flows.understanding import understand
from handlers.talk import TurnEnv
from handlers.turn import NeedsLook, take_turn
from handoff.conversation import load
from tests.bench.report import Report, cores, machine, median, pin, quick, versions
from tests.bench.walk import CLICKS, NOW, bot, event_of, script_of

__all__ = ["Engine", "measure"]

GOAL = 20_000
TIMES = 20
LANGUAGES = ("en", "ar", "bg", "ru")
ADDRESS = Address(bot="berlin", channel="telegram", account="1", peer="100001")
CONVERSATION = ConversationId("0123456789abcdef" * 2)
ROUNDS = 5


class Engine:
    """Many people make the same walk, one after another, in four languages."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.walks = [[event_of(act, program, language) for act in CLICKS] for language in LANGUAGES]
        #: What texts are taken for, by text and language: None asks anew each time.
        self.known: dict[tuple[str, str | None], Understood] | None = {}
        self.sizes: list[int] = []

    def turn(self, number: int, state: bytes | None, event: Event) -> Commit:
        """Return what one event does to a conversation."""
        understood: dict[tuple[str, str | None], Understood] = {}
        queues: dict[tuple[str, str], QueueFacts] = {}
        prefix = f"{CONVERSATION}/1/{number}"
        env = TurnEnv(
            conversation=CONVERSATION,
            generation=1,
            turn=number,
            address=ADDRESS,
            epoch=0,
            capabilities=CAPABILITIES["telegram"],
            flow=Env(now=NOW + number * 10_000, prefix=prefix, understood=understood, queues=queues),
        )
        made = take_turn(self.program, load(state), event, env)
        while not isinstance(made, Commit):
            if isinstance(made, NeedsLook):
                queues[made.queue, made.language] = QueueFacts(before=0)
                made = take_turn(self.program, load(state), event, env)
                continue
            need = (made.text, made.language)
            found = self.known.get(need) if self.known is not None else None
            if found is None:
                found = understand(self.program, *need)
                if self.known is not None:
                    self.known[need] = found
            understood[need] = found
            made = take_turn(self.program, load(state), event, env)
        return made

    def walk(self, events: list[Any]) -> None:
        """Make one walk, from a new conversation to the waiting queue."""
        state: bytes | None = None
        for number, event in enumerate(events, 1):
            state = self.turn(number, state, event).state

    def rate(self, people: int) -> float:
        """Return turns per second over ``people`` walks."""
        walks = [self.walks[n % len(self.walks)] for n in range(people)]
        begun = time.process_time()
        for events in walks:
            self.walk(events)
        return people * len(CLICKS) / (time.process_time() - begun)

    def state_sizes(self) -> list[int]:
        """Return the bytes of state after every turn of all walks."""
        sizes = []
        for events in self.walks:
            state: bytes | None = None
            for number, event in enumerate(events, 1):
                commit = self.turn(number, state, event)
                assert any(isinstance(entry.body, Wrote) for entry in commit.entries)
                state = commit.state
                sizes.append(len(state))
        return sizes


def measure(people: int, peer_people: int, report: Report) -> None:
    """Measure both sides in turn and tell ``report``."""
    program = bot()
    engine = Engine(program)
    sizes = engine.state_sizes()
    engine.rate(max(4, people // 10))
    script = script_of(program, CLICKS)
    ours: list[float] = []
    whole: list[float] = []
    theirs: list[float] = []
    peer: dict[str, Any] = {}
    for _ in range(1 if quick() else ROUNDS):
        engine.known = {}
        ours.append(engine.rate(people))
        engine.known = None
        whole.append(engine.rate(max(4, people // 4)))
        peer = _peer(script, peer_people)
        if peer:
            theirs.append(peer["turns_per_second"])
    rate, searching = median(ours), median(whole)
    report.note(
        f"streetwork: shipped bot, walks of {len(CLICKS)} turns in {', '.join(LANGUAGES)}; state as JSON bytes, "
        f"read and written every turn; {versions('msgspec')}; seconds of one core's time"
    )
    report.note(f"state after a turn: median {median(sizes)} bytes, largest {max(sizes)} bytes")
    report.note(f"streetwork rounds: {[round(one) for one in ours]} turns/s, {1e6 / rate:.1f} us a turn")
    if peer:
        peer_rate = median(theirs)
        report.note(f"aiogram-dialog: {peer['configuration']}")
        report.note(f"aiogram-dialog state: median {peer['state_median']} bytes, largest {peer['state_max']} bytes")
        report.note(f"aiogram-dialog rounds: {[round(one) for one in theirs]} turns/s, {1e6 / peer_rate:.0f} us a turn")
        ratio, met = f"{rate / peer_rate:.1f} x", rate >= TIMES * peer_rate
        report.row(
            "engine against aiogram-dialog", f">= {TIMES} x", f"{rate:,.0f} / {peer_rate:,.0f}", ratio=ratio, met=met
        )
    else:
        report.row("engine against aiogram-dialog", f">= {TIMES} x", "the peer is not installed")
    report.row("engine, one core", f">= {GOAL:,} turns/s", f"{rate:,.0f} turns/s", ratio=_ratio(rate), met=rate >= GOAL)
    report.row("engine with FAQ searches inside", "-", f"{searching:,.0f} turns/s", ratio=_ratio(searching))
    report.row("state after a turn", "< 2,048 bytes median", f"{median(sizes)} bytes", met=median(sizes) < 2048)


def _ratio(rate: float) -> str:
    return f"{rate / GOAL:.2f}"


def _peer(script: list[dict[str, Any]], people: int) -> dict[str, Any]:
    """Run the peer in its own environment; an empty answer when it is not installed there."""
    python = os.environ.get("BENCH_PEERS", sys.executable)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "script.json"
        file.write_text(json.dumps(script), encoding="utf-8")
        done = subprocess.run(
            [python, "-m", "tests.bench.peer_aiogram", str(file), str(people)],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--people", type=int, default=8 if quick() else 1_200)
    parser.add_argument("--peer-people", type=int, default=2 if quick() else 60)
    options = parser.parse_args()
    print(f"  {machine()}")
    pin(cores()[0])
    report = Report(name="engine")
    measure(options.people, options.peer_people, report)
    report.finish()


if __name__ == "__main__":
    main()
