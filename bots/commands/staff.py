"""``staff``: the accounts of the desk, for whoever has the command line of the machine."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click

from bots.environment import settings_of_process

if TYPE_CHECKING:
    from core.ports import Store
    from handoff.roles import Role
    from handoff.team import Team

__all__ = ["staff"]

T = TypeVar("T")

REFUSALS = {
    "bad_login": "A sign-in name has 2 to 64 small letters, digits, dots, dashes or an @.",
    "bad_name": "A name has 1 to 60 characters.",
    "bad_language": "A language is a code such as ar, bg, en, ru or de.",
    "bad_roles": "Roles are counsellor, lead, editor, analyst, admin and privacy; with several, put commas between.",
    "mixed_roles": "This joins technical administration with reading conversations in one account. "
    "Add --mixed if that is meant.",
    "weak_password": "A password needs at least 12 characters and must not be easy to guess.",
    "login_taken": "There is an account with this sign-in name already.",
    "no_account": "There is no account with this sign-in name.",
    "last_one": "Nobody else could keep the accounts then: make another lead or admin first.",
}


def _with_store(work: Callable[[Store, int], Awaitable[T]]) -> T:
    from bots.clock import SystemClock
    from bots.stores import store_only
    from core.errors import Refused

    async def main() -> T:
        async with store_only(settings_of_process()) as store:
            return await work(store, SystemClock().now())

    try:
        return asyncio.run(main())
    except Refused as refused:
        raise click.ClickException(REFUSALS.get(refused.reason, refused.reason)) from None


def _with_team(work: Callable[[Team, int], Awaitable[T]]) -> T:
    from functools import partial

    from handoff.audit import Audit
    from handoff.leaving import give_back
    from handoff.team import Team

    return _with_store(lambda store, now: work(Team(store, Audit(store), partial(give_back, store)), now))


def _codes(text: str) -> list[str]:
    return [code.strip() for code in text.split(",") if code.strip()]


def _roles(text: str) -> list[Role]:
    from handoff.roles import ROLES

    found = [role for role in ROLES if role in _codes(text)]
    if len(found) != len(set(_codes(text))) or not found:
        raise click.ClickException(REFUSALS["bad_roles"])
    return found


@click.group()
def staff() -> None:
    """Add, list, change and lock the accounts of the desk. Works while the bot runs."""


@staff.command()
@click.argument("login")
@click.option("--name", required=True, help="As people and colleagues see it, for example a first name.")
@click.option("--languages", "-l", default="", help="Codes of the languages, with commas: ar,bg,ru.")
@click.option("--roles", "-r", default="counsellor", show_default=True, help="Roles, with commas: counsellor,lead.")
@click.option("--mixed", is_flag=True, help="Technical admin and conversations in one account: this is meant.")
@click.option("--password-prompt", is_flag=True, help="Type the password instead of having one made.")
def add(login: str, name: str, languages: str, roles: str, mixed: bool, password_prompt: bool) -> None:
    """Add an account; its password is made and shown once. The second step is set up at the first sign-in."""
    given = _roles(roles)
    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password_prompt else None
    account, made = _with_team(
        lambda team, now: team.add(
            None, now, login=login, name=name, languages=_codes(languages), roles=given, mixed=mixed, password=password
        )
    )
    click.echo(f"Account {account.login} for {account.name} ({', '.join(account.roles)}).")
    if password is None:
        click.echo(f"Password (shown only this once): {made}")


@staff.command("list")
def list_() -> None:
    """List all accounts."""
    from handoff.accounts import list_accounts
    from handoff.roles import mixes

    for account in _with_store(list_accounts):
        state = "locked" if account.disabled else "active"
        second = "set up" if account.totp else "due" if account.second else "off"
        mixed = "  (administration and conversations)" if mixes(account.roles) else ""
        click.echo(
            f"{account.login:24} {account.name:24} {','.join(account.languages):16} {','.join(account.roles):20} "
            f"{state:8} second step {second}{mixed}"
        )


@staff.command()
@click.argument("login")
@click.argument("given", metavar="ROLES")
@click.option("--mixed", is_flag=True, help="Technical admin and conversations in one account: this is meant.")
def roles(login: str, given: str, mixed: bool) -> None:
    """Give an account other ROLES, with commas between; its sessions end at once."""
    from handoff.accounts import account_id

    wanted = _roles(given)
    changed = _with_team(lambda team, now: team.set_roles(None, account_id(login), now, wanted, mixed=mixed))
    click.echo(f"Roles of {changed.login}: {', '.join(changed.roles)}.")


@staff.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="Let the account in again.")
def lock(login: str, undo: bool) -> None:
    """Lock an account out; its sessions end at once and its cases go back to the queue."""
    from handoff.accounts import account_id

    _with_team(lambda team, now: team.lock(None, account_id(login), now, locked=not undo))
    click.echo(f"{login} is {'let in again' if undo else 'locked out'}.")


@staff.command()
@click.argument("login")
def password(login: str) -> None:
    """Give an account a new password; its sessions end at once, and so does a pause after wrong passwords."""
    from handoff.accounts import account_id

    _, made = _with_team(lambda team, now: team.new_password(None, account_id(login), now))
    click.echo(f"New password of {login} (shown only this once): {made}")


@staff.command("second-step")
@click.argument("login")
@click.argument("what", type=click.Choice(["reset", "on", "off"]))
def second_step(login: str, what: str) -> None:
    """Forget the app of a lost phone (reset), demand a second step (on), or let an account do without (off)."""
    from handoff.accounts import account_id

    def work(team: Team, now: int) -> Awaitable[object]:
        if what == "reset":
            return team.reset_second(None, account_id(login), now)
        return team.demand_second(None, account_id(login), now, demanded=what == "on")

    _with_team(work)
    told = {
        "reset": "is set up anew at the next sign-in",
        "on": "is demanded from now on",
        "off": "is not demanded any more; whoever knows the password gets in",
    }
    click.echo(f"The second step of {login} {told[what]}.")


@staff.command()
@click.option(
    "--number", "-n", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many entries."
)
@click.option("--before", type=int, help="Only entries before this one.")
def audit(number: int, before: int | None) -> None:
    """Show who did what with which case number, the newest first."""
    from handoff.accounts import list_accounts
    from handoff.audit import Audit, newest

    async def work(store: Store, now: int) -> list[str]:
        entries = await newest(store, now, number, before)
        logins = {one.id: one.login for one in await list_accounts(store, now)}
        await Audit(store).write(now, actor="console", verb="audit", result="ok")
        return [
            f"{one.n:8}  {datetime.fromtimestamp(one.at / 1000, tz=UTC):%Y-%m-%d %H:%M:%S}Z  "
            f"{logins.get(one.actor, one.actor):20} {one.verb:16} {one.result:8} {one.case:12} "
            f"{logins.get(one.about, one.about)}".rstrip()
            for one in entries
        ]

    for line in _with_store(work):
        click.echo(line)
