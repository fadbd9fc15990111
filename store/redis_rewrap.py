"""Rotation of master keys on Redis: the sweep wraps the data keys of older ones anew, a portion at a time."""

from __future__ import annotations

from store.redis_base import Runner
from store.redis_keys import Keys
from store.redis_mark import read_marks
from store.seal import KeyRing, key_id

__all__ = ["Rewrapping"]


class Rewrapping:
    """Goes round the partitions while the marks say that an older master key is in use."""

    def __init__(self, scripts: Runner, keys: Keys, ring: KeyRing) -> None:
        self._scripts = scripts
        self._keys = keys
        self._ring = ring
        self._next = 0
        #: Partitions in a row without an old key.
        self._clean = 0

    async def step(self, limit: int) -> int:
        """Wrap up to ``limit`` keys anew; return how many. Once none is left, the older master keys may go."""
        newest = key_id(self._ring.masters[0])
        old = [kid for kid in (await read_marks(self._scripts, self._keys))[0].masters if kid != newest]
        done = 0
        while old and done < limit:
            part = self._keys.parts[self._next]
            found = await self._part(part.keys, newest, limit - done)
            done += found
            self._clean = 0 if found else self._clean + 1
            if found:
                continue  # perhaps not all of this partition
            self._next = (self._next + 1) % len(self._keys.parts)
            if self._clean >= len(self._keys.parts):
                args = [one for kid in old for one in (f"ring:{kid}", "", 0)]
                await self._scripts.run("mark_write", (self._keys.parts[0].mark,), args)
                self._clean = 0
                break
        return done

    async def _part(self, table: str, newest: str, limit: int) -> int:
        flat: list[bytes] = await self._scripts.run("fields", (table,), ())
        done = 0
        for conversation, value in zip(flat[::2], flat[1::2], strict=True):
            generation, kid, wrapped = value.split(b":", 2)
            if kid.decode() == newest:
                continue
            if done >= limit:
                break
            fresh_kid, fresh = self._ring.wrap(self._ring.unwrap(kid.decode(), wrapped))
            new = b"%s:%s:%s" % (generation, fresh_kid.encode(), fresh)
            done += int(await self._scripts.run("rewrap", (table,), (conversation, value, new)))
        return done
