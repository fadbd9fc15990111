"""The one door into the store for everything people do: clean the words, name the conversation, ingest durably.

Whatever a channel parsed goes through here, so that no text of a person reaches a flow, a log or a counsellor's screen
with control characters, lone surrogates or direction overrides in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from bots.counting import Metrics, NoMetrics
from core.events import Received
from core.ids import ConversationId, Millis, conversation_id
from core.messages import (
    Address,
    Choice,
    Content,
    Edited,
    Inbound,
    Location,
    Media,
    Profile,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)
from core.ports import Clock, Store
from core.records import Accepted, Arrival, Duplicate, Receipt

__all__ = ["MAX_NAME", "MAX_TEXT", "Incoming", "Intake", "clean_name", "clean_text", "moved_group"]

#: Longest text kept of one message, in code points. Telegram sends at most 4096, Viber 7000; what is longer is cut.
MAX_TEXT = 10_000
#: Longest name, label or title kept. Names are hints; nobody needs more of them.
MAX_NAME = 128
#: Tokens, payloads and languages are ours or short by the providers' rules (64 bytes at Telegram).
_MAX_TOKEN = 256

#: Control characters but newline and tab; lone surrogates; the Unicode property Bidi_Control; byte order mark;
#: noncharacters. Zero-width joiners stay: emoji and Persian need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]"
)
_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")


class Incoming(Struct, frozen=True, kw_only=True):
    """One thing a person did, as a channel hands it in."""

    #: The person's address at the provider (a chat id, a user id, a phone number).
    peer: str
    #: Other addresses of the same person, weaker ones: a phone number may have a new owner one day.
    aliases: tuple[str, ...] = ()
    #: Forum topic or the like, sent back on every reply.
    thread: str | None = None
    #: Names the event for ever: a repeat changes nothing.
    event_id: str
    message: Inbound
    #: When it reached us, where a channel knows better than "now".
    at: Millis | None = None


def moved_group(old: str, new: str) -> Incoming:
    """Return the news that a group has a new address. It comes in several ways and has the same id in all of them."""
    message = Inbound(content=Unknown(kind="moved"), group=True)
    return Incoming(peer=new, aliases=(old,), event_id=f"moved:{old}:{new}", message=message)


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Return ``text`` without control and direction characters, in NFC, and at most ``limit`` code points long.

    What is too long is cut: the first ``limit`` code points stay. Newlines of every kind become a line feed.
    """
    text = text[:limit]
    if text.isascii() and text.isprintable():
        return text
    text = _UNWANTED.sub("", _NEWLINES.sub("\n", text))
    return unicodedata.normalize("NFC", text)[:limit]


def clean_name(name: str | None, limit: int = MAX_NAME) -> str | None:
    """Return a name on one line, cleaned and cut to ``limit`` code points; None when nothing is left."""
    if name is None:
        return None
    return " ".join(clean_text(name, limit).split()) or None


def _clean_content(content: Content) -> Content:
    match content:
        case Text():
            return Text(text=clean_text(content.text))
        case Choice():
            return replace(content, token=clean_text(content.token, _MAX_TOKEN), label=clean_name(content.label))
        case Media():
            caption = clean_text(content.caption) if content.caption else None
            name, mime = clean_name(content.name, 255), clean_name(content.mime)
            return replace(content, ref=clean_text(content.ref, 4096), caption=caption, name=name, mime=mime)
        case Location():
            return replace(content, label=clean_name(content.label))
        case SharedContact():
            return replace(content, phone=clean_text(content.phone, 64), name=clean_name(content.name))
        case Start():
            return Start(payload=clean_name(content.payload, _MAX_TOKEN))
        case Edited():
            return replace(content, text=clean_text(content.text))
        case Unknown():
            return Unknown(kind=clean_text(content.kind, 64))
        case Subscribed() | Unsubscribed():
            return content
        case _:
            assert_never(content)


def _clean(message: Inbound) -> Inbound:
    profile = message.profile
    if profile.name is not None or profile.language is not None:
        profile = Profile(name=clean_name(profile.name), language=clean_name(profile.language, 35))
    return replace(message, content=_clean_content(message.content), profile=profile)


class Intake:
    """Makes arrivals of what channels bring in. One for the whole process; keeps nothing itself."""

    def __init__(self, store: Store, clock: Clock, *, bot: str, id_key: bytes, metrics: Metrics | None = None) -> None:
        self._store = store
        self._metrics = metrics or NoMetrics()
        self._clock = clock
        self._bot = bot
        self._id_key = id_key

    def conversation(self, channel: str, account: str, peer: str) -> ConversationId:
        """Return the id that ``peer`` has as a name of a conversation; the same for ever."""
        return conversation_id(self._id_key, bot=self._bot, channel=channel, account=account, peer=peer)

    async def known(self, address: Address) -> ConversationId:
        """Return the conversation at ``address``, which may have begun under another name."""
        return await self._store.resolve(self.conversation(address.channel, address.account, address.peer))

    async def moved(self, address: Address, peer: str) -> None:
        """Note that the group at ``address`` has a new address, which the provider told us as we wrote there."""
        await self.accept(address.channel, address.account, [moved_group(address.peer, peer)])

    async def accept(self, channel: str, account: str, incoming: Sequence[Incoming]) -> list[Accepted | Duplicate]:
        """Clean and ingest ``incoming`` in order; when this returns, all of it is durable.

        Raises :class:`core.errors.StoreUnavailable`; then repeat the call, nothing is kept twice.
        """
        if not incoming:
            return []
        now = self._clock.now()
        taken = await self._store.ingest([self._arrival(channel, account, one, now) for one in incoming], now)
        self._metrics.observe("ingest_seconds", (self._clock.now() - now) / 1000, channel=channel)
        for one, result in zip(incoming, taken, strict=True):
            kind, outcome = type(one.message.content).__name__.lower(), type(result).__name__.lower()
            self._metrics.count("events", channel=channel, account=account, kind=kind, outcome=outcome)
        return taken

    async def receipts(self, receipts: Sequence[Receipt]) -> None:
        """Note what a provider says later about messages it took."""
        now = self._clock.now()
        for receipt in receipts:
            await self._store.receipt(receipt, now)

    def _arrival(self, channel: str, account: str, one: Incoming, now: Millis) -> Arrival:
        return Arrival(
            conversation=self.conversation(channel, account, one.peer),
            aliases=tuple(self.conversation(channel, account, alias) for alias in one.aliases),
            address=Address(bot=self._bot, channel=channel, account=account, peer=one.peer, thread=one.thread),
            event_id=one.event_id,
            event=Received(message=_clean(one.message)),
            at=now if one.at is None else min(one.at, now),
        )
