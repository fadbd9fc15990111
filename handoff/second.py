"""The second factor of an account: set up, asked for, used up, taken away.

Each step is one compare-and-set of the account's record, so of two browsers that show the same code one is let in.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from core.errors import Refused
from core.ids import Millis
from core.ports import Store
from handoff import totp
from handoff.accounts import Account, change_account

__all__ = ["Demand", "confirm_setup", "demand", "demand_second", "renew_recovery", "reset_second", "use_code"]

#: ``trial``: only over the network; on a desk that only this machine can reach a code is asked for where it is set up.
Demand = Literal["always", "trial"]


def demand(account: Account, policy: Demand) -> Literal["none", "code", "setup"]:
    """Return what stands between a right password and the desk."""
    if account.totp:
        return "code"
    return "setup" if account.second and policy == "always" else "none"


async def confirm_setup(store: Store, account: str, secret: str, code: str, now: Millis) -> tuple[str, ...] | None:
    """Take ``secret`` into use if ``code`` proves that an app has it; return new recovery codes, shown only now.

    None for a wrong code. Sessions of before end: they were opened without it. Raises ``no_account``.
    """
    step = totp.matching_step(secret, code, now, 0)
    if step is None:
        return None
    codes = totp.new_recovery_codes()
    kept = tuple(totp.recovery_hash(account, one) for one in codes)

    def change(old: Account) -> Account:
        return replace(old, second=True, totp=secret, totp_step=step, recovery=kept, generation=old.generation + 1)

    await change_account(store, account, now, change)
    return codes


async def use_code(store: Store, account: str, code: str, now: Millis) -> Literal["app", "recovery"] | None:
    """Return by what the door opens, None for a wrong or used code. A code opens it once, whoever is faster."""
    used: list[Literal["app", "recovery"]] = []

    def change(old: Account) -> Account:
        used.clear()
        if old.disabled or not old.totp:
            return old
        step = totp.matching_step(old.totp, code, now, old.totp_step)
        if step is not None:
            used.append("app")
            return replace(old, totp_step=step)
        hashed = totp.recovery_hash(account, code)
        if hashed in old.recovery:
            used.append("recovery")
            return replace(old, recovery=tuple(one for one in old.recovery if one != hashed))
        return old

    try:
        await change_account(store, account, now, change)
    except Refused:
        return None
    return used[0] if used else None


async def renew_recovery(store: Store, account: str, now: Millis) -> tuple[str, ...]:
    """Return new recovery codes; the old ones are worth nothing from now on. Raises ``no_account``, ``no_second``."""
    codes = totp.new_recovery_codes()

    def change(old: Account) -> Account:
        if not old.totp:
            raise Refused("no_second")
        return replace(old, recovery=tuple(totp.recovery_hash(account, one) for one in codes))

    await change_account(store, account, now, change)
    return codes


async def reset_second(store: Store, account: str, now: Millis) -> Account:
    """Forget the app of an account, because the phone is gone: it is set up anew at the next sign-in.

    Its sessions end. Raises ``no_account``.
    """

    def change(old: Account) -> Account:
        return replace(old, second=True, totp="", totp_step=0, recovery=(), generation=old.generation + 1)

    return await change_account(store, account, now, change)


async def demand_second(store: Store, account: str, now: Millis, *, demanded: bool) -> Account:
    """Demand a second factor of an account, or let it do without and forget its app. Raises ``no_account``."""

    def change(old: Account) -> Account:
        if demanded:
            return replace(old, second=True)
        return replace(old, second=False, totp="", totp_step=0, recovery=(), generation=old.generation + 1)

    return await change_account(store, account, now, change)
