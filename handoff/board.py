"""What the desk shows, as data: the lists and one conversation. Everything is bounded; nothing here decides access."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from core.ids import Millis
from core.ports import Blobs, Store
from core.records import Line
from handoff.access import Access, Grant, Listed, as_listed, is_offered, may
from handoff.accounts import Account, list_accounts
from handoff.card import Handover, handover
from handoff.cases import HELD, TABLE, Case
from handoff.files import file_views
from handoff.line import TeamLine
from handoff.lines import LineView, describe, person_name
from handoff.outages import Outage, outages
from handoff.queue import class_of, place_of, why
from handoff.roster import Presence, get_presence
from handoff.verbs import EVENTS, VERBS, CaseVerb

__all__ = ["LIST", "PAGE", "Board", "BoardView", "Card", "ConversationView", "PendingView"]

#: Most cases of one list. A longer queue shows its head and says that there is more.
LIST = 100
#: Transcript lines read at once.
PAGE = 200
#: Pages that the handover card reads beside the newest one.
_STORY_PAGES = 4
#: Parked without a date: behind every date.
_LATER: Millis = 2**53

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
    #: What puts it where it stands; see :data:`handoff.queue.Why`.
    why: str
    since: Millis
    version: int
    channel: str
    #: The reader counsels in this language.
    mine_to_speak: bool
    #: It is our turn: the person wrote last.
    ours: bool
    touched: Millis
    #: Which account of the channel; empty where there is one only.
    account: str = ""
    topic: str = ""
    note: str = ""
    owner: str = ""
    owner_id: str = ""
    #: Place in the queue, from 1; of waiting cases only.
    place: int | None = None
    window_until: Millis | None = None
    parked_until: Millis | None = None
    park_reason: str = ""
    deadline: str = ""
    #: How many cases the person had before.
    earlier: int = 0
    #: When everything about the person is erased, unless something happens.
    expires: Millis | None = None
    unreachable: bool = False
    #: Name of the colleague, or the queue, to whom it is offered.
    offered_to: str = ""
    #: Whether the person agreed that somebody reads along; see :class:`handoff.access.Listed`.
    consent: str = ""


class BoardView(Struct, frozen=True, kw_only=True):
    """The lists, each in the order in which it is worked off. ``more`` names those that go on."""

    at: Millis
    #: Mine, and our turn.
    needs_me: list[Card]
    #: Mine, and the person's turn.
    mine: list[Card]
    #: Handed over to me, waiting for my yes.
    offers: list[Card]
    waiting: list[Card]
    #: Mine, put aside until a day or a word.
    parked: list[Card]
    team: list[Card]
    more: list[str]
    me: Presence
    #: Accounts at messengers that do not work now: nothing that is written to people there goes out.
    outages: list[Outage] = []


class PendingView(Struct, frozen=True, kw_only=True):
    """A reply that can still be taken back."""

    id: str
    text: str
    at: Millis
    until: Millis
    #: Name of a file that goes out.
    file: str = ""


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
    #: What was before the counsellor; not with older lines.
    handover: Handover | None = None
    #: Replies on their way out, in order.
    pending: list[PendingView] = []


class Board:
    """Builds the views for one account at a time."""

    def __init__(self, store: Store, access: Access, line: TeamLine, blobs: Blobs) -> None:
        self._store = store
        self._blobs = blobs
        self._access = access
        self._line = line

    async def lists(self, account: Account, now: Millis) -> BoardView:
        """Return the lists of the desk's left column."""
        names = await self._names(now)
        me = account.id
        read = {
            "waiting": await self._access.listed(account, "waiting", LIST + 1),
            "mine": await self._access.listed(account, f"owner:{me}", LIST + 1),
            "offers": [
                *await self._access.listed(account, f"offered:{me}", LIST + 1),
                *await self._access.listed(account, "offered_queue", LIST + 1),
            ],
            "team": [row for state in HELD for row in await self._access.listed(account, state, LIST + 1)],
        }
        # A case can move between two reads; its state says where it belongs.
        mine = [row for row in read["mine"] if row.case.owner == me]
        lists = {
            "needs_me": sorted((row for row in mine if _needs_me(row)), key=lambda row: _needed(row.case, now)),
            "mine": sorted(
                (row for row in mine if not _needs_me(row) and row.case.state != "parked"),
                key=lambda row: row.case.touched,
            ),
            "offers": [row for row in read["offers"] if is_offered(account, row.case)],
            "waiting": await self._waiting(account, read["waiting"], now),
            "parked": sorted(
                (row for row in mine if row.case.state == "parked"), key=lambda row: row.case.parked_until or _LATER
            ),
            "team": [row for row in read["team"] if row.case.held and row.case.owner != me],
        }
        cards = {name: [_card(row, account, names, now) for row in rows[:LIST]] for name, rows in lists.items()}
        cards["waiting"] = [replace(card, place=place) for place, card in enumerate(cards["waiting"], 1)]
        more = sorted(name for name, rows in read.items() if len(rows) > LIST)
        down, presence = await outages(self._store, now), await get_presence(self._store, me, now)
        return BoardView(at=now, more=more, me=presence, outages=down, **cards)

    async def _waiting(self, account: Account, oldest: list[Listed], now: Millis) -> list[Listed]:
        """Return who waits, in the order in which "claim next" gives them. ``oldest`` is by what never changes.

        A case of a language that nobody names any more stands in no line, but it waits, so it is here.
        """
        places = {place.key: place for place in await self._line.for_all(now, LIST + 1)}
        known = {row.conversation: row for row in oldest}
        more = await self._access.listed_at(account, [key for key in places if key not in known])
        rows = [row for row in (*oldest, *more) if row.case.state == "waiting"]
        return sorted(rows, key=lambda row: places.get(row.conversation) or place_of(row.case, now, row.conversation))

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
        card = None
        if before is None:
            consents = grant.state.flow.consents
            card = handover(grant.case, await self._story(grant, lines), consents)
        files = await file_views(self._blobs, lines, now)
        return ConversationView(
            at=now,
            card=_card(as_listed(grant), account, names, now),
            verbs=_verbs(account, grant),
            person=person_name(lines),
            lines=[describe(line, names, grant.case.from_at, files) for line in lines],
            earlier=bool(lines) and lines[0].seq > 1,
            handover=card,
            pending=[
                PendingView(
                    id=one.id,
                    text=one.text,
                    at=one.at,
                    until=one.until,
                    file=(one.file.name or "") if one.file else "",
                )
                for one in grant.case.pending
            ],
        )

    async def _story(self, grant: Grant, newest: list[Line]) -> list[Line]:
        """Return the newest lines and those before them that the handover card tells of, a few pages at most."""
        lines = newest
        for _ in range(_STORY_PAGES):
            if not lines or lines[0].seq <= 1 or lines[0].entry.at < grant.case.bot_from:
                break
            first = lines[0].seq
            more = await self._access.lines(grant, max(0, first - PAGE - 1), PAGE)
            lines = [*(line for line in more if line.seq < first), *lines]
        return lines

    async def name(self, account: str, now: Millis) -> str:
        """Return the display name of an account; empty when there is none."""
        return (await self._names(now)).get(account, "")

    async def _names(self, now: Millis) -> dict[str, str]:
        return {account.id: account.name for account in await list_accounts(self._store, now)}


