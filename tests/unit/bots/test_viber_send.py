"""Sending to a fake Viber that refuses what the documentation refuses: every status, and every way to get no answer."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bots.viber import EVENT_TYPES, ViberChannel, delete_webhook, set_webhook, webhook_status
from bots.viber_settings import ViberAccount
from core.errors import ChannelMisconfigured
from core.messages import Address, Option, Outbound, Say, SendLocation, SendMedia
from core.reasons import reason
from core.sending import Down, Hold, NotSent, Refused, SendResult, Taken, Unsure
from tests.fakes.clock import FakeClock
from tests.fakes.viber_api import FIRST_TOKEN, TOKEN, FakeViber
from tests.fakes.viber_specs import read_spec

PERSON = "01234567890A="
ACCOUNT = ViberAccount(account="a1", token=TOKEN)
BUTTONS = Say(
    text="?", options=(Option(token="o:000000000001", label="Yes"), Option(token="o:000000000002", label="No"))
)


class Counts:
    """Metrics that a test can read."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def count(self, name: str, **labels: str) -> None:
        self.seen.append(name)

    def observe(self, name: str, seconds: float, **labels: str) -> None:
        pass


@pytest.fixture
async def fake() -> AsyncIterator[FakeViber]:
    async with FakeViber() as server:
        server.person(PERSON, subscribed=True, wrote=1_780_000_000_000)
        yield server


@pytest.fixture
async def channel(fake: FakeViber) -> AsyncIterator[ViberChannel]:
    made = ViberChannel(ACCOUNT, clock=FakeClock(), sender="Street", api_url=fake.url, read_timeout=5)
    await made.start()
    yield made
    await made.stop()


async def send(channel: ViberChannel, message: Outbound, peer: str = PERSON) -> SendResult:
    address = Address(bot="b", channel="viber", account="a1", peer=peer)
    return await channel.send(address, message, entry_id="abc/0/1/0")


def seen(fake: FakeViber) -> list[dict[str, Any]]:
    return fake.people[PERSON].log


class TestWhatArrives:
    async def test_text_with_buttons(self, fake: FakeViber, channel: ViberChannel) -> None:
        result = await send(channel, BUTTONS)
        assert result == Taken(provider_ids=(str(seen(fake)[0]["message_token"]),))
        assert int(result.provider_ids[0]) > 2**53  # kept to the last digit
        assert fake.people[PERSON].labels == ["Yes", "No"]
        assert seen(fake)[0]["sender"] == {"name": "Street"}
        assert fake.refused == []

    async def test_files_and_places(self, fake: FakeViber, channel: ViberChannel) -> None:
        for message in (
            SendMedia(kind="photo", ref="https://example.org/a.png", caption="see"),
            SendMedia(kind="document", ref="https://example.org/a.pdf"),
            SendLocation(latitude=52.5, longitude=13.4),
            SendLocation(latitude=90.0, longitude=180.0, label="Office"),
        ):
            assert isinstance(await send(channel, message), Taken)
        assert [one["type"] for one in seen(fake)] == ["picture", "text", "location", "text"]
        assert fake.refused == []

    async def test_what_cannot_be_rendered_is_refused_before_any_call(
        self, fake: FakeViber, channel: ViberChannel
    ) -> None:
        before = len(fake.calls)
        for message in (Say(text="x" * 7001), SendMedia(kind="photo", ref="gone")):
            assert isinstance(await send(channel, message), Refused)
        assert len(fake.calls) == before

    async def test_people_who_are_not_there(self, fake: FakeViber, channel: ViberChannel) -> None:
        fake.person("gone", subscribed=False)
        for peer in ("gone", "never"):
            result = await send(channel, Say(text="x"), peer)
            assert isinstance(result, Refused)
            assert result.blocked

    async def test_a_hundred_without_a_reply_then_hold_until_they_write(
        self, fake: FakeViber, channel: ViberChannel
    ) -> None:
        for _ in range(100):
            assert isinstance(await send(channel, Say(text="x")), Taken)
        assert await send(channel, Say(text="x")) == Hold(reason=reason("viber.waits"), after=3_600_000)
        fake.say(PERSON, "hello")
        assert isinstance(await send(channel, Say(text="x")), Taken)

    async def test_an_old_phone_gets_the_options_as_a_list(self, fake: FakeViber, channel: ViberChannel) -> None:
        fake.people[PERSON].api_version = 5
        assert isinstance(await send(channel, BUTTONS), Taken)
        (message,) = seen(fake)
        assert "keyboard" not in message
        assert message["text"] == "?\n\n1. Yes\n2. No"

    async def test_what_viber_charges_is_counted(self, fake: FakeViber) -> None:
        counts = Counts()
        made = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S", api_url=fake.url, metrics=counts)
        await send(made, Say(text="free"))
        assert "viber_charged" not in counts.seen
        fake.people[PERSON].wrote = None
        await send(made, Say(text="paid"))
        assert counts.seen.count("viber_charged") == 1
        await made.stop()


