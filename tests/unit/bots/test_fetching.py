"""A file on its way from the messenger to the counsellor: fetched once, kept sealed, or marked with a reason."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from bots import download as downloading
from bots.fetching import FetchFile
from bots.intake import Incoming, Intake
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from bots.viber import ViberChannel
from bots.viber_settings import ViberAccount
from bots.whatsapp import WhatsAppChannel
from core.blobs import BlobHead, BlobKey
from core.capabilities import CAPABILITIES
from core.ids import ConversationId
from core.messages import Inbound, Media
from core.records import Marked
from flows.program import Program
from handlers.calls import OWN_RETRIES, Caller, CallFailed
from handlers.files import FETCH
from handlers.worker import Worker
from store.memory import MemoryStore
from tests.fakes.clock import FakeClock
from tests.fakes.file_shelf import JPEG, PDF
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER
from tests.fakes.viber_api import TOKEN as VIBER_TOKEN
from tests.fakes.viber_api import FakeViber
from tests.unit.handlers.conftest import MONDAY, program

__all__ = ["program"]

MOST = 100_000
PEER = "4711"


class Way:
    """Intake, worker, call lane and store around one channel."""

    def __init__(self, channel: Any, program: Program) -> None:
        self.store = MemoryStore()
        self.clock = FakeClock(MONDAY)
        self.channel = channel
        self.key = (channel.name, channel.account)
        self.intake = Intake(self.store, self.clock, bot="b", id_key=b"k")
        self.worker = Worker(
            self.store, self.clock, lambda: program, lambda address: CAPABILITIES[channel.name], name="w"
        )
        files = FetchFile(self.store.blobs, self.clock, {self.key: channel}, most=MOST, keep_for=lambda: 86_400_000)
        self.caller = Caller(self.store, self.clock, lambda: program, name="c", own={FETCH: files})
        self._sent = 0

    @property
    def conversation(self) -> ConversationId:
        return self.intake.conversation(*self.key, PEER)

    async def send(self, *media: Media) -> None:
        for one in media:
            self._sent += 1
            incoming = Incoming(peer=PEER, event_id=f"e{self._sent}", message=Inbound(content=one))
            await self.intake.accept(*self.key, [incoming])
        await self.work()

    async def work(self) -> None:
        while await self.worker.work_once():
            pass

    async def fetch(self, tries: int = 1) -> None:
        """Let the call lane try so often, with the waits between, and the worker hear of it."""
        for _ in range(tries):
            await self.caller.work_once()
            self.clock.advance(OWN_RETRIES[-1])
        await self.work()

    async def files(self) -> list[tuple[BlobKey, BlobHead | None]]:
        """Return key and head of every file that the person sent."""
        lines = await self.store.transcript(self.conversation, 0, 1000)
        keys = [
            BlobKey(line.entry.id)
            for line in lines
            if line.entry.author == "person" and isinstance(line.entry.body.message.content, Media)  # type: ignore[union-attr]
        ]
        heads = await self.store.blobs.heads(keys, self.clock.now())
        return [(key, heads.get(key)) for key in keys]

    async def content(self, key: BlobKey) -> bytes:
        found, number = b"", 0
        while (chunk := await self.store.blobs.read(key, number, self.clock.now())) is not None:
            found += chunk
            number += 1
        return found

    async def marks(self) -> list[str]:
        lines = await self.store.transcript(self.conversation, 0, 1000)
        return [
            line.entry.body.detail["reason"]
            for line in lines
            if isinstance(line.entry.body, Marked) and line.entry.body.kind == "file_failed"
        ]

    async def open_calls(self) -> int:
        return (await self.store.stats(self.clock.now())).open_calls


Open = Callable[[Any], Way]


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(spec=None) as fake:
        yield fake


@pytest.fixture
async def way(telegram: FakeTelegram, program: Program) -> AsyncIterator[Way]:
    account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
    channel = TelegramChannel(account, api_url=telegram.url)
    yield Way(channel, program)
    await channel.stop()


async def test_a_photo_from_telegram_is_kept(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1")
    await way.send(Media(kind="photo", ref="f1", name="a.jpg"))
    assert await way.files() == [((await way.files())[0][0], None)]
    await way.fetch()
    ((key, head),) = await way.files()
    assert head == BlobHead(size=len(JPEG), mime="image/jpeg", name="a.jpg", at=MONDAY)
    assert await way.content(key) == JPEG
    assert await way.open_calls() == 0
    assert await way.marks() == []
    # No event for what went well.
    assert not await way.worker.work_once()


async def test_the_calls_are_the_ones_of_the_bot_api(program: Program) -> None:
    async with FakeTelegram(spec=Specification.load()) as fake:
        fake.shelf.put("photos/f1")
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        way = Way(TelegramChannel(account, api_url=fake.url), program)
        await way.send(Media(kind="photo", ref="f1"))
        await way.fetch()
        ((key, _),) = await way.files()
        assert await way.content(key) == JPEG
        await way.channel.stop()


async def test_a_lie_about_the_type_does_not_win(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1", b"<html><script>alert(1)</script>")
    await way.send(Media(kind="photo", ref="f1", mime="image/png"))
    await way.fetch()
    ((_, head),) = await way.files()
    assert head is not None
    assert (head.mime, head.claimed) == ("text/html", "image/png")


@pytest.mark.parametrize("size", [None, MOST + 1, 5])
async def test_what_is_too_large_is_marked_whatever_its_size_is_said_to_be(
    telegram: FakeTelegram, way: Way, size: int | None
) -> None:
    telegram.shelf.put("photos/f1", bytes(MOST + 1))
    await way.send(Media(kind="document", ref="f1", size=size))
    await way.fetch()
    assert await way.marks() == ["too_large"]
    ((key, head),) = await way.files()
    assert head is not None
    assert head.reason == "too_large"
    assert await way.content(key) == b""
    assert await way.open_calls() == 0


async def test_a_stream_without_an_end_is_cut_off(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1", trouble="endless")
    await way.send(Media(kind="document", ref="f1"))
    await way.fetch()
    assert await way.marks() == ["too_large"]
    assert await way.store.blobs.held(way.conversation) <= MOST * 4


async def test_what_telegram_does_not_know_any_more_is_gone(way: Way) -> None:
    await way.send(Media(kind="photo", ref="unknown"))
    await way.fetch(6)
    assert await way.marks() == ["provider"]  # "wrong file_id or the file is temporarily unavailable"


@pytest.mark.parametrize("trouble", ["half", "drop"])
async def test_trouble_that_passes_costs_only_time(telegram: FakeTelegram, way: Way, trouble: str) -> None:
    telegram.shelf.put("photos/f1", trouble=trouble, times=3)
    await way.send(Media(kind="photo", ref="f1"))
    await way.fetch()
    assert (await way.files())[0][1] is None
    await way.fetch(3)
    ((key, _),) = await way.files()
    assert await way.content(key) == JPEG
    assert await way.marks() == []


async def test_trouble_that_does_not_pass_ends_after_six_tries(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1", status=503)
    await way.send(Media(kind="photo", ref="f1"))
    await way.fetch(len(OWN_RETRIES))
    assert await way.marks() == []
    await way.fetch(3)
    assert await way.marks() == ["provider"]
    assert len(telegram.shelf.asked) == len(OWN_RETRIES) + 1


async def test_a_hanging_link_does_not_hold_up_the_others(
    telegram: FakeTelegram, way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloading, "READ", 0.3)
    telegram.shelf.put("photos/f1", trouble="hang")
    telegram.shelf.put("photos/f2")
    await way.send(Media(kind="photo", ref="f1"), Media(kind="photo", ref="f2"))
    await way.fetch()
    first, second = await way.files()
    assert first[1] is None
    assert second[1] is not None


async def test_an_album_of_ten_all_come(telegram: FakeTelegram, way: Way) -> None:
    for n in range(10):
        telegram.shelf.put(f"photos/f{n}", JPEG + bytes([n]))
    await way.send(*(Media(kind="photo", ref=f"f{n}") for n in range(10)))
    for _ in range(10):
        await way.fetch()
    files = await way.files()
    assert [await way.content(key) for key, _ in files] == [JPEG + bytes([n]) for n in range(10)]


async def test_a_second_try_after_a_lost_answer_changes_nothing(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1")
    await way.send(Media(kind="photo", ref="f1"))
    (lease,) = await way.store.claim_calls("dead", way.clock.now(), 1_000, 10)
    files = way.caller._own[FETCH]
    await files.make(lease)
    way.clock.advance(1_000)  # the worker died before it could say so
    await way.fetch()
    assert len(telegram.shelf.asked) == 1
    assert await way.open_calls() == 0


async def test_who_is_erased_meanwhile_gets_no_file(telegram: FakeTelegram, way: Way) -> None:
    telegram.shelf.put("photos/f1")
    await way.send(Media(kind="photo", ref="f1"))
    (lease,) = await way.store.claim_calls("w", way.clock.now(), 1_000, 10)
    await way.store.forget(way.conversation, way.clock.now())
    files = way.caller._own[FETCH]
    await files.make(lease)
    await files.give_up(lease, "gone")
    assert not await way.store.settle_call(lease, way.clock.now())
    assert await way.store.blobs.held(way.conversation) == 0


async def test_nobody_fills_the_disk(telegram: FakeTelegram, way: Way) -> None:
    for n in range(12):
        telegram.shelf.put(f"photos/f{n}", bytes(MOST))
        await way.send(Media(kind="document", ref=f"f{n}"))
        await way.fetch()
    assert await way.marks() == ["too_many", "too_many"]


@pytest.mark.parametrize(
    "path", ["../../etc/passwd", "/etc/passwd", "a/../../b", "", "https://evil.example.com/x", "a?b"]
)
async def test_a_path_that_leads_elsewhere_is_not_asked_for(
    telegram: FakeTelegram, way: Way, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def getfile(parameters: dict[str, Any]) -> Any:
        return {"file_id": "f1", "file_unique_id": "u", "file_path": path}

    monkeypatch.setattr(telegram, "_getfile", getfile)
    with pytest.raises(CallFailed):
        await way.channel.locate("f1")
    assert telegram.shelf.asked == []


# -- Viber and Twilio --------------------------------------------------------------------------------------


async def test_a_file_from_viber(program: Program) -> None:
    async with FakeViber() as fake:
        clock = FakeClock(MONDAY)
        channel = ViberChannel(
            ViberAccount(account="v", token=VIBER_TOKEN), clock=clock, sender="Team", api_url=fake.url
        )
        way = Way(channel, program)
        origin = fake.url.removesuffix("/pa")
        fake.shelf.put("a.pdf", PDF)
        await way.send(
            Media(kind="document", ref=f"{origin}/media/a.pdf", name="a.pdf"),
            Media(kind="photo", ref="https://evil.example.com/a.jpg"),
            Media(kind="photo", ref="http://169.254.169.254/latest"),
            Media(kind="sticker", ref="sticker:46105"),
        )
        await way.fetch()
        files = await way.files()
        assert [head.reason if head else "?" for _, head in files] == [
            None,
            "refused_address",
            "refused_address",
            "unsupported",
        ]
        assert await way.content(files[0][0]) == PDF
        await channel.stop()


async def test_a_file_from_twilio_with_credentials_for_the_api_alone(program: Program) -> None:
    async with FakeTwilio() as fake:
        channel = WhatsAppChannel(_account(), FakeClock(MONDAY), api_url=fake.url)
        way = Way(channel, program)
        url = f"{fake.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages/MM1/Media/"
        fake.shelf.put("ME1")
        await way.send(Media(kind="photo", ref=url + "ME1", mime="image/jpeg"))
        await way.fetch()
        ((key, _),) = await way.files()
        assert await way.content(key) == JPEG
        fake.lead_to = "https://169.254.169.254/latest/meta-data"
        await way.send(Media(kind="photo", ref=url + "ME2"))
        await way.fetch()
        assert await way.marks() == ["refused_address"]
        await channel.stop()


@pytest.mark.parametrize(
    ("url", "given"),
    [
        ("https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1", True),
        ("https://api.dublin.ie1.twilio.com/2010-04-01/x", True),
        ("https://mms.twiliocdn.com/x", False),
        ("https://api.twilio.com.evil.com/x", False),
        ("https://evil.twilio.com/x", False),
        ("http://api.twilio.com/x", False),
        ("https://api.twilio.com:444/x", False),
        ("https://user@api.twilio.com/x", False),
        ("not a link", False),
    ],
)
async def test_twilio_credentials_go_to_the_api_only(url: str, given: bool) -> None:
    channel = WhatsAppChannel(_account(), FakeClock(MONDAY))
    assert ("Authorization" in (await channel.locate(url)).headers) is given


def _account() -> Any:
    from bots.whatsapp_settings import WhatsAppAccount

    return WhatsAppAccount(
        account="1", account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sender=SENDER, public_url="https://bot.example.org"
    )


# -- the call lane -----------------------------------------------------------------------------------------


async def test_slow_files_never_hold_up_a_hook(telegram: FakeTelegram, way: Way) -> None:
    for n in range(12):
        telegram.shelf.put(f"photos/f{n}", trouble="hang")
    await way.send(*(Media(kind="photo", ref=f"f{n}") for n in range(12)))
    running = asyncio.create_task(way.caller.run())
    while len(telegram.shelf.asked) < 4:
        await asyncio.sleep(0.01)
    for _ in range(20):
        await asyncio.sleep(0.01)
        way.clock.advance(1_000)
    # Only so many at once; the others are put off, not failed.
    assert len(telegram.shelf.asked) == 4
    assert way.caller._own_running == 4
    way.caller.stop()
    telegram.shelf.close()
    await asyncio.wait_for(running, 30)
    assert await way.marks() == []
