"""From a Telegram update to the neutral message: every kind that a person can cause, and nothing else.

Nothing here fails. An update of a kind that we did not ask for is ignored; a message that python-telegram-bot cannot
read (a field that later became mandatory, a type that changed) still becomes an ``Unknown``, so that the person gets
an answer.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct
from telegram import CallbackQuery, Chat, ChatMember, ChatMemberUpdated, Message, Update, User
from telegram.constants import ChatType

from bots.intake import Incoming, moved_group
from core.ids import Millis
from core.messages import (
    Choice,
    Content,
    Edited,
    Inbound,
    Location,
    Media,
    MediaKind,
    Profile,
    SharedContact,
    Start,
    Subscribed,
    Text,
    Unknown,
    Unsubscribed,
)

__all__ = ["ALLOWED_UPDATES", "Parsed", "parse"]

#: What we ask Telegram for. ``my_chat_member`` tells who blocked the bot and who came back.
ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")

#: ``t.me/bot?start=PAYLOAD``: 1 to 64 of these characters; anything else was typed by hand and is no payload.
_START = re.compile(r"/start(?:@\w+)?(?:\s+(?P<payload>.*))?", re.DOTALL)
_PAYLOAD = re.compile(r"[A-Za-z0-9_-]{1,64}")
_GROUPS = (ChatType.GROUP, ChatType.SUPERGROUP)
#: Things a person sends that we do not understand. (All else without content is a service message: ignored.)
_NOT_UNDERSTOOD = ("poll", "dice", "game", "story", "paid_media", "checklist", "giveaway", "invoice", "gift")
_HERE = frozenset({ChatMember.MEMBER, ChatMember.ADMINISTRATOR, ChatMember.OWNER, ChatMember.RESTRICTED})


class Parsed(Struct, frozen=True, kw_only=True):
    """What an update became: ``incoming``, or nothing. ``kind`` counts it and never holds anything of a person."""

    kind: Literal["message", "edited", "choice", "member", "moved", "unreadable", "ignored"]
    incoming: Incoming | None = None
    #: Id of the callback query to acknowledge.
    ack: str | None = None


_IGNORED = Parsed(kind="ignored")


def parse(data: Mapping[str, Any], account: str) -> Parsed:
    """Return what one update of bot ``account`` means. ``data`` has an integer ``update_id``."""
    event_id = f"tg:{account}:{data['update_id']}"
    try:
        update = Update.de_json(dict(data), None)
        if update.message is not None:
            return _message(update.message, event_id)
        if update.edited_message is not None:
            return _edited(update.edited_message, event_id)
        if update.callback_query is not None:
            return _callback(update.callback_query, event_id)
        if update.my_chat_member is not None:
            return _member(update.my_chat_member, event_id)
    except Exception:  # anything that PTB or we stumble over: the update must not be sent to us again and again
        return _unreadable(data, event_id)
    return _IGNORED


def _message(message: Message, event_id: str) -> Parsed:
    # A group that became a supergroup: told once in the old chat and once in the new one.
    if message.migrate_to_chat_id is not None:
        return Parsed(kind="moved", incoming=moved_group(_peer(message.chat), str(int(message.migrate_to_chat_id))))
    if message.migrate_from_chat_id is not None:
        return Parsed(kind="moved", incoming=moved_group(str(int(message.migrate_from_chat_id)), _peer(message.chat)))
    if _not_a_person(message):
        return _IGNORED
    content = _content(message)
    if content is None:
        return _IGNORED
    return Parsed(kind="message", incoming=_incoming(message, content, event_id))


def _edited(message: Message, event_id: str) -> Parsed:
    # A live location sends an edit every few seconds; it says nothing that an answer could depend on.
    if _not_a_person(message) or message.location is not None:
        return _IGNORED
    content = Edited(of=str(message.message_id), text=message.text or message.caption or "")
    return Parsed(kind="edited", incoming=_incoming(message, content, event_id))


def _not_a_person(message: Message) -> bool:
    sender = message.from_user
    return sender is None or sender.is_bot or message.chat.type == ChatType.CHANNEL


def _incoming(message: Message, content: Content, event_id: str) -> Incoming:
    inbound = Inbound(
        content=content,
        message_id=str(message.message_id),
        occurred_at=_millis(message),
        profile=_profile(message.from_user),
        group=message.chat.type in _GROUPS,
    )
    return Incoming(peer=_peer(message.chat), thread=_thread(message), event_id=event_id, message=inbound)


def _millis(message: Message) -> Millis:
    return int((message.edit_date or message.date).timestamp()) * 1000


def _peer(chat: Chat) -> str:
    return str(int(chat.id))


def _thread(message: Message) -> str | None:
    thread = message.message_thread_id
    return str(int(thread)) if message.is_topic_message and thread is not None else None


def _profile(user: User | None) -> Profile:
    return Profile() if user is None else Profile(name=user.full_name, language=user.language_code)


def _content(message: Message) -> Content | None:
    if message.text is not None:
        return _text(message.text)
    if (media := _media(message)) is not None:
        return media
    if message.venue is not None:  # before location: a venue carries both
        place = message.venue.location
        return Location(latitude=place.latitude, longitude=place.longitude, label=message.venue.title)
    if message.location is not None:
        return Location(latitude=message.location.latitude, longitude=message.location.longitude)
    if message.contact is not None:
        return _contact(message)
    return _unknown(message)


def _text(text: str) -> Text | Start:
    match = _START.fullmatch(text)
    if match is None:
        return Text(text=text)
    payload = match["payload"]
    return Start(payload=payload if payload and _PAYLOAD.fullmatch(payload) else None)


def _media(message: Message) -> Media | None:
    """Return the file of a message. An animation also carries a document, so it comes first."""
    if message.photo:
        largest = max(message.photo, key=lambda size: size.width * size.height)
        return Media(kind="photo", ref=largest.file_id, size=largest.file_size, caption=message.caption)
    kinds: tuple[tuple[MediaKind, Any], ...] = (
        ("animation", message.animation),
        ("voice", message.voice),
        ("audio", message.audio),
        ("video", message.video),
        ("video", message.video_note),
        ("document", message.document),
        ("sticker", message.sticker),
    )
    for kind, file in kinds:
        if file is not None:
            return Media(
                kind=kind,
                ref=file.file_id,
                mime=getattr(file, "mime_type", None),
                size=file.file_size,
                name=file.emoji if kind == "sticker" else getattr(file, "file_name", None),
                caption=message.caption,
            )
    return None


def _contact(message: Message) -> SharedContact | None:
    contact, sender = message.contact, message.from_user
    if contact is None or sender is None:
        return None
    name = " ".join(filter(None, (contact.first_name, contact.last_name)))
    # Telegram sets user_id itself; a card with another number can be forwarded, but not with one's own id in it.
    own = contact.user_id is not None and contact.user_id == sender.id and message.forward_origin is None
    return SharedContact(phone=contact.phone_number, name=name or None, own=own)


def _unknown(message: Message) -> Unknown | None:
    for kind in _NOT_UNDERSTOOD:
        if getattr(message, kind, None) is not None:
            return Unknown(kind=kind)
    # Fields that were born after the library: most likely a new kind of content.
    return Unknown(kind="new") if message.api_kwargs else None


def _callback(query: CallbackQuery, event_id: str) -> Parsed:
    message = query.message
    if message is None or query.data is None or message.chat.type == ChatType.CHANNEL:
        return Parsed(kind="ignored", ack=query.id)
    choice = Choice(token=query.data, label=_label(query), ack=query.id, of=str(message.message_id))
    inbound = Inbound(
        content=choice, profile=_profile(query.from_user), group=message.chat.type in _GROUPS
    )  # the date of the message is when we sent it, not when the button was pressed
    thread = _thread(message) if isinstance(message, Message) else None
    incoming = Incoming(peer=_peer(message.chat), thread=thread, event_id=event_id, message=inbound)
    return Parsed(kind="choice", incoming=incoming, ack=query.id)


def _label(query: CallbackQuery) -> str | None:
    message = query.message
    if not isinstance(message, Message) or message.reply_markup is None:
        return None
    for row in message.reply_markup.inline_keyboard:
        for button in row:
            if button.callback_data == query.data:
                return button.text
    return None


def _member(change: ChatMemberUpdated, event_id: str) -> Parsed:
    """In a private chat this comes only when the person blocks the bot or takes that back."""
    if change.chat.type != ChatType.PRIVATE:
        return _IGNORED
    status = change.new_chat_member.status
    content: Content = Subscribed() if status in _HERE else Unsubscribed()
    occurred = int(change.date.timestamp()) * 1000
    inbound = Inbound(content=content, occurred_at=occurred, profile=_profile(change.from_user))
    return Parsed(kind="member", incoming=Incoming(peer=_peer(change.chat), event_id=event_id, message=inbound))


def _unreadable(data: Mapping[str, Any], event_id: str) -> Parsed:
    """Save what can be saved: that a person wrote something in a private chat."""
    message = data.get("message")
    chat = message.get("chat") if isinstance(message, dict) else None
    if not isinstance(chat, dict) or not isinstance(chat.get("id"), int) or chat.get("type") != "private":
        return Parsed(kind="unreadable")
    inbound = Inbound(content=Unknown(kind="unreadable"))
    return Parsed(kind="unreadable", incoming=Incoming(peer=str(chat["id"]), event_id=event_id, message=inbound))
