"""Alerts: somebody waits and nobody looks. What is due is decided here, without a network; ``bots`` sends it.

A case is *seen* once somebody opened or claimed it after it came into the queue; then all alerts about it stop, for
everybody. Until then: words of danger alert at once, at every hour, and again and again. Any other case alerts only in
its opening hours: after a minute when nobody who could take it is at the desk, after :attr:`Rules.after` minutes
otherwise, and once an hour from then on. An alert says in which language and about what somebody waits; no text, no
name, no number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import msgspec
from msgspec import Struct

from core.ids import Millis
from core.ports import Store
from flows.hours import OpeningHours
from handoff.accounts import Account, can, list_accounts, serves
from handoff.cases import Case
from handoff.conversation import load
from handoff.queue import base
from handoff.roster import Presence, team_presence
from handoff.ui_texts import LANGUAGES, SOURCE, texts
from i18n.formatting import babel_locale

__all__ = ["Alert", "Rules", "Target", "Watch", "could_take", "due", "note_look", "recipients", "team_targets", "words"]

_MINUTE: Millis = 60_000
#: Danger is told again so often in its first hour, and so often after it.
SAFETY_AGAIN: Millis = 5 * _MINUTE
SAFETY_LATER: Millis = 15 * _MINUTE
#: A case without danger is told again so often.
AGAIN: Millis = 60 * _MINUTE
#: When no alert could be sent, it is tried again after so long.
RETRY: Millis = _MINUTE
#: A desk that is reloaded is gone for some seconds.
_GRACE: Millis = _MINUTE
_KEPT: Millis = 7 * 24 * 60 * _MINUTE
#: Waiting cases that one look takes in, the most urgent first.
_MOST = 200

Hours = Callable[[Case], OpeningHours | None]


class Rules(Struct, frozen=True, kw_only=True):
    """What the operator chose."""

    #: Minutes of opening hours after which a case nobody looked at is told although somebody is there.
    after: int = 10
    #: Addresses of the team that get every alert.
    mails: tuple[str, ...] = ()
    chats: tuple[str, ...] = ()
    #: Language of the team's own addresses.
    language: str = "de"


class Target(Struct, frozen=True, kw_only=True):
    """Where one alert goes."""

    mail: str = ""
    chat: str = ""
    language: str = SOURCE


class Told(Struct, frozen=True, kw_only=True):
    """What was told of a case so far."""

    first: Millis
    #: Not again before this moment.
    again: Millis


class Alert(Struct, frozen=True, kw_only=True):
    """One message to one place, and the cases it is about."""

    target: Target
    cases: tuple[Case, ...]
    nobody: bool


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Told)


def due(case: Case, now: Millis, *, hours: OpeningHours | None, here: bool, told: Told | None, after: int) -> bool:
    """Return whether an unseen, waiting case is to be told now."""
    if told is not None and now < told.again:
        return False
    if case.urgency == "safety":
        return True
    if hours is None or not hours.is_open(now):
        return False
    waited = hours.working_time_between(case.queued, now).total_seconds() * 1000
    return waited >= (after * _MINUTE if here else _GRACE)


def _next(case: Case, told: Told | None, now: Millis, *, sent: bool) -> Told:
    first = told.first if told is not None else now
    if not sent:
        pause = RETRY
    elif case.urgency == "safety":
        pause = SAFETY_AGAIN if now - first < 60 * _MINUTE else SAFETY_LATER
    else:
        pause = AGAIN
    return Told(first=first, again=now + pause)


def could_take(account: Account, case: Case) -> bool:
    """Return whether a case is one for the account: in its language, and, danger apart, of one of its queues."""
    spoken, language = {base(one) for one in account.languages}, base(case.language)
    if not can(account, "cases") or not (case.urgency == "safety" or serves(account, case.queue)):
        return False
    return not spoken or language in spoken or can(account, "any_language")


def recipients(
    case: Case, accounts: Collection[Account], presence: Mapping[str, Presence], rules: Rules
) -> list[Target]:
    """Return who is told of a case: those who could take it, and the team's own addresses.

    Whoever said why they are away is off duty and only told of danger; of danger everybody is told when nobody speaks
    the language.
    """
    found = [account for account in accounts if could_take(account, case)]
    if case.urgency == "safety":
        found = found or [account for account in accounts if can(account, "cases")]
    else:
        found = [account for account in found if not _off_duty(presence.get(account.id))]
    targets = [
        Target(mail=account.alert_mail, chat=account.alert_chat, language=account.interface or rules.language)
        for account in found
        if account.alert_mail or account.alert_chat
    ]
    return targets + team_targets(rules)


def team_targets(rules: Rules) -> list[Target]:
    """Return the team's own addresses."""
    mails = [Target(mail=mail, language=rules.language) for mail in rules.mails]
    return mails + [Target(chat=chat, language=rules.language) for chat in rules.chats]


