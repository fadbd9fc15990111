"""``/desk/team``: the accounts of the staff, for leads and technical admins. Works without a script."""

from __future__ import annotations

import re

import msgspec
from aiohttp import web

from core.errors import Refused
from handoff.accounts import Account, get_account, list_accounts
from handoff.bot_words import BotWords
from handoff.forms import Form, Office, one, to
from handoff.pages import page_language
from handoff.roles import ROLES, Role, mixes
from handoff.roster import MOST_CAPACITY, get_presence
from handoff.sessions import SignedIn
from handoff.team import Team
from i18n.formatting import babel_locale

__all__ = ["TeamPages"]

_PAGE = "/desk/team"
_ID = re.compile(r"[0-9a-f]{1,32}")


class TeamPages:
    """The list of the staff, and one page for each of them."""

    def __init__(self, office: Office, team: Team, words: BotWords) -> None:
        self._office = office
        self._team = team
        self._words = words

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return all routes; for those who may not keep accounts there are none."""
        return [
            web.get(_PAGE, self._office.shown(self._list, "team")),
            web.post(_PAGE, self._office.sent(_PAGE, self._add, "team")),
            web.get(f"{_PAGE}/{{account}}", self._office.shown(self._one, "team")),
            web.post(f"{_PAGE}/{{account}}", self._office.sent(_PAGE, self._change, "team")),
        ]

    async def _list(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        everybody = await list_accounts(self._office.store, self._office.border.now())
        names = babel_locale(page_language(request, signed.session.language)).languages
        return self._office.render(
            request,
            signed,
            "team.html",
            staff=[(account, mixes(account.roles)) for account in everybody],
            roles=ROLES,
            spoken=self._words.languages(()),
            tongues={code: names.get(code, code) for account in everybody for code in account.languages},
        )

    async def _one(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        return await self._page(request, signed, await self._about(request))

    async def _page(self, request: web.Request, signed: SignedIn, about: Account, secret: str = "") -> web.Response:
        language = page_language(request, signed.session.language)
        presence = await get_presence(self._office.store, about.id, self._office.border.now())
        return self._office.render(
            request,
            signed,
            "member.html",
            capacity=presence.capacity,
            most=MOST_CAPACITY,
            about=about,
            secret=secret,
            mixed=mixes(about.roles),
            roles=ROLES,
            myself=about.id == signed.account.id,
            spoken=self._words.languages(about.languages),
            topics=self._words.topic_choices(language, presence.topics),
            queues=self._words.queue_choices(about.queues),
        )

    async def _about(self, request: web.Request) -> Account:
        key = request.match_info["account"]
        known = _ID.fullmatch(key)
        found = await get_account(self._office.store, key, self._office.border.now()) if known else None
        if found is None:
            raise web.HTTPNotFound
        return found

    async def _add(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        made, secret = await self._team.add(
            signed.account,
            self._office.border.now(),
            login=one(form, "login"),
            name=one(form, "name"),
            languages=form.get("language", []),
            roles=_roles(form),
            mixed="mixed" in form,
        )
        # Shown in the answer itself: a password in an address would stay in histories and logs.
        return await self._page(request, signed, made, secret)

    async def _change(self, request: web.Request, signed: SignedIn, form: Form) -> web.StreamResponse:
        about = await self._about(request)
        actor, now, path = signed.account, self._office.border.now(), f"{_PAGE}/{about.id}"
        try:
            match one(form, "do"):
                case "edit":
                    await self._team.edit(
                        actor,
                        about.id,
                        now,
                        name=one(form, "name"),
                        languages=form.get("language", []),
                        # Where the bot has one queue only, the form does not ask.
                        queues=form.get("queue", []) if "asks-queue" in form else None,
                        capacity=_capacity(form),
                        topics=form.get("topic", []) if "asks-topic" in form else None,
                    )
                case "roles":
                    await self._team.set_roles(actor, about.id, now, _roles(form), mixed="mixed" in form)
                case "lock":
                    await self._team.lock(actor, about.id, now)
                case "unlock":
                    await self._team.lock(actor, about.id, now, locked=False)
                case "password":
                    changed, secret = await self._team.new_password(actor, about.id, now)
                    return await self._page(request, signed, changed, secret)
                case "second":
                    await self._team.reset_second(actor, about.id, now)
                    return to(path, said="reset")
                case _:
                    raise Refused("malformed")
        except Refused as refused:
            await self._office.audit.write(now, actor=actor.id, verb="account-change", result="denied", about=about.id)
            return to(path, said=refused.reason)
        return to(path, said="saved")


def _capacity(form: Form) -> int | None:
    text = one(form, "capacity").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 4):
        raise Refused("malformed")
    return int(text)


def _roles(form: Form) -> tuple[Role, ...]:
    try:
        return msgspec.convert(tuple(form.get("role", [])), tuple[Role, ...])
    except msgspec.ValidationError:
        raise Refused("bad_roles") from None
