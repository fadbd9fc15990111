"""Changing the accounts of others: who may do what to whom, and a line in the audit log for each change.

A lead does everything. A technical admin keeps accounts but never comes near conversations: they give no role that
reads them, and set no password or second factor of somebody who does, because whoever sets both can sign in as them.
The command line of the machine may do all of it (``actor`` None): whoever has that has everything.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from core.errors import Refused
from core.ids import Millis
from core.ports import Store
from handoff import accounts, second
from handoff.accounts import Account, can, fit_ids, get_account, list_accounts
from handoff.audit import Audit
from handoff.pauses import forgive
from handoff.roles import CONTENT, Role, granted
from handoff.roster import set_work

__all__ = ["Left", "Team"]

#: What happens to the cases of an account that is locked.
Left = Callable[[Account, Millis], Awaitable[int]]


class Team:
    """Changes accounts for one actor at a time; every refusal is a :class:`core.errors.Refused` with a code.

    Codes beside those of :mod:`handoff.accounts`: ``not_allowed``, ``yourself`` (own roles, own lock), ``last_one``
    (nobody would be left to keep the accounts).
    """

    def __init__(self, store: Store, audit: Audit, left: Left | None = None) -> None:
        """``left`` is told of an account that was locked, to give its cases back to the queue."""
        self._store = store
        self._audit = audit
        self._left = left

    async def add(
        self,
        actor: Account | None,
        now: Millis,
        *,
        login: str,
        name: str,
        languages: Sequence[str],
        roles: Sequence[Role],
        mixed: bool = False,
        password: str | None = None,
        demanded: bool = True,
    ) -> tuple[Account, str]:
        """Make an account; return it and its password."""
        _demand(actor, roles)
        made, secret = await accounts.add_account(
            self._store, now, login=login, name=name, languages=languages, password=password, roles=roles,
            mixed=mixed, second=demanded,
        )  # fmt: skip
        await self._write(now, actor, "account-add", made)
        return made, secret

    async def edit(
        self,
        actor: Account | None,
        account: str,
        now: Millis,
        *,
        name: str,
        languages: Sequence[str],
        queues: Sequence[str] | None = None,
        capacity: int | None = None,
        topics: Sequence[str] | None = None,
    ) -> Account:
        """Give an account another name, and say what it works on; what is None stays as it was.

        That is languages, queues and topics, and room for so many cases at the same time.
        """
        _demand(actor, ())
        wished = None if topics is None else fit_ids(topics)
        await self._known(account, now)
        await set_work(self._store, account, now, capacity=capacity, topics=wished)
        changed = await accounts.edit_account(self._store, account, now, name=name, languages=languages, queues=queues)
        await self._write(now, actor, "account-edit", changed)
        return changed

    async def set_roles(
        self, actor: Account | None, account: str, now: Millis, roles: Sequence[Role], *, mixed: bool = False
    ) -> Account:
        """Give an account other roles. Its cases go back to the queue where it may not counsel any more."""
        old = await self._known(account, now)
        if set(old.roles) == set(roles):
            return old
        _demand(actor, {*old.roles, *roles})
        if actor is not None and actor.id == account:
            raise Refused("yourself")
        if granted(old.roles, "team") and not granted(roles, "team"):
            await self._another(account, now)
        changed = await accounts.set_roles(self._store, account, now, roles, mixed=mixed)
        await self._write(now, actor, "roles", changed)
        if granted(old.roles, "cases") and not granted(roles, "cases"):
            await self._leave(changed, now)
        return changed

    async def lock(self, actor: Account | None, account: str, now: Millis, *, locked: bool = True) -> Account:
        """Lock an account out, or let it in again. The cases of a locked one go back to the queue with their age."""
        _demand(actor, ())
        old = await self._known(account, now)
        if locked and actor is not None and actor.id == account:
            raise Refused("yourself")
        if locked and can(old, "team"):
            await self._another(account, now)
        changed = await accounts.disable_account(self._store, account, now, disabled=locked)
        await self._write(now, actor, "lock" if locked else "unlock", changed)
        if locked:
            await self._leave(changed, now)
        return changed

    async def new_password(
        self, actor: Account | None, account: str, now: Millis, password: str | None = None
    ) -> tuple[Account, str]:
        """Give an account a new password, end its sessions and the pause after failures; return the password."""
        _demand(actor, (await self._known(account, now)).roles)
        changed, secret = await accounts.set_password(self._store, account, now, password=password)
        await forgive(self._store, (f"login:{account}",))
        await self._write(now, actor, "password-reset", changed)
        return changed, secret

    async def reset_second(self, actor: Account | None, account: str, now: Millis) -> Account:
        """Forget an account's app; it is set up anew at the next sign-in."""
        _demand(actor, (await self._known(account, now)).roles)
        changed = await second.reset_second(self._store, account, now)
        await self._write(now, actor, "second-reset", changed)
        return changed

    async def demand_second(self, actor: Account | None, account: str, now: Millis, *, demanded: bool) -> Account:
        """Demand a second factor of an account, or let it do without."""
        _demand(actor, (await self._known(account, now)).roles)
        changed = await second.demand_second(self._store, account, now, demanded=demanded)
        await self._write(now, actor, "second-on" if demanded else "second-off", changed)
        return changed

    async def _known(self, account: str, now: Millis) -> Account:
        found = await get_account(self._store, account, now)
        if found is None:
            raise Refused("no_account")
        return found

    async def _another(self, account: str, now: Millis) -> None:
        if not any(can(one, "team") for one in await list_accounts(self._store, now) if one.id != account):
            raise Refused("last_one")

    async def _leave(self, account: Account, now: Millis) -> None:
        if self._left is not None:
            await self._left(account, now)

    async def _write(self, now: Millis, actor: Account | None, verb: str, about: Account) -> None:
        who = "console" if actor is None else actor.id
        await self._audit.write(now, actor=who, verb=verb, result="ok", about=about.id)


def _demand(actor: Account | None, touched: Sequence[Role] | set[Role] | frozenset[Role]) -> None:
    """Refuse an actor who may not keep accounts, or not such with these roles."""
    if actor is None or can(actor, "all_cases"):
        return
    if not can(actor, "team") or not CONTENT.isdisjoint(touched):
        raise Refused("not_allowed")
