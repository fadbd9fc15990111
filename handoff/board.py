"""What the desk shows, as data: the lists and one conversation. Everything is bounded; nothing here decides access."""

from __future__ import annotations

from msgspec import Struct

from core.ids import Millis
from core.ports import Store
from handoff.access import Access, Grant, Listed
from handoff.accounts import Account, list_accounts
from handoff.lines import LineView, describe, person_name

__all__ = ["LIST", "PAGE", "Board", "BoardView", "Card", "ConversationView"]

#: Most cases of one list. A longer queue shows its head and says that there is more.
LIST = 100
#: Transcript lines read at once.
PAGE = 200

#: A language as letters of its own script: read faster than a name, and a flag would name a state.
SCRIPTS = {
    "ar": "ع", "bg": "бг", "de": "de", "el": "ελ", "en": "en", "fa": "فا", "fr": "fr", "hi": "हि", "ka": "ქა",
    "ku": "ku", "pl": "pl", "ps": "پښ", "ro": "ro", "ru": "ру", "so": "so", "sr": "ср", "ti": "ትግ", "tr": "tr",
    "uk": "ук", "ur": "ار", "vi": "vi", "zh": "中",
}  # fmt: skip


class Card(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One case in a list."""

    number: str
    state: str
    language: str
    letters: str
    urgency: str
    since: Millis
    version: int
    channel: str
    #: The reader counsels in this language.
    mine_to_speak: bool
    #: It is our turn: the person wrote last.
    ours: bool
    touched: Millis
    note: str = ""
    owner: str = ""
    unreachable: bool = False


class BoardView(Struct, frozen=True, kw_only=True):
    """The lists, each in the order in which it is worked off. ``more`` names those that go on."""

    at: Millis
    waiting: list[Card]
    mine: list[Card]
    team: list[Card]
    more: list[str]


class ConversationView(Struct, frozen=True, kw_only=True):
    """One case opened."""

    at: Millis
    card: Card
    #: What the account may do now.
    verbs: list[str]
    #: Name the messenger gave for the person.
    person: str
    lines: list[LineView]
    #: There are lines before the first of ``lines``; ask with its ``seq``.
    earlier: bool


class Board:
    """Builds the views for one account at a time."""

    def __init__(self, store: Store, access: Access) -> None:
        self._store = store
        self._access = access

    async def lists(self, account: Account, now: Millis) -> BoardView:
        """Return the three lists of the desk's left column."""
        names = await self._names(now)
        waiting = await self._access.listed(account, "waiting", LIST + 1)
        mine = await self._access.listed(account, f"owner:{account.id}", LIST + 1)
        active = await self._access.listed(account, "active", LIST + 1)
        # A case can move between two reads; its state says where it belongs.
        lists = {
            "waiting": [row for row in waiting if row.case.state == "waiting"],
            "mine": sorted(
                (row for row in mine if row.case.owner == account.id),
                key=lambda row: (not row.case.ours, row.case.touched),
            ),
            "team": [row for row in active if row.case.owner not in (None, account.id)],
        }
        cards = {name: [_card(row, account, names) for row in rows[:LIST]] for name, rows in lists.items()}
        more = [name for name, rows in (("waiting", waiting), ("mine", mine), ("team", active)) if len(rows) > LIST]
        return BoardView(at=now, waiting=cards["waiting"], mine=cards["mine"], team=cards["team"], more=more)

    async def conversation(
        self, account: Account, grant: Grant, now: Millis, before: int | None = None
    ) -> ConversationView:
        """Return the newest lines of an opened case, or the ones before line ``before``; at most :data:`PAGE`."""
        names = await self._names(now)
        if before is None:
            lines = await self._access.lines(grant, -PAGE, PAGE)
        else:
            lines = await self._access.lines(grant, max(0, before - PAGE - 1), PAGE)
            lines = [line for line in lines if line.seq < before]
        row = Listed(case=grant.case, channel=grant.snapshot.address.channel, unreachable=grant.state.unreachable)
        return ConversationView(
            at=now,
            card=_card(row, account, names),
            verbs=_verbs(account, grant),
            person=person_name(lines),
            lines=[describe(line, names, grant.case.from_at) for line in lines],
            earlier=bool(lines) and lines[0].seq > 1,
        )

    async def name(self, account: str, now: Millis) -> str:
        """Return the display name of an account; empty when there is none."""
        return (await self._names(now)).get(account, "")

    async def _names(self, now: Millis) -> dict[str, str]:
        return {account.id: account.name for account in await list_accounts(self._store, now)}


def _verbs(account: Account, grant: Grant) -> list[str]:
    if grant.case.state == "waiting":
        return ["claim", "note"]
    return ["reply", "note", "release", "close", "return"] if grant.case.owner == account.id else []


def _card(row: Listed, account: Account, names: dict[str, str]) -> Card:
    case = row.case
    base = case.language.split("-")[0]
    return Card(
        number=case.number,
        state=case.state,
        language=case.language,
        letters=SCRIPTS.get(base, base),
        urgency=case.urgency,
        since=case.since,
        version=case.version,
        channel=row.channel,
        mine_to_speak=not account.languages or base in {code.split("-")[0] for code in account.languages},
        ours=case.ours,
        touched=case.touched,
        note=case.note,
        owner=names.get(case.owner, "") if case.owner else "",
        unreachable=row.unreachable,
    )
