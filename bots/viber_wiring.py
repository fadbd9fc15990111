"""Makes the Viber channels of one process: what they need of the bot, the store and the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bots.counting import Metrics
from bots.intake import Intake
from bots.public_files import PublicFiles
from bots.viber import Locate, ViberChannel
from bots.viber_render import Located
from bots.viber_session import LookBack, Past, Spend, past_of
from bots.viber_settings import ViberSettings
from core.capabilities import CAPABILITIES
from core.ids import Millis
from core.messages import Address, Option, Say, Start
from core.ports import Clock, Store
from core.records import Wrote
from core.rendering import render
from flows.program import Program
from handlers.simulator import Simulator
from i18n.negotiate import negotiate

__all__ = ["Greeter", "budget", "look_back", "viber_channels", "welcome_of"]

#: The end of a transcript in which the person's last words are looked for.
_LINES = 60
_DAY: Millis = 86_400_000


def viber_channels(
    given: Mapping[str, str],
    *,
    store: Store,
    clock: Clock,
    intake: Intake,
    program: Callable[[], Program],
    public: PublicFiles | None = None,
    metrics: Metrics | None = None,
) -> list[ViberChannel]:
    """Return a channel for each account of the settings ``given``; raises :class:`core.errors.SettingsError`."""
    settings = ViberSettings.from_mapping(given)
    greet = Greeter(program, clock)
    return [
        ViberChannel(
            account,
            clock=clock,
            sender=settings.name or program().spec.team.name,
            avatar=settings.avatar,
            api_url=settings.api_url,
            bot=program().bot,
            welcome=greet,
            look=look_back(store, intake),
            spend=budget(store, account.account, settings.paid),
            locate=located(public) if public is not None else None,
            metrics=metrics,
        )
        for account in settings.accounts
    ]


def located(public: PublicFiles) -> Locate:
    """Return what gives files of ours an address for Viber."""

    async def locate(ref: str) -> Located | None:
        found = await public.address(ref)
        return None if found is None else Located(url=found.url, size=found.size, name=found.name)

    return locate


def look_back(store: Store, intake: Intake) -> LookBack:
    """Return what asks the store for a conversation's past."""

    async def look(address: Address) -> Past:
        conversation = await intake.known(address)
        snapshot = await store.snapshot(conversation)
        if snapshot is None:
            return Past(heard=None)
        lines = await store.transcript(conversation, -_LINES, _LINES)
        return past_of(lines, pending=snapshot.waiting_events > 0, created=snapshot.created)

    return look


def budget(store: Store, account: str, most: int) -> Spend:
    """Return what takes one of the ``most`` paid messages of the day (UTC), counted for all processes together."""

    async def spend(now: Millis) -> bool:
        if most <= 0:
            return False
        day = datetime.fromtimestamp(now / 1000, UTC).date().isoformat()
        return await store.increment("viber-paid", f"{account}/{day}", now, expires=now + 2 * _DAY) <= most

    return spend


class Greeter:
    """Makes the welcome of each language once for each release of the bot."""

    def __init__(self, program: Callable[[], Program], clock: Clock) -> None:
        self._program = program
        self._clock = clock
        self._release = ""
        self._made: dict[str | None, Say | None] = {}

    def __call__(self, language: str | None) -> Say | None:
        """Return the welcome in the language of the person's messenger."""
        program = self._program()
        if program.release != self._release:
            self._release, self._made = program.release, {}
        spoken = negotiate(language, program.languages)
        if spoken not in self._made:
            self._made[spoken] = welcome_of(program, spoken, self._clock.now())
        return self._made[spoken]


def welcome_of(program: Program, language: str | None, now: Millis) -> Say | None:
    """Return what a new person is told first, as one message: everything that the turn of their start says.

    Viber allows one message here. What does not fit into one beside its buttons is left out at the end of the text;
    checked bots say far less.
    """
    capabilities = CAPABILITIES["viber"]
    talk = Simulator(program, capabilities, now=now, channel="viber", locale=language)
    said = [entry.body.message for entry in talk.send(Start()) if isinstance(entry.body, Wrote)]
    says = [message for message in said if isinstance(message, Say)]
    if not says:
        return None
    options: tuple[Option, ...] = next((say.options for say in reversed(says) if say.options), ())
    text = "\n\n".join(say.text for say in says)
    whole = Say(text=text, options=options, language=says[-1].language, request=says[-1].request)
    parts = [part for part in render(whole, capabilities) if isinstance(part, Say)]
    return parts[0] if len(parts) == 1 else Say(text=parts[0].text, options=parts[-1].options, language=language)
