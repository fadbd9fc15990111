"""The routes of presence: what I say about being there, and which colleagues could take a case over."""

from __future__ import annotations

from typing import Any, Literal

from aiohttp import web
from msgspec import Struct

from core.errors import Refused
from core.ports import Store
from handoff.accounts import can, fit_ids, list_accounts
from handoff.auth import Border
from handoff.guard import answer, api, json_body
from handoff.roster import Presence, get_presence, load_of, set_presence, team_presence
from handoff.sessions import SignedIn

__all__ = ["Colleague", "PresenceRoutes"]


class Colleague(Struct, frozen=True, kw_only=True):
    """Somebody to whom a case can be handed over."""

    id: str
    name: str
    languages: tuple[str, ...]
    here: bool
    #: Cases that are theirs to answer now.
    load: int
    capacity: int
    absence: str


class PresenceRoutes:
    """``/desk/api/presence`` and ``/desk/api/team``."""

    def __init__(self, store: Store, border: Border) -> None:
        self._store = store
        self._border = border

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/desk/api/presence", api(self._border, self._mine)),
            web.post("/desk/api/presence", api(self._border, self._set, changes=True)),
            web.get("/desk/api/team", api(self._border, self._team)),
        ]

    async def _mine(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        return answer(await get_presence(self._store, signed.account.id, self._border.now()))

    async def _set(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        body = await json_body(request)
        changed = await set_presence(
            self._store,
            signed.account.id,
            self._border.now(),
            state=_state(body),
            shift_until=_whole(body, "shift_until"),
            capacity=_whole(body, "capacity"),
            absence=_absence(body),
            topics=_topics(body),
        )
        return answer(changed)

    async def _team(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        now = self._border.now()
        known = await team_presence(self._store, now)
        found = []
        for account in await list_accounts(self._store, now):
            if not can(account, "cases") or account.id == signed.account.id:
                continue
            presence = known.get(account.id, Presence(account=account.id))
            found.append(
                Colleague(
                    id=account.id,
                    name=account.name,
                    languages=account.languages,
                    here=presence.here(now),
                    load=await load_of(self._store, account.id),
                    capacity=presence.capacity,
                    absence=presence.absence,
                )
            )
        return answer({"at": now, "team": found})


def _state(body: dict[str, Any]) -> Literal["here", "away"]:
    match body.get("state"):
        case "here":
            return "here"
        case "away":
            return "away"
        case _:
            raise Refused("malformed")


def _whole(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if value is not None and (type(value) is not int or not 0 < value < 2**53):
        raise Refused("malformed")
    return value


def _absence(body: dict[str, Any]) -> str | None:
    value = body.get("absence")
    if value is not None and not isinstance(value, str):
        raise Refused("malformed")
    return None if value is None else " ".join(value.split())


def _topics(body: dict[str, Any]) -> tuple[str, ...] | None:
    value = body.get("topics")
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(topic, str) for topic in value):
        raise Refused("malformed")
    return fit_ids(value)
