"""The routes that change a case: every verb, "claim next", and asking again what became of a press."""

from __future__ import annotations

import hashlib

from aiohttp import web
from msgspec import Struct

from core.events import Claim, Transfer
from core.ids import Millis
from core.ports import Store
from core.records import Outcome
from handoff.access import Access, Grant
from handoff.accounts import Account, can, get_account, list_accounts, serves
from handoff.acts import Acts, Pressed, valid_request
from handoff.auth import Border
from handoff.drafts import Drafts
from handoff.guard import absent, answer, api, case_number, json_body
from handoff.line import HEAD, TeamLine
from handoff.queue import Place, base, class_of, why
from handoff.roster import get_presence, load_of
from handoff.sessions import SignedIn
from handoff.verbs import parse

__all__ = ["ActRoutes", "Reason"]

#: Waiting cases that "claim next" looks at, and of how many at the head the topic may choose.
_LOOKED_AT = 50
_CHOICE = 3
#: Lost races after which "claim next" gives up for this time.
_MOST_TRIES = 20


class Reason(Struct, frozen=True, kw_only=True, rename={"urgency": "class"}, omit_defaults=True):
    """Why "claim next" gave this case."""

    urgency: str
    why: str
    waited_ms: Millis
    language: str
    topic: str = ""
    deadline: str = ""
    window_until: Millis | None = None


