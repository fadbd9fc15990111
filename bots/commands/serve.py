"""``run``, ``web``, ``desk`` and ``worker``: the processes of an installation."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import sys
from typing import TYPE_CHECKING

import click

from bots import garbage, logs
from bots.environment import settings_of_process
from core.settings import Settings

if TYPE_CHECKING:
    from bots.app import App
    from bots.parts import Role

__all__ = ["desk", "run", "web", "worker"]


@click.command()
@click.option("--watch/--no-watch", default=None, help="Take in changes of the bot's folder (STREETWORK_WATCH).")
def run(watch: bool | None) -> None:
    """Start everything on this machine: web pages, workers, Telegram.

    Listens on 127.0.0.1:8080; HOST and PORT change it. Stops cleanly on Ctrl+C and SIGTERM.
    """
    _serve(frozenset({"web", "desk", "worker"}), first_account=True, watch=watch)


@click.command()
@click.option("--desk/--no-desk", default=True, help="Serve the desk too; not when `streetwork desk` does.")
def web(desk: bool) -> None:
    """Serve only the web pages and webhooks; run `streetwork worker` beside it.

    Listens on HOST and PORT, as `streetwork run` does.
    """
    _serve(frozenset({"web", "desk"} if desk else {"web"}))


@click.command()
def desk() -> None:
    """Serve only the counsellors' desk, for example under a name or in a network of its own.

    Listens on HOST and PORT, as `streetwork run` does. The reverse proxy sends `/desk` here.
    """
    _serve(frozenset({"desk"}))


@click.command()
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Answer /health and /metrics on this port of HOST; 0 takes any free one. Without it nothing is opened.",
)
def worker(port: int | None) -> None:
    """Handle only turns, deliveries and outside calls; any number may run on one store."""
    _serve(frozenset({"worker"}), port=port)


def _serve(
    roles: frozenset[Role], *, first_account: bool = False, watch: bool | None = None, port: int | None = None
) -> None:
    from dataclasses import replace

    from bots.app import App

    settings = settings_of_process()
    if watch is not None:
        settings = replace(settings, watch=watch)
    if port is not None:
        settings = replace(settings, port=port)
    listens = port is not None or roles != {"worker"}
    logs.set_up(settings.log_level, settings.log_format)
    with contextlib.suppress(ImportError):
        import uvloop

        asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())

    def show(text: str) -> None:
        click.echo(text, err=True)

    async def main() -> bool:
        app = App(settings, roles=roles, show=show)
        return await _live(app, listens=listens, first_account=first_account)

    if asyncio.run(main()):
        sys.exit(1)


async def _live(app: App, *, listens: bool, first_account: bool) -> bool:
    """Serve until a signal or a failure; return whether it failed."""
    from aiohttp import web

    from bots.parts import PAGES_CLOSING

    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    runner = web.AppRunner(app.web(), access_log=None, handle_signals=False, shutdown_timeout=PAGES_CLOSING)
    await app.start()
    try:
        if listens:
            await runner.setup()
            site = web.TCPSite(runner, app.settings.host, app.settings.port)
            await site.start()
            await _welcome(app, runner, first_account=first_account)
        garbage.set_aside()
        failed = loop.create_task(app.until_stopped())
        signalled = loop.create_task(stop.wait())
        await asyncio.wait([failed, signalled], return_when=asyncio.FIRST_COMPLETED)
        for task in (failed, signalled):
            task.cancel()
    finally:
        click.echo("Stopping: finishing what is under way.", err=True)
        await app.close_pages()
        await runner.cleanup()
        await app.stop()
        logging.getLogger("streetwork.app").info("stopped")
    return app.failed


async def _welcome(app: App, runner: object, *, first_account: bool) -> None:
    """Print where everything is; with no account yet, make the first one and show its password once."""
    port = runner.addresses[0][1]  # type: ignore[attr-defined]
    base = app.settings.public_url or f"http://{_shown(app.settings)}:{port}"
    lines = ["", "Streetwork is running.", ""]
    if "web" in app.roles:
        lines.append(f"  Chat (try the bot)   {base}/chat")
    if "desk" in app.roles:
        lines.append(f"  Desk (counsellors)   {base}/desk")
    if app.roles == {"worker"}:
        lines.append(f"  Worker               {base}/metrics")
    if first_account:
        lines += await _first_account(app)
    lines += [
        "",
        *_messengers(app),
        f"  Bot                  {app.settings.bot}  (edits are taken in at once when they are clean)",
    ]
    if app.ring is not None and app.ring.created:
        lines += [
            "",
            f"  A new key file was made: {app.settings.key_path}",
            "  Keep a copy in another place: without it nothing that is stored can be read again.",
        ]
    lines += ["", "  Stop with Ctrl+C.", ""]
    click.echo("\n".join(lines), err=True)


def _shown(settings: Settings) -> str:
    return "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - only compared


async def _first_account(app: App) -> list[str]:
    from handoff.accounts import add_account, list_accounts

    now = app.clock.now()
    if await list_accounts(app.store, now):
        return []
    _, password = await add_account(
        app.store,
        now,
        login="counsellor",
        name="Counsellor",
        languages=app.releases.current().languages,
        # Somebody must be able to make the others' accounts, and claim in every language of the bot.
        roles=("counsellor", "lead"),
    )
    return [
        "",
        "  The first account of the desk (shown only this once):",
        "    Sign-in    counsellor",
        f"    Password   {password}",
        "  More accounts: streetwork staff add",
    ]


def _messengers(app: App) -> list[str]:
    """Say which accounts are connected and how; with none, how to begin."""
    lines = []
    for channel, account in app.channels:
        if channel == "webchat":
            continue
        polled = channel == "telegram" and not app.settings.public_url
        how = "by polling" if polled else "by webhook" if app.settings.public_url else "needs PUBLIC_URL to be reached"
        lines.append(f"  {channel.capitalize():<20} {account}, {how}")
    return lines or [
        "  Messengers           none yet. For Telegram, get a token from @BotFather and start again with",
        "                       TELEGRAM_TOKEN=… make run",
    ]
