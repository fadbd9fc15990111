"""A real Streetwork in a process of its own, as an operator starts it, on a free port and in an empty folder."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

ROOT = Path(__file__).parents[2]
READY = 60


class Server:
    """Started by ``with``; stopped with SIGTERM, which must drain and exit with 0."""

    def __init__(
        self, folder: Path, environment: dict[str, str] | None = None, *, command: str = "run", bot: Path | None = None
    ) -> None:
        self.folder = folder
        self.command = command
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "PORT": "0",
            "STREETWORK_BOT": str(bot or ROOT / "flows" / "berlin"),
            "STREETWORK_STORE": f"sqlite:///{folder}/streetwork.db",
            "STREETWORK_LOG_FORMAT": "json",
            **(environment or {}),
        }
        self.lines: list[str] = []
        self.base = ""
        self.password = ""
        self.process: subprocess.Popen[str] | None = None
        self._arrived: queue.Queue[str | None] = queue.Queue()

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bots.cli", self.command],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        if self.command != "worker":
            self.wait_for("Stop with Ctrl")
            self.base = self._found(r"(http://\S+)/chat")
            self.password = self._found(r"Password\s+(\S.*)", "")
        return self

    def __exit__(self, *raised: object) -> None:
        code = self.stop()
        if raised[0] is None:
            assert code == 0, f"exit status {code}:\n{self.log}"

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop and return the exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=30)
        finally:
            self.process.kill()
            self._reader.join(timeout=10)
            assert self.process.stderr is not None
            self.process.stderr.close()

    @property
    def log(self) -> str:
        """Return everything that was printed so far."""
        return "\n".join(self.lines)

    def wait_for(self, text: str, timeout: float = READY) -> str:
        """Return the line with ``text`` once it is printed."""
        for line in self.lines:
            if text in line:
                return line
        while True:
            try:
                arrived = self._arrived.get(timeout=timeout)
            except queue.Empty:
                raise AssertionError(f"{text!r} was not printed within {timeout} s:\n{self.log}") from None
            if arrived is None:
                raise AssertionError(f"the process ended before it printed {text!r}:\n{self.log}")
            if text in arrived:
                return arrived

    def get(self, path: str) -> tuple[int, str]:
        """Return status and body of a page."""
        try:
            with urllib.request.urlopen(f"{self.base}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def _found(self, pattern: str, default: str | None = None) -> str:
        match = re.search(pattern, self.log)
        if match is None:
            assert default is not None, f"{pattern!r} is not in:\n{self.log}"
            return default
        return match[1].strip()

    def _read(self) -> None:
        assert self.process is not None
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))
            self._arrived.put(line)
        self._arrived.put(None)
