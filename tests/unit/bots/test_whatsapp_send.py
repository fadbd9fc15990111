"""Sending through a fake Twilio that Twilio's own documents judge: every ending, every mending, nothing sent twice."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.errors import ChannelMisconfigured
from core.messages import Address, Outbound, Say, SendLocation, SendMedia
from core.reasons import reason
from core.sending import Down, Hold, NotSent, Refused, Taken, Unsure
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import AUTH_TOKEN, SENDER
from tests.fakes.whatsapp_rig import MENU, NUMBER, UNWANTED, WAIT, Rig


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        server.world.phone(NUMBER)
        yield server
    assert server.world.refused == []


@pytest.fixture
async def make(fake: FakeTwilio) -> AsyncIterator[Callable[..., Rig]]:
    rigs: list[Rig] = []

    def made(**more: Any) -> Rig:
        rigs.append(Rig(fake, **more))
        return rigs[-1]

    yield made
    for rig in rigs:
        for channel in rig.channels:
            await channel.stop()


@pytest.fixture
def rig(make: Callable[..., Rig]) -> Rig:
    return make()


# -- what arrives ----------------------------------------------------------------------------------------


async def test_a_text(rig: Rig) -> None:
    result = await rig.send(Say(text="Hello\nПривет مرحبا & = +"))
    (shown,) = rig.fake.world.phone(NUMBER).log
    assert result == Taken(provider_ids=(shown.sid,))
    assert shown.body == "Hello\nПривет مرحبا & = +"
    (form,) = rig.fake.world.forms
    assert form["From"] == [SENDER]
    assert form["StatusCallback"] == ["https://bot.example.org/webhook/whatsapp/14155238886?kind=status#rc=5&rp=all"]
    assert set(form) == {"From", "To", "Body", "StatusCallback"}


async def test_buttons_make_a_template_once(rig: Rig) -> None:
    for _ in range(3):
        assert isinstance(await rig.send(MENU), Taken)
    phone = rig.fake.world.phone(NUMBER)
    assert [one.choices for one in phone.log] == [[("t:1", "Yes"), ("t:2", "No")]] * 3
    assert phone.texts == ["Which one?"] * 3
    rig.channel = rig.another()
    await rig.send(MENU)
    assert rig.fake.world.posts("/v1/Content") == 1
    assert "Body" not in rig.fake.world.forms[-1]


async def test_a_file_a_caption_and_a_place(rig: Rig) -> None:
    await rig.send(SendMedia(kind="photo", ref="https://x.example/a.png", caption="Look"))
    await rig.send(SendLocation(latitude=52.5, longitude=13.4, label="Office"))
    picture, place = rig.fake.world.phone(NUMBER).log
    assert (picture.media, picture.body) == ("https://x.example/a.png", "Look")
    assert (place.place, place.body) == ("geo:52.500000,13.400000|Office", "Office")


async def test_a_file_of_ours_needs_an_address(rig: Rig) -> None:
    assert isinstance(await rig.send(SendMedia(kind="photo", ref="blob-1")), Refused)

    async def public(ref: str) -> str | None:
        return f"https://bot.example.org/files/{ref}" if ref == "blob-1" else None

    rig.channel = rig.another(public_file=public)
    assert isinstance(await rig.send(SendMedia(kind="photo", ref="blob-1")), Taken)
    assert rig.fake.world.phone(NUMBER).log[0].media == "https://bot.example.org/files/blob-1"
    assert isinstance(await rig.send(SendMedia(kind="photo", ref="gone")), Refused)


async def test_a_service_and_a_person_without_a_number(fake: FakeTwilio, make: Callable[..., Rig]) -> None:
    rig = make(sender=None, service_sid="MG" + "0" * 32, account="MG" + "0" * 32)
    fake.world.phone(NUMBER).user_id = "whatsapp:DE.1abc"
    hidden = Address(bot="b", channel="whatsapp", account="x", peer="whatsapp:DE.1abc")
    assert isinstance(await rig.send(Say(text="x"), address=hidden), Taken)
    known = Address(bot="b", channel="whatsapp", account="x", peer="whatsapp:DE.1abc", thread=NUMBER)
    assert isinstance(await rig.send(Say(text="x"), "e2", known), Taken)
    assert [form["To"] for form in fake.world.forms] == [["whatsapp:DE.1abc"], [NUMBER]]
    assert "From" not in fake.world.forms[0]
    assert fake.world.forms[0]["MessagingServiceSid"] == ["MG" + "0" * 32]


# -- what does not -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"status": 429, "code": 20429, "headers": {"Retry-After": "7"}}, NotSent(reason=WAIT, after=7000)),
        ({"status": 429, "code": 20429}, NotSent(reason=WAIT, after=1000)),
        ({"status": 400, "code": 21611}, NotSent),
        ({"status": 400, "code": 63018}, NotSent),
        ({"status": 400, "code": 21610}, Refused(reason=UNWANTED, blocked=True)),
        ({"status": 400, "code": 63014}, Refused(reason=reason("whatsapp.blocked"), blocked=True)),
        ({"status": 400, "code": 21211}, Refused),
        ({"status": 400, "code": 63021}, Refused),
        ({"status": 400, "code": 63005}, Refused),
        ({"status": 400, "code": 29999}, Refused(reason=reason("whatsapp.refused", 29999))),
        ({"status": 401, "code": 20003}, Down),
        ({"status": 403, "code": 20005}, Down),
        ({"status": 400, "code": 63007}, Down),
        ({"status": 400, "code": 63001}, Down),
        ({"status": 400, "code": 63038}, Hold),
        ({"status": 500, "code": 20500}, Unsure),
        ({"status": 503}, Unsure),
        ({"status": 403}, NotSent),
        ({"status": 404}, NotSent),
        ({"status": 302, "headers": {"Location": "https://evil.example/"}}, NotSent),
    ],
)  # fmt: skip
async def test_errors(rig: Rig, fault: dict[str, Any], expected: Any) -> None:
    rig.fake.world.fail("error", **fault)
    result = await rig.send(Say(text="x"))
    if isinstance(expected, type):
        assert isinstance(result, expected)
        assert "+49" not in result.reason  # type: ignore[union-attr]
    else:
        assert result == expected
    assert rig.fake.world.posts() == 1


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("html", 502, Unsure),
        ("html", 403, NotSent),
        ("html", 200, Unsure),
        ("empty", 201, Unsure),
        ("half", 201, Unsure),
        ("drop", 0, Unsure),
        ("hang", 0, Unsure),
    ],
)
async def test_answers_that_are_none(rig: Rig, kind: Any, status: int, expected: type) -> None:
    rig.channel = rig.another(read_timeout=0.2)
    rig.fake.world.fail(kind, status=status)
    assert isinstance(await rig.send(Say(text="x")), expected)
    assert rig.fake.world.posts() == 1, "nothing is repeated by itself"


async def test_nobody_answers_at_all(rig: Rig) -> None:
    rig.fake.url = "http://127.0.0.1:1"
    rig.channel = rig.another()
    assert await rig.send(Say(text="x")) == NotSent(reason=reason("whatsapp.unreachable"))
    assert await rig.send(MENU) == NotSent(reason=reason("whatsapp.templates"))


async def test_pauses_grow_and_end_with_success(rig: Rig) -> None:
    rig.fake.world.fail("error", status=429, code=20429, times=8)
    pauses = [(await rig.send(Say(text="x"))).after for _ in range(8)]  # type: ignore[union-attr]
    assert pauses == [1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000]
    await rig.send(Say(text="x"))
    rig.fake.world.fail("error", status=429, code=20429)
    assert (await rig.send(Say(text="x"))).after == 1000  # type: ignore[union-attr]


async def test_a_message_that_failed_at_once_is_not_sent(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(message: dict[str, Any]) -> None:
        message |= {"status": "failed", "error_code": 63024}

    rig.fake.world.on_sent = failed
    assert await rig.send(Say(text="x")) == Refused(reason=reason("whatsapp.unknown"), blocked=True)


# -- mending ---------------------------------------------------------------------------------------------


async def test_a_deleted_template_is_made_anew(rig: Rig) -> None:
    await rig.send(MENU)
    rig.fake.world.contents.clear()
    assert isinstance(await rig.send(MENU, "e2"), Taken)
    assert rig.fake.world.posts("/v1/Content") == 2
    assert rig.fake.world.phone(NUMBER).log[1].choices == [("t:1", "Yes"), ("t:2", "No")]


@pytest.mark.parametrize("code", [21656, 63021, 63005])
async def test_a_template_that_is_not_taken_becomes_text(rig: Rig, code: int) -> None:
    rig.fake.world.fail("error", status=400, code=code)
    assert isinstance(await rig.send(MENU), Taken)
    assert rig.fake.world.phone(NUMBER).texts == ["Which one?\n\n1. Yes\n2. No"]


async def test_a_template_that_stays_unknown_becomes_text(rig: Rig) -> None:
    rig.fake.world.fail("error", status=400, code=21655, times=2)
    assert isinstance(await rig.send(MENU), Taken)
    assert rig.fake.world.phone(NUMBER).texts == ["Which one?\n\n1. Yes\n2. No"]
    assert rig.fake.world.posts("/v1/Content") == 2


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"kind": "error", "status": 400, "code": 20001}, Taken),
        ({"kind": "error", "status": 401, "code": 20003}, Down),
        ({"kind": "error", "status": 429, "code": 20429}, NotSent),
        ({"kind": "error", "status": 500}, NotSent),
        ({"kind": "html", "status": 200}, NotSent),
        ({"kind": "drop"}, NotSent),
    ],
)
async def test_trouble_with_making_a_template(rig: Rig, fault: dict[str, Any], expected: type) -> None:
    rig.fake.world.fail(where="/v1/Content", **fault)
    assert isinstance(await rig.send(MENU), expected)
    if expected is Taken:
        assert rig.fake.world.phone(NUMBER).texts == ["Which one?\n\n1. Yes\n2. No"]
    else:
        assert rig.fake.world.forms == [], "without its template nothing is sent"


async def test_a_file_that_cannot_be_fetched_becomes_its_address(rig: Rig) -> None:
    rig.fake.world.fail("error", status=400, code=21620)
    photo = SendMedia(kind="photo", ref="https://x.example/a.png", caption="Look")
    assert isinstance(await rig.send(photo), Taken)
    assert rig.fake.world.phone(NUMBER).texts == ["Look\nhttps://x.example/a.png"]


# -- in doubt --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("message", [Say(text="Come  at\nnine"), MENU, SendLocation(latitude=1, longitude=2)])
async def test_what_did_arrive_is_found_and_not_sent_again(rig: Rig, message: Outbound) -> None:
    rig.fake.world.fail("drop", accept=True)
    assert isinstance(await rig.send(message), Unsure)
    (shown,) = rig.fake.world.phone(NUMBER).log
    assert await rig.send(message) == Taken(provider_ids=(shown.sid,))
    assert len(rig.fake.world.phone(NUMBER).log) == 1


async def test_what_did_not_arrive_is_sent_again(rig: Rig) -> None:
    await rig.send(Say(text="Come"), "earlier")
    rig.fake.world.fail("drop")
    assert isinstance(await rig.send(Say(text="Come"), "e1"), Unsure)
    assert isinstance(await rig.send(Say(text="Come"), "e1"), Taken)
    assert rig.fake.world.phone(NUMBER).texts == ["Come", "Come"]


async def test_an_old_message_with_the_same_words_is_another_one(rig: Rig) -> None:
    await rig.send(Say(text="Come"), "earlier")
    rig.channel = rig.another()
    rig.clock.advance(3_600_000)
    rig.fake.now += 3600
    rig.fake.world.fail("drop")
    await rig.send(Say(text="Come"), "e1")
    assert isinstance(await rig.send(Say(text="Come"), "e1"), Taken)
    assert len(rig.fake.world.phone(NUMBER).log) == 2


async def test_when_twilio_does_not_list_the_message_is_sent(rig: Rig) -> None:
    rig.fake.world.fail("drop", accept=True)
    await rig.send(Say(text="Come"))
    rig.fake.world.fail("html", status=500, method="GET")
    assert isinstance(await rig.send(Say(text="Come")), Taken)
    assert len(rig.fake.world.phone(NUMBER).log) == 2


# -- starting --------------------------------------------------------------------------------------------


async def test_a_wrong_token_is_told_at_the_start(make: Callable[..., Rig]) -> None:
    with pytest.raises(ChannelMisconfigured, match="TWILIO_AUTH_TOKEN"):
        await make(auth_token="f" * 32).channel.start()


async def test_an_unreachable_twilio_stops_nothing(rig: Rig) -> None:
    await rig.channel.start()
    rig.fake.world.fail("html", where="/Accounts/", method="GET", status=502)
    await rig.channel.start()
    rig.fake.url = "http://127.0.0.1:1"
    await rig.another().start()


async def test_logs_and_reprs_hold_no_number_text_or_token(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await rig.channel.start()
    await rig.send(Say(text="my secret words"))
    rig.fake.world.fail("error", status=400, code=21211)
    await rig.send(MENU)
    rig.fake.world.fail("drop")
    await rig.send(Say(text="my secret words"))
    written = caplog.text + repr(rig.account) + repr(rig.channel.client)
    for secret in ("491701234567", "secret words", AUTH_TOKEN):
        assert secret not in written
