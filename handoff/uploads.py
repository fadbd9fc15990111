"""A form with a file, read as a stream: the fields come first, the file last, so that nothing of it has to be held."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import BodyPartReader, web

from core.errors import Refused

__all__ = ["FileForm", "pieces"]

#: Bytes of a field beside the file, fields of a form, and bytes read at once.
_FIELD = 64 * 1024
_FIELDS = 10
_PIECE = 65_536


class FileForm:
    """One form; :meth:`file` first, then ``fields``."""

    def __init__(self, request: web.Request) -> None:
        self._request = request
        self.fields: dict[str, str] = {}

    async def file(self) -> BodyPartReader:
        """Read the fields and return the file behind them; raises :class:`core.errors.Refused` (``malformed``)."""
        if self._request.content_type != "multipart/form-data":
            raise Refused("malformed")
        try:
            reader = await self._request.multipart()
            for _ in range(_FIELDS):
                part = await reader.next()
                if not isinstance(part, BodyPartReader):
                    break
                if part.name == "file":
                    return part
                self.fields[part.name or ""] = await _field(part)
        except (ValueError, RuntimeError):  # a body that is no form after all
            pass
        raise Refused("malformed")


async def _field(part: BodyPartReader) -> str:
    held = bytearray()
    while piece := await part.read_chunk(_PIECE):
        held += piece
        if len(held) > _FIELD:
            raise Refused("malformed")
    return held.decode("utf-8", "replace")


async def pieces(part: BodyPartReader) -> AsyncIterator[bytes]:
    """Yield the file as it arrives."""
    while piece := await part.read_chunk(_PIECE):
        yield piece
