"""The pages of the door: sign-in, the code of the second factor, and its set-up with a QR code made here."""

from __future__ import annotations

import io

import segno
from aiohttp import web
from markupsafe import Markup

from core.ports import Store
from handoff import pauses, totp
from handoff.auth import Border
from handoff.forms import kept, one, read_form, to
from handoff.pages import Pages, chosen_language, page_language
from handoff.sessions import SignedIn, end_session
from handoff.signin import Door, Entered

__all__ = ["ISSUER", "Entrance", "qr_code"]

#: Stands above the code in the app.
ISSUER = "Streetwork"
_STATUS = {"wrong": 401, "locked": 429, "busy": 503}
_CODE = "/desk/sign-in/code"


def qr_code(secret: str, login: str) -> Markup:
    """Return the QR code of a secret as SVG. It is drawn here: a service that draws it would know the secret."""
    svg = io.BytesIO()
    made = segno.make(totp.otpauth(secret, login, ISSUER), error="m", micro=False)
    made.save(svg, kind="svg", scale=5, xmldecl=False, svgns=True, omitsize=False, dark="#000", light="#fff")
    # Only digits and letters of ours go into a path; nothing of the login is markup.
    return Markup(svg.getvalue().decode())  # noqa: S704


class Entrance:
    """Serves ``/desk/sign-in``."""

    def __init__(self, store: Store, border: Border, pages: Pages, door: Door) -> None:
        self._store = store
        self._border = border
        self._pages = pages
        self._door = door

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return all routes of the door."""
        return [
            web.get("/desk/sign-in", kept(self.page)),
            web.post("/desk/sign-in", kept(self.enter)),
            web.get(_CODE, kept(self.code_page)),
            web.post(_CODE, kept(self.code)),
        ]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Show the form for name and password."""
        if await self._border.who(request) is not None:
            return to("/desk")
        return self._form(request, "" if self._border.usable(request) else "insecure", 200)

    def _form(self, request: web.Request, problem: str, status: int, login: str = "") -> web.Response:
        # The cookie must be set before the form is written, so the token is made on a scratch response.
        scratch = web.Response()
        token = self._border.form_token(request, scratch)
        language = page_language(request)
        page = self._pages.render(
            "sign_in.html", language, status=status, problem=problem, token=token, login=login[:64]
        )
        page.cookies.update(scratch.cookies)
        # A form's Origin header is "null" under no-referrer, and we want to see it.
        page.headers["Referrer-Policy"] = "same-origin"
        return page

    async def enter(self, request: web.Request) -> web.StreamResponse:
        """Take name and password."""
        if not self._border.usable(request):
            return self._form(request, "insecure", 403)
        form = await read_form(request)
        login, password = one(form, "login"), one(form, "password")
        if not self._border.form_believed(request, one(form, "token")):
            return self._form(request, "expired", 403, login)
        caller = self._border.caller(request, chosen_language(request))
        found = await self._door.sign_in(login[:200], password, caller, self._border.now())
        if not isinstance(found, Entered):
            return self._form(request, found, _STATUS[found], login)
        for old in (await self._border.who(request), await self._border.halfway(request)):
            if old is not None:
                await end_session(self._store, old.key)
        if found.stage == "in":
            return await self._welcome(request, to("/desk"), found)
        response = to(_CODE)
        self._border.welcome(request, response, found.token)
        return response

    async def code_page(self, request: web.Request) -> web.StreamResponse:
        """Show the form for the code, with the QR code where the app is still to be set up."""
        halfway = await self._border.halfway(request)
        return to("/desk/sign-in") if halfway is None else self._code_form(request, halfway, "", 200)

    def _code_form(self, request: web.Request, halfway: SignedIn, problem: str, status: int) -> web.Response:
        session, account = halfway.session, halfway.account
        language = page_language(request, session.language)
        setup = session.setup if session.stage == "setup" else ""
        page = self._pages.render(
            "code.html",
            language,
            status=status,
            problem=problem,
            csrf=session.csrf,
            key=" ".join(setup[i : i + 4] for i in range(0, len(setup), 4)),
            link=totp.otpauth(setup, account.login, ISSUER) if setup else "",
            qr=qr_code(setup, account.login) if setup else "",
        )
        page.headers["Referrer-Policy"] = "same-origin"
        return page

    async def code(self, request: web.Request) -> web.StreamResponse:
        """Take the code."""
        halfway = await self._border.halfway(request)
        if halfway is None:
            return to("/desk/sign-in")
        form = await read_form(request)
        if not self._border.form_of(request, halfway, one(form, "csrf")):
            return self._code_form(request, halfway, "expired", 403)
        caller = self._border.caller(request, halfway.session.language)
        found = await self._door.second(halfway, one(form, "code"), caller, self._border.now())
        if not isinstance(found, Entered):
            problem = "wrong_code" if found == "wrong" else found
            return self._code_form(request, halfway, problem, _STATUS[found])
        if not found.recovery:
            return await self._welcome(request, to("/desk"), found)
        # The one page that shows the recovery codes; it cannot be called up again.
        language = page_language(request, halfway.session.language)
        page = self._pages.render("recovery.html", language, codes=found.recovery, onward="/desk")
        return await self._welcome(request, page, found)

    async def _welcome(self, request: web.Request, response: web.Response, found: Entered) -> web.Response:
        """Hand the browser its session, and let it be known again."""
        self._border.welcome(request, response, found.token)
        now = self._border.now()
        known = self._border.caller(request).device
        if await pauses.known_device(self._store, known, found.account.id, now) is None:
            self._border.remember(request, response, await pauses.new_device(self._store, found.account.id, now))
        return response
