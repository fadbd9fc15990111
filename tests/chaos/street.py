"""The people of the three messengers: what they write comes to the webhooks late, twice and in any order."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Self

import aiohttp

from core.messages import Address
from tests.fakes.telegram_api import FakeTelegram
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import SENDER, Twilio
from tests.fakes.viber_api import FakeViber

#: One call of a provider; True when it was answered with success.
Call = Callable[[], Awaitable[bool]]
SECRET = "secret-of-the-webhook"
#: Calls under way at once.
AT_ONCE = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who writes, and every word they wrote."""

    channel: str
    account: str
    peer: str
    wrote: list[str] = field(default_factory=list)

    def address(self, bot: str) -> Address:
        return Address(bot=bot, channel=self.channel, account=self.account, peer=self.peer)


class Street:
    """Calls our webhooks for everybody. ``repeats`` counts the calls that brought nothing new."""

    def __init__(
        self,
        telegram: FakeTelegram,
        viber: FakeViber,
        twilio: FakeTwilio,
        caller: Twilio,
        *,
        url: str,
        people: int,
        rng: random.Random,
        now: Callable[[], int],
    ) -> None:
        self._telegram, self._viber, self._twilio, self._caller = telegram, viber, twilio, caller
        self._url, self._rng, self._now = url, rng, now
        self._numbers = itertools.count(1)
        self._old: list[Call] = []
        self._told = 0
        self._seen: dict[str, int] = {}
        self.repeats = 0
        self.refused = 0
        self.people = [self._person(kind, number) for number in range(people) for kind in ("t", "v", "w")]

    def _person(self, kind: str, number: int) -> Person:
        match kind:
            case "t":
                self._telegram.world.person(1000 + number)
                return Person(
                    channel="telegram", account=self._telegram.token.partition(":")[0], peer=f"{1000 + number}"
                )
            case "v":
                self._viber.person(f"viber{number:07}=")
                return Person(channel="viber", account="advice", peer=f"viber{number:07}=")
            case _:
                phone = self._twilio.world.phone(f"whatsapp:+4917{number:08}")
                return Person(channel="whatsapp", account=SENDER.removeprefix("whatsapp:+"), peer=phone.number)

    def received(self, person: Person) -> list[str]:
        """Return the texts that the person's messenger showed, in order."""
        match person.channel:
            case "telegram":
                return self._telegram.world.chats[int(person.peer)].texts
            case "viber":
                return self._viber.people[person.peer].texts
            case _:
                return self._twilio.world.phones[person.peer].texts

    async def wave(self, messages: int) -> None:
        """Let people write ``messages`` times; returns when every call was answered with success."""
        calls = [self._say(self._rng.choice(self.people)) for _ in range(messages)]
        again = [call for call in calls for _ in range(self._rng.choice((0, 0, 0, 1, 2)))]
        late = self._rng.sample(self._old, min(len(self._old), messages // 10))
        self._old = calls
        self.repeats += len(again) + len(late)
        mixed = calls + again + late + self._receipts()
        self._rng.shuffle(mixed)
        room = asyncio.Semaphore(AT_ONCE)

        async def until_taken(call: Call) -> None:
            async with room:
                while not await call():
                    self.refused += 1

        await asyncio.gather(*map(until_taken, mixed))

    # -- words -----------------------------------------------------------------------------------------------

    def _say(self, person: Person) -> Call:
        number = next(self._numbers)
        text = f"word {number}"
        person.wrote.append(text)
        match person.channel:
            case "telegram":
                message = self._telegram.world.message(int(person.peer), text=text)
                return self._update({"update_id": 50_000 + number, "message": message})
            case "viber":
                return self._viber_says(person.peer, text, 7_000_000_000_000_000_000 + number)
            case _:
                form = self._caller.message(self._twilio.world.phones[person.peer], Body=text)
                return lambda: self._called(self._caller.call(form))

    def _update(self, update: dict[str, object]) -> Call:
        url = f"{self._url}/webhook/telegram/{self._telegram.token.partition(':')[0]}"

        async def call() -> bool:
            headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
            async with self.session.post(url, json=update, headers=headers) as response:
                return response.status == 200

        return call

    def _viber_says(self, peer: str, text: str, token: int) -> Call:
        who = self._viber.people[peer]
        event = {
            "event": "message",
            "timestamp": self._now(),
            "message_token": token,
            "sender": self._viber._user(who),
            "message": {"type": "text", "text": text},
            "silent": False,
        }

        def write() -> Awaitable[bool]:
            who.subscribed, who.unanswered, who.wrote = True, 0, self._now()
            return self._viber.call_back(event, f"{self._url}/webhook/viber/advice")

        return write

    @staticmethod
    async def _called(call: Awaitable[int]) -> bool:
        return await call == 200

    # -- receipts --------------------------------------------------------------------------------------------

    def _receipts(self) -> list[Call]:
        """Tell of the messages that came since: in any order, some of it twice, some of it never."""
        calls: list[Call] = []
        known = self._twilio.world.messages[: len(self._twilio.world.messages) - self._told]
        self._told += len(known)
        for message in known:
            states = self._rng.choices(("sent", "delivered", "read"), k=self._rng.randrange(4))
            calls += [self._status(message["sid"], state, message["to"]) for state in states]
        for who in self._viber.people.values():
            for message in who.log[self._seen.get(who.id, 0) :]:
                states = self._rng.choices(("delivered", "seen"), k=self._rng.randrange(3))
                calls += [self._viber_receipt(state, who.id, message["message_token"]) for state in states]
            self._seen[who.id] = len(who.log)
        return calls

    def _status(self, sid: str, state: str, to: str) -> Call:
        return lambda: self._called(self._caller.status(sid, state, to))

    def _viber_receipt(self, state: str, peer: str, token: int) -> Call:
        event = {"event": state, "timestamp": self._now(), "message_token": token, "user_id": peer}
        return lambda: self._viber.call_back(event, f"{self._url}/webhook/viber/advice")

    async def __aenter__(self) -> Self:
        self.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()
