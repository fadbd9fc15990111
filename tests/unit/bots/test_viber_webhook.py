"""Callbacks of Viber: only signed ones get in, each counts once, and opening the chat is answered with the welcome."""

from __future__ import annotations

import contextlib
import io
import json
import random
from collections.abc import AsyncIterator
from typing import Any, cast

import aiohttp
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bots.base import BadRequest, BadSignature
from bots.intake import Intake
from bots.viber import ViberChannel, set_webhook
from bots.viber_session import Past
from bots.viber_settings import ViberAccount
from bots.webhooks import MAX_BODY, webhook_routes
from core.messages import Address, Option, Say, Start, Text, Unknown
from core.ports import Store
from tests.fakes.clock import FakeClock
from tests.fakes.inbox import Inbox
from tests.fakes.viber_api import TOKEN, FakeViber
from tests.fakes.viber_specs import callbacks, read_spec

HEADER = "X-Viber-Content-Signature"
PERSON = "01234567890A="
ACCOUNT = ViberAccount(account="a1", token=TOKEN)
WELCOMES = {
    "bg": Say(text="Аз съм програма.", options=(Option(token="o:000000000001", label="Български"),)),
    None: Say(text="I am a program.", options=(Option(token="o:000000000002", label="English"),)),
}


def welcome(language: str | None) -> Say | None:
    return WELCOMES.get(language, WELCOMES[None])


class Site:
    """A web server with the webhook of one Viber bot, and the Viber that calls it."""

    def __init__(self, url: str, inbox: Inbox, fake: FakeViber, channel: ViberChannel) -> None:
        self.url = url
        self.inbox = inbox
        self.fake = fake
        self.channel = channel

    async def post(self, body: bytes, *, signature: str | None = None, query: str = "") -> tuple[int, bytes]:
        headers = {HEADER: signature} if signature is not None else {}
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/webhook/viber/a1{query}", data=io.BytesIO(body), headers=headers) as response,
        ):
            return response.status, await response.read()

    async def signed(self, data: object) -> tuple[int, bytes]:
        body = json.dumps(data, ensure_ascii=False).encode()
        return await self.post(body, signature=self.fake.sign(body))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    inbox = Inbox()
    intake = Intake(cast("Store", inbox), FakeClock(), bot="b", id_key=b"k")
    async with FakeViber() as fake:
        channel = ViberChannel(ACCOUNT, clock=FakeClock(), sender="Street", api_url=fake.url, welcome=welcome)
        app = web.Application()
        app.add_routes(webhook_routes({("viber", "a1"): channel}, intake))
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        await set_webhook(channel, url)  # Viber calls before it answers
        assert fake.attempts == [("webhook", 200)]
        yield Site(url, inbox, fake, channel)
        await channel.stop()
        await runner.cleanup()


def message(text: str = "hi", token: int = 4_912_661_846_655_238_145, **more: Any) -> dict[str, Any]:
    sender = {"id": PERSON, "name": "Test", "language": "bg"}
    content = {"type": "text", "text": text}
    at = 1_780_000_000_000
    return {"event": "message", "timestamp": at, "message_token": token, "sender": sender, "message": content, **more}


# -- who gets in -----------------------------------------------------------------------------------------


@pytest.mark.specs
async def test_the_recorded_signature_is_accepted() -> None:
    for vector in read_spec("signature.vectors.json"):
        account = ViberAccount(account="v", token=vector["auth_token"])
        channel = ViberChannel(account, clock=FakeClock(), sender="S")
        signature, body = vector["x_viber_content_signature"], vector["body"].encode()
        assert (await channel.receive({HEADER: signature}, body)).incoming == ()
        assert (await channel.receive({}, body, target=f"/webhook/viber/v?sig={signature}")).incoming == ()
        for wrong in (body + b" ", body[:-1], b""):
            with pytest.raises(BadSignature):
                await channel.receive({HEADER: signature}, wrong)


