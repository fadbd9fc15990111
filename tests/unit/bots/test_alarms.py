"""Alerts on their way: a real SMTP conversation with and without TLS, Telegram, failures that change nothing else."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bots import mail as mails
from bots.alarms import Alarms, alarms_of
from bots.counting import NoMetrics
from bots.mail import Mail
from bots.telegram import TelegramChannel
from bots.telegram_settings import TelegramAccount
from core.mail_types import SmtpServer, smtp
from core.settings import Settings
from flows.hours import OpeningHours
from handoff.accounts import account_id, edit_account, get_account, set_alerts
from handoff.alerts import Rules, Watch
from handoff.bot_words import BotWords
from handoff.outages import Outage
from handoff.roster import set_presence
from handoff.ui_texts import LANGUAGES, texts
from tests.fakes.bots import BERLIN, program
from tests.fakes.desk_world import DeskWorld, open_desk
from tests.fakes.smtp import FakeSmtp
from tests.fakes.telegram_api import TOKEN, FakeTelegram
from tests.fakes.telegram_world import FakeChat

ALWAYS = OpeningHours.parse("24/7")


class Counted(NoMetrics):
    """Keeps what was counted."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, str]]] = []

    def count(self, name: str, **labels: str) -> None:
        self.seen.append((name, labels))


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a certificate for localhost, with its key behind it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


@pytest.fixture
async def server() -> AsyncIterator[FakeSmtp]:
    async with FakeSmtp() as running:
        yield running


def to(server: FakeSmtp, tls: str = "none") -> Mail:
    where = SmtpServer(host="localhost", port=server.port, tls=tls, user="bot", password="pass")  # type: ignore[arg-type]
    return Mail(where, "desk@example.org")


async def test_a_mail_arrives_with_its_headers_and_letters(server: FakeSmtp) -> None:
    assert await to(server).send("mariam@example.org", "Jemand wartet", "شخص ينتظر\n.\nÜ", 1_700_000_000_000) is None
    (mail,) = server.mails
    assert (mail.sender, mail.to, mail.user) == ("desk@example.org", ["mariam@example.org"], "bot")
    assert mail.message["Subject"] == "Jemand wartet"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert mail.message["Date"].startswith("Tue, 14 Nov 2023 22:13:20")
    assert mail.message.get_content().split() == ["شخص", "ينتظر", ".", "Ü"]


