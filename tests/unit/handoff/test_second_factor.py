"""The second step at the door: set up with the first sign-in, asked for ever after, never twice with one code."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest

from handoff.accounts import account_id, get_account
from handoff.pauses import FREE
from handoff.second import confirm_setup, demand, demand_second, renew_recovery, reset_second, use_code
from handoff.sessions import HALFWAY
from handoff.totp import STEP, code_at
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, open_desk

SETUP_KEY = re.compile(r'class="key">([A-Z2-7 ]+)<')


@pytest.fixture
async def strict() -> AsyncIterator[DeskWorld]:
    """A desk that demands a second factor."""
    async with open_desk(second="always") as running:
        yield running


async def page(window: Window, path: str = "sign-in/code") -> tuple[int, str]:
    answer = await window.http.get(f"{window.base}/desk/{path}", allow_redirects=False)
    return answer.status, await answer.text()


async def send(window: Window, code: str, **more: str) -> tuple[int, str]:
    _, html = await page(window)
    csrf = re.search(r'name="csrf" value="([^"]+)"', html)
    answer = await window.http.post(
        f"{window.base}/desk/sign-in/code",
        data={"code": code, "csrf": csrf[1] if csrf else ""} | more,
        headers=window.headers(),
        allow_redirects=False,
    )
    return answer.status, await answer.text()


async def begin(world: DeskWorld, login: str = "mariam") -> Window:
    window = world.window()
    await window.half_in(login)
    return window


async def set_up(world: DeskWorld, window: Window) -> tuple[str, list[str]]:
    """Set the second factor up; return its secret and the recovery codes."""
    found = SETUP_KEY.search((await page(window))[1])
    assert found is not None
    secret = found[1].replace(" ", "")
    status, html = await send(window, code_at(secret, world.clock.now() // STEP))
    assert status == 200
    return secret, re.findall(r"<code>([a-z0-9-]+)</code>", html)


async def test_a_new_account_sets_it_up_before_it_sees_anything(strict: DeskWorld):
    await strict.account("mariam")
    window = await begin(strict)
    assert (await window.get("board"))[0] == 401
    assert (await page(window, ""))[0] in (303, 404)
    _, html = await page(window)
    assert "<svg" in html
    assert "http://www.w3.org/2000/svg" in html
    assert html.count("http") == html.count("http://www.w3.org/2000/svg")  # nothing is fetched from anywhere
    _, codes = await set_up(strict, window)
    assert len(codes) == 8
    assert (await window.get("board"))[0] == 200


async def test_from_then_on_the_password_alone_opens_nothing(strict: DeskWorld):
    await strict.account("mariam")
    secret, _ = await set_up(strict, await begin(strict))
    strict.fake.advance(10 * STEP)
    window = await begin(strict)
    _, html = await page(window)
    assert "<svg" not in html
    assert secret[:4] not in html
    assert (await send(window, "000000"))[0] == 401
    assert (await window.get("board"))[0] == 401
    assert (await send(window, code_at(secret, strict.clock.now() // STEP)))[0] == 303
    assert (await window.get("board"))[0] == 200


async def test_a_code_opens_the_door_once(strict: DeskWorld):
    await strict.account("mariam")
    secret, _ = await set_up(strict, await begin(strict))
    strict.fake.advance(10 * STEP)
    code = code_at(secret, strict.clock.now() // STEP)
    one, other = await begin(strict), await begin(strict)
    assert sorted([(await send(one, code))[0], (await send(other, code))[0]]) == [303, 401]


async def test_a_code_raced_by_many_is_used_by_one(strict: DeskWorld):
    account = await strict.account("mariam")
    secret, _ = await set_up(strict, await begin(strict))
    strict.fake.advance(10 * STEP)
    now = strict.clock.now()
    code = code_at(secret, now // STEP)
    found = await asyncio.gather(*(use_code(strict.store, account.id, code, now) for _ in range(8)))
    assert sorted(map(str, found)) == ["None"] * 7 + ["app"]


async def test_each_recovery_code_opens_the_door_once(strict: DeskWorld):
    account = await strict.account("mariam")
    _, codes = await set_up(strict, await begin(strict))
    assert (await send(await begin(strict), codes[0].upper()))[0] == 303
    assert (await send(await begin(strict), codes[0]))[0] == 401
    assert (await send(await begin(strict), codes[1]))[0] == 303
    kept = await get_account(strict.store, account.id, strict.clock.now())
    assert kept is not None
    assert len(kept.recovery) == 6
    assert not any(code.replace("-", "") in str(kept) or code in str(kept) for code in codes)
    fresh = await renew_recovery(strict.store, account.id, strict.clock.now())
    assert await use_code(strict.store, account.id, codes[2], strict.clock.now()) is None
    assert await use_code(strict.store, account.id, fresh[0], strict.clock.now()) == "recovery"


async def test_guessing_codes_costs_pauses(strict: DeskWorld):
    await strict.account("mariam")
    secret, _ = await set_up(strict, await begin(strict))
    window = await begin(strict)
    for _ in range(FREE):
        assert (await send(window, "123456"))[0] == 401
    strict.fake.advance(1)
    assert (await send(window, code_at(secret, strict.clock.now() // STEP)))[0] == 429


async def test_half_in_lasts_ten_minutes_and_needs_its_own_form(strict: DeskWorld):
    await strict.account("mariam")
    window = await begin(strict)
    assert (await send(window, "123456", csrf="stolen"))[0] == 403
    strict.fake.advance(HALFWAY)
    assert (await page(window))[0] == 303
    assert (await send(window, "123456"))[0] == 303


async def test_a_reset_ends_sessions_and_asks_for_a_new_set_up(strict: DeskWorld):
    account = await strict.account("mariam")
    window = await begin(strict)
    secret, codes = await set_up(strict, window)
    await reset_second(strict.store, account.id, strict.clock.now())
    assert (await window.get("board"))[0] == 401
    again = await begin(strict)
    assert SETUP_KEY.search((await page(again))[1]) is not None
    strict.fake.advance(10 * STEP)
    assert (await send(again, code_at(secret, strict.clock.now() // STEP)))[0] == 401
    assert (await send(again, codes[0]))[0] == 401


async def test_whoever_is_locked_out_while_half_in_stays_out(strict: DeskWorld):
    from handoff.accounts import disable_account

    account = await strict.account("mariam")
    secret, _ = await set_up(strict, await begin(strict))
    window = await begin(strict)
    strict.fake.advance(10 * STEP)
    await disable_account(strict.store, account.id, strict.clock.now())
    assert (await page(window))[0] == 303
    assert await use_code(strict.store, account.id, code_at(secret, strict.clock.now() // STEP), 0) is None


async def test_it_is_demanded_of_new_accounts_and_of_old_ones_when_somebody_says_so(world: DeskWorld):
    account = await world.account("mariam")
    now = world.clock.now()
    assert demand(account, "always") == "setup"
    assert demand(account, "trial") == "none"  # the trial on this machine stays two minutes long
    free = await demand_second(world.store, account.id, now, demanded=False)
    assert demand(free, "always") == "none"
    await confirm_setup(world.store, account.id, "A" * 32, code_at("A" * 32, now // STEP), now)
    kept = await get_account(world.store, account_id("mariam"), now)
    assert kept is not None
    assert demand(kept, "trial") == demand(kept, "always") == "code"


async def test_a_wrong_code_sets_nothing_up(world: DeskWorld):
    account = await world.account("mariam")
    now = world.clock.now()
    wrong = f"{(int(code_at('A' * 32, now // STEP)) + 1) % 10**6:06d}"
    if wrong not in {code_at("A" * 32, now // STEP + n) for n in (-1, 0, 1)}:
        assert await confirm_setup(world.store, account.id, "A" * 32, wrong, now) is None
    kept = await get_account(world.store, account.id, now)
    assert kept is not None
    assert kept.totp == ""
