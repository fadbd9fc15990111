"""From the start of ``streetwork run`` to the first answer in the web chat, and what memory the process then holds.

The process is started as an operator does, once in an empty folder (key file, schema and the first account are made)
and once again on what the first start left. A page then opens its socket and begins; the clock stops at the bot's first
words. Memory is the resident set after one talk in each language with a typed question, so that every index is built.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp

from tests.bench.report import Report, machine, quick
from tests.e2e.server import Server

SECONDS, MEGABYTES = 2.0, 150.0
QUESTIONS = {
    "en": "What is the minimum wage?",
    "ar": "ما هو الحد الأدنى للأجور؟",
    "bg": "Каква е минималната заплата?",
    "ru": "Какая минимальная зарплата?",
}
#: Seconds after which an answer is not waited for any more.
PATIENCE = 20


async def talk(base: str, language: str, question: str | None) -> float:
    """Open the chat, begin, perhaps ask; return the moment of the bot's first words."""
    async with aiohttp.ClientSession(headers={"Origin": base}, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        async with session.post(f"{base}/chat/session") as answer:
            answer.raise_for_status()
        async with asyncio.timeout(PATIENCE), session.ws_connect(f"{base}/chat/ws") as socket:
            await socket.send_json({"type": "hello", "seen": 0, "lang": language})
            await socket.send_json({"type": "start", "id": f"start-{language}-1"})
            await _bot_speaks(socket)
            first = time.perf_counter()
            if question is not None:
                await socket.send_json({"type": "text", "id": f"ask-{language}-1", "text": question})
                await _bot_speaks(socket)
            return first


async def _bot_speaks(socket: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        word: dict[str, Any] = await socket.receive_json()
        if any(line.get("who") == "bot" for line in word.get("lines", ())):
            return


def resident(pid: int) -> tuple[float, float]:
    """Return the resident megabytes of a process, now and at its highest; zeros where the system does not tell."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0.0, 0.0
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return tuple(int(lines[name].split()[0]) * 1024 / 1e6 for name in ("VmRSS", "VmHWM"))  # type: ignore[return-value]


def start(folder: Path) -> tuple[float, float, float]:
    """Start once; return seconds to the first answer, and resident megabytes: after all talks, and the highest."""
    begun = time.perf_counter()
    with Server(folder) as server:
        first = asyncio.run(talk(server.base, "en", None))
        for language, question in QUESTIONS.items():
            asyncio.run(talk(server.base, language, question))
        assert server.process is not None
        return first - begun, *resident(server.process.pid)


def measure(report: Report) -> None:
    """Measure and tell ``report``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        first, *_ = start(folder)
        later = [start(folder) for _ in range(1 if quick() else 3)]
    seconds = sorted(one[0] for one in later)[len(later) // 2]
    memory, highest = max(one[1] for one in later), max(one[2] for one in later)
    report.note(f"first start in an empty folder: {first:.2f} s; later starts: {[f'{one[0]:.2f}' for one in later]} s")
    report.note(f"resident after talks in {', '.join(QUESTIONS)}: {memory:.0f} MB, at its highest {highest:.0f} MB")
    worst = max(first, seconds)
    report.row(
        "start to first answer",
        f"< {SECONDS:.0f} s",
        f"{worst:.2f} s",
        ratio=f"{worst / SECONDS:.2f}",
        met=worst < SECONDS,
    )
    known = memory > 0
    report.row(
        "resident memory",
        f"< {MEGABYTES:.0f} MB",
        f"{memory:.0f} MB" if known else "not known here",
        ratio=f"{memory / MEGABYTES:.2f}" if known else "",
        met=memory < MEGABYTES if known else None,
    )


def main() -> None:
    """Measure and print."""
    print(f"  {machine()}")
    report = Report(name="start")
    measure(report)
    report.finish()


if __name__ == "__main__":
    main()