#: Status -> what it must become (with or without `blocked`, `after`).
EXPECTED: dict[int, SendResult] = {
    **{status: Refused(reason="") for status in (1, 3, 4, 11, 13, 14, 16, 17, 18, 19, 20, 21, 22, 99)},
    **{status: Refused(reason="", blocked=True) for status in (5, 6)},
    **{status: Down(reason="") for status in (2, 7, 8, 9, 10, 15)},
    12: Hold(reason="", after=3_600_000),
    23: Hold(reason="", after=86_400_000),
    24: Hold(reason="", after=3_600_000),
}


def shape(result: SendResult) -> tuple[type, object, object]:
    return type(result), getattr(result, "blocked", None), getattr(result, "after", None)


class TestStatuses:
    @pytest.mark.parametrize("status", sorted(EXPECTED))
    async def test_each(self, fake: FakeViber, channel: ViberChannel, status: int) -> None:
        fake.fail("status", status=status)
        result = await send(channel, Say(text="x"))
        assert shape(result) == shape(EXPECTED[status])
        assert getattr(result, "reason", "")
        assert seen(fake) == []

    @pytest.mark.specs
    def test_every_documented_status_is_known(self) -> None:
        documented = {one["status"] for one in read_spec("status_codes.json")["codes"]}
        assert documented - {0} <= EXPECTED.keys()

    @pytest.mark.parametrize("status", [1, 3, 4, 11, 13, 14])
    async def test_a_refused_form_is_sent_once_more_plainly(
        self, fake: FakeViber, channel: ViberChannel, status: int
    ) -> None:
        fake.fail("status", status=status)
        assert isinstance(await send(channel, BUTTONS), Taken)
        assert "keyboard" not in seen(fake)[0]
        fake.fail("status", status=status, times=2)
        assert isinstance(await send(channel, BUTTONS), Refused)
        assert len(seen(fake)) == 1

    async def test_no_status_but_0_is_success(self, fake: FakeViber, channel: ViberChannel) -> None:
        for body in (
            b"{}",
            b"[]",
            b"null",
            b'{"status": null}',
            b'{"status": "0"}',
            b'{"status": true}',
            b'{"status": 0.0}',
        ):
            fake.fail("raw", body=body)
            assert isinstance(await send(channel, Say(text="x")), Unsure), body
        fake.fail("raw", body=b'{"status": 0, "message_token": %d}' % (FIRST_TOKEN + 7))
        assert await send(channel, Say(text="x")) == Taken(provider_ids=(str(FIRST_TOKEN + 7),))
        fake.fail("raw", body=b'{"status": 0}')
        assert await send(channel, Say(text="x")) == Taken()


