"""``/desk/account``: what everybody of the staff keeps about themselves. Works without a script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

from aiohttp import web

from core.errors import Refused
from handoff import accounts, totp
from handoff.accounts import Account, get_account
from handoff.bot_words import BotWords
from handoff.entrance import ISSUER, qr_code
from handoff.forms import Form, Office, moment, one, to
from handoff.pages import page_language
from handoff.roster import get_presence, set_work
from handoff.second import confirm_setup, renew_recovery
from handoff.sessions import (
    SignedIn,
    end_other_sessions,
    end_own_session,
    end_session,
    list_sessions,
    set_setup,
    start_session,
)
from handoff.signin import Door
from handoff.ui_texts import LANGUAGES

__all__ = ["AccountPages", "Alarm"]

_PAGE = "/desk/account"
#: Sends a test to where an account wants its alerts; says whether it went out.
Alarm = Callable[[Account], Awaitable[Literal["sent", "failed", "nowhere"]]]
_HangUp = Callable[[str], Awaitable[None]]


class AccountPages:
    """The page and its forms."""

    def __init__(
        self,
        office: Office,
        door: Door,
        hang_up: _HangUp,
        words: BotWords,
        alarm: Alarm | None = None,
    ) -> None:
        """``hang_up`` closes the live lines of a session; ``words`` names what the bot offers."""
        self._office = office
        self._store = office.store
        self._door = door
        self._hang_up = hang_up
        self._words = words
        self._alarm = alarm

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return all routes of the page."""
        sent = self._office.sent
        return [
            web.get(_PAGE, self._office.shown(self._page)),
            web.post(f"{_PAGE}/languages", sent(_PAGE, self._languages)),
            web.post(f"{_PAGE}/password", sent(_PAGE, self._password)),
            web.post(f"{_PAGE}/alerts", sent(_PAGE, self._alerts)),
            web.post(f"{_PAGE}/keys", sent(_PAGE, self._keys)),
            web.post(f"{_PAGE}/sessions", sent(_PAGE, self._sessions)),
            web.get(f"{_PAGE}/second", self._office.shown(self._second_page)),
            web.post(f"{_PAGE}/second", sent(_PAGE, self._second)),
            web.post(f"{_PAGE}/second/confirm", sent(f"{_PAGE}/second", self._confirm)),
            web.post(f"{_PAGE}/recovery", sent(_PAGE, self._recovery)),
            web.post("/desk/sign-out", sent(_PAGE, self._sign_out)),
        ]

    async def _page(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now, language = self._office.border.now(), page_language(request, signed.session.language)
        account = signed.account
        sessions = [
            {
                "key": key,
                "browser": session.browser,
                "since": moment(session.created, language),
                "seen": moment(session.seen, language),
                "mine": key == signed.key,
            }
            for key, session in await list_sessions(self._store, account.id, now)
        ]
        return self._office.render(
            request,
            signed,
            "account.html",
            sessions=sessions,
            spoken=self._words.languages(account.languages),
            topics=self._words.topic_choices(language, (await get_presence(self._store, account.id, now)).topics),
            alert_language=account.interface or language,
            alerts_work=self._alarm is not None,
        )

    async def _languages(self, _request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        account = signed.account
        await accounts.edit_account(
            self._store, account.id, self._office.border.now(), name=account.name, languages=form.get("language", [])
        )
        if "asks-topic" in form:
            topics = accounts.fit_ids(form.get("topic", []))
            await set_work(self._store, account.id, self._office.border.now(), topics=topics)
        # They decide which cases one can claim, so a change is told.
        await self._note(signed, "languages", "ok")
        return to(_PAGE, said="saved")

    async def _alerts(self, _request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        interface = one(form, "interface")
        changed = await accounts.set_alerts(
            self._store,
            signed.account.id,
            self._office.border.now(),
            mail=one(form, "mail"),
            chat=one(form, "chat"),
            interface=interface if interface in LANGUAGES else "",
        )
        if "test" in form and self._alarm is not None:
            return to(_PAGE, said=f"alert_{await self._alarm(changed)}")
        return to(_PAGE, said="saved")

    async def _keys(self, _request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        await accounts.set_keys(self._store, signed.account.id, self._office.border.now(), on="on" in form)
        return to(_PAGE, said="saved")

    # -- what needs the password once more -------------------------------------------------------------------

    async def _prove(self, request: web.Request, signed: SignedIn, form: Form) -> None:
        caller = self._office.border.caller(request)
        if not await self._door.proven(signed.account, one(form, "password"), caller, self._office.border.now()):
            await self._note(signed, "password-asked", "wrong")
            raise Refused("wrong_password")

    async def _password(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        await self._prove(request, signed, form)
        if one(form, "new") != one(form, "again"):
            raise Refused("not_the_same")
        now = self._office.border.now()
        await accounts.set_password(self._store, signed.account.id, now, password=one(form, "new"))
        await self._note(signed, "password", "ok")
        return await self._stay(request, signed, to(_PAGE, said="password_changed"))

    async def _second(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        await self._prove(request, signed, form)
        await set_setup(self._store, signed, totp.new_secret(), self._office.border.now())
        return to(f"{_PAGE}/second")

    async def _second_page(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        secret = signed.session.setup
        if not secret:
            return to(_PAGE)
        login = signed.account.login
        return self._office.render(
            request,
            signed,
            "second.html",
            key=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
            link=totp.otpauth(secret, login, ISSUER),
            qr=qr_code(secret, login),
        )

    async def _confirm(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        secret, now = signed.session.setup, self._office.border.now()
        if not secret:
            return to(_PAGE)
        codes = await confirm_setup(self._store, signed.account.id, secret, one(form, "code"), now)
        if codes is None:
            raise Refused("wrong_code")
        await self._note(signed, "code-setup", "ok")
        return await self._stay(request, signed, self._codes(request, signed, codes))

    async def _recovery(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        await self._prove(request, signed, form)
        codes = await renew_recovery(self._store, signed.account.id, self._office.border.now())
        await self._note(signed, "recovery", "ok")
        return self._codes(request, signed, codes)

    def _codes(self, request: web.Request, signed: SignedIn, codes: tuple[str, ...]) -> web.Response:
        """Return the one page that shows recovery codes; it cannot be called up again."""
        language = page_language(request, signed.session.language)
        return self._office.pages.render("recovery.html", language, codes=codes, onward=_PAGE)

    async def _stay(self, request: web.Request, signed: SignedIn, response: web.Response) -> web.Response:
        """All sessions of the account have ended; give this browser a new one."""
        now, session = self._office.border.now(), signed.session
        fresh = await get_account(self._store, signed.account.id, now)
        await end_session(self._store, signed.key)
        await self._hang_up(signed.key)
        if fresh is not None and not fresh.disabled:
            token = await start_session(self._store, fresh, now, session.language, browser=session.browser)
            self._office.border.welcome(request, response, token)
        return response

    # -- sessions --------------------------------------------------------------------------------------------

    async def _sessions(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        now = self._office.border.now()
        if "others" in form:
            for key in await end_other_sessions(self._store, signed, now):
                await self._hang_up(key)
            await self._note(signed, "sessions-end", "ok")
            return to(_PAGE, said="sessions_ended")
        key = one(form, "key")
        if not await end_own_session(self._store, signed.account.id, key):
            raise Refused("no_session")
        await self._hang_up(key)
        await self._note(signed, "session-end", "ok")
        return to(_PAGE, said="session_ended")

    async def _sign_out(self, request: web.Request, signed: SignedIn, _form: Form) -> web.StreamResponse:
        await end_session(self._store, signed.key)
        await self._hang_up(signed.key)
        response = to("/desk/sign-in")
        self._office.border.farewell(request, response)
        return response

    async def _note(self, signed: SignedIn, verb: str, result: str) -> None:
        now = self._office.border.now()
        await self._office.audit.write(now, actor=signed.account.id, verb=verb, result=result)
