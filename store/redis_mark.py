"""The mark of a store on its servers: whose it is, which keys it was made with, and that all of it is there.

Each of the 64 partitions carries a mark with the store's random id. A server that was restarted without its file, or a
shard of a cluster that came back empty, has none: then nothing is written, since new messages beside lost conversations
would be taken for a fresh start. So that an *entirely* empty server is recognised too, each process remembers the id
while it runs, and between runs it stands in a small file beside the key file or in the address (`id=`).

The first partition is marked first and told `ready` last. So a start that broke off while it marked is known from a
loss, and two processes that start together agree on one id.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from core.errors import SettingsError, StoreMismatch
from store.keyfile import sync_directory
from store.redis_base import Runner
from store.redis_keys import Keys
from store.seal import KeyRing, key_id

__all__ = ["SCHEMA", "Mark", "marked", "read_marks", "remember", "remembered_id"]

#: Raised with every change that an older version could not live with.
SCHEMA = 1
_RING = b"ring:"


@dataclass(frozen=True, slots=True)
class Mark:
    """What one partition says; without fields there is no mark."""

    conversations: int
    fields: dict[bytes, bytes]

    @property
    def store(self) -> str | None:
        """The id of the store that the partition belongs to."""
        found = self.fields.get(b"store")
        return None if found is None else found.decode()

    @property
    def masters(self) -> dict[str, bytes]:
        """The master keys that wrapped something, with what proves them."""
        return {name.removeprefix(_RING).decode(): seal for name, seal in self.fields.items() if name.startswith(_RING)}


async def read_marks(scripts: Runner, keys: Keys) -> list[Mark]:
    """Return the marks of all partitions."""
    found = await asyncio.gather(*(scripts.run("mark_read", (part.mark, part.keys), ()) for part in keys.parts))
    return [Mark(count, dict(zip(flat[::2], flat[1::2], strict=True))) for count, *flat in found]


async def marked(scripts: Runner, keys: Keys, ring: KeyRing, expected: str | None, *, where: str, memory: str) -> str:
    """Check the marks of a store and return its id; marks one that is new.

    ``expected`` is the id that it should have, if any is known, and ``memory`` says from where. Raises StoreMismatch,
    having written nothing, when data or keys are not what they were.
    """
    marks = await read_marks(scripts, keys)
    first = marks[0].store
    if first is None:
        _check_empty(marks, expected, where, memory)
        return await _make(scripts, keys, ring, secrets.token_hex(16))
    if expected is not None and first != expected:
        raise StoreMismatch(
            f"{where} holds the store {first}, but {memory} says {expected}: give the right address, or remove the "
            "remembered id if this is meant; nothing was changed"
        )
    _check_first(marks[0], ring, where)
    if marks[0].fields.get(b"state") != b"ready":
        return await _make(scripts, keys, ring, first)
    missing = [number for number, mark in enumerate(marks) if mark.store is None]
    if missing:
        raise StoreMismatch(
            f"{where} lost the data of {len(missing)} of {len(marks)} partitions (a shard came back empty?): restore "
            "its append-only file; nothing was changed"
        )
    if any(mark.store != first for mark in marks):
        raise StoreMismatch(f"{where} mixes partitions of different stores: restore the right files")
    await _note_newest(scripts, keys, ring, marks[0])
    return first


def _check_empty(marks: list[Mark], expected: str | None, where: str, memory: str) -> None:
    if any(mark.fields or mark.conversations for mark in marks):
        raise StoreMismatch(f"{where} lost a part of its data: restore its append-only file; nothing was changed")
    if expected is not None:
        raise StoreMismatch(
            f"{where} is empty, but {memory} says that it held the store {expected}: it came back without its data. "
            "Restore the append-only file; or, to begin anew and give up all conversations, remove the remembered id"
        )


def _check_first(mark: Mark, ring: KeyRing, where: str) -> None:
    schema = int(mark.fields.get(b"schema", b"0"))
    if schema > SCHEMA:
        raise StoreMismatch(f"{where} was written by a newer version (schema {schema}, this one knows {SCHEMA})")
    for name, value in ring.checks().items():
        if mark.fields.get(name.encode(), value) != value:
            raise StoreMismatch(f"the {name} key is not the one {where} was made with; nothing was changed")
    for kid, seal in mark.masters.items():
        if not ring.opens(kid, seal):
            raise StoreMismatch(
                f"{where} holds data keys wrapped by master key {kid}, which is not in the key ring: this is the wrong "
                "key, or an old master key was removed too early; nothing was changed"
            )


async def _make(scripts: Runner, keys: Keys, ring: KeyRing, store: str) -> str:
    """Mark all partitions, or go on where a start broke off; return the id, which another process may have chosen."""
    first, *others = keys.parts
    schema: tuple[str | int | bytes, ...] = ("schema", SCHEMA, 0)
    checks = [part for name, value in ring.checks().items() for part in (name, value, 1)]
    newest = (_RING + key_id(ring.masters[0]).encode(), ring.master_check(0), 1)
    args = ("store", store, 1, "state", "making", 1, *schema, *checks, *newest)
    chosen = (await scripts.run("mark_write", (first.mark,), args)).decode()
    await asyncio.gather(*(scripts.run("mark_write", (part.mark,), ("store", chosen, 1, *schema)) for part in others))
    await scripts.run("mark_write", (first.mark,), ("state", "ready", 0))
    return str(chosen)


async def _note_newest(scripts: Runner, keys: Keys, ring: KeyRing, mark: Mark) -> None:
    kid = key_id(ring.masters[0])
    if kid not in mark.masters:
        args = (_RING + kid.encode(), ring.master_check(0), 1)
        await scripts.run("mark_write", (keys.parts[0].mark,), args)


def remembered_id(path: Path, namespace: str) -> str | None:
    """Return the id that was remembered for a namespace. Raises SettingsError for a file that cannot be read."""
    try:
        lines = path.read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read ({type(error).__name__})") from None
    known = dict(line.split(" = ", 1) for line in lines if " = " in line)
    return known.get(namespace)


def remember(path: Path, namespace: str, store: str) -> None:
    """Remember the id of the store in a namespace; durable on return. Does nothing when it is known already."""
    if remembered_id(path, namespace) == store:
        return
    try:
        before = path.read_text(encoding="ascii") if path.exists() else ""
        kept = [line for line in before.splitlines() if not line.startswith(f"{namespace} = ")]
        draft = path.with_name(f"{path.name}.{os.getpid()}.new")
        with draft.open("w", encoding="ascii") as file:
            file.write("\n".join([*kept, f"{namespace} = {store}"]) + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None
    sync_directory(path.parent)