def _verbs(account: Account, grant: Grant) -> list[str]:
    """Return what the account may do now: what the case table has a line for, and the access allows."""
    case = grant.case
    if not case.open:
        return ["reopen"] if may(account, "reopen", case) and grant.state.case is None else []
    return [verb for verb in VERBS if may(account, verb, case) and _possible(account, case, verb)]


def _possible(account: Account, case: Case, verb: CaseVerb) -> bool:
    line = TABLE.get((case.state, EVENTS[verb]))
    if line is None:
        return False
    if verb == "takeback" and not any(pending.actor == account.id for pending in case.pending):
        return False
    match line.who:
        case "owner":
            return case.owner == account.id
        case "offered":
            return is_offered(account, case)
        case _:
            return True


def _needs_me(row: Listed) -> bool:
    return row.case.ours and row.case.state != "parked"


def _needed(case: Case, now: Millis) -> tuple[int, Millis]:
    """Return the order of what needs me: danger and the clock first, then who waits longest for a word."""
    return place_of(case, now).rank, case.unanswered or case.touched


def _card(row: Listed, account: Account, names: dict[str, str], now: Millis) -> Card:
    case = row.case
    base = case.language.split("-")[0]
    return Card(
        number=case.number,
        state=case.state,
        language=case.language,
        letters=SCRIPTS.get(base, base),
        urgency=class_of(case, now),
        why=why(case, now),
        since=case.since,
        version=case.version,
        channel=row.channel,
        mine_to_speak=not account.languages or base in {code.split("-")[0] for code in account.languages},
        ours=case.ours,
        touched=case.touched,
        topic=case.topic,
        note=case.note,
        owner=names.get(case.owner, "") if case.owner else "",
        owner_id=case.owner or "",
        window_until=case.window_until,
        parked_until=case.parked_until,
        park_reason=case.park_reason or "",
        deadline=case.deadline or "",
        earlier=case.earlier_count,
        expires=row.expires,
        unreachable=row.unreachable,
        consent=row.consent,
        offered_to=names.get(case.offered_to, "") if case.offered_to else (case.offered_queue or ""),
    )
