"""A process that works on a store until it kills itself at a given statement. Started by ``test_kills.py``.

``python -m tests.crash.child MODE FOLDER SEED LIFE STATEMENT``: STATEMENT counts the SQL statements of all write
connections; at that one the process sends itself SIGKILL, as if the power of the process were cut. 0 means never.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

from core.ids import EntryId, derived_id
from core.messages import Say
from core.records import Commit, Dispatch, Entry, Sent, TurnLease, Wrote
from store import schema
from store.keyfile import load_or_create_key_file
from store.sqlite import SqliteStore, open_sqlite
from tests.contract.words import arrival
from tests.crash.harness import Fuzz, Plan, World

#: Smaller than in one process: each life begins with an interpreter.
PLAN = Plan(people=4, messages=5, kill=0.03, lost=0.04)


def kill_at(statement: int) -> None:
    """Have this process killed at its ``statement``-th SQL statement."""
    counter = itertools.count(1)
    connect = schema.connect

    def traced(path: Path, *, readonly: bool = False, secure_delete: bool = False) -> sqlite3.Connection:
        connection = connect(path, readonly=readonly, secure_delete=secure_delete)
        if not readonly:
            connection.set_trace_callback(strike)
        return connection

    def strike(_sql: str) -> None:
        if next(counter) == statement:
            os.kill(os.getpid(), signal.SIGKILL)

    schema.connect = traced


def opened(folder: Path) -> SqliteStore:
    """Open the store of a folder."""
    return open_sqlite(folder / "store.db", load_or_create_key_file(folder / "keys.txt"))


async def fuzz(folder: Path, seed: int, life: int) -> None:
    """Go on with the fuzz of this seed until its end."""
    store = opened(folder)
    await Fuzz(store, seed, PLAN, World.load(folder / "world.log"), again=life).run()
    await store.close()


async def erase(folder: Path, seed: int, life: int) -> None:
    """Let people come, be erased within a commit or forgotten, and come again; note what was confirmed."""
    store = opened(folder)
    world = World.load(folder / "world.log")
    rng = random.Random(f"{seed}/{life}")
    for _ in range(25):
        world.note("clock", world.now + 10_000)
        person, mark = rng.randint(1, 4), world.now
        conversation = arrival("", person).conversation
        if rng.random() < 0.3:
            await store.forget(conversation, world.now)
            world.note("delivered", conversation, f"gone {mark}")
            continue
        await store.ingest([arrival(f"e{mark}", person, text=f"words {mark}", at=mark)], mark)
        for lease in await store.claim("w", world.now, 5_000, 10):
            wish = rng.random() < 0.4
            await store.commit(lease, turn(lease, erase=wish), world.now)
            if wish and lease.conversation == conversation:
                # The head can be an event of an earlier life; the confirmation is as old as the event it answers.
                world.note("delivered", conversation, f"gone {lease.at}")
        for delivery in await store.claim_delivery("s", world.now, 5_000, 10):
            await store.settle(delivery, Sent(provider_ids=(delivery.entry.id,)), world.now)
        if rng.random() < 0.2:
            await store.sweep(world.now, 100)
    await store.close()


def turn(lease: TurnLease, *, erase: bool) -> Commit:
    entry = Entry(
        id=EntryId(derived_id(lease.conversation, lease.generation, lease.turn, 0)),
        at=lease.at,
        author="bot",
        body=Wrote(message=Say(text="all is erased" if erase else "good day")),
        dispatch=Dispatch(kind="notice", epoch=0),
    )
    return Commit(state=b"state", epoch=0, entries=(entry,), erase=erase)


def main(arguments: list[str]) -> None:
    mode, folder, seed, life, statement = arguments
    if int(statement):
        kill_at(int(statement))
    modes: dict[str, Any] = {"fuzz": fuzz, "erase": erase}
    asyncio.run(modes[mode](Path(folder), int(seed), int(life)))


if __name__ == "__main__":
    main(sys.argv[1:])
