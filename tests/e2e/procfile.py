"""The Procfile as a platform runs it, by honcho: each process in a group of its own, all told to stop by SIGTERM.

Honcho ends everything when one process ends, and platforms start that process again; so what a test kills gets a
honcho of its own.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
READY = 90


def free_base(types: int, of_each: int = 2) -> int:
    """Return a port P such that P, P + 1 ..., P + 100 ... are free: honcho gives every type a hundred."""
    for base in range(20_000 + os.getpid() % 5_000, 60_000, 7):
        try:
            for number in (base + 100 * kind + one for kind in range(types) for one in range(of_each)):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", number))
        except OSError:
            continue
        return base
    raise AssertionError("no free ports")


class Honcho:
    """Some processes of the Procfile, ended by :meth:`stop`."""

    def __init__(self, folder: Path, environment: dict[str, str], processes: str, *, port: int) -> None:
        """``processes`` as honcho counts them: ``web=1,worker=2``; the first type listens on ``port``."""
        self.lines: list[str] = []
        names = [one.partition("=")[0] for one in processes.split(",")]
        empty = folder / "honcho.env"
        empty.touch()
        self._process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "honcho",
                    "start",
                    "--no-colour",
                    "-f",
                    str(ROOT / "Procfile"),
                    "-d",
                    str(ROOT),
                ),
                *("-e", str(empty), "-p", str(port), "-c", processes, *names),
            ],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def log(self) -> str:
        """Return what was printed so far."""
        return "\n".join(self.lines)

    def until(self, *patterns: str) -> Self:
        """Return when a line fits each pattern."""
        deadline = time.monotonic() + READY
        while missing := [one for one in patterns if not any(re.search(one, line) for line in list(self.lines))]:
            assert time.monotonic() < deadline, f"{missing} was not printed:\n{self.log}"
            assert self._process.poll() is None or not self._reader.is_alive(), self.log
            assert self._process.poll() is None, f"ended before {missing}:\n{self.log}"
            time.sleep(0.05)
        return self

    def wait(self) -> int:
        """Return the exit status once everything has ended by itself, as `release` does."""
        code = self._process.wait(timeout=READY)
        self._reader.join(timeout=10)
        return code

    def kill(self) -> None:
        """Kill every process of the group at once with SIGKILL, the runner too: nobody gets a chance to tidy up."""
        for pid in self._below(self._process.pid):
            os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self.wait()

    def stop(self) -> list[str]:
        """Stop as a platform does; return the exit status of each process as honcho tells it."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self.wait()
        finally:
            for pid in self._below(self._process.pid):
                os.kill(pid, signal.SIGKILL)
            if self._process.poll() is None:
                self._process.kill()
        return sorted(re.findall(r"(\w+\.\d+) stopped \(rc=-?\d+\)", self.log))

    def codes(self) -> set[str]:
        """Return the exit statuses that honcho told."""
        return set(re.findall(r"stopped \(rc=(-?\d+)\)", self.log))

    @staticmethod
    def _below(parent: int) -> list[int]:
        """Return the processes under one of ours, the deepest last."""
        children: dict[int, list[int]] = {}
        for entry in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = entry.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(entry.parent.name))
        found, queue = [], [parent]
        while queue:
            below = children.get(queue.pop(0), [])
            found += below
            queue += below
        return found

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip("\n"))
        self._process.stdout.close()
