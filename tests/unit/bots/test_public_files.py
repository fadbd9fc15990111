"""Files on their way out: at an address that cannot be guessed, with the right type, and gone with the file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bots.public_files import LIVES, PublicFiles
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from bots.viber import ViberChannel
from bots.viber_settings import ViberAccount
from bots.viber_wiring import located
from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import WhatsAppAccount
from core.blobs import CHUNK, BlobKey, blob_key, keep
from core.messages import Address, SendMedia
from core.reasons import reason
from core.sending import Refused, Taken
from store.memory import MemoryStore
from tests.contract.words import DAY, NOW, conv, turn
from tests.fakes.clock import FakeClock
from tests.fakes.file_shelf import JPEG, PDF
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_spec import Specification
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER
from tests.fakes.viber_api import TOKEN as VIBER_TOKEN
from tests.fakes.viber_api import FakeViber

PUBLIC = "https://bot.example.org"


async def parts(data: bytes) -> AsyncIterator[bytes]:
    yield data


@dataclass
class House:
    store: MemoryStore
    clock: FakeClock
    public: PublicFiles
    http: aiohttp.ClientSession

    async def keep(self, data: bytes, name: str = "up/anna/x", called: str | None = None) -> BlobKey:
        snapshot = await self.store.snapshot(conv())
        assert snapshot is not None
        key = blob_key(conv(), snapshot.generation, name)
        now = self.clock.now()
        await keep(self.store.blobs, key, parts(data), most=1 << 30, now=now, expires=now + 30 * DAY, name=called)
        return key

    async def fetch(self, url: str, method: str = "GET") -> tuple[int, bytes, Any]:
        path = url.removeprefix(PUBLIC)
        async with self.http.request(method, path) as answer:
            return answer.status, await answer.read(), answer.headers


@pytest.fixture
async def house() -> AsyncIterator[House]:
    store, clock = MemoryStore(), FakeClock(NOW)
    await turn(store, "e1")
    public = PublicFiles(store, store.blobs, clock, key=b"k" * 32, public_url=PUBLIC + "/")
    app = web.Application()
    app.add_routes(public.routes())
    async with TestServer(app) as server, aiohttp.ClientSession(base_url=server.make_url("/")) as http:
        yield House(store, clock, public, http)


async def test_a_file_is_served_with_its_true_type_and_ending(house: House) -> None:
    data = JPEG + bytes(2 * CHUNK)
    found = await house.public.address(await house.keep(data, called="lie.pdf"))
    assert found is not None
    assert found.url.startswith(f"{PUBLIC}/media/")
    assert found.url.endswith(".jpg")
    assert (found.size, found.name) == (len(data), "lie.pdf.jpg")
    status, body, headers = await house.fetch(found.url)
    assert (status, body, headers["Content-Type"]) == (200, data, "image/jpeg")
    assert headers["Content-Length"] == str(len(data))
    assert "sandbox" in headers["Content-Security-Policy"]
    status, body, headers = await house.fetch(found.url, "HEAD")
    assert (status, body, headers["Content-Length"], headers["Content-Type"]) == (
        200,
        b"",
        str(len(data)),
        "image/jpeg",
    )


async def test_the_address_is_the_same_again_and_cannot_be_guessed(house: House) -> None:
    one, two = await house.keep(JPEG, "up/a/1"), await house.keep(JPEG, "up/a/2")
    first, again, other = [await house.public.address(key) for key in (one, one, two)]
    assert first is not None
    assert other is not None
    assert first == again
    assert first.url != other.url
    assert conv() not in first.url
    with_another_key = PublicFiles(house.store, house.store.blobs, house.clock, key=b"x" * 32, public_url=PUBLIC)
    foreign = await with_another_key.address(one)
    assert foreign is not None
    assert foreign.url != first.url
    # The store holds no token.
    token = first.url.rpartition("/")[2].partition(".")[0]
    assert token not in repr(house.store.tables.records)


@pytest.mark.parametrize(
    "name", ["", "x", "A" * 43, "A" * 43 + ".jpg", "A" * 42, "A" * 44, "..%2f..%2fetc%2fpasswd", "A" * 43 + ".jpg.exe"]
)
async def test_any_other_address_is_not_there(house: House, name: str) -> None:
    await house.public.address(await house.keep(JPEG))
    assert (await house.fetch(f"/media/{name}"))[0] == 404


async def test_a_link_ends_with_its_time_and_with_its_file(house: House) -> None:
    key = await house.keep(JPEG)
    found = await house.public.address(key)
    assert found is not None
    house.clock.advance(LIVES - 1)
    assert (await house.fetch(found.url))[0] == 200
    house.clock.advance(1)
    assert (await house.fetch(found.url))[0] == 404
    assert await house.public.address(key) is not None
    assert (await house.fetch(found.url))[0] == 200
    house.clock.advance(31 * DAY)
    assert await house.public.address(key) is None
    assert (await house.fetch(found.url))[0] == 404


async def test_erasing_the_person_ends_the_link(house: House) -> None:
    found = await house.public.address(await house.keep(JPEG))
    assert found is not None
    await house.store.forget(conv(), house.clock.now())
    assert (await house.fetch(found.url))[0] == 404


async def test_nothing_has_an_address_without_a_public_one_or_without_a_file(house: House) -> None:
    key = await house.keep(JPEG)
    inside = PublicFiles(house.store, house.store.blobs, house.clock, key=b"k" * 32, public_url=None)
    assert await inside.address(key) is None
    assert await inside.content(key) == JPEG
    assert await house.public.address("nothing") is None
    assert await house.public.content("nothing") is None


# -- over the messengers -----------------------------------------------------------------------------------


async def test_over_telegram_the_file_goes_in_the_request(house: House) -> None:
    async with FakeTelegram(spec=Specification.load()) as fake:
        fake.world.open_doors = True
        account = TelegramAccount(account="123456789", token=TOKEN, secret="s")
        channel = TelegramChannel(account, api_url=fake.url, open_blob=house.public.content)
        address = Address(bot="b", channel="telegram", account="123456789", peer="77")
        key = await house.keep(PDF)
        message = SendMedia(kind="document", ref=key, name="letter.pdf", caption="Please sign")
        assert isinstance(await channel.send(address, message, entry_id="c/1/1/0"), Taken)
        call = fake.world.calls[-1]
        assert call.method == "sendDocument"
        gone = await channel.send(address, SendMedia(kind="document", ref="c/1/gone"), entry_id="c/1/1/1")
        assert isinstance(gone, Refused)
        assert gone.reason == reason("file_gone")
        await channel.stop()


async def test_over_viber_the_file_goes_by_its_address(house: House) -> None:
    async with FakeViber() as fake:
        channel = ViberChannel(
            ViberAccount(account="v", token=VIBER_TOKEN),
            clock=house.clock,
            sender="Team",
            api_url=fake.url,
            locate=located(house.public),
        )
        fake.person("p1", subscribed=True)
        address = Address(bot="b", channel="viber", account="v", peer="p1")
        picture, letter = await house.keep(JPEG, "up/a/1"), await house.keep(PDF, "up/a/2")
        for message in (
            SendMedia(kind="photo", ref=picture, caption="see"),
            SendMedia(kind="document", ref=letter, name="letter.pdf"),
            SendMedia(kind="document", ref=picture, name="big.jpg"),
        ):
            assert isinstance(await channel.send(address, message, entry_id="c/1/1/0"), Taken)
        sent = fake.person("p1").log
        assert [one["type"] for one in sent] == ["picture", "file", "file"]
        assert (await house.fetch(sent[0]["media"]))[1] == JPEG
        assert (await house.fetch(sent[1]["media"]))[1] == PDF
        assert (sent[1]["size"], sent[1]["file_name"]) == (len(PDF), "letter.pdf")
        gone = await channel.send(address, SendMedia(kind="photo", ref="c/1/gone"), entry_id="c/1/1/1")
        assert isinstance(gone, Refused)
        assert gone.reason == reason("file_no_address")
        await channel.stop()


async def test_over_twilio_the_file_goes_by_its_address(house: House) -> None:
    async with FakeTwilio() as fake:
        account = WhatsAppAccount(
            account="1", account_sid=ACCOUNT_SID, auth_token=AUTH_TOKEN, sender=SENDER, public_url=PUBLIC
        )
        channel = WhatsAppChannel(account, house.clock, api_url=fake.url, public_file=house.public.url)
        phone = fake.world.phone()
        address = Address(bot="b", channel="whatsapp", account="1", peer=phone.number)
        key = await house.keep(PDF)
        result = await channel.send(address, SendMedia(kind="document", ref=key), entry_id="c/1/1/0")
        assert isinstance(result, Taken), result
        (shown,) = phone.log
        assert shown.media is not None
        assert shown.media.endswith(".pdf")
        assert (await house.fetch(shown.media))[1] == PDF
        gone = await channel.send(address, SendMedia(kind="photo", ref="c/1/gone"), entry_id="c/1/1/1")
        assert isinstance(gone, Refused)
        assert gone.reason == reason("file_no_address")
        assert fake.world.refused == []
        await channel.stop()
