"""A message with an approved form goes out in it once the 24 hours are over, and as it is before."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.whatsapp_render import approved
from core.capabilities import CAPABILITIES
from core.messages import Say, SendMedia, Template
from core.reasons import reason
from core.rendering import render
from core.sending import Down, Hold, Taken, Unsure
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.whatsapp_rig import DAY, NUMBER, Rig

PLAIN, ARABIC = "HX" + "a" * 32, "HX" + "b" * 32
TEMPLATES = {"reminder": PLAIN, "reminder.ar": ARABIC}
WORDS = "Hello Amal, your date is on 3 May."
SAY = Say(text=WORDS, template=Template(name="reminder", variables=("Amal", "3 May")), language="en")


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        server.world.phone(NUMBER)
        server.world.contents[PLAIN] = {"approved": "Hello {{1}}, your date is on {{2}}."}
        server.world.contents[ARABIC] = {"approved": "{{1}} {{2}}"}
        yield server
    assert server.world.refused == []


@pytest.fixture
async def rig(fake: FakeTwilio) -> AsyncIterator[Rig]:
    made = Rig(fake, templates=TEMPLATES)
    yield made
    for channel in made.channels:
        await channel.stop()


async def test_within_the_window_it_costs_nothing(fake: FakeTwilio, rig: Rig) -> None:
    assert isinstance(await rig.send(SAY), Taken)
    assert fake.world.forms[0]["Body"] == [WORDS]
    assert "ContentSid" not in fake.world.forms[0]


async def test_after_it_the_approved_form_arrives_with_its_values(fake: FakeTwilio, rig: Rig) -> None:
    rig.clock.advance(DAY)
    assert isinstance(await rig.send(SAY), Taken)
    (form,) = fake.world.forms
    assert json.loads(form["ContentVariables"][0]) == {"1": "Amal", "2": "3 May"}
    assert "Body" not in form
    assert fake.world.phone(NUMBER).texts == [WORDS]


async def test_twilio_knows_better_when_the_window_closed(fake: FakeTwilio, rig: Rig) -> None:
    fake.world.fail("error", status=400, code=63016)
    assert isinstance(await rig.send(SAY), Taken)
    assert fake.world.phone(NUMBER).texts == [WORDS]


async def test_without_an_approved_form_it_waits(fake: FakeTwilio, rig: Rig) -> None:
    rig.clock.advance(DAY)
    for message in (Say(text=WORDS), Say(text=WORDS, template=Template(name="unknown"))):
        assert isinstance(await rig.send(message), Hold)
    assert fake.world.forms == []
    rig.waiting = True
    assert isinstance(await rig.send(SAY), Hold), "the person wrote just now: the words themselves can go in a moment"
    assert fake.world.forms == []


async def test_a_form_that_whatsapp_refuses_lets_the_message_wait(fake: FakeTwilio, rig: Rig) -> None:
    rig.clock.advance(DAY)
    wrong = Say(text=WORDS, template=Template(name="reminder", variables=("Amal",)))
    result = await rig.send(wrong)
    assert isinstance(result, Hold)
    assert reason("whatsapp.template_refused") in result.reason
    fake.world.fail("error", status=401, code=20003)
    assert isinstance(await rig.send(SAY), Down)


async def test_a_form_that_may_have_arrived_is_not_sent_twice(fake: FakeTwilio, rig: Rig) -> None:
    rig.clock.advance(DAY)
    fake.now = rig.clock.now() / 1000
    fake.world.fail("drop", accept=True)
    assert isinstance(await rig.send(SAY), Unsure)
    assert isinstance(await rig.send(SAY), Taken)
    assert fake.world.phone(NUMBER).texts == [WORDS]


def test_the_persons_language_comes_first() -> None:
    arabic = Say(text="x", template=Template(name="reminder", variables=("a", "b")), language="ar-SY")
    assert [found.sid for say in (SAY, arabic) if (found := approved(say, TEMPLATES))] == [PLAIN, ARABIC]
    assert approved(Say(text="x"), TEMPLATES) is None
    assert approved(SendMedia(kind="photo", ref="x"), TEMPLATES) is None


@given(st.lists(st.text(min_size=1, max_size=400), max_size=5))
def test_values_fit_into_the_gaps(values: list[str]) -> None:
    say = Say(text="x", template=Template(name="reminder", variables=tuple(values)))
    found = approved(say, TEMPLATES)
    assert found is not None
    assert len(found.variables) == len(values)
    assert all(
        0 < len(value) <= 255 and not set(value) & set("\n\t\r\x0b\x0c\x85\u2028\u2029") for value in found.variables
    )


@pytest.mark.parametrize("channel", sorted(CAPABILITIES))
def test_other_messengers_send_the_text_and_a_part_is_no_whole(channel: str) -> None:
    (part,) = render(SAY, CAPABILITIES[channel])
    assert isinstance(part, Say)
    assert part.text == WORDS
    long = Say(text="word " * 4000, template=SAY.template)
    parts = render(long, CAPABILITIES[channel])
    assert len(parts) > 1
    assert all(isinstance(one, Say) and one.template is None for one in parts)