def words(alert: Alert, topics: Callable[[str], Mapping[str, str]] = lambda language: {}) -> tuple[str, str]:
    """Return subject and text of an alert, in its language: how many wait, in which languages, about what.

    ``topics`` gives the names of the topics in a language.
    """
    language = alert.target.language if alert.target.language in LANGUAGES else SOURCE
    said, named, lines = texts(language), topics(language), []
    for danger in (True, False):
        cases = [case for case in alert.cases if (case.urgency == "safety") is danger]
        if not cases:
            continue
        key = "alert.safety" if danger else "alert.one"
        if len(cases) > 1:
            key = "alert.safety_many" if danger else "alert.many"
        what = "; ".join(dict.fromkeys(_what(case, language, named) for case in cases))
        lines.append(said[key].replace("{what}", what).replace("{count}", str(len(cases))))
    if alert.nobody:
        lines.append(said["alert.nobody"])
    return said["alert.subject"], "\n".join(lines)


class Watch:
    """Looks at the queue again and again."""

    def __init__(self, store: Store, hours: Hours, rules: Rules) -> None:
        """``hours`` gives the opening hours that hold for a case; None for a queue that is no more."""
        self._store = store
        self._hours = hours
        self._rules = rules

    async def look(self, now: Millis) -> list[Alert]:
        """Return what is to be told now, one alert for each place."""
        waiting = [case for case in await self._waiting() if not await self._seen(case, now)]
        if not waiting:
            return []
        accounts, presence = await list_accounts(self._store, now), await team_presence(self._store, now)
        here = [one for one in accounts if one.id in presence and presence[one.id].here(now)]
        found: dict[Target, list[Case]] = {}
        for case in waiting:
            told = await self._told(case, now)
            ready = any(could_take(one, case) for one in here)
            if due(case, now, hours=self._hours(case), here=ready, told=told, after=self._rules.after):
                for target in recipients(case, accounts, presence, self._rules):
                    found.setdefault(target, []).append(case)
        return [Alert(target=target, cases=tuple(cases), nobody=not here) for target, cases in found.items()]

    async def note(self, cases: Sequence[Case], now: Millis, *, sent: bool) -> None:
        """Remember that these cases were told, or that nobody could be reached."""
        for case in cases:
            value = _encoder.encode(_next(case, await self._told(case, now), now, sent=sent))
            await self._store.put("alerted", _key(case), value, now, expires=now + _KEPT)

    async def _waiting(self) -> list[Case]:
        found = []
        for hit in await self._store.find("waiting", _MOST):
            snapshot = await self._store.snapshot(hit.conversation)
            case = load(snapshot.state).case if snapshot is not None else None
            if case is not None and case.state == "waiting":
                found.append(case)
        return found

    async def _seen(self, case: Case, now: Millis) -> bool:
        return await self._store.get("looked", _key(case), now) is not None

    async def _told(self, case: Case, now: Millis) -> Told | None:
        record = await self._store.get("alerted", _key(case), now)
        return None if record is None else _decoder.decode(record.value)


async def note_look(store: Store, case: Case, now: Millis) -> None:
    """Remember that somebody opened a waiting case: alerts about it stop, until it comes into the queue anew."""
    if case.state == "waiting":
        await store.put("looked", _key(case), b"", now, expires=now + _KEPT, expect=0)


def _key(case: Case) -> str:
    return f"{case.number}:{case.queued}"


def _off_duty(presence: Presence | None) -> bool:
    return presence is not None and presence.state == "away" and bool(presence.absence)


def _what(case: Case, language: str, topics: Mapping[str, str]) -> str:
    name = babel_locale(language).languages.get(base(case.language), case.language)
    return f"{name}, {topics.get(case.topic, case.topic)}" if case.topic else name
