"""The door: cookies, CSRF, lock-out, sessions that end, and the same answer for everybody."""

from __future__ import annotations

import asyncio
import logging

import pytest

from handoff.accounts import account_id, disable_account, set_password
from handoff.pauses import FIRST, FREE, LONGEST
from handoff.sessions import ABSOLUTE, IDLE
from tests.fakes.desk_window import PASSWORD, Window
from tests.fakes.desk_world import DeskWorld, open_desk

HTTPS = "https://desk.example.org/"


async def cookies(window: Window, login: str, **headers: str) -> list[str]:
    form = await window.form()
    answer = await window.http.post(
        f"{window.base}/desk/sign-in",
        data={"login": login, "password": PASSWORD, "token": form},
        headers=window.headers(**headers),
        allow_redirects=False,
    )
    assert answer.status == 303
    return answer.headers.getall("Set-Cookie")


async def test_on_loopback_the_cookie_is_httponly_and_strict(world: DeskWorld):
    await world.account("mariam")
    (session,) = [cookie for cookie in await cookies(world.window(), "mariam") if cookie.startswith("desk=")]
    assert "HttpOnly" in session
    assert "SameSite=Strict" in session
    assert "Path=/" in session
    assert "Secure" not in session


async def test_behind_https_the_cookie_is_bound_to_the_host():
    async with open_desk(public_url=HTTPS, second="trial") as world:
        await world.account("mariam")
        window = world.window()
        page = await window.http.get(f"{world.base}/desk/sign-in")
        (form,) = page.headers.getall("Set-Cookie")
        assert form.startswith("__Host-desk-form=")
        secret = form.split("=")[1].split(";")[0]
        answer = await window.http.post(
            f"{world.base}/desk/sign-in",
            data={"login": "mariam", "password": PASSWORD, "token": await _token(await page.text())},
            headers={"Origin": "https://desk.example.org", "Cookie": f"__Host-desk-form={secret}"},
            allow_redirects=False,
        )
        assert answer.status == 303
        session = next(one for one in answer.headers.getall("Set-Cookie") if one.startswith("__Host-desk="))
        for flag in ("Secure", "HttpOnly", "SameSite=Strict", "Path=/"):
            assert flag in session
        assert "Domain" not in session


async def _token(page: str) -> str:
    return page.split('name="token" value="')[1].split('"')[0]


async def test_plain_http_elsewhere_than_on_this_machine_is_turned_away(world: DeskWorld):
    await world.account("mariam")
    window = world.window()
    page = await window.http.get(f"{world.base}/desk/sign-in", headers={"Host": "192.168.0.7:8080"})
    assert "PUBLIC_URL" in await page.text()
    assert await window.sign_in("mariam", Host="192.168.0.7:8080") == 403
    # A session of this machine is no session under another host either: that would be DNS rebinding.
    assert await window.sign_in("mariam") == 303
    answer = await window.http.get(f"{world.base}/desk/api/board", headers={"Host": "evil.example"})
    assert answer.status == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ],
)
async def test_foreign_pages_can_neither_sign_in_nor_act(world: DeskWorld, headers):
    window = await world.staff("mariam")
    assert (await window.post("sign-out", **headers))[0] == 403
    assert await world.window().sign_in("mariam", **headers) == 403
    assert (await window.get("board"))[0] == 200


