"""What every JSON route of the desk stands behind: a session, our own origin for changes, and bodies read with care."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import web

from core.errors import Refused, StoreError
from handoff.accounts import can
from handoff.auth import Border
from handoff.roles import Permission
from handoff.sessions import SignedIn

__all__ = ["BODY", "CASE_NUMBER", "Handler", "Known", "absent", "answer", "api", "case_number", "json_body"]

#: Bytes of a request's body: the longest text in four-byte characters, escaped, and its frame.
BODY = 128 * 1024

CASE_NUMBER = re.compile(r"[A-Za-z0-9-]{1,32}")
_encode = msgspec.json.Encoder().encode

Known = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def api(border: Border, handler: Known, *, changes: bool = False, permission: Permission | None = "cases") -> Handler:
    """Return ``handler`` behind the border: a session, and for changes the CSRF token and our own origin.

    Without the permission the route is not there: an analyst learns of cases as little as a stranger.
    A :class:`core.errors.Refused` that it raises is a request that is no good: 422 with its code.
    """

    async def route(request: web.Request) -> web.StreamResponse:
        try:
            signed = await border.who(request)
            if signed is None:
                return answer({"code": "signed_out"}, 401)
            if changes and not border.believed(request, signed):
                return answer({"code": "not_believed"}, 403)
            if permission is not None and not can(signed.account, permission):
                return absent()
            return await handler(request, signed)
        except Refused as refused:
            return answer({"code": refused.reason, "detail": refused.detail}, 422)
        except StoreError:
            return answer({"code": "store"}, 503)

    return route


def answer(value: object, status: int = 200) -> web.Response:
    """Return a value as JSON."""
    return web.Response(body=_encode(value), status=status, content_type="application/json")


def absent() -> web.Response:
    """Return what there is not, and what the account may not know of."""
    return answer({"code": "absent"}, 404)


def case_number(request: web.Request) -> str:
    """Return the case number of a route; nothing else is ever one, so nothing else becomes a label."""
    number = request.match_info["number"]
    return number if CASE_NUMBER.fullmatch(number) else "-"


async def json_body(request: web.Request) -> dict[str, Any]:
    """Return the object that a request carries; an empty one for whatever is none."""
    if (request.content_length or 0) > BODY:
        return {}
    try:
        found = msgspec.json.decode(await request.read())
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return found if isinstance(found, dict) else {}