@pytest.mark.parametrize("signature", [None, "", "0" * 64, "ü", "x" * 64, "0" * 100_0])
async def test_a_wrong_signature_gets_in_nowhere(site: Site, signature: str | None) -> None:
    body = json.dumps(message()).encode()
    assert (await site.post(body, signature=signature))[0] == 403
    assert (await site.post(body, query="?sig=" + (signature or "").replace("ü", "%C3%BC")))[0] == 403
    assert (await site.post(body, query="?" + "a=1&" * 50))[0] == 403
    assert site.inbox.calls == 0


async def test_the_signature_in_the_query_counts_only_without_the_header(site: Site) -> None:
    body = json.dumps(message()).encode()
    assert (await site.post(body, query=f"?sig={site.fake.sign(body)}"))[0] == 200
    assert (await site.post(body, signature="0" * 64, query=f"?sig={site.fake.sign(body)}"))[0] == 403


@given(body=st.binary(max_size=200), change=st.integers(0, 63), other=st.sampled_from("0123456789abcdefG "))
async def test_no_changed_signature_is_accepted(body: bytes, change: int, other: str) -> None:
    channel = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S")
    good = FakeViber().sign(body)
    bad = good[:change] + other + good[change + 1 :]
    if bad == good:
        return
    with pytest.raises(BadSignature):
        await channel.receive({HEADER: bad}, body)
    with contextlib.suppress(BadRequest):  # signed, but no callback: refused after the signature was found right
        await channel.receive({HEADER: good}, body)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b'{"event": "mess',
        b"\xff\xfe",
        b"[]",
        b'"x"',
        b"null",
        b"[" * 100_000,
        b'{"message_token": ' + b"9" * 5000 + b"}",
    ],
)
async def test_what_is_no_callback_at_all_is_malformed(site: Site, body: bytes) -> None:
    assert (await site.post(body, signature=site.fake.sign(body)))[0] == 400
    assert site.inbox.calls == 0


async def test_every_cut_of_a_callback_is_refused(site: Site) -> None:
    body = json.dumps(message()).encode()
    for end in range(0, len(body), 17):
        assert (await site.post(body[:end], signature=site.fake.sign(body)))[0] == 403
        assert (await site.post(body[:end], signature=site.fake.sign(body[:end])))[0] == 400
    assert site.inbox.calls == 0


async def test_five_megabytes_are_refused_unread(site: Site) -> None:
    body = b"x" * (5 * MAX_BODY)
    with contextlib.suppress(aiohttp.ClientConnectionError):  # the server may hang up in the middle: as good
        assert (await site.post(body, signature=site.fake.sign(body)))[0] == 413
    assert site.inbox.calls == 0
    assert (await site.signed(message()))[0] == 200


# -- what counts -----------------------------------------------------------------------------------------


@pytest.mark.specs
async def test_every_recorded_callback_is_acknowledged(site: Site) -> None:
    for name, data in callbacks():
        assert (await site.signed(data))[0] == 200, name
    assert len(site.inbox.receipts) == 4


async def test_a_repeat_changes_nothing_and_neighbours_in_64_bits_are_two(site: Site) -> None:
    for _ in range(3):
        assert (await site.signed(message("first")))[0] == 200
    assert (await site.signed(message("second", token=4_912_661_846_655_238_146)))[0] == 200
    assert site.inbox.contents == [Text(text="first"), Text(text="second")]


async def test_callbacks_in_any_order_all_count_once(site: Site) -> None:
    base = 4_912_661_846_655_238_145
    calls = [message(f"m{n}", token=base + n) for n in range(20)] * 2
    random.Random(7).shuffle(calls)
    for data in calls:
        assert (await site.signed(data))[0] == 200
    assert sorted(str(content) for content in site.inbox.contents) == sorted(str(Text(text=f"m{n}")) for n in range(20))


