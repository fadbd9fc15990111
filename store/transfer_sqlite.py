"""The end of a copy on SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

from core.ids import ConversationId
from store import transfer_sqlite_in, transfer_sqlite_out
from store.sqlite import SqliteStore
from store.transfer import End, Loose, Whole

__all__ = ["SqliteEnd"]

_PAGES: tuple[Callable[..., Any], ...] = (
    transfer_sqlite_out.records, transfer_sqlite_out.counters, transfer_sqlite_out.strays, transfer_sqlite_out.seen,
)  # fmt: skip


class SqliteEnd:
    """Implements :class:`store.transfer.End`."""

    def __init__(self, store: SqliteStore) -> None:
        self._write: Callable[..., Any] = store.submit
        self._read: Callable[..., Any] = store.read

    async def conversations(self) -> list[ConversationId]:
        """See :meth:`store.transfer.End.conversations`."""
        found: list[ConversationId] = await self._read(transfer_sqlite_out.conversations)
        return found

    async def export(self, conversation: ConversationId) -> Whole | None:
        """See :meth:`store.transfer.End.export`."""
        found: Whole | None = await self._read(transfer_sqlite_out.export, conversation)
        return found

    async def names(self) -> dict[ConversationId, ConversationId]:
        """See :meth:`store.transfer.End.names`."""
        found: dict[ConversationId, ConversationId] = await self._read(transfer_sqlite_out.names)
        return found

    async def chunk(self, whole: Whole, number: int, part: int) -> bytes:
        """See :meth:`store.transfer.End.chunk`."""
        found: bytes = await self._read(
            transfer_sqlite_out.chunk, whole.conversation, whole.generation, whole.files[number].name, part
        )
        return found

    async def load(self, whole: Whole, source: End) -> None:
        """See :meth:`store.transfer.End.load`."""
        await self._write(transfer_sqlite_in.begin, whole)
        for number, file in enumerate(whole.files):
            place: int = await self._write(transfer_sqlite_in.begin_file, whole, file)
            for part in range(file.chunks):
                await self._write(
                    transfer_sqlite_in.add_chunk, whole, place, part, await source.chunk(whole, number, part)
                )
            await self._write(transfer_sqlite_in.end_file, whole, place, file)
        await self._write(transfer_sqlite_in.load, whole)

    async def loose(self) -> AsyncIterator[Loose]:
        """See :meth:`store.transfer.End.loose`."""
        yield await self._read(transfer_sqlite_out.numbers)
        for page in _PAGES:
            after: Any = None
            while True:
                portion, after = await self._read(page, after)
                if not portion.things:
                    break
                yield portion

    async def load_loose(self, loose: Loose) -> None:
        """See :meth:`store.transfer.End.load_loose`."""
        await self._write(transfer_sqlite_in.load_loose, loose)
