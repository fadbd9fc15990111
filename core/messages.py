"""Neutral messages: what any messenger can bring in and what the bot can send, free of any provider's words."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from core.ids import Millis

__all__ = [
    "AckChoice",
    "Address",
    "Choice",
    "Content",
    "Edited",
    "Hint",
    "Inbound",
    "Location",
    "Media",
    "MediaKind",
    "Option",
    "Outbound",
    "Profile",
    "RemoveOptions",
    "Say",
    "SendLocation",
    "SendMedia",
    "SharedContact",
    "Span",
    "Start",
    "Subscribed",
    "Template",
    "Text",
    "Typing",
    "Unknown",
    "Unsubscribed",
]


class Address(Struct, frozen=True, kw_only=True):
    """Where a conversation lives at its provider. Sealed at rest: ``peer`` may be a phone number."""

    bot: str
    channel: str
    #: Which of our accounts at the provider (a Telegram bot's id, a Twilio sender); told apart everywhere.
    account: str
    peer: str
    #: Forum topic or the like, sent back on every reply.
    thread: str | None = None


MediaKind = Literal["photo", "voice", "audio", "video", "document", "sticker", "animation"]


class Text(Struct, frozen=True, kw_only=True, tag="text"):
    """Typed words, exactly as they arrived."""

    text: str


class Choice(Struct, frozen=True, kw_only=True, tag="choice"):
    """A pressed button. ``token`` is what our button carried; ``ack`` is needed to stop the spinner."""

    token: str
    label: str | None = None
    ack: str | None = None
    #: The provider's id of the message that carried the button.
    of: str | None = None


class Media(Struct, frozen=True, kw_only=True, tag="media"):
    """A file the person sent, still at the provider; ``ref`` is how the channel can fetch it."""

    kind: MediaKind
    ref: str
    mime: str | None = None
    #: Bytes, as the provider claims.
    size: int | None = None
    name: str | None = None
    caption: str | None = None


class Location(Struct, frozen=True, kw_only=True, tag="location"):
    """A point on the map, degrees WGS 84."""

    latitude: float
    longitude: float
    label: str | None = None


class SharedContact(Struct, frozen=True, kw_only=True, tag="contact"):
    """A contact card. ``own`` is true only where the provider vouches that it is the sender's own number."""

    phone: str
    name: str | None = None
    own: bool = False


class Start(Struct, frozen=True, kw_only=True, tag="start"):
    """The person opened the chat (Telegram /start, Viber conversation_started, first page view of the web chat)."""

    payload: str | None = None


class Edited(Struct, frozen=True, kw_only=True, tag="edited"):
    """The person changed an earlier message. Never replayed as an answer; shown to the counsellor."""

    of: str
    text: str


class Subscribed(Struct, frozen=True, kw_only=True, tag="subscribed"):
    """The person allowed messages (again)."""


class Unsubscribed(Struct, frozen=True, kw_only=True, tag="unsubscribed"):
    """The person blocked the bot: nothing can be delivered until they come back."""


class Unknown(Struct, frozen=True, kw_only=True, tag="unknown"):
    """Something the channel does not understand (a poll, a dice roll, a kind born after this code)."""

    kind: str


Content = Text | Choice | Media | Location | SharedContact | Start | Edited | Subscribed | Unsubscribed | Unknown


class Profile(Struct, frozen=True, kw_only=True):
    """What the provider tells about the sender. Only hints: never trusted, sealed with the message."""

    name: str | None = None
    #: BCP 47 tag of the messenger's interface.
    language: str | None = None


class Inbound(Struct, frozen=True, kw_only=True):
    """One thing a person did, in neutral words."""

    content: Content
    #: The provider's id of the message, if it has one.
    message_id: str | None = None
    #: When the person did it by the provider's clock; many events carry none.
    occurred_at: Millis | None = None
    profile: Profile = Profile()
    #: A group chat gets nothing but a link to the private chat.
    group: bool = False


class Span(Struct, frozen=True, kw_only=True):
    """Formatting of ``text[start:end]`` (code points). ``url`` only for links."""

    start: int
    end: int
    style: Literal["bold", "italic", "link"]
    url: str | None = None


class Option(Struct, frozen=True, kw_only=True):
    """One thing to choose. ``token`` comes back in :class:`Choice`; at most 64 bytes of ASCII."""

    token: str
    label: str
    #: A link button opens this instead of coming back.
    url: str | None = None


class Template(Struct, frozen=True, kw_only=True):
    """The same text as a messenger has approved it, for when it takes nothing else (WhatsApp after 24 hours)."""

    #: Name by which the operator knows it.
    name: str
    #: Values of its gaps, in order; never empty ones.
    variables: tuple[str, ...] = ()


class Say(Struct, frozen=True, kw_only=True, tag="say"):
    """Text, with things to choose beneath it."""

    text: str
    spans: tuple[Span, ...] = ()
    options: tuple[Option, ...] = ()
    #: Language of the text: sets direction and numerals where the channel can say so.
    language: str | None = None
    #: Ask the messenger for a button that shares this, where it has one.
    request: Literal["location", "contact"] | None = None
    #: How many options came on pages before this one; a numbered list goes on from there.
    first: int = 0
    #: A stand-in where this cannot go out as it is; channels without templates send the text.
    template: Template | None = None


class SendMedia(Struct, frozen=True, kw_only=True, tag="media"):
    """A file by its key in the blob store or by its public https address."""

    kind: MediaKind
    ref: str
    caption: str | None = None
    name: str | None = None
    mime: str | None = None
    #: The messenger does not take such a file: a text with its address goes out instead.
    link: bool = False


class SendLocation(Struct, frozen=True, kw_only=True, tag="location"):
    """A point on the map, degrees WGS 84."""

    latitude: float
    longitude: float
    label: str | None = None


Outbound = Say | SendMedia | SendLocation


class Typing(Struct, frozen=True, kw_only=True, tag="typing"):
    """Somebody prepares an answer. Shown for a few seconds, then it goes by itself."""


class AckChoice(Struct, frozen=True, kw_only=True, tag="ack_choice"):
    """A press of a button arrived: stop the spinner. ``ack`` is as in :class:`Choice`."""

    ack: str


class RemoveOptions(Struct, frozen=True, kw_only=True, tag="remove_options"):
    """The buttons under our message ``of`` lead nowhere any more: take them away. ``of`` is as in :class:`Choice`."""

    of: str


#: What passes: sent at most once, never kept, and nothing ever waits for it.
Hint = Typing | AckChoice | RemoveOptions