class TestNoAnswer:
    @pytest.mark.parametrize("kind", ["html", "half", "drop"])
    @pytest.mark.parametrize("accept", [False, True])
    async def test_what_is_no_answer_leaves_it_open(
        self, fake: FakeViber, channel: ViberChannel, kind: str, accept: bool
    ) -> None:
        fake.fail(kind, accept=accept)
        assert isinstance(await send(channel, Say(text="x")), Unsure)
        assert len(seen(fake)) == accept

    async def test_a_hang_ends(self, fake: FakeViber) -> None:
        made = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S", api_url=fake.url, read_timeout=0.05)
        fake.fail("hang")
        assert isinstance(await send(made, Say(text="x")), Unsure)
        await made.stop()

    @pytest.mark.parametrize("status", [500, 502, 503, 404, 403, 301, 429])
    async def test_http_errors_are_tried_again(self, fake: FakeViber, channel: ViberChannel, status: int) -> None:
        fake.fail("http", status=status, body=b"<html>")
        result = await send(channel, Say(text="x"))
        assert isinstance(result, NotSent)
        assert result.after is None

    async def test_a_gateway_that_gave_up_leaves_it_open(self, fake: FakeViber, channel: ViberChannel) -> None:
        fake.fail("http", status=504)
        assert isinstance(await send(channel, Say(text="x")), Unsure)

    @pytest.mark.parametrize(("told", "after"), [("7", 7000), ("soon", None), ("", None), ("9" * 50, 99_999_000)])
    async def test_429_with_and_without_retry_after(
        self, fake: FakeViber, channel: ViberChannel, told: str, after: int | None
    ) -> None:
        fake.fail("http", status=429, headers={"Retry-After": told})
        result = await send(channel, Say(text="x"))
        assert isinstance(result, NotSent)
        assert result.after == after

    async def test_nobody_listens(self) -> None:
        made = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S", api_url="http://127.0.0.1:1/pa")
        await made.start()
        assert isinstance(await send(made, Say(text="x")), NotSent)
        await made.stop()

    async def test_an_endless_answer_is_not_kept(self, fake: FakeViber, channel: ViberChannel) -> None:
        fake.fail("raw", body=b'{"status": 0, "x": "' + b"x" * 1_000_000)
        assert isinstance(await send(channel, Say(text="x")), Unsure)


class TestSecrets:
    async def test_the_token_is_in_no_log_and_no_error(self, fake: FakeViber, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        made = ViberChannel(ACCOUNT, clock=FakeClock(), sender="S", api_url=fake.url, read_timeout=0.05)
        results: list[object] = []
        for kind, more in (
            ("http", {"status": 500}),
            ("html", {}),
            ("half", {}),
            ("drop", {}),
            ("hang", {}),
            ("status", {"status": 2}),
        ):
            fake.fail(kind, **more)
            results.append(await send(made, Say(text="canary-text")))
        fake.fail("status", method="get_account_info", status=2)
        with pytest.raises(ChannelMisconfigured) as caught:
            await made.start()
        whole = f"{caplog.text}{results}{caught.value!r}{caught.getrepr()}{made!r}{ACCOUNT!r}{made.api!r}"
        assert TOKEN not in whole
        assert "canary-text" not in f"{caplog.text}{results}"
        assert all(headers["X-Viber-Auth-Token"] == TOKEN for headers in fake.headers)
        await made.stop()


class TestWebhook:
    async def test_the_server_must_answer_first(self, channel: ViberChannel) -> None:
        with pytest.raises(ChannelMisconfigured, match="the server must be running"):
            await set_webhook(channel, "http://127.0.0.1:1")
        with pytest.raises(ChannelMisconfigured):
            await set_webhook(channel, "http://bot.example.org")

    async def test_set_status_delete(
        self, fake: FakeViber, channel: ViberChannel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def answered(event: dict[str, Any], url: str | None = None) -> bool:
            return True

        monkeypatch.setattr(fake, "call_back", answered)
        assert await set_webhook(channel, "https://bot.example.org/") == "https://bot.example.org/webhook/viber/a1"
        _, body = fake.calls[-1]
        assert set(body["event_types"]) == set(EVENT_TYPES)
        assert body["send_name"] is True
        status = await webhook_status(channel)
        assert (status.url, status.missing) == ("https://bot.example.org/webhook/viber/a1", ())
        fake.event_types.discard("conversation_started")
        assert (await webhook_status(channel)).missing == ("conversation_started",)
        await delete_webhook(channel)
        assert (await webhook_status(channel)).url == ""

    async def test_a_wrong_token_and_a_silent_viber(self, fake: FakeViber) -> None:
        wrong = ViberAccount(account="a1", token=TOKEN[::-1])
        made = ViberChannel(wrong, clock=FakeClock(), sender="S", api_url=fake.url)
        with pytest.raises(ChannelMisconfigured, match="VIBER_TOKEN"):
            await webhook_status(made)
        fake.fail("http", method="get_account_info", status=502)
        with pytest.raises(ChannelMisconfigured, match="502"):
            await webhook_status(made)
        await made.stop()

    async def test_the_chats_address_for_groups(self, channel: ViberChannel) -> None:
        assert channel.private_link == "viber://pa?chatURI=street%20work"