async def test_unknown_events_and_fields_are_acknowledged(site: Site) -> None:
    for data in (
        {"event": "client_status", "timestamp": 1, "message_token": 5, "x": {"y": []}},
        {"event": "action", "message_token": 6},
        {"event": "born_later"},
        {"message_token": 7},
        {},
        {"event": 5, "message_token": None},
    ):
        assert (await site.signed(data)) == (200, b"")
    assert site.inbox.contents == []
    assert (await site.signed(message(born="later", message={"type": "hologram"})))[0] == 200
    assert site.inbox.contents == [Unknown(kind="hologram")]


async def test_a_store_that_is_down_is_told_and_viber_comes_again(site: Site) -> None:
    site.inbox.failures = 2
    site.fake.say(PERSON, "hello")
    await site.fake.idle()
    assert [status for event, status in site.fake.attempts if event == "message"] == [503, 503, 200]
    assert site.inbox.contents == [Text(text="hello")]


async def test_receipts(site: Site) -> None:
    site.fake.person(PERSON)
    sent = {"message_token": 5_741_311_803_571_721_087}
    for event in ("delivered", "seen", "failed"):
        site.fake.receipt(event, PERSON, sent)
        await site.fake.idle()
    assert [(one.provider_id, one.state) for one in site.inbox.receipts] == [
        ("5741311803571721087", state) for state in ("delivered", "read", "failed")
    ]


# -- the welcome -----------------------------------------------------------------------------------------


async def test_opening_the_chat_is_answered_with_the_welcome_in_the_persons_language(site: Site) -> None:
    who = site.fake.person(PERSON, language="bg")
    event = site.fake.open_chat(PERSON, "flyer-7")
    await site.fake.idle()
    assert site.fake.refused == []
    assert who.texts == ["Аз съм програма."]
    assert who.labels == ["Български"]
    (arrival,) = site.inbox.arrivals
    assert arrival.event_id == f"vb:a1:conversation_started:{event['message_token']}"
    inbound: Any = arrival.event
    assert inbound.message.content == Start(payload="flyer-7")
    assert inbound.message.message_id == f"welcome/{event['message_token']}"
    assert site.fake.calls[1:] == []  # nothing but set_webhook


async def test_a_repeat_gets_the_same_answer(site: Site) -> None:
    user = {"id": PERSON, "language": "xx"}
    data = {"event": "conversation_started", "timestamp": 1, "message_token": 9, "user": user, "subscribed": False}
    first, second = await site.signed(data), await site.signed(data)
    assert first == second
    assert json.loads(first[1])["text"] == "I am a program."
    assert len(site.inbox.arrivals) == 1


@pytest.mark.parametrize(("hours", "inline"), [(1, False), (30, True), (None, True)])
async def test_a_subscriber_is_greeted_in_the_answer_only_where_a_message_would_cost(
    hours: int | None, inline: bool
) -> None:
    clock = FakeClock()

    async def look(address: Address) -> Past:
        assert address == Address(bot="b", channel="viber", account="a1", peer=PERSON)
        return Past(heard=None if hours is None else clock.now() - hours * 3_600_000)

    channel = ViberChannel(ACCOUNT, clock=clock, sender="S", bot="b", welcome=welcome, look=look)
    data = {"event": "conversation_started", "message_token": 9, "user": {"id": PERSON}, "subscribed": True}
    body = json.dumps(data).encode()
    received = await channel.receive({HEADER: FakeViber().sign(body)}, body)
    assert bool(received.body) is inline
    (incoming,) = received.incoming
    assert (incoming.message.message_id is not None) is inline


@pytest.mark.parametrize("nothing", [None, lambda language: None, lambda language: Say(text=" ")])
async def test_without_a_welcome_the_answer_is_empty_and_the_turn_speaks(nothing: Any) -> None:
    channel = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S", welcome=nothing)
    body = json.dumps({"event": "conversation_started", "message_token": 9, "user": {"id": PERSON}}).encode()
    received = await channel.receive({HEADER: FakeViber().sign(body)}, body)
    assert received.body == b""
    assert received.incoming[0].message.message_id is None
