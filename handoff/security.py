"""Headers that keep a page to itself, for every answer of the app: the desk, the chat and the machine's own."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

__all__ = ["HEADERS", "security_headers"]

#: Nothing is loaded but our own files, nothing is framed, no string becomes markup or code.
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "media-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

HEADERS: dict[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Robots-Tag": "noindex, nofollow",
}


@web.middleware
async def security_headers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Add :data:`HEADERS` to every answer, refusals included; a handler that sets one itself keeps its own."""
    try:
        response = await handler(request)
    except web.HTTPException as answer:
        _add(answer)
        raise
    _add(response)
    return response


def _add(response: web.StreamResponse) -> None:
    # A WebSocket has sent its head already, and shows no page.
    if response.prepared:
        return
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
