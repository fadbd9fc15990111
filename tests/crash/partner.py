"""One of two processes on one store: writes its own events and handles whatever is due.

``python -m tests.crash.partner FOLDER NUMBER``: started twice by ``tests/unit/store/test_care.py``.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from core.records import Commit
from store.keyfile import load_or_create_key_file
from store.sqlite import open_sqlite
from tests.contract.words import NOW, say

PEOPLE = 5
EVENTS = 20


async def main(folder: Path, number: str) -> None:
    store = open_sqlite(folder / "s.db", load_or_create_key_file(folder / "keys.txt"))

    async def write(person: int) -> None:
        for k in range(EVENTS):
            await say(store, f"p{number}-{k}", person)

    async def handle() -> None:
        idle = 0
        while idle < 20:
            leases = await store.claim(number, NOW, 60_000, 3)
            idle = 0 if leases else idle + 1
            for lease in leases:
                state = (lease.state or b"").decode()
                await store.commit(lease, Commit(state=f"{state} {lease.event_id}:{number}".encode(), epoch=0), NOW)
            if not leases:
                await store.wait("turn", 0.05)

    await asyncio.gather(handle(), *(write(person) for person in range(PEOPLE)))
    await store.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
