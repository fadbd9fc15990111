"""A WhatsApp channel before the fake Twilio, and what it is told about the person it writes to."""

from __future__ import annotations

from typing import Any

from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import WhatsAppAccount
from bots.whatsapp_window import LastWords
from core.errors import StoreUnavailable
from core.ids import Millis
from core.messages import Address, Option, Outbound, Say
from core.reasons import reason
from core.sending import SendResult
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER

NUMBER = "whatsapp:+491701234567"
ADDRESS = Address(bot="b", channel="whatsapp", account="14155238886", peer=NUMBER)
DAY = 86_400_000
WAIT = reason("whatsapp.wait")
UNWANTED = reason("whatsapp.unwanted")
MENU = Say(
    text="Which one?", options=(Option(token="t:1", label="Yes"), Option(token="t:2", label="No")), language="en"
)


def account(**more: Any) -> WhatsAppAccount:
    settings: dict[str, Any] = {
        "account": "14155238886",
        "account_sid": ACCOUNT_SID,
        "auth_token": AUTH_TOKEN,
        "sender": SENDER,
        "public_url": "https://bot.example.org",
    }
    return WhatsAppAccount(**(settings | more))


class Rig:
    """A channel before the fake, and what it is told about the person."""

    def __init__(self, fake: FakeTwilio, **more: Any) -> None:
        self.fake = fake
        self.clock = FakeClock(int(fake.now * 1000))
        self.store = MemoryStore()
        self.heard: Millis | None = self.clock.now()
        self.waiting = False
        self.store_is_away = False
        self.asked_store = 0
        self.account = account(**more)
        self.channels: list[WhatsAppChannel] = []
        self.channel = self.another()

    def another(self, **more: Any) -> WhatsAppChannel:
        """Return the channel as another process would make it."""

        async def last_heard(address: Address) -> LastWords:
            self.asked_store += 1
            if self.store_is_away:
                raise StoreUnavailable("away")
            return LastWords(at=self.heard, waiting=self.waiting)

        made = WhatsAppChannel(
            self.account,
            self.clock,
            api_url=self.fake.url,
            records=self.store,
            last_heard=last_heard,
            read_timeout=more.pop("read_timeout", 5.0),
            **more,
        )
        self.channels.append(made)
        return made

    async def send(self, message: Outbound, entry: str = "e1", address: Address = ADDRESS) -> SendResult:
        return await self.channel.send(address, message, entry_id=entry)