async def test_without_the_token_nothing_changes(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    right = window.csrf
    for wrong in ("", "x", right[:-1], right + "x"):
        window.csrf = wrong
        assert await window.post("cases/K-1/claim") == (403, {"code": "not_believed"})
    other = await world.staff("boris")
    window.csrf = other.csrf
    assert (await window.post("cases/K-1/claim"))[0] == 403
    window.csrf = right
    assert (await window.post("cases/K-1/claim"))[0] == 200


async def test_a_form_that_we_did_not_give_to_this_browser_is_refused(world: DeskWorld):
    await world.account("mariam")
    one, other = world.window(), world.window()
    stolen = await one.form()
    await other.form()
    answer = await other.http.post(
        f"{world.base}/desk/sign-in",
        data={"login": "mariam", "password": PASSWORD, "token": stolen},
        headers=other.headers(),
        allow_redirects=False,
    )
    assert answer.status == 403


async def test_unknown_wrong_and_disabled_get_the_same_answer(world: DeskWorld):
    await world.account("mariam")
    await disable_account(world.store, (await world.account("boris")).id, world.clock.now())
    seen = set()
    for login, password in (("mariam", "wrong password 1"), ("nobody", PASSWORD), ("boris", PASSWORD)):
        window = world.window()
        token = await window.form()
        answer = await window.http.post(
            f"{world.base}/desk/sign-in",
            data={"login": login, "password": password, "token": token},
            headers=window.headers(),
            allow_redirects=False,
        )
        text = (await answer.text()).replace(login, "").replace(await _token(await answer.text()), "")
        seen.add((answer.status, text))
    assert len(seen) == 1
    assert seen.pop()[0] == 401


@pytest.mark.parametrize("login", ["mariam", "nobody"])
async def test_failures_cost_pauses_that_grow_to_a_quarter_of_an_hour(login):
    async with open_desk(public_url=HTTPS, second="trial") as world:
        await world.account("mariam")
        n = 0
        for _ in range(FREE):
            n += 1
            assert await _try(world, login, "wrong password 1", f"198.51.100.{n}") == 401
        pause = FIRST
        for _ in range(7):
            n += 1
            assert await _try(world, login, PASSWORD, f"198.51.100.{n}") == 429
            world.fake.advance(min(pause, LONGEST) - 1)
            assert await _try(world, login, PASSWORD, f"198.51.100.{n}") == 429
            world.fake.advance(1)
            assert await _try(world, login, "wrong password 1", f"198.51.100.{n}") == 401
            pause *= 2
        world.fake.advance(LONGEST)
        assert await _try(world, login, PASSWORD, "198.51.100.99") == (303 if login == "mariam" else 401)


async def test_failures_from_one_network_make_it_wait_and_no_other():
    async with open_desk(public_url=HTTPS, second="trial") as world:
        await world.account("mariam")
        for n in range(FREE):
            assert await _try(world, f"guess{n}", PASSWORD, f"2001:db8::{n}") == 401
        assert await _try(world, "mariam", PASSWORD, "2001:db8::ffff") == 429
        assert await _try(world, "mariam", PASSWORD, "2001:db8:0:1::1") == 303


async def test_nobody_can_lock_a_colleague_out_of_the_browser_they_use():
    async with open_desk(public_url=HTTPS, second="trial") as world:
        await world.account("mariam")
        mine = await _device(world)
        for n in range(FREE):
            await _try(world, "mariam", "wrong password 1", f"198.51.100.{n}")
        assert await _try(world, "mariam", PASSWORD, "198.51.100.1") == 429
        assert await _try(world, "mariam", PASSWORD, "198.51.100.1", mine) == 303
        # The browser's own failures count, and it is known for this account only.
        await world.account("boris")
        for n in range(FREE):
            assert await _try(world, "mariam", "wrong password 1", f"192.0.2.{n}", mine) == 401
        assert await _try(world, "mariam", PASSWORD, "192.0.2.99", mine) == 429
        for n in range(FREE):
            assert await _try(world, "boris", "wrong password 1", f"192.0.2.{n + 100}", mine) == 401
        assert await _try(world, "boris", PASSWORD, "192.0.2.200", mine) == 429


async def _device(world: DeskWorld) -> str:
    """Sign in and return the cookie by which the browser is known from then on."""
    window = world.window()
    page = await window.http.get(f"{world.base}/desk/sign-in")
    answer = await window.http.post(
        f"{world.base}/desk/sign-in",
        data={"login": "mariam", "password": PASSWORD, "token": await _token(await page.text())},
        headers={"Origin": "https://desk.example.org", "Cookie": page.headers["Set-Cookie"].split(";")[0]},
        allow_redirects=False,
    )
    cookies = answer.headers.getall("Set-Cookie")
    return next(one.split(";")[0] for one in cookies if one.startswith("__Host-desk-device="))


async def _try(world: DeskWorld, login: str, password: str, address: str, device: str = "") -> int:
    # As a proxy that ends TLS would hand it on; the left part is what the client claims of itself.
    window = world.window()
    page = await window.http.get(f"{world.base}/desk/sign-in")
    answer = await window.http.post(
        f"{world.base}/desk/sign-in",
        data={"login": login, "password": password, "token": await _token(await page.text())},
        headers={
            "Origin": "https://desk.example.org",
            "X-Forwarded-For": f"203.0.113.1, {address}",
            "Cookie": f"{page.headers['Set-Cookie'].split(';')[0]}; {device}",
        },
        allow_redirects=False,
    )
    return answer.status


async def test_a_burst_of_guesses_is_counted_one_by_one(world: DeskWorld):
    await world.account("mariam")
    found = await asyncio.gather(*(_guess(world) for _ in range(FREE + 5)))
    assert sorted(found) == [401] * FREE + [429] * 5


async def _guess(world: DeskWorld) -> int:
    return await world.window().sign_in("mariam", "wrong password 1")


async def test_a_session_ends_after_twelve_idle_hours_and_after_seven_days(world: DeskWorld):
    window = await world.staff("mariam")
    for _ in range(int(ABSOLUTE / (IDLE - 1))):
        world.fake.advance(IDLE - 1)
        assert (await window.get("board"))[0] == 200
    world.fake.advance(IDLE - 1)
    assert (await window.get("board"))[0] == 401
    window = world.window()
    await window.sign_in("mariam")
    world.fake.advance(IDLE)
    assert await window.get("board") == (401, {"code": "signed_out"})


async def test_a_disabled_account_and_a_new_password_end_all_sessions(world: DeskWorld):
    one = await world.staff("mariam")
    two = world.window()
    await two.sign_in("mariam")
    await set_password(world.store, account_id("mariam"), world.clock.now(), password="another good one")
    assert [(await window.get("board"))[0] for window in (one, two)] == [401, 401]
    assert await one.sign_in("mariam") == 401
    assert await one.sign_in("mariam", "another good one") == 303
    await disable_account(world.store, account_id("mariam"), world.clock.now())
    assert (await one.get("board"))[0] == 401
    await disable_account(world.store, account_id("mariam"), world.clock.now(), disabled=False)
    assert (await one.get("board"))[0] == 401


async def test_signing_out_ends_the_session_on_the_server(world: DeskWorld):
    window = await world.staff("mariam")
    (cookie,) = [one for one in window.http.cookie_jar if one.key == "desk"]
    assert (await window.post("sign-out"))[0] == 200
    stolen = {"Cookie": f"desk={cookie.value}"}
    assert (await window.http.get(f"{world.base}/desk/api/board", headers=stolen)).status == 401


async def test_signing_in_again_makes_a_new_session_and_ends_the_old_one(world: DeskWorld):
    window = await world.staff("mariam")
    before = {one.value for one in window.http.cookie_jar if one.key == "desk"}
    csrf = window.csrf
    await window.post("sign-out")
    await window.sign_in("mariam")
    assert {one.value for one in window.http.cookie_jar if one.key == "desk"} != before
    assert window.csrf != csrf


async def test_only_the_hash_of_a_token_is_stored(world: DeskWorld):
    window = await world.staff("mariam")
    (token,) = [one.value for one in window.http.cookie_jar if one.key == "desk"]
    (record,) = await world.store.scan("session", world.clock.now(), 10)
    assert token not in record.key
    assert token.encode() not in record.value
    assert len(token.split(".")[1]) == 43


async def test_logs_hold_neither_login_nor_password_nor_address(world: DeskWorld, caplog):
    caplog.set_level(logging.DEBUG)
    await world.account("mariam")
    await world.window().sign_in("mariam", "a secret typed wrong")
    await world.window().sign_in("mariam")
    lines = [str(record.__dict__) for record in caplog.records if record.name == "streetwork.audit"]
    assert len(lines) == 2
    for secret in ("mariam", "secret typed", PASSWORD, "127.0.0.1"):
        assert not any(secret in line for line in lines)


async def test_the_interface_language_is_negotiated_and_kept(world: DeskWorld):
    window = world.window()
    page = await window.http.get(f"{world.base}/desk/sign-in", headers={"Accept-Language": "fr, de-AT;q=0.9, en;q=0.8"})
    assert '<html lang="de" dir="ltr">' in await page.text()
    page = await window.http.get(f"{world.base}/desk/sign-in?lang=ar", headers={"Accept-Language": "de"})
    assert '<html lang="ar" dir="rtl">' in await page.text()
    await world.account("mariam")
    await window.sign_in("mariam")
    await window.http.get(f"{world.base}/desk?lang=ar")
    assert 'lang="ar" dir="rtl"' in await (await window.http.get(f"{world.base}/desk")).text()
    assert 'lang="ar"' in await (await window.http.get(f"{world.base}/desk?lang=nonsense")).text()
