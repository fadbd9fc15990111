"""Sending outside of WhatsApp's 24 hours: held until the person writes, and asked for once where a template is set."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from core.messages import Say
from core.reasons import in_english, reason
from core.sending import Down, Hold, Taken
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.whatsapp_rig import DAY, NUMBER, Rig


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


async def test_outside_the_window_it_waits_for_the_person(rig: Rig) -> None:
    rig.clock.advance(DAY)
    result = await rig.send(Say(text="x"))
    assert isinstance(result, Hold)
    assert "The 24-hour window is closed" in in_english(result.reason)
    assert rig.fake.world.forms == []
    rig.heard = rig.clock.now()
    assert isinstance(await rig.send(Say(text="x")), Taken)


async def test_a_message_that_no_turn_has_seen_yet_may_open_it(rig: Rig) -> None:
    rig.clock.advance(DAY)
    rig.waiting = True
    result = await rig.send(Say(text="x"))
    assert isinstance(result, Hold)
    assert result.after <= 10_000


async def test_while_the_store_is_away_nobody_guesses(rig: Rig) -> None:
    await rig.send(Say(text="x"))
    rig.clock.advance(DAY)
    rig.store_is_away = True
    result = await rig.send(Say(text="x"))
    assert isinstance(result, Hold)
    assert result.after <= 10_000


async def test_the_store_is_asked_once_while_the_window_is_open(rig: Rig) -> None:
    for n in range(5):
        await rig.send(Say(text=f"{n}"), f"e{n}")
    assert rig.asked_store == 1


async def test_what_nobody_knows_is_tried(rig: Rig) -> None:
    rig.heard = None
    assert isinstance(await rig.send(Say(text="x")), Taken)


async def test_twilio_says_that_the_window_is_closed(rig: Rig) -> None:
    rig.fake.world.phone(NUMBER).refuses = 63016
    assert isinstance(await rig.send(Say(text="x")), Hold)
    rig.fake.world.phone(NUMBER).refuses = None
    assert isinstance(await rig.send(Say(text="x"), "e2"), Hold), "it stays closed until the person writes"
    assert rig.fake.world.posts() == 1
    rig.clock.advance(1000)
    rig.heard = rig.clock.now()
    assert isinstance(await rig.send(Say(text="x")), Taken)


async def test_a_template_asks_once_in_each_silence_and_the_message_waits(
    fake: FakeTwilio, make: Callable[..., Rig]
) -> None:
    sid = "HX" + "f" * 32
    rig = make(template_sid=sid)
    fake.world.contents[sid] = {"approved": "You have a message. Answer to read it."}
    rig.clock.advance(DAY)
    first = await rig.send(Say(text="your date"))
    assert isinstance(first, Hold)
    assert reason("whatsapp.asked") in first.reason
    assert isinstance(await rig.send(Say(text="your date")), Hold)
    rig.channel = rig.another()
    assert isinstance(await rig.send(Say(text="your date")), Hold)
    phone = fake.world.phone(NUMBER)
    assert phone.texts == ["You have a message. Answer to read it."], "one template, and the message itself not yet"
    assert set(fake.world.forms[0]) == {"From", "To", "ContentSid", "StatusCallback"}
    rig.clock.advance(60_000)
    rig.heard = rig.clock.now()
    assert isinstance(await rig.send(Say(text="your date")), Taken)
    rig.clock.advance(DAY)
    await rig.send(Say(text="again"), "e2")
    assert len(phone.log) == 3, "a new silence, a new template"


async def test_a_refused_template_is_told(fake: FakeTwilio, make: Callable[..., Rig]) -> None:
    rig = make(template_sid="HX" + "f" * 32)
    rig.clock.advance(DAY)
    result = await rig.send(Say(text="x"))
    assert isinstance(result, Hold)
    assert reason("whatsapp.template_refused") in result.reason
    fake.world.fail("error", status=401, code=20003)
    assert isinstance(await rig.send(Say(text="x")), Down)
