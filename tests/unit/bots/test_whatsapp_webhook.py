"""Where Twilio calls us: set, looked at with every mistake named, and what to click where the API cannot help."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bots.whatsapp import WhatsAppChannel
from bots.whatsapp_settings import WhatsAppAccount
from bots.whatsapp_webhook import delete_webhook, set_webhook, webhook_status
from core.errors import ChannelMisconfigured
from tests.fakes.clock import FakeClock
from tests.fakes.twilio_api import FakeTwilio
from tests.fakes.twilio_push import ACCOUNT_SID, AUTH_TOKEN, SENDER

HOOK = "https://bot.example.org/webhook/whatsapp/14155238886"
GOOD = f"{HOOK}#rc=5&rp=all"
SERVICE = "MG" + "0" * 32


@pytest.fixture
async def fake() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as server:
        yield server
    assert server.world.refused == []


class Channels:
    """Makes channels and closes them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.made: list[WhatsAppChannel] = []

    def __call__(self, **more: Any) -> WhatsAppChannel:
        settings: dict[str, Any] = {
            "account": "14155238886",
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "sender": SENDER,
            "public_url": "https://bot.example.org",
        }
        account = WhatsAppAccount(**(settings | more))
        self.made.append(WhatsAppChannel(account, FakeClock(), api_url=self.url))
        return self.made[-1]


@pytest.fixture
async def channel(fake: FakeTwilio) -> AsyncIterator[Channels]:
    channels = Channels(fake.url)
    yield channels
    for one in channels.made:
        await one.stop()


def hook_of(fake: FakeTwilio) -> dict[str, str]:
    (sender,) = fake.senders.values()
    return dict(sender["webhook"])


async def test_set_then_status_is_well(fake: FakeTwilio, channel: Channels) -> None:
    made = channel()
    assert await set_webhook(made) == GOOD
    assert hook_of(fake) == {
        "callback_url": GOOD,
        "callback_method": "POST",
        "fallback_url": GOOD,
        "fallback_method": "POST",
        "status_callback_url": f"{HOOK}?kind=status#rc=5&rp=all",
        "status_callback_method": "POST",
    }
    found = await webhook_status(made)
    assert (found.url, found.problems) == (GOOD, ())
    await delete_webhook(made)
    assert "calls nobody" in (await webhook_status(made)).problems[0]


@pytest.mark.parametrize(
    ("hook", "named"),
    [
        ({"callback_url": HOOK, "fallback_url": HOOK}, "#rc=5&rp=all"),
        ({"callback_url": f"{HOOK}#rc=1", "fallback_url": HOOK}, "#rc=5&rp=all"),
        ({"callback_url": GOOD}, "no fallback"),
        ({"callback_url": "https://other.example#rc=5&rp=all", "fallback_url": HOOK}, "another address"),
        ({"callback_url": GOOD, "fallback_url": HOOK, "status_callback_url": "https://other.example"}, "reports"),
        ({}, "calls nobody"),
    ],
)
async def test_every_mistake_is_named(fake: FakeTwilio, channel: Channels, hook: dict[str, str], named: str) -> None:
    (sender,) = fake.senders.values()
    sender["webhook"] = hook
    problems = (await webhook_status(channel())).problems
    assert any(named in problem for problem in problems), problems


async def test_the_sandbox_is_set_by_hand(fake: FakeTwilio, channel: Channels) -> None:
    fake.senders.clear()
    with pytest.raises(ChannelMisconfigured) as caught:
        await set_webhook(channel())
    assert GOOD in str(caught.value)
    assert "Sandbox settings" in str(caught.value)
    assert GOOD in (await webhook_status(channel())).problems[0]


async def test_a_service_of_several_numbers(fake: FakeTwilio, channel: Channels) -> None:
    fake.services[SERVICE] = {"sid": SERVICE, "inbound_request_url": None, "use_inbound_webhook_on_number": True}
    made = channel(sender=None, account=SERVICE, service_sid=SERVICE)
    assert "calls nobody" in (await webhook_status(made)).problems[0]
    await set_webhook(made)
    assert (await webhook_status(made)).problems == ()
    assert fake.services[SERVICE]["inbound_request_url"].endswith(f"/webhook/whatsapp/{SERVICE}#rc=5&rp=all")


async def test_a_sender_in_a_service_must_be_asked_itself(fake: FakeTwilio, channel: Channels) -> None:
    fake.services[SERVICE] = {"sid": SERVICE, "use_inbound_webhook_on_number": False}
    made = channel(service_sid=SERVICE)
    (sender,) = fake.senders.values()
    sender["webhook"] = {"callback_url": GOOD, "fallback_url": GOOD}
    assert "answers instead" in (await webhook_status(made)).problems[0]
    await set_webhook(made)
    assert (await webhook_status(made)).problems == ()


async def test_what_cannot_be_asked_is_told_without_the_token(fake: FakeTwilio, channel: Channels) -> None:
    wrong = channel(auth_token="f" * 32)
    for act in (webhook_status, set_webhook, delete_webhook):
        with pytest.raises(ChannelMisconfigured) as caught:
            await act(wrong)
        assert "f" * 32 not in str(caught.value)
    fake.world.fail("html", where="/Senders", status=502, method="GET")
    with pytest.raises(ChannelMisconfigured):
        await webhook_status(channel())


async def test_the_command(fake: FakeTwilio, tmp_path: Path) -> None:
    import asyncio

    given = {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
        "TWILIO_SENDER": SENDER,
        "TWILIO_API_URL": fake.url,
        "PUBLIC_URL": "https://bot.example.org",
        "STREETWORK_STORE": "memory:",
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).resolve().parents[3]),
    }

    async def run(action: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "bots.cli", "webhook", action]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, env=given, cwd=tmp_path, timeout=60, check=False
        )
        return done.returncode, done.stdout + done.stderr

    status, said = await run("status")
    assert status == 1
    assert "calls nobody" in said
    assert await run("set") == (0, f"WhatsApp sender 14155238886 calls {GOOD}\n")
    status, said = await run("status")
    assert (status, AUTH_TOKEN in said) == (0, False)