class ActRoutes:
    """``/desk/api/cases/{number}/{verb}``, ``/desk/api/next`` and ``/desk/api/acts/{request}``."""

    def __init__(
        self, store: Store, access: Access, acts: Acts, line: TeamLine, border: Border, drafts: Drafts
    ) -> None:
        self._store = store
        self._access = access
        self._acts = acts
        self._line = line
        self._border = border
        self._drafts = drafts

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return the routes."""
        return [
            web.get("/desk/api/acts/{request}", api(self._border, self._again)),
            web.post("/desk/api/cases/{number}/{verb}", api(self._border, self._act, changes=True)),
            web.post("/desk/api/next", api(self._border, self._next, changes=True)),
        ]

    async def _act(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        account, number = signed.account, case_number(request)
        body = await json_body(request)
        press, seen = valid_request(body.get("request")), body.get("seen")
        made = parse(request.match_info["verb"], body)
        if made is None:
            return absent()
        verb, action = made
        if press is None or not (seen is None or (type(seen) is int and 0 <= seen < 2**31)):
            return answer({"code": "malformed"}, 422)
        earlier = await self._acts.earlier(account, press)
        if earlier is not None:
            if (earlier.number, earlier.verb) != (number, verb):
                return answer({"code": "malformed"}, 422)
            known = await self._acts.outcome(earlier, patience=0)
            if known is not None:
                return await self.told(earlier, known, press)
        grant = await self._access.open(account, verb, number, self._border.now())
        if grant is None:
            return absent()
        refused = await self._refused(account, grant, action)
        if refused is not None:
            return answer({"code": refused, "detail": {}, "case": number, "verb": verb}, 409)
        pressed = await self._acts.press(account, grant, verb, action, press, seen)
        outcome = await self._acts.outcome(pressed)
        if outcome is not None and outcome.ok:
            await self._drafts.acted(grant, account.id, verb, self._border.now())
        return await self.told(pressed, outcome, press)

    async def _refused(self, account: Account, grant: Grant, action: object) -> str | None:
        """Return why an act is refused that a turn cannot judge: it knows nothing of accounts."""
        now = self._border.now()
        if isinstance(action, Transfer) and action.to is not None:
            to = await get_account(self._store, action.to, now)
            if to is None or not can(to, "cases"):
                return "no_such_colleague"
        bound = not can(account, "any_language")
        if isinstance(action, Claim) and bound and not grant.case.held and not speaks(account, grant.case.language):
            # Who speaks it comes first; where nobody does, anybody is better than nobody.
            others = await list_accounts(self._store, now)
            if any(_counsels(other) and speaks(other, grant.case.language) for other in others):
                return "language"
        return None

    async def _again(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        press = valid_request(request.match_info["request"])
        pressed = await self._acts.earlier(signed.account, press) if press else None
        if press is None or pressed is None:
            return absent()
        return await self.told(pressed, await self._acts.outcome(pressed), press)

    async def told(self, pressed: Pressed, outcome: Outcome | None, press: str) -> web.StreamResponse:
        """Return the answer to a press, with what became of it; None: the worker is still at it."""
        if outcome is None:
            return answer({"code": "working", "request": press}, 202)
        detail = dict(outcome.detail)
        if owner := detail.get("owner"):
            found = await get_account(self._store, owner, self._border.now())
            detail["name"] = found.name if found else ""
        told = {"code": outcome.code, "detail": detail, "case": pressed.number, "verb": pressed.verb}
        return answer(told, 200 if outcome.ok else 409)

    # -- claim next ----------------------------------------------------------------------------------------

    async def _next(self, request: web.Request, signed: SignedIn) -> web.StreamResponse:
        """Claim the first case for this account. Who loses a race gets the one behind it; a repeat the same one."""
        account = signed.account
        body = await json_body(request)
        press = valid_request(body.get("request"))
        if press is None:
            return answer({"code": "malformed"}, 422)
        tried: set[str] = set()
        now = self._border.now()
        for attempt in range(_MOST_TRIES):
            one = hashlib.sha256(f"{press}:{attempt}".encode()).hexdigest()[:32]
            pressed = await self._acts.earlier(account, one)
            outcome = None if pressed is None else await self._acts.outcome(pressed, patience=0)
            if outcome is None:
                found = await self._choose(account, tried, pressed)
                if isinstance(found, str):
                    return answer({"code": found}, 409)
                await self._access.chosen(account, found, now)
                pressed = await self._acts.press(account, found, "claim", Claim(), one, None)
                outcome = await self._acts.outcome(pressed)
            if pressed is None or outcome is None:
                return answer({"code": "working", "request": one}, 202)
            if outcome.ok or outcome.code == "already_yours":
                return await self._given(account, pressed)
            tried.add(pressed.number)
        return answer({"code": "none_waiting"}, 409)

    async def _choose(self, account: Account, tried: set[str], pressed: Pressed | None) -> Grant | str:
        """Return the case to claim, or the code of why there is none; a press that got lost on its way is repeated."""
        now = self._border.now()
        if pressed is not None:
            again = await self._access.open(account, "claim", pressed.number, now)
            return again if again is not None else "none_waiting"
        presence = await get_presence(self._store, account.id, now)
        if await load_of(self._store, account.id) >= presence.capacity:
            return "at_capacity"
        head: list[tuple[Place, Grant]] = []
        # The line is of all queues: whoever is in some of them has to look further down.
        for place in await self._line.for_account(account, now, HEAD if account.queues else _LOOKED_AT):
            grant = await self._access.open_waiting(account, place.key)
            if grant is None or grant.case.number in tried or _kept_for_another(grant, account, place, now):
                continue
            if grant.case.urgency != "safety" and not serves(account, grant.case.queue):
                continue
            head.append((place, grant))
            if len(head) == _CHOICE or place.rank != head[0][0].rank:
                break
        if not head:
            return "none_waiting"
        # A topic is a wish: it chooses among the first of one class and passes nobody of another.
        alike = [grant for place, grant in head if place.rank == head[0][0].rank]
        mine = [grant for grant in alike if grant.case.topic in presence.topics]
        return (mine or alike)[0]

    async def _given(self, account: Account, pressed: Pressed) -> web.StreamResponse:
        now = self._border.now()
        grant = await self._access.open(account, "read", pressed.number, now)
        if grant is None:
            return answer({"code": "none_waiting"}, 409)
        case = grant.case
        reason = Reason(
            urgency=class_of(case, now),
            why=why(case, now),
            waited_ms=max(0, (case.claimed or now) - case.since),
            language=case.language,
            topic=case.topic,
            deadline=case.deadline or "",
            window_until=case.window_until,
        )
        return answer({"code": "ok", "case": case.number, "why": reason})


def speaks(account: Account, language: str) -> bool:
    """Return whether the account counsels in a language; one that names none counsels in all."""
    return not account.languages or base(language) in {base(own) for own in account.languages}


def _counsels(account: Account) -> bool:
    return can(account, "cases")


def _kept_for_another(grant: Grant, account: Account, place: Place, now: Millis) -> bool:
    """Return whether an earlier counsellor sees this case before the others; not in danger, nor passed too often."""
    case = grant.case
    return case.affinity not in (None, account.id) and now < case.affinity_until and place.rank > 1
