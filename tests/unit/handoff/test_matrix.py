"""Every route for every role and every kind of object: what is denied is absent, and says nothing more than that.

The rows below are written by hand, beside what the code believes; the walk over them is generated. A route that is not
here fails the first test, and so does a row without a route.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, get_args

import aiohttp
import pytest
from aiohttp import web

from handoff.access import Verb
from handoff.accounts import Role, account_id, disable_account
from handoff.audit import newest
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld, open_desk
from tests.unit.handoff.test_access import ACTS

ROLES: tuple[Role, ...] = get_args(Role)
COUNSEL = frozenset({"counsellor", "lead"})
EVERYBODY = frozenset(ROLES)


@dataclass(frozen=True)
class Row:
    """One route. ``who`` may use it at all; ``verb``: what it wants of a case, ``*``: what its path says."""

    who: frozenset[str]
    #: ``page``: a stranger is sent to the sign-in; ``form``: the same, for what a form sends; ``api``: 401;
    #: ``open``: anybody, signed in or not.
    kind: str
    verb: str = ""


ROUTES: dict[tuple[str, str], Row] = {
    ("GET", "/desk"): Row(EVERYBODY, "page"),
    ("GET", "/desk/"): Row(EVERYBODY, "open"),
    ("GET", "/desk/sign-in"): Row(EVERYBODY, "open"),
    ("POST", "/desk/sign-in"): Row(EVERYBODY, "open"),
    ("GET", "/desk/sign-in/code"): Row(EVERYBODY, "open"),
    ("POST", "/desk/sign-in/code"): Row(EVERYBODY, "open"),
    ("GET", "/desk/static/{name}"): Row(EVERYBODY, "open"),
    ("GET", "/desk/live"): Row(COUNSEL, "live"),
    ("GET", "/desk/api/board"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/cases/{number}"): Row(COUNSEL, "api", "read"),
    ("GET", "/desk/api/acts/{request}"): Row(COUNSEL, "api"),
    ("POST", "/desk/api/cases/{number}/{verb}"): Row(COUNSEL, "api", "*"),
    ("POST", "/desk/api/sign-out"): Row(EVERYBODY, "api"),
    ("GET", "/desk/api/cases/{number}/files/{seq}"): Row(COUNSEL, "api", "read"),
    ("POST", "/desk/api/cases/{number}/files"): Row(COUNSEL, "api", "reply"),
    ("POST", "/desk/api/next"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/presence"): Row(COUNSEL, "api"),
    ("POST", "/desk/api/presence"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/team"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/canned"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/cases/{number}/drafts/{mode}"): Row(COUNSEL, "api", "read"),
    ("PUT", "/desk/api/cases/{number}/drafts/{mode}"): Row(COUNSEL, "api", "read"),
    ("POST", "/desk/api/search"): Row(COUNSEL, "api"),
    ("POST", "/desk/api/keys"): Row(COUNSEL, "api"),
    ("GET", "/desk/api/workdays"): Row(COUNSEL, "api"),
    ("GET", "/desk/account"): Row(EVERYBODY, "page"),
    ("GET", "/desk/account/second"): Row(EVERYBODY, "page"),
    ("POST", "/desk/account/languages"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/password"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/alerts"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/keys"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/sessions"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/second"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/second/confirm"): Row(EVERYBODY, "form"),
    ("POST", "/desk/account/recovery"): Row(EVERYBODY, "form"),
    ("POST", "/desk/sign-out"): Row(EVERYBODY, "form"),
    ("GET", "/desk/team"): Row(frozenset({"lead", "admin"}), "page"),
    ("POST", "/desk/team"): Row(frozenset({"lead", "admin"}), "form"),
    ("GET", "/desk/team/{account}"): Row(frozenset({"lead", "admin"}), "page"),
    ("POST", "/desk/team/{account}"): Row(frozenset({"lead", "admin"}), "form"),
    ("GET", "/desk/numbers"): Row(frozenset({"lead", "analyst"}), "page"),
    ("GET", "/desk/numbers.csv"): Row(frozenset({"lead", "analyst"}), "page"),
    ("GET", "/desk/questions"): Row(frozenset({"lead", "editor"}), "page"),
    ("POST", "/desk/questions"): Row(frozenset({"lead", "editor"}), "form"),
    ("GET", "/desk/erasures"): Row(frozenset({"lead", "admin", "privacy"}), "page"),
    ("GET", "/desk/audit"): Row(frozenset({"lead", "privacy"}), "page"),
}

VERBS = frozenset({"read", *ACTS})
#: What a counsellor may ask of each kind of case (the turn may still refuse it with a reason), and a lead beyond that.
MAY: dict[str, frozenset[str]] = {
    "own": VERBS,
    "foreign": frozenset({"claim"}),
    "offered": frozenset({"claim", "read", "note", "accept", "decline"}),
    "waiting": frozenset({"claim", "read", "note", "topic"}),
    "closed_own": frozenset({"reopen"}),
    "closed_foreign": frozenset(),
    "absent": frozenset(),
}
LEADS: dict[str, frozenset[str]] = dict.fromkeys(
    ("foreign", "offered", "waiting"), frozenset({"read", "note", "erase", "export"})
)


def test_the_verbs_of_the_matrix_are_all_there_are():
    found: set[str] = set()
    todo = [Verb]
    while todo:
        one: Any = todo.pop()
        found |= {arg for arg in get_args(one) if isinstance(arg, str)}
        todo += [arg for arg in get_args(one) if not isinstance(arg, str)]
    assert found == VERBS


async def test_every_route_has_its_row_and_every_row_its_route(world: DeskWorld):
    routes = [route for route in world.desk.routes() if isinstance(route, web.RouteDef)]
    assert len(routes) == len(world.desk.routes())
    assert {(route.method, route.path) for route in routes} == set(ROUTES)


def filled(path: str, number: str = "K-404", verb: str = "read") -> str:
    values = {
        "{number}": number,
        "{verb}": verb,
        "{mode}": "note",
        "{request}": "a" * 32,
        "{name}": "desk.css",
        "{seq}": "1",
    }
    for name, value in (values | {"{account}": account_id("nobody")}).items():
        path = path.replace(name, value)
    return path


async def ask(
    window: Window, method: str, path: str, body: dict[str, Any] | None = None, **more: Any
) -> tuple[int, bytes]:
    """Send a request as our own page would; return status and body, headers that tell of a case included."""
    data = {"json": {"request": secrets.token_hex(16)} | (body or {})} if "/api/" in path and method != "GET" else {}
    async with window.http.request(
        method, window.base + path, headers=window.headers(), allow_redirects=False, **(data | more)
    ) as answer:
        told = {name: value for name, value in answer.headers.items() if name not in ("Date", "Set-Cookie", "Etag")}
        return answer.status, await answer.read() + repr(sorted(told.items())).encode()


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_finds_its_routes_and_no_others(role: Role):
    async with open_desk() as world:
        window = await world.staff(role, roles=(role,))
        for (method, path), row in ROUTES.items():
            if row.kind in ("open", "live") or row.verb or path == "/desk/sign-out" or "sign-out" in path:
                continue
            status, told = await ask(window, method, filled(path))
            if role not in row.who:
                assert status == 404, (method, path, status)
                nowhere = await ask(window, method, "/desk/api/cases/K-404" if row.kind == "api" else "/desk/nothing")
                if method == "GET":
                    assert told == nowhere[1], path
            elif "{" not in path and "canned" not in path:
                assert status not in (401, 403, 404), (method, path, status)
        if role in ROUTES["GET", "/desk/live"].who:
            await (await window.live()).close()
            return
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await window.live()
        assert refused.value.status == 404


async def test_a_stranger_and_a_locked_account_find_nothing(world: DeskWorld):
    locked = await world.staff("anna")
    await disable_account(world.store, account_id("anna"), world.clock.now())
    for window in (world.window(), locked):
        for (method, path), row in ROUTES.items():
            if row.kind == "open":
                continue
            if row.kind == "live":
                with pytest.raises(aiohttp.WSServerHandshakeError):
                    await window.live()
                continue
            status, _ = await ask(window, method, filled(path))
            assert status == (401 if row.kind == "api" else 303), (method, path)


async def cases_of(world: DeskWorld, me: Window, other: Window) -> dict[str, str]:
    """Make one case of each kind, as ``me`` sees them; return their numbers."""
    numbers = {kind: f"K-{n}" for n, kind in enumerate(MAY)}
    for kind, number in numbers.items():
        if kind == "absent":
            continue
        await world.ask(f"person-{kind}", number, note=f"secret of {number}", said="secret words")
        owner = me if kind in ("own", "closed_own") else other if kind != "waiting" else None
        if owner is not None:
            assert (await owner.post(f"cases/{number}/claim"))[0] == 200
        if kind == "offered":
            body = {"to": account_id("me"), "note": "please"}
            assert (await other.post(f"cases/{number}/transfer", body))[0] == 200
        if kind.startswith("closed") and owner is not None:
            assert (await owner.post(f"cases/{number}/close", ACTS["close"]))[0] == 200
    return numbers


async def asked(window: Window, row: Row, method: str, path: str, number: str, verb: str) -> tuple[int, bytes]:
    if path.endswith("/files"):
        form = aiohttp.FormData({"request": secrets.token_hex(16)})
        form.add_field("file", b"%PDF-1.4\n%%EOF\n", filename="letter.pdf", content_type="application/pdf")
        return await ask(window, method, filled(path, number), json=None, data=form)
    body = {"text": "words"} if "drafts" in path else ACTS.get(verb)
    return await ask(window, method, filled(path, number, verb), body)


@pytest.mark.parametrize("kind", MAY)
@pytest.mark.parametrize("role", ROLES)
async def test_each_role_reaches_of_each_kind_of_case_what_the_table_says(role: Role, kind: str):
    async with open_desk(patience=0.05) as world:
        me, other = world.window(), await world.staff("other", roles=("lead",))
        await world.account("me", roles=("lead",))
        assert await me.sign_in("me") == 303
        numbers = await cases_of(world, me, other)
        if role != "lead":
            from handoff.accounts import set_roles

            await set_roles(world.store, account_id("me"), world.clock.now(), (role,))
            assert await me.sign_in("me") == 303
        allowed = MAY[kind] | (LEADS.get(kind, frozenset()) if role == "lead" else frozenset())
        allowed = allowed if role in COUNSEL else frozenset()
        world.working.clear()  # nothing that is asked here changes what is asked next
        await world.idle()
        for (method, path), row in ROUTES.items():
            verbs = sorted(ACTS) if row.verb == "*" else [row.verb] if row.verb else []
            for verb in verbs:
                status, told = await asked(me, row, method, path, numbers[kind], verb)
                if verb in allowed and "{seq}" in path:
                    continue  # its first line holds no file, which is absent as well
                if verb in allowed:
                    assert status not in (401, 403, 404), (role, kind, path, verb, status)
                    continue
                absent = await asked(me, row, method, path, "K-404", verb)
                assert (status, told) == (404, absent[1]), (role, kind, path, verb, status)
                assert b"secret" not in told
        world.working.set()


async def test_denials_are_in_the_audit_log_with_the_number_and_no_word(world: DeskWorld):
    owner, other = await world.staff("mariam"), await world.staff("boris")
    analyst = await world.staff("ana", roles=("analyst",))
    await world.ask("p", "K-1", said="my secret")
    await owner.post("cases/K-1/claim")
    await other.get("cases/K-1")
    await other.post("cases/K-1/reply", {"text": "my secret"})
    await other.get("cases/K-9")
    await analyst.http.get(f"{world.base}/desk/team")
    denied = [one for one in await newest(world.store, world.clock.now(), 50) if one.result == "denied"]
    found = {(one.actor, one.verb, one.case) for one in denied}
    them, ana = account_id("boris"), account_id("ana")
    assert found == {(them, "read", "K-1"), (them, "reply", "K-1"), (them, "read", ""), (ana, "page-team", "")}
    assert not any("secret" in str(one) for one in denied)


async def test_a_claim_is_bound_to_languages_but_for_a_lead(world: DeskWorld):
    window, lead = await world.staff("boris", "bg"), await world.staff("lead", "de", roles=("lead",))
    await world.account("anna", "ar")  # somebody speaks it; where nobody does, anybody is better than nobody
    await world.ask("p", "K-1", language="ar")
    status, body = await window.post("cases/K-1/claim")
    assert (status, body["code"]) == (409, "language")
    assert (await lead.post("cases/K-1/claim"))[0] == 200


async def test_nobody_reads_the_draft_of_another(world: DeskWorld):
    owner, lead = await world.staff("mariam"), await world.staff("lead", roles=("lead",))
    await world.ask("p", "K-1")
    await owner.post("cases/K-1/claim")
    status, _ = await ask(owner, "PUT", "/desk/api/cases/K-1/drafts/reply", {"text": "half a thought"})
    assert status == 200
    assert "half a thought" in str(await owner.get("cases/K-1/drafts/reply"))
    assert "half a thought" not in str(await lead.get("cases/K-1/drafts/reply"))


async def test_a_role_that_changes_closes_the_live_line(world: DeskWorld):
    from handoff.accounts import set_roles

    async with open_desk(beat=0.05) as quick:
        window = await quick.staff("mariam")
        socket = await window.live()
        assert (await socket.receive_json())["type"] == "hello"
        await set_roles(quick.store, account_id("mariam"), quick.clock.now(), ("analyst",))
        while (await socket.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert socket.close_code == 4401


async def test_a_stolen_cursor_opens_nothing(world: DeskWorld):
    window = await world.staff("mariam")
    cursor = (await (await window.live()).receive_json())["cursor"]
    stranger, analyst = world.window(), await world.staff("ana", roles=("analyst",))
    for thief, status in ((stranger, 401), (analyst, 404)):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await thief.live(cursor)
        assert refused.value.status == status


async def test_a_denial_takes_the_same_steps_as_an_absence(world: DeskWorld, monkeypatch):
    owner, other = await world.staff("mariam"), await world.staff("boris")
    await world.ask("p", "K-1")
    await owner.post("cases/K-1/claim")
    steps: list[str] = []
    for name in ("find", "snapshot", "get", "put", "transcript"):
        real = getattr(world.store, name)

        def counted(*args: Any, real: Any = real, name: str = name, **more: Any) -> Any:
            steps.append(name)
            return real(*args, **more)

        monkeypatch.setattr(world.store, name, counted)
    world.working.clear()
    await world.idle()
    taken = []
    for number in ("K-1", "K-9"):
        steps.clear()
        assert (await other.get(f"cases/{number}"))[0] == 404
        taken.append([step for step in steps if step in ("find", "snapshot", "put", "transcript")])
    assert taken[0] == taken[1]
    assert taken[0].count("snapshot") == 1
