"""The processes of an installation and somebody who kills them: each is started again at once, as a supervisor does."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bots.clock import SystemClock
from tests.fakes.valkey import free_ports

__all__ = ["Crew", "Member"]

ROOT = Path(__file__).parents[2]


class Member:
    """One process of ours: ``web`` or ``worker``."""

    def __init__(self, command: str, environment: Mapping[str, str], log: Path) -> None:
        self.command = command
        self.port = free_ports(1)[0]
        self._environment = {**environment, "PORT": str(self.port)}
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        """Where a web process listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; the end of an earlier life is not waited for."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bots.cli", self.command],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self.end(signal.SIGKILL)

    def end(self, how: signal.Signals) -> int:
        """Send a signal and wait for the end; return the exit status."""
        assert self._process is not None
        self._process.send_signal(how)
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise

    def ended(self) -> int | None:
        """Return the exit status of a process that ended by itself."""
        return None if self._process is None else self._process.poll()


class Crew:
    """Two web processes and two workers; ``hit_store`` kills a server of the store and starts it again."""

    def __init__(
        self,
        environment: Mapping[str, str],
        folder: Path,
        rng: random.Random,
        hit_store: Callable[[], object] | None,
    ) -> None:
        self._clock = SystemClock()
        self._rng = rng
        self._hit_store = hit_store
        self.webs = [self._member("web", n, environment, folder) for n in range(2)]
        self.workers = [self._member("worker", n, environment, folder) for n in range(2)]
        #: How often each kind was killed.
        self.kills: Counter[str] = Counter()
        #: Exit statuses of processes that ended although nobody killed them.
        self.fell: list[tuple[str, int]] = []

    def _member(self, command: str, number: int, environment: Mapping[str, str], folder: Path) -> Member:
        return Member(command, {"PATH": os.environ["PATH"], **environment}, folder / f"{command}{number}.log")

    @property
    def members(self) -> Sequence[Member]:
        """Return all processes of ours."""
        return [*self.webs, *self.workers]

    def start(self) -> None:
        """Start everything."""
        for member in self.members:
            member.start()

    def anywhere(self) -> str:
        """Return the address of one of the web processes, as a load balancer does that knows nothing."""
        return self._rng.choice(self.webs).base

    async def kill(self, times: int, pause: float) -> None:
        """Kill one after another, so often and about ``pause`` seconds apart."""
        for _ in range(times):
            await self._clock.sleep(self._rng.uniform(0.5, 1.5) * pause)
            await asyncio.to_thread(self._strike)

    def _strike(self) -> None:
        kind = self._next()
        self.kills[kind] += 1
        if kind == "store":
            assert self._hit_store is not None
            self._hit_store()
        else:
            member = self._rng.choice(self.webs if kind == "web" else self.workers)
            member.kill()
            member.start()
        self.look_after()

    def _next(self) -> str:
        """Return what to kill: each kind once, then by chance."""
        kinds = ["worker", "web", *(["store"] if self._hit_store else [])]
        new = [kind for kind in kinds if not self.kills[kind]]
        return new[0] if new else self._rng.choices(kinds, (5, 3, 2)[: len(kinds)])[0]

    def look_after(self) -> None:
        """Start again whoever ended by themselves, as a supervisor does, and note it."""
        for member in self.members:
            status = member.ended()
            if status is not None:
                self.fell.append((member.command, status))
                member.start()

    def stop(self) -> list[int]:
        """Ask all to stop in order; return their exit statuses."""
        return [member.end(signal.SIGTERM) for member in self.members]

    def abandon(self) -> None:
        """Kill everything that is left."""
        for member in self.members:
            if member.ended() is None:
                member.kill()
