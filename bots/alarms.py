"""Tells the team on duty that somebody waits and nobody looks, or that a messenger is down: by mail and Telegram.

One process out of many does it (:func:`bots.leases.alone`). A failure is logged and counted, and changes nothing
else: the case stays due and is tried again a minute later.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Literal

from bots.counting import Metrics
from bots.mail import Mail
from core.errors import StoreError
from core.messages import Address, Say
from core.ports import Channel, Clock, Store
from core.reasons import worded
from core.sending import Taken
from core.settings import Settings
from flows.hours import OpeningHours
from flows.program import Program
from handoff.accounts import Account, can, list_accounts
from handoff.alerts import Rules, Target, Watch, team_targets, words
from handoff.bot_words import BotWords
from handoff.cases import Case
from handoff.outages import Outage
from handoff.ui_texts import LANGUAGES, SOURCE, texts

__all__ = ["LOOK_EVERY", "Alarms", "alarms_of"]

log = logging.getLogger("streetwork.alarms")

#: Seconds between two looks at the queue.
LOOK_EVERY = 15.0


class Alarms:
    """Sends alerts."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        watch: Watch,
        rules: Rules,
        metrics: Metrics,
        mail: Mail | None,
        telegram: Callable[[], Channel | None],
        bot: str,
        desk_url: str | None,
        topics: Callable[[str], Mapping[str, str]] = lambda language: {},
    ) -> None:
        """``telegram`` gives the channel that reaches chats, if one is set up; ``desk_url`` stands below an alert.

        ``topics`` gives the names of the bot's topics in a language.
        """
        self._store = store
        self._clock = clock
        self._watch = watch
        self._rules = rules
        self._metrics = metrics
        self._mail = mail
        self._telegram = telegram
        self._bot = bot
        self._desk_url = desk_url
        self._topics = topics

    @property
    def possible(self) -> bool:
        """Whether there is any way to send an alert."""
        return self._mail is not None or self._telegram() is not None

    async def run(self) -> None:
        """Look at the queue until cancelled."""
        while True:
            try:
                await self.look()
            except StoreError:
                log.warning("alarm_failed", extra={"code": "store"})
            await self._clock.sleep(LOOK_EVERY)

    async def look(self) -> None:
        """Look once, and send what is due."""
        now = self._clock.now()
        alerts = await self._watch.look(now)
        reached: dict[str, bool] = {}
        cases = {case.number: case for alert in alerts for case in alert.cases}
        for alert in alerts:
            subject, text = words(alert, self._topics)
            sent = await self._send(alert.target, subject, text)
            for case in alert.cases:
                reached[case.number] = reached.get(case.number, False) or sent
        for ok in (True, False):
            await self._watch.note([cases[one] for one, sent in reached.items() if sent is ok], now, sent=ok)

    async def down(self, outage: Outage) -> None:
        """Tell those who keep the bot running that a messenger does not work. Called once for each outage."""
        keepers = [one for one in await list_accounts(self._store, self._clock.now()) if can(one, "team")]
        targets = [self._target(one) for one in keepers if one.alert_mail or one.alert_chat]
        for target in dict.fromkeys(targets + team_targets(self._rules)):
            said = texts(target.language if target.language in LANGUAGES else SOURCE)
            text = said["alert.down"].replace("{channel}", _place(outage, said))
            await self._send(target, said["alert.down_subject"], text.replace("{reason}", _why(outage, said)))

    async def test(self, account: Account) -> Literal["sent", "failed", "nowhere"]:
        """Send a test to where an account wants its alerts."""
        target = self._target(account)
        if not target.mail and not target.chat:
            return "nowhere"
        said = texts(target.language if target.language in LANGUAGES else SOURCE)
        return "sent" if await self._send(target, said["alert.subject"], said["alert.test"], every=True) else "failed"

    def _target(self, account: Account) -> Target:
        language = account.interface or self._rules.language
        return Target(mail=account.alert_mail, chat=account.alert_chat, language=language)

    async def _send(self, target: Target, subject: str, text: str, *, every: bool = False) -> bool:
        """Send to mail and chat; return whether one of them took it, or with ``every`` all of them."""
        if self._desk_url is not None:
            text = f"{text}\n{self._desk_url}"
        results = []
        if target.mail:
            results.append(await self._by_mail(target.mail, subject, text))
        if target.chat:
            results.append(await self._by_telegram(target.chat, text))
        return bool(results) and (all(results) if every else any(results))

    async def _by_mail(self, to: str, subject: str, text: str) -> bool:
        if self._mail is None:
            return self._ended("mail", "no_smtp")
        return self._ended("mail", await self._mail.send(to, subject, text, self._clock.now()))

    async def _by_telegram(self, chat: str, text: str) -> bool:
        channel = self._telegram()
        if channel is None:
            return self._ended("telegram", "no_channel")
        address = Address(bot=self._bot, channel=channel.name, account=channel.account, peer=chat)
        result = await channel.send(address, Say(text=text), entry_id=f"alert/{self._clock.now()}")
        return self._ended("telegram", None if isinstance(result, Taken) else type(result).__name__)

    def _ended(self, channel: str, error: str | None) -> bool:
        self._metrics.count("alerts", channel=channel, result="ok" if error is None else "failed")
        if error is not None:
            log.warning("alarm_failed", extra={"channel": channel, "error": error})
        return error is None


def _place(outage: Outage, said: Mapping[str, str]) -> str:
    return f"{said.get(f'channel.{outage.channel}', outage.channel)} ({outage.account})"


def _why(outage: Outage, said: Mapping[str, str]) -> str:
    return worded(outage.reason, lambda code: said[f"reason.{code}"])


def alarms_of(
    settings: Settings,
    *,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    program: Callable[[], Program],
    channels: Mapping[tuple[str, str], Channel],
) -> Alarms:
    """Return the alarms as the settings want them; Telegram is the bot's own first account there."""

    def hours(case: Case) -> OpeningHours | None:
        queue = program().queues.get(case.queue)
        return queue.hours_for(case.language) if queue is not None else None

    rules = Rules(
        after=settings.alert_after,
        mails=settings.alert_mail,
        chats=settings.alert_telegram,
        language=settings.alert_language,
    )
    mail = Mail(settings.smtp, settings.mail_from) if settings.smtp and settings.mail_from else None
    return Alarms(
        store=store,
        clock=clock,
        watch=Watch(store, hours, rules),
        rules=rules,
        metrics=metrics,
        mail=mail,
        telegram=lambda: next((one for (name, _), one in channels.items() if name == "telegram"), None),
        bot=program().bot,
        desk_url=f"{settings.public_url}/desk" if settings.public_url else None,
        topics=BotWords(program).topics,
    )
