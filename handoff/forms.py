"""What the pages with forms share: reading a form, who may see the page, and the way back after it was sent.

These pages work without a script: a form is sent with the session's CSRF token in a hidden field, and answered by a
redirect to the page, which says in words what happened (``?said=``).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from core.errors import Refused, StoreError
from core.ids import Millis
from core.ports import Store
from handoff.accounts import Account, can
from handoff.audit import Audit
from handoff.auth import Border
from handoff.pages import Pages, chosen_language, page_language
from handoff.roles import Permission
from handoff.sessions import SignedIn, set_language
from handoff.ui_texts import TEXTS
from i18n.formatting import format_datetime

__all__ = ["Form", "Office", "kept", "moment", "one", "read_form", "to"]

_ZONE = ZoneInfo("Europe/Berlin")
#: Bytes of a form.
_MOST = 32 * 1024
Form = Mapping[str, list[str]]
_Shown = Callable[[web.Request, SignedIn], Awaitable[web.StreamResponse]]
_Sent = Callable[[web.Request, SignedIn, Form], Awaitable[web.StreamResponse]]
_Route = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def read_form(request: web.Request) -> dict[str, list[str]]:
    """Return the fields of a form; empty for anything else, and for one that is too large."""
    length = request.content_length
    if request.content_type != "application/x-www-form-urlencoded" or length is None or length > _MOST:
        return {}
    fields: dict[str, list[str]] = {}
    try:
        posted = await request.post()
    except ValueError:
        return {}
    for name, value in posted.items():
        if isinstance(value, str):
            fields.setdefault(name, []).append(value)
    return fields


def one(form: Form, name: str) -> str:
    """Return a field's value, cut to what any of our fields can hold; empty where it is missing."""
    return form.get(name, [""])[0][:1000]


def moment(at: Millis, language: str) -> str:
    """Return a moment as the staff, who sit in Germany, read it."""
    return format_datetime(datetime.fromtimestamp(at / 1000, tz=_ZONE), language)


def to(path: str, **query: str) -> web.Response:
    """Send the browser to another page."""
    return web.Response(status=303, headers={"Location": path + (f"?{urlencode(query)}" if query else "")})


def kept(handler: _Route) -> _Route:
    """Return a page's handler that says so, instead of failing, while the store takes no work."""

    async def route(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except StoreError:
            return _away()

    return route


def pages_of(account: Account) -> list[tuple[str, str]]:
    """Return path and text key of the pages that an account can open."""
    return [(path, key) for path, key, permission in _NAV if permission is None or can(account, permission)]


class Office:
    """The border, the pages and the log, for all pages with forms."""

    def __init__(self, store: Store, border: Border, pages: Pages, audit: Audit) -> None:
        self.store = store
        self.border = border
        self.pages = pages
        self.audit = audit

    def shown(self, handler: _Shown, permission: Permission | None = None) -> _Route:
        """Return a page's handler behind the sign-in; for those without the permission there is no such page."""

        async def route(request: web.Request) -> web.StreamResponse:
            try:
                signed = await self.border.who(request)
                if signed is None:
                    return to("/desk/sign-in")
                if not await self._may(request, signed, permission):
                    raise web.HTTPNotFound
                chosen = chosen_language(request)
                if chosen is not None and chosen != signed.session.language:
                    await set_language(self.store, signed, chosen, self.border.now())
                return await handler(request, signed)
            except StoreError:
                return _away()

        return route

    def sent(self, path: str, handler: _Sent, permission: Permission | None = None) -> _Route:
        """Return the handler of a form; what is refused is said on the page ``path``."""

        async def route(request: web.Request) -> web.StreamResponse:
            try:
                signed = await self.border.who(request)
                if signed is None:
                    return to("/desk/sign-in")
                if not await self._may(request, signed, permission):
                    raise web.HTTPNotFound
                form = await read_form(request)
                if not self.border.form_of(request, signed, one(form, "csrf")):
                    return to(path, said="not_believed")
                return await handler(request, signed, form)
            except Refused as refused:
                return to(path, said=refused.reason)
            except StoreError:
                return _away()

        return route

    def render(
        self, request: web.Request, signed: SignedIn, name: str, *, status: int = 200, **values: Any
    ) -> web.Response:
        """Return a page with the frame that all of these pages have."""
        language = page_language(request, signed.session.language)
        said = request.query.get("said", "")
        account = signed.account
        page = self.pages.render(
            name,
            language,
            status=status,
            account=account,
            csrf=signed.session.csrf,
            # Only codes that have a text: nothing of the address is ever shown.
            said=said if f"said.{said}" in TEXTS else "",
            good=said in _GOOD,
            nav=pages_of(account),
            here=request.path,
            **values,
        )
        # A form's Origin header is "null" under no-referrer, and we want to see it.
        page.headers["Referrer-Policy"] = "same-origin"
        return page

    async def _may(self, request: web.Request, signed: SignedIn, permission: Permission | None) -> bool:
        if permission is None or can(signed.account, permission):
            return True
        await self.audit.write(self.border.now(), actor=signed.account.id, verb=f"page-{permission}", result="denied")
        return False


_NAV: tuple[tuple[str, str, Permission | None], ...] = (
    ("/desk", "title", "cases"),
    ("/desk/team", "team", "team"),
    ("/desk/numbers", "numbers", "numbers"),
    ("/desk/audit", "audit", "audit"),
    ("/desk/erasures", "erasures", "erasures"),
    ("/desk/questions", "questions", "questions"),
    ("/desk/account", "account", None),
)
_GOOD = frozenset({"saved", "password_changed", "second_on", "session_ended", "sessions_ended", "alert_sent", "reset"})


def _away() -> web.Response:
    return web.Response(status=503, text="The store cannot be reached. Please try again in a moment.\n")
