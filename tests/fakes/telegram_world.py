"""The world behind the fake Bot API: people, chats, messages and updates, and the faults a test orders."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

FaultKind = Literal["error", "hang", "drop", "garbage"]


@dataclass(slots=True, kw_only=True)
class Fault:
    """What goes wrong with the next ``times`` calls of ``method`` (any, if None) to ``chat`` (any, if None)."""

    kind: FaultKind
    method: str | None = None
    chat: int | None = None
    times: int = 1
    #: Whether the server does what was asked before the fault.
    accept: bool = False
    status: int = 500
    description: str = "Internal Server Error: restart"
    parameters: dict[str, Any] | None = None


@dataclass(slots=True, kw_only=True)
class Call:
    """One call that arrived, and how it was answered (None: not at all)."""

    method: str
    parameters: dict[str, Any]
    status: int | None = None
    description: str = ""


@dataclass(slots=True, kw_only=True)
class FakeChat:
    """A chat: its people's view of it."""

    id: int
    first_name: str = "Test"
    language: str = "en"
    kind: str = "private"
    #: The person blocked the bot; sends are answered 403.
    blocked: bool = False
    #: The group lives on under this id.
    moved_to: int | None = None
    #: Topics that exist; messages to others are refused.
    topics: set[int] = field(default_factory=set)
    #: Messages of the bot, oldest first.
    log: list[dict[str, Any]] = field(default_factory=list)
    #: What the bot was shown to be doing.
    actions: list[str] = field(default_factory=list)
    ids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def texts(self) -> list[str]:
        """The texts of the bot's messages."""
        return [message["text"] for message in self.log if "text" in message]

    def as_json(self) -> dict[str, Any]:
        """Return the chat as the Bot API shows it."""
        if self.kind == "private":
            return {"id": self.id, "type": "private", "first_name": self.first_name}
        return {"id": self.id, "type": self.kind, "title": self.first_name}


class World:
    """Everything that people do and see. ``changed`` is notified at each change, so tests wait without sleeping."""

    def __init__(self, bot_id: int, now: Callable[[], float] = time.time) -> None:
        self.bot = {"id": bot_id, "is_bot": True, "first_name": "Bot", "username": "test_bot"}
        self.chats: dict[int, FakeChat] = {}
        self.updates: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        #: Descriptions of all calls that the specification refuses: a test that expects none asserts on this.
        self.refused: list[str] = []
        self.answered: list[str] = []
        self.open_queries: set[str] = set()
        self.faults: list[Fault] = []
        self.on_update: Callable[[dict[str, Any]], None] | None = None
        #: Unknown chats are made at their first message instead of refused.
        self.open_doors = False
        self._changed: set[asyncio.Event] = set()
        self._ids = itertools.count(1001)
        self._now = now

    # -- waiting ---------------------------------------------------------------------------------------------

    def touch(self) -> None:
        """Wake everybody who waits for a change."""
        for event in self._changed:
            event.set()

    async def until(self, condition: Callable[[], Any], timeout: float = 30.0) -> None:
        """Return when ``condition`` holds; fails after ``timeout`` seconds."""
        event = asyncio.Event()
        self._changed.add(event)
        try:
            async with asyncio.timeout(timeout):
                while not condition():
                    await event.wait()
                    event.clear()
        finally:
            self._changed.discard(event)

    # -- people ----------------------------------------------------------------------------------------------

    def person(self, chat: int, name: str = "Test", language: str = "en") -> FakeChat:
        """Return the private chat with a person, made at the first call."""
        return self.chats.setdefault(chat, FakeChat(id=chat, first_name=name, language=language))

    def group(self, chat: int, title: str = "Group") -> FakeChat:
        """Return a group chat (negative id), made at the first call."""
        return self.chats.setdefault(chat, FakeChat(id=chat, first_name=title, kind="supergroup"))

    def update(self, **content: Any) -> int:
        """Put an update in the queue and return its id."""
        update = {"update_id": next(self._ids), **content}
        self.updates.append(update)
        if self.on_update is not None:
            self.on_update(update)
        self.touch()
        return int(update["update_id"])

    def message(self, chat: int, **content: Any) -> dict[str, Any]:
        """Return a message of the person of ``chat`` (in a group: of somebody), not yet sent."""
        here = self.chats.get(chat) or self.person(chat)
        return {
            "message_id": next(here.ids),
            "date": int(self._now()),
            "chat": here.as_json(),
            "from": self.sender(here),
            **content,
        }

    def sender(self, chat: FakeChat) -> dict[str, Any]:
        """Return the user who writes in ``chat``."""
        return {
            "id": abs(chat.id),
            "is_bot": False,
            "first_name": chat.first_name,
            "language_code": chat.language,
        }

    def say(self, chat: int, text: str) -> int:
        """Let the person write ``text``."""
        return self.update(message=self.message(chat, text=text))

    def share_contact(self, chat: int, phone: str, *, own: bool = True) -> int:
        """Let the person share a phone number: the own one, or somebody else's."""
        contact: dict[str, Any] = {"phone_number": phone, "first_name": "Test"}
        if own:
            contact["user_id"] = abs(chat)
        return self.update(message=self.message(chat, contact=contact))

    def share_location(self, chat: int, latitude: float, longitude: float) -> int:
        """Let the person share a place."""
        place = {"latitude": latitude, "longitude": longitude}
        return self.update(message=self.message(chat, location=place))

    def block(self, chat: int, *, blocked: bool = True) -> int:
        """Let the person block the bot, or take that back."""
        here = self.person(chat)
        here.blocked = blocked
        member = {"user": self.bot, "status": "member"}
        banned = {"user": self.bot, "status": "kicked", "until_date": 0}
        old, new = (member, banned) if blocked else (banned, member)
        return self.update(
            my_chat_member={
                "chat": here.as_json(),
                "from": self.sender(here),
                "date": int(self._now()),
                "old_chat_member": old,
                "new_chat_member": new,
            }
        )

    def press(self, chat: int, label: str) -> int:
        """Let the person press the newest button with this label (or with this callback data)."""
        here = self.chats[chat]
        for message in reversed(here.log):
            for row in message.get("reply_markup", {}).get("inline_keyboard", []):
                for button in row:
                    if label in {button["text"], button.get("callback_data")}:
                        return self._press(here, message, button)
        raise AssertionError(f"no button {label!r} in chat {chat}")

    def _press(self, chat: FakeChat, message: dict[str, Any], button: dict[str, Any]) -> int:
        if "callback_data" not in button:
            raise AssertionError("this button opens an address")
        query = f"q{len(self.answered) + len(self.open_queries) + 1}.{next(chat.ids)}"
        self.open_queries.add(query)
        return self.update(
            callback_query={
                "id": query,
                "from": self.sender(chat),
                "message": message,
                "chat_instance": "1",
                "data": button["callback_data"],
            }
        )

    # -- faults ----------------------------------------------------------------------------------------------

    def fail(self, kind: FaultKind, **details: Any) -> None:
        """Order a fault; see :class:`Fault`."""
        self.faults.append(Fault(kind=kind, **details))

    def throttle(self, seconds: int, **details: Any) -> None:
        """Answer 429 with ``retry_after``."""
        description = f"Too Many Requests: retry after {seconds}"
        self.fail("error", status=429, description=description, parameters={"retry_after": seconds}, **details)

    def fault_for(self, method: str, chat: int | None) -> Fault | None:
        """Return, and use up, the first ordered fault that fits."""
        for fault in self.faults:
            if fault.method not in {None, method} or fault.chat not in {None, chat}:
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
            return fault
        return None
