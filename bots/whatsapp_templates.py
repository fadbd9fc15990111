"""Templates at Twilio for buttons and lists: made once for each shape, then known by what they hold.

A template's name is the hash of its content, so the same menu is the same template in every process and after every
start. Which sid Twilio gave it is kept in memory and in the store; losing that only makes a template twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from typing import Any, Protocol

from twilio.rest.content.v1.content import ContentList

from bots.twilio_http import MaybeWritten
from core.errors import StoreError
from core.ids import Millis
from core.ports import Clock
from core.records import Record

__all__ = ["Records", "Templates", "template_hash"]

_KIND = "template"
#: Templates remembered; a bot in four languages has a few hundred menus.
_REMEMBERED = 5000


class Records(Protocol):
    """The small keyed records of the store."""

    async def get(self, kind: str, key: str, now: Millis) -> Record | None:
        """Return a record that has not expired."""

    async def put(
        self,
        kind: str,
        key: str,
        value: bytes,
        now: Millis,
        *,
        expires: Millis | None = None,
        expect: int | None = None,
    ) -> int | None:
        """Write a record."""


def template_hash(template: dict[str, Any]) -> str:
    """Return the name of a template: the same content has the same one everywhere."""
    text = json.dumps(template, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


class Templates:
    """The templates of one Twilio account."""

    def __init__(self, client: Any, account_sid: str, clock: Clock, records: Records | None) -> None:
        self._client = client
        self._account_sid = account_sid
        self._clock = clock
        self._records = records
        self._known: OrderedDict[str, str] = OrderedDict()
        self._making: dict[str, asyncio.Lock] = {}

    async def sid(self, template: dict[str, Any]) -> str:
        """Return the sid of ``template``, making it if nobody did; raises the errors of ``twilio_http``."""
        name = template_hash(template)
        if (sid := self._known.get(name)) is not None:
            self._known.move_to_end(name)
            return sid
        # One at a time for each name, so that a busy start does not make the same menu many times.
        lock = self._making.setdefault(name, asyncio.Lock())
        try:
            async with lock:
                sid = self._known.get(name) or await self._read(name)
                if sid is None:
                    sid = await self._make(name, template)
                    await self._write(name, sid)
                self._remember(name, sid)
                return sid
        finally:
            if not lock.locked():
                self._making.pop(name, None)

    async def forget(self, template: dict[str, Any]) -> None:
        """Make ``template`` anew next time: somebody deleted it at Twilio."""
        name = template_hash(template)
        self._known.pop(name, None)
        await self._write(name, "")

    def _remember(self, name: str, sid: str) -> None:
        self._known[name] = sid
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    async def _make(self, name: str, template: dict[str, Any]) -> str:
        request = ContentList.ContentCreateRequest({**template, "friendly_name": f"streetwork-{name}"})
        made = await self._client.content.v1.contents.create_async(request)
        if not isinstance(made.sid, str) or not made.sid.startswith("HX"):
            raise MaybeWritten("The answer cannot be read")
        return made.sid

    async def _read(self, name: str) -> str | None:
        if self._records is None:
            return None
        try:
            found = await self._records.get(_KIND, f"{self._account_sid}:{name}", self._clock.now())
        except StoreError:
            return None
        return (found.value.decode() or None) if found is not None else None

    async def _write(self, name: str, sid: str) -> None:
        if self._records is None:
            return
        try:
            await self._records.put(_KIND, f"{self._account_sid}:{name}", sid.encode(), self._clock.now())
        except StoreError:
            return  # the template is made again some day, that is all
