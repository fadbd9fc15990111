"""The call that fetches a person's file from their messenger and keeps it; see :mod:`handlers.files`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from aiohttp.abc import AbstractResolver

from bots.download import Source, download
from core.blobs import BlobKey, BlobRefused, keep, no_file
from core.ids import Millis
from core.ports import Blobs, Clock
from core.records import CallLease
from handlers.calls import CallFailed
from handlers.files import entry_of

__all__ = ["FetchFile", "FileChannel"]

#: A person's files together may be so many times as large as one may be.
SHARE = 10


@runtime_checkable
class FileChannel(Protocol):
    """A channel whose people can send files."""

    async def locate(self, ref: str) -> Source:
        """Return where the file of a message is; ``ref`` is what its webhook said.

        Raises :class:`handlers.calls.CallFailed` or :class:`handlers.calls.TryAgain`.
        """


class FetchFile:
    """Implements :class:`handlers.calls.OwnCall`."""

    def __init__(
        self,
        blobs: Blobs,
        clock: Clock,
        channels: Mapping[tuple[str, str], object],
        *,
        most: int,
        keep_for: Callable[[], Millis],
        resolver: AbstractResolver | None = None,
    ) -> None:
        """``most`` bytes may one file have, ``keep_for`` says how many milliseconds it is kept."""
        self._blobs = blobs
        self._clock = clock
        self._channels = channels
        self._most = most
        self._keep_for = keep_for
        self._resolver = resolver

    async def make(self, lease: CallLease) -> None:
        """Fetch one file and keep it under the id of its transcript entry. A second run changes nothing."""
        key, args = BlobKey(entry_of(lease.call.id)), lease.call.args
        now = self._clock.now()
        if (await self._blobs.heads([key], now)).get(key) is not None:
            return  # an earlier try came through, and its end was lost
        channel = self._channels.get((lease.address.channel, lease.address.account))
        if not isinstance(channel, FileChannel):
            raise CallFailed("unsupported")
        if int(args.get("size") or 0) > self._most:
            raise CallFailed("too_large")
        if await self._blobs.held(lease.conversation) >= self._most * SHARE:
            raise CallFailed("too_many")
        source = await channel.locate(args["ref"])
        async with download(source, resolver=self._resolver) as body:
            if body.size is not None and body.size > self._most:
                raise CallFailed("too_large")
            try:
                await keep(
                    self._blobs,
                    key,
                    body.parts,
                    most=self._most,
                    now=now,
                    expires=now + self._keep_for(),
                    claimed=args.get("mime") or body.mime,
                    name=args.get("name") or None,
                )
            except BlobRefused as refused:
                if refused.code != "erased":
                    raise CallFailed(refused.code) from None

    async def give_up(self, lease: CallLease, code: str) -> None:
        """Keep why the file did not come."""
        now = self._clock.now()
        key = BlobKey(entry_of(lease.call.id))
        await no_file(self._blobs, key, code, now=now, expires=now + self._keep_for())
