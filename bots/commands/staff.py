"""``staff``: the accounts of the desk."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from bots.environment import settings_of_process

__all__ = ["staff"]

T = TypeVar("T")

REFUSALS = {
    "bad_login": "A sign-in name has 2 to 64 small letters, digits, dots, dashes or an @.",
    "bad_name": "A name has 1 to 60 characters.",
    "bad_language": "A language is a code such as ar, bg, en, ru or de.",
    "weak_password": "A password needs at least 12 characters and must not be easy to guess.",
    "login_taken": "There is an account with this sign-in name already.",
    "no_account": "There is no account with this sign-in name.",
}


def _with_store(work: Callable[[object, int], Awaitable[T]]) -> T:
    from bots.app import store_only
    from bots.clock import SystemClock
    from core.errors import Refused

    async def main() -> T:
        async with store_only(settings_of_process()) as store:
            return await work(store, SystemClock().now())

    try:
        return asyncio.run(main())
    except Refused as refused:
        raise click.ClickException(REFUSALS.get(refused.reason, refused.reason)) from None


@click.group()
def staff() -> None:
    """Add, list and lock the accounts of the desk. Works while the bot runs."""


@staff.command()
@click.argument("login")
@click.option("--name", required=True, help="As people and colleagues see it, for example a first name.")
@click.option("--languages", "-l", default="", help="Codes of the languages, with commas: ar,bg,ru.")
@click.option("--password-prompt", is_flag=True, help="Type the password instead of having one made.")
def add(login: str, name: str, languages: str, password_prompt: bool) -> None:
    """Add an account; its password is made and shown once."""
    from handoff.accounts import add_account

    password = click.prompt("Password", hide_input=True, confirmation_prompt=True) if password_prompt else None
    codes = [code.strip() for code in languages.split(",") if code.strip()]
    account, made = _with_store(
        lambda store, now: add_account(store, now, login=login, name=name, languages=codes, password=password)  # type: ignore[arg-type]
    )
    click.echo(f"Account {account.login} for {account.name}.")
    if password is None:
        click.echo(f"Password (shown only this once): {made}")


@staff.command("list")
def list_() -> None:
    """List all accounts."""
    from handoff.accounts import list_accounts

    for account in _with_store(lambda store, now: list_accounts(store, now)):  # type: ignore[arg-type]
        state = "locked" if account.disabled else "active"
        click.echo(f"{account.login:24} {account.name:24} {','.join(account.languages):16} {state}")


@staff.command()
@click.argument("login")
@click.option("--undo", is_flag=True, help="Let the account in again.")
def lock(login: str, undo: bool) -> None:
    """Lock an account out; its sessions end at once."""
    from handoff.accounts import account_id, disable_account

    _with_store(lambda store, now: disable_account(store, account_id(login), now, disabled=not undo))  # type: ignore[arg-type]
    click.echo(f"{login} is {'let in again' if undo else 'locked out'}.")


@staff.command()
@click.argument("login")
def password(login: str) -> None:
    """Give an account a new password; its sessions end at once."""
    from handoff.accounts import account_id, set_password

    _, made = _with_store(lambda store, now: set_password(store, account_id(login), now))  # type: ignore[arg-type]
    click.echo(f"New password of {login} (shown only this once): {made}")