@pytest.mark.parametrize("implicit", [True, False])
async def test_tls_is_used_and_the_certificate_verified(
    certificate: Path, implicit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = "implicit" if implicit else "starttls"
    async with FakeSmtp(certificate=certificate, implicit=implicit) as server:
        assert await to(server, kind).send("a@example.org", "s", "t", 0) == "SSLCertVerificationError"
        assert server.mails == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert await to(server, kind).send("a@example.org", "s", "t", 0) is None
        (mail,) = server.mails
        assert mail.encrypted


async def test_without_starttls_no_password_is_said(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    async with FakeSmtp(certificate=certificate) as server:
        server.fault = "no_tls"
        assert await to(server, "starttls").send("a@example.org", "s", "t", 0) == "SMTPNotSupportedError"
        assert server.mails == []


def test_only_this_machine_is_reached_without_tls() -> None:
    assert smtp("smtp://localhost:2525").tls == smtp("smtp://127.0.0.1").tls == "none"
    assert smtp("smtp://mail.example.org").tls == "starttls"
    assert smtp("smtps://u:p%40ss@mail.example.org").password == "p@ss"
    assert "p@ss" not in repr(smtp("smtps://u:p%40ss@mail.example.org"))


@pytest.mark.parametrize("fault", ["refuse", "reject", "drop", "garbage", "hang"])
async def test_a_server_that_fails_is_an_error_and_no_exception(
    server: FakeSmtp, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mails, "TIMEOUT", 0.5)
    server.fault = fault  # type: ignore[assignment]
    error = await to(server).send("a@example.org", "s", "t", 0)
    assert error is not None
    assert "no such person" not in error


async def test_a_header_cannot_be_smuggled_in(server: FakeSmtp) -> None:
    assert await to(server).send("a@example.org\r\nBcc: b@example.org", "s", "t", 0) == "ValueError"
    assert await to(server).send("a@example.org", "s\r\nBcc: b@example.org", "t", 0) == "ValueError"
    assert server.mails == []


class Duty:
    """A desk, a mail server, a Telegram, and the alarms between them."""

    def __init__(self, world: DeskWorld, server: FakeSmtp, telegram: TelegramChannel, **rules: object) -> None:
        self.world = world
        self.server = server
        self.metrics = Counted()
        self.hours = ALWAYS
        made = Rules(**rules)  # type: ignore[arg-type]
        self.alarms = Alarms(
            store=world.store,
            clock=world.clock,
            watch=Watch(world.store, lambda case: self.hours, made),
            rules=made,
            metrics=self.metrics,
            mail=to(server),
            telegram=lambda: telegram,
            bot="test",
            desk_url="https://desk.example.org/desk",
        )

    async def counsellor(self, login: str, *languages: str, chat: str = "") -> None:
        account = await self.world.account(login, *languages)
        now = self.world.clock.now()
        mail = f"{login}@example.org"
        await set_alerts(self.world.store, account.id, now, mail=mail, chat=chat, interface="en")

    async def after(self, minutes: float) -> list[str]:
        """Let time pass, look, and return to whom mail went."""
        self.world.fake.advance(int(minutes * 60_000))
        before = len(self.server.mails)
        await self.alarms.look()
        return sorted(mail.to[0].split("@")[0] for mail in self.server.mails[before:])

    def text(self) -> str:
        return str(self.server.mails[-1].message.get_content())


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    async with FakeTelegram(spec=None) as fake:
        yield fake


@pytest.fixture
async def duty(server: FakeSmtp, telegram: FakeTelegram) -> AsyncIterator[Duty]:
    channel = TelegramChannel(TelegramAccount(account="123456789", token=TOKEN, secret="s"), api_url=telegram.url)
    async with open_desk() as world:
        yield Duty(world, server, channel)
    await channel.stop()


async def test_somebody_waits_and_nobody_is_there(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    await duty.counsellor("boris", "bg")
    await duty.world.ask("p", "K-1", note="my secret", said="secret words", name="Amal")
    assert await duty.after(0) == []
    assert await duty.after(1) == ["mariam"]
    text = duty.text()
    assert "A person is waiting (Arabic)." in text
    assert "Nobody is at the desk." in text
    assert "https://desk.example.org/desk" in text
    for secret in ("secret", "Amal", "K-1"):
        assert secret not in str(duty.server.mails[-1].message)
    assert await duty.after(30) == []
    assert await duty.after(30) == ["mariam"]


async def test_a_look_at_the_case_stops_alerts_for_everybody(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    await duty.counsellor("nadia", "ar")
    await duty.world.ask("p", "K-1", urgency="safety")
    assert await duty.after(0) == ["mariam", "nadia"]
    window = duty.world.window()
    await window.sign_in("nadia")
    assert (await window.get("cases/K-1"))[0] == 200
    assert await duty.after(120) == []


async def test_danger_is_told_at_once_at_night_and_again_until_seen(duty: Duty) -> None:
    duty.hours = OpeningHours.parse("Mo 09:00-09:01")
    await duty.counsellor("mariam", "ar")
    await duty.world.ask("p", "K-1", urgency="safety")
    await duty.world.ask("q", "K-2")
    assert await duty.after(0) == ["mariam"]
    assert "may be in danger (Arabic)" in duty.text()
    assert "is waiting" not in duty.text()
    assert await duty.after(4) == []
    assert [await duty.after(minutes) for minutes in (1, 5, 5)] == [["mariam"]] * 3
    assert await duty.after(60) == ["mariam"]
    assert await duty.after(10) == []
    assert await duty.after(5) == ["mariam"]


async def test_danger_in_a_language_nobody_speaks_is_told_to_all(duty: Duty) -> None:
    await duty.counsellor("boris", "bg")
    await duty.world.ask("p", "K-1", language="ti", urgency="safety")
    assert await duty.after(0) == ["boris"]


async def test_with_somebody_at_the_desk_it_takes_ten_minutes(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    await duty.counsellor("nadia", "ar")
    await duty.world.account("lea", "ar")
    await duty.world.ask("p", "K-1")
    for _ in range(6):
        await set_presence(duty.world.store, account_id("lea"), duty.world.clock.now(), state="here")
        assert await duty.after(1.5) == []
    await set_presence(duty.world.store, account_id("lea"), duty.world.clock.now(), state="here")
    assert await duty.after(1) == ["mariam", "nadia"]
    assert "Nobody is at the desk" not in duty.text()


async def test_whoever_said_why_they_are_away_is_off_duty_but_for_danger(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    now = duty.world.clock.now()
    await set_presence(duty.world.store, account_id("mariam"), now, state="away", absence="back on Monday")
    await duty.world.ask("p", "K-1")
    assert await duty.after(2) == []
    await duty.world.ask("q", "K-2", urgency="safety")
    assert await duty.after(0) == ["mariam"]


async def test_a_case_of_another_queue_is_told_only_in_danger(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    await duty.counsellor("nadia", "ar")
    now = duty.world.clock.now()
    await edit_account(duty.world.store, account_id("nadia"), now, name="Nadia", languages=["ar"], queues=["law"])
    await duty.world.ask("p", "K-1")
    assert await duty.after(1) == ["mariam"]
    await duty.world.ask("q", "K-2", urgency="safety")
    assert await duty.after(0) == ["mariam", "nadia"]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_teams_own_addresses_read_their_language(
    server: FakeSmtp, telegram: FakeTelegram, language: str
) -> None:
    channel = TelegramChannel(TelegramAccount(account="123456789", token=TOKEN, secret="s"), api_url=telegram.url)
    bot = program(BERLIN)
    async with open_desk() as world:
        alarms = alarms_of(
            Settings(alert_mail=("team@example.org",), alert_language=language),
            store=world.store,
            clock=world.clock,
            metrics=NoMetrics(),
            program=lambda: bot,
            channels={("telegram", "123456789"): channel},
        )
        alarms._mail = to(server)
        await world.ask("p", "K-1", urgency="safety", topic="housing")
        await alarms.look()
    await channel.stop()
    (mail,) = server.mails
    assert mail.message["Subject"] == texts(language)["alert.subject"]
    danger, _ = texts(language)["alert.safety"].split("{what}")
    content = str(mail.message.get_content())
    assert danger in content
    # The topic by its name, not by its id.
    assert BotWords(lambda: bot).topics(language)["housing"] in content
    assert ", housing" not in content


async def test_several_cases_are_one_alert(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar", "ru")
    for n in range(3):
        await duty.world.ask(f"p{n}", f"K-{n}", language="ar" if n else "ru")
    assert await duty.after(1) == ["mariam"]
    assert "People are waiting: 3 (" in duty.text()
    assert "Arabic" in duty.text()
    assert "Russian" in duty.text()


async def test_telegram_carries_alerts_too(duty: Duty, telegram: FakeTelegram) -> None:
    chat = telegram.world.chats[4711] = FakeChat(id=4711)
    await duty.counsellor("mariam", "ar", chat="4711")
    await duty.world.ask("p", "K-1")
    assert await duty.after(1) == ["mariam"]
    assert "A person is waiting (Arabic)." in chat.texts[-1]


async def test_a_failure_is_counted_logged_without_a_word_and_tried_again(
    duty: Duty, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await duty.counsellor("mariam", "ar")
    await duty.world.ask("p", "K-1")
    duty.server.fault = "reject"
    assert await duty.after(1) == []
    assert ("alerts", {"channel": "mail", "result": "failed"}) in duty.metrics.seen
    duty.server.fault = None
    assert await duty.after(0.5) == []
    assert await duty.after(0.5) == ["mariam"]
    lines = " ".join(str(one.__dict__) for one in caplog.records if one.name == "streetwork.alarms")
    assert "SMTPRecipientsRefused" in lines
    assert "mariam@" not in lines


async def test_a_messenger_that_is_down_is_told_to_those_who_keep_the_bot(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    lead = await duty.world.account("lead", roles=("lead",))
    await set_alerts(
        duty.world.store, lead.id, duty.world.clock.now(), mail="lead@example.org", chat="", interface="de"
    )
    outage = Outage(channel="viber", account="main", reason="The token is wrong.", since=0)
    await duty.alarms.down(outage)
    assert [mail.to for mail in duty.server.mails] == [["lead@example.org"]]
    assert "Viber (main) geht nicht: The token is wrong." in duty.text()


async def test_a_test_tells_whether_it_arrived(duty: Duty) -> None:
    await duty.counsellor("mariam", "ar")
    lea = await duty.world.account("lea")
    assert await duty.alarms.test(lea) == "nowhere"
    known = await get_account(duty.world.store, account_id("mariam"), duty.world.clock.now())
    assert known is not None
    assert await duty.alarms.test(known) == "sent"
    duty.server.fault = "refuse"
    assert await duty.alarms.test(known) == "failed"
