"""Accounts: one per login, strong passwords, hashes with the promised cost."""

from __future__ import annotations

import asyncio

import pytest

from core.errors import Refused
from handoff.accounts import add_account, disable_account, get_account, list_accounts, set_password
from handoff.passwords import _NOBODY, Passwords, generate
from store.memory import MemoryStore

NOW = 1_780_000_000_000


async def add(store, **more):
    values = {"login": "mariam", "name": "Mariam", "languages": ("ar", "de")} | more
    return await add_account(store, NOW, **values)


async def test_a_generated_password_works_and_is_nowhere_in_the_store():
    store = MemoryStore()
    account, password = await add(store)
    assert len(password) == 23
    assert await Passwords().verify(account.hash, password)
    assert not await Passwords().verify(account.hash, password + "x")
    (record,) = await store.scan("account", NOW, 10)
    assert password.encode() not in record.value
    assert await get_account(store, account.id, NOW) == account


async def test_hashes_cost_19_mebibytes_and_so_does_the_one_of_nobody():
    account, _ = await add(MemoryStore())
    for made in (account.hash, _NOBODY):
        assert made.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert not Passwords().outdated(_NOBODY)
    assert Passwords().outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$WwdPpCe32Zl6Vnr/2Nb7fA")


async def test_nobodys_password_is_never_right():
    assert not await Passwords().verify(None, "anything at all")
    assert not await Passwords().verify("not a hash", "anything at all")


async def test_two_people_cannot_have_one_login_even_at_the_same_moment():
    store = MemoryStore()
    found = await asyncio.gather(add(store), add(store, login=" MARIAM "), add(store), return_exceptions=True)
    refused = [error for error in found if isinstance(error, Refused)]
    assert [error.reason for error in refused] == ["login_taken"] * 2
    assert len(await list_accounts(store, NOW)) == 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"login": "a"}, "bad_login"),
        ({"login": "two words"}, "bad_login"),
        ({"login": "<script>"}, "bad_login"),
        ({"name": "  "}, "bad_name"),
        ({"name": "x" * 61}, "bad_name"),
        ({"name": "a\u202eb"}, "bad_name"),
        ({"languages": ("Arabic",)}, "bad_language"),
        ({"password": "elevenchars"}, "weak_password"),
        ({"password": "aaaaaaaaaaaaaa"}, "weak_password"),
        ({"password": "i am Mariam 1234"}, "weak_password"),
        ({"password": "x1y2z3" * 60}, "weak_password"),
    ],
)
async def test_what_an_account_cannot_be(values, reason):
    store = MemoryStore()
    with pytest.raises(Refused) as caught:
        await add(store, **values)
    assert caught.value.reason == reason
    assert await list_accounts(store, NOW) == []


async def test_the_same_letters_typed_on_another_keyboard_are_the_same_password():
    account, _ = await add(MemoryStore(), password="cafe\u0301 au lait 24")
    assert await Passwords().verify(account.hash, "caf\u00e9 au lait 24")


async def test_disabling_and_a_new_password_raise_the_generation():
    store = MemoryStore()
    account, old = await add(store)
    disabled = await disable_account(store, account.id, NOW)
    assert (disabled.disabled, disabled.generation) == (True, 2)
    changed, new = await set_password(store, account.id, NOW)
    assert (changed.disabled, changed.generation) == (True, 3)
    assert await Passwords().verify(changed.hash, new)
    assert not await Passwords().verify(changed.hash, old)
    with pytest.raises(Refused, match="no_account"):
        await disable_account(store, "nobody", NOW)


def test_generated_passwords_differ():
    assert len({generate() for _ in range(200)}) == 200
