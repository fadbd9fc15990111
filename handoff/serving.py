"""A kept file as an HTTP answer, for the desk, the web chat and the messengers that fetch one: nothing in it can run.

The type is the one that the bytes said when it was kept. What a browser could run is only ever downloaded; what it
shows, it shows without scripts, without our origin and without a guess of its own at the type.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from aiohttp import web

from core.blobs import CHUNK, BlobHead, BlobKey
from core.filetypes import extension_of, may_show
from core.ids import Millis
from core.ports import Blobs
from handoff.security import HEADERS

__all__ = ["file_response", "shown_name"]

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
#: Nothing is loaded, nothing runs; ``sandbox`` also takes the origin away.
_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
#: A browser's own PDF viewer does not open in a sandbox. It runs no script of the file under this either.
_PDF_POLICY = f"{_POLICY}; object-src 'self'; style-src 'unsafe-inline'"
#: Characters that a file name may not have anywhere: controls, separators, and what turns the direction of a text.
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def shown_name(head: BlobHead) -> str:
    """Return a name for the file that no system trips over, with the ending that its type has."""
    ending = extension_of(head.mime)
    name = _NOT_IN_NAMES.sub(" ", head.name or "").strip(" .")[-120:].strip(" .") or "file"
    if ending == "bin":
        return f"{name}.bin" if head.mime.startswith(("application/x-", "application/vnd.microsoft")) else name
    same = {"jpg": ("jpg", "jpeg"), "tiff": ("tif", "tiff"), "doc": ("doc", "xls", "ppt", "msg")}.get(ending, (ending,))
    return name if name.lower().rpartition(".")[2] in same else f"{name}.{ending}"


async def file_response(
    request: web.Request, blobs: Blobs, key: BlobKey, head: BlobHead, now: Millis, *, inline: bool = True
) -> web.StreamResponse:
    """Send a file, or the part of it that a player asks for; ``inline`` shows it where that is safe."""
    shown = inline and may_show(head.mime)
    name = shown_name(head)
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    headers = HEADERS | {
        "Content-Type": head.mime,
        "Content-Disposition": f'{"inline" if shown else "attachment"}; filename="{plain}"; '
        f"filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": _PDF_POLICY if head.mime == "application/pdf" else f"{_POLICY}; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Accept-Ranges": "bytes",
    }
    first, last = 0, head.size - 1
    asked = request.headers.get("Range")
    status = 200
    if asked is not None:
        part = _part(asked, head.size)
        if part is None:
            return web.Response(status=416, headers={"Content-Range": f"bytes */{head.size}"})
        (first, last), status = part, 206
        headers["Content-Range"] = f"bytes {first}-{last}/{head.size}"
    response = web.StreamResponse(status=status, headers=headers)
    response.content_length = last - first + 1
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    # The first chunk before the head: what is gone by now can still be said.
    chunk = await blobs.read(key, first // CHUNK, now)
    if chunk is None:
        raise web.HTTPGone
    await response.prepare(request)
    at = first
    while True:
        within = at % CHUNK
        piece = chunk[within : within + last + 1 - at]
        await response.write(piece)
        at += len(piece)
        if at > last or not piece:
            break
        chunk = await blobs.read(key, at // CHUNK, now)
        if chunk is None:
            break  # erased meanwhile: the connection ends short of its length
    await response.write_eof()
    return response


def _part(asked: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte of a range; None for one that cannot be had. Several ranges count as none."""
    match = _RANGE.fullmatch(asked.strip())
    if match is None or (not match[1] and not match[2]):
        return None
    if not match[1]:
        first, last = max(0, size - int(match[2])), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size - 1), size - 1)
    return (first, last) if first <= last and first < size else None
