"""Files on Redis: one table of sealed chunks for each file, so that neither writing nor reading holds a whole file.

What is clear about the files of a conversation lies in one table beside it (``lua/lib/blobs.lua``). Each chunk is
sealed under the data key of its conversation and bound to its file and place. Destroying the key erases the files in
the same step; the sweep frees their memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from core.blobs import CHUNK, DRAFT_FOR, EXPIRED, BlobHead, BlobKey, Draft, owner_of
from core.ids import ConversationId, Millis
from store.codec import Codec
from store.redis_base import Runner, Sealers
from store.redis_keys import Keys, Part
from store.redis_rows import packed
from store.seal import Sealer

__all__ = ["FILE_HEAD", "RedisBlobs", "chunk_label", "head_label"]

#: Chunks of one file are numbered below this.
SPAN = 65_536
#: Files of an erased owner that one step deletes.
_AT_ONCE = 50

FILE_HEAD: Codec[BlobHead] = Codec(BlobHead, "file's head")


class RedisBlobs:
    """Implements :class:`core.ports.Blobs`."""

    def __init__(self, scripts: Runner, keys: Keys, sealers: Sealers) -> None:
        self._scripts = scripts
        self._keys = keys
        self._sealers = sealers

    async def begin(self, key: BlobKey, now: Millis) -> Draft | None:
        """See :meth:`core.ports.Blobs.begin`."""
        owner = owner_of(key)
        if owner is None:
            return None
        conversation, generation, name = owner
        number = await self._run("blob_begin", conversation, gen=generation, name=name, expires=now + DRAFT_FOR)
        return None if number is None else Draft(key=key, number=number)

    async def add(self, draft: Draft, number: int, data: bytes) -> bool:
        """See :meth:`core.ports.Blobs.add`."""
        if not 0 < len(data) <= CHUNK or not 0 <= number < SPAN:
            raise ValueError("a chunk is too long, empty or beyond the last place")
        found = await self._owner(draft.key)
        if found is None:
            return False
        conversation, generation, name, sealer = found
        part = self._keys.of(conversation)
        sealed = sealer.seal(chunk_label(draft.number, number), data)
        args = {
            "id": conversation, "gen": generation, "name": name, "n": draft.number, "i": number, "size": len(data),
        }  # fmt: skip
        keys = (*self._bundle(conversation), part.file(draft.number))
        return bool(await self._scripts.run("blob_add", keys, (packed(args), sealed)))

    async def finish(self, draft: Draft, head: BlobHead, *, now: Millis, expires: Millis) -> bool:
        """See :meth:`core.ports.Blobs.finish`."""
        found = await self._owner(draft.key)
        if found is None:
            return False
        conversation, generation, name, sealer = found
        return bool(
            await self._run(
                "blob_finish",
                conversation,
                gen=generation,
                name=name,
                n=draft.number,
                expires=expires,
                head=sealer.seal(head_label(draft.number), FILE_HEAD.pack(head)),
                bad=head.reason is not None,
            )
        )

    async def heads(self, keys: Sequence[BlobKey], now: Millis) -> dict[BlobKey, BlobHead]:
        """See :meth:`core.ports.Blobs.heads`."""
        owners: dict[tuple[ConversationId, int], list[tuple[BlobKey, str]]] = {}
        for key in keys:
            owner = owner_of(key)
            if owner is not None:
                owners.setdefault(owner[:2], []).append((key, owner[2]))
        heads: dict[BlobKey, BlobHead] = {}
        for (conversation, generation), named in owners.items():
            names = [name for _, name in named]
            found = await self._run("blob_find", conversation, gen=generation, names=names)
            sealer = await self._sealers.sealer(conversation, generation) if found else None
            for (key, _), one in zip(named, found or (), strict=False):
                if one and sealer is not None:
                    number, expires, sealed = one
                    head = FILE_HEAD.unpack(sealer.open(head_label(number), sealed))
                    over = head.reason is None and (expires is None or expires <= now)
                    heads[key] = replace(head, reason=EXPIRED) if over else head
        return heads

    async def read(self, key: BlobKey, number: int, now: Millis) -> bytes | None:
        """See :meth:`core.ports.Blobs.read`."""
        owner = owner_of(key)
        if owner is None or not 0 <= number < SPAN:
            return None
        return await self.chunk(*owner, number, now)

    async def chunk(
        self, conversation: ConversationId, generation: int, name: str, number: int, now: Millis = 0
    ) -> bytes | None:
        """Return a chunk of a finished file whose content is not over at ``now``."""
        found = await self._run("blob_find", conversation, gen=generation, names=[name])
        if not found or not found[0] or found[0][1] is None or found[0][1] <= now:
            return None
        file = found[0][0]
        chunk = await self._scripts.run("blob_chunk", (self._keys.of(conversation).file(file),), (number,))
        sealer = None if chunk is None else await self._sealers.sealer(conversation, generation)
        return None if sealer is None else sealer.open(chunk_label(file, number), chunk)

    async def held(self, conversation: ConversationId) -> int:
        """See :meth:`core.ports.Blobs.held`."""
        return int(await self._run("blob_held", conversation))

    async def sweep(self, part: Part, now: Millis, limit: int) -> int:
        """Delete content of a partition that is over its time, and what erased people left; return how many went."""
        for member in await self._scripts.run("members", (part.blobgone,), ()):
            conversation, _, generation = member.decode().partition("/")
            await self._drop(part, ConversationId(conversation), int(generation))
        gone = 0
        for member in await self._scripts.run("upto", (part.fileends,), (now, limit)):
            conversation, _, number = member.decode().partition("/")
            keys = (*self._bundle(ConversationId(conversation)), part.file(int(number)))
            args = packed({"id": conversation, "n": int(number), "now": now})
            gone += int(await self._scripts.run("blob_over", keys, (args,)))
        return gone

    async def _drop(self, part: Part, conversation: ConversationId, generation: int) -> None:
        numbers: list[int] = await self._run("blob_numbers", conversation, gen=generation)
        for start in range(0, len(numbers) + 1, _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            keys = (*self._bundle(conversation), *(part.file(number) for number in some))
            args = packed({"id": conversation, "gen": generation, "numbers": some})
            await self._scripts.run("blob_gone", keys, (args,))
        if len(numbers) % _AT_ONCE:
            await self._run("blob_gone", conversation, gen=generation, numbers=[])

    async def _owner(self, key: BlobKey) -> tuple[ConversationId, int, str, Sealer] | None:
        owner = owner_of(key)
        sealer = None if owner is None else await self._sealers.sealer(*owner[:2])
        return None if owner is None or sealer is None else (*owner, sealer)

    def _bundle(self, conversation: ConversationId) -> tuple[str, ...]:
        part = self._keys.of(conversation)
        return (*part.bundle(conversation, ""), part.fileends)

    async def _run(self, script: str, conversation: ConversationId, /, **args: object) -> Any:
        args["id"] = conversation
        return await self._scripts.run(script, self._bundle(conversation), (packed(args),))


def chunk_label(file: int, chunk: int) -> bytes:
    """Return what a chunk is sealed for."""
    return b"file/%d" % (file * SPAN + chunk)


def head_label(file: int) -> bytes:
    """Return what a file's head is sealed for."""
    return b"file-head/%d" % file
