"""Who may do what: every route for every kind of account, and denial that looks like absence."""

from __future__ import annotations

import logging
import secrets
from typing import Any

import aiohttp
import pytest

from core.events import Claim, Close
from handoff.access import Verb, may, may_list
from handoff.accounts import Account, account_id, disable_account
from handoff.cases import act, open_case
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld

ACTS: dict[str, dict[str, Any]] = {
    "claim": {},
    "release": {},
    "reply": {"text": "hello"},
    "note": {"text": "hello"},
    "close": {"outcome": "other"},
    "return": {},
    "park": {"until": None, "reason": "person"},
    "wake": {},
    "transfer": {"to": "0123456789", "note": "please"},
    "accept": {},
    "decline": {},
    "withdraw": {},
    "takeback": {"reply": "r1"},
    "deadline": {"date": "2027-01-01"},
    "topic": {"topic": "work"},
    "reopen": {},
    "erase": {},
    "export": {},
}


async def answers(window: Window, number: str) -> dict[str, tuple[int, object]]:
    found = {"read": await window.get(f"cases/{number}")}
    for verb, body in ACTS.items():
        found[verb] = await window.post(f"cases/{number}/{verb}", body)
    return found


async def test_anonymous_gets_nothing_anywhere_and_cannot_tell_what_exists(world: DeskWorld):
    await world.ask("p", "K-1")
    window = world.window()
    there, absent = await answers(window, "K-1"), await answers(window, "K-2")
    assert there == absent
    assert {status for status, _ in there.values()} == {401}
    assert (await window.get("board"))[0] == 401
    assert (await window.get("acts/" + "a" * 32))[0] == 401
    assert (await window.post("sign-out"))[0] == 401
    page = await window.http.get(f"{world.base}/desk", allow_redirects=False)
    assert (page.status, page.headers["Location"]) == (303, "/desk/sign-in")
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await window.live()
    assert refused.value.status == 401


@pytest.mark.parametrize("verb", ACTS)
async def test_a_colleagues_case_cannot_be_read_or_touched(world: DeskWorld, verb):
    owner, other = await world.staff("mariam"), await world.staff("boris")
    await world.ask("p", "K-1", note="secret note", said="secret words")
    assert (await owner.post("cases/K-1/claim"))[0] == 200
    absent = await other.get("cases/K-9")
    assert await other.get("cases/K-1") == absent == (404, {"code": "absent"})
    status, body = await other.post(f"cases/K-1/{verb}", ACTS[verb])
    if verb == "claim":
        assert (status, body["code"], body["detail"]["name"]) == (409, "taken", "Mariam")
    else:
        assert (status, body) == (404, {"code": "absent"})
    _, board = await other.get("board")
    assert [card["number"] for card in board["team"]] == ["K-1"]
    assert "secret" not in str(board)
    _, mine = await owner.get("cases/K-1")
    assert mine["card"]["state"] == "active"
    assert [line["kind"] for line in mine["lines"]] == ["text", "mark", "mark"]


async def test_a_waiting_case_can_be_looked_at_noted_and_claimed_only(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    for verb in ("release", "reply", "close", "return"):
        assert (await window.post(f"cases/K-1/{verb}", ACTS[verb]))[0] == 404
    assert (await window.get("cases/K-1"))[0] == 200
    assert (await window.post("cases/K-1/note", ACTS["note"]))[0] == 200
    assert (await window.post("cases/K-1/claim"))[0] == 200


async def test_a_closed_case_is_gone_for_everybody(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await window.post("cases/K-1/claim")
    assert (await window.post("cases/K-1/close", ACTS["close"]))[0] == 200
    found = await answers(window, "K-1")
    # Whose case it was may take it up again, as a new one; here the conversation has no flow to do so.
    assert found.pop("reopen")[0] == 409
    assert {status for status, _ in found.values()} == {404}
    assert {status for status, _ in (await answers(await world.staff("boris"), "K-1")).values()} == {404}


async def test_an_admin_who_does_not_counsel_sees_no_case_at_all(world: DeskWorld):
    admin = await world.staff("root", roles=("admin",))
    await world.ask("p", "K-1", note="secret note")
    assert await answers(admin, "K-1") == await answers(admin, "K-2")
    assert await admin.get("board") == (404, {"code": "absent"})


async def test_a_disabled_account_is_nobody(world: DeskWorld):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    await disable_account(world.store, account_id("mariam"), world.clock.now())
    assert {status for status, _ in (await answers(window, "K-1")).values()} == {401}
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await window.live()


async def test_the_live_line_wants_our_own_origin(world: DeskWorld):
    window = await world.staff("mariam")
    for origin in ("https://evil.example", "null"):
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await window.live(Origin=origin)
    await (await window.live()).close()


async def test_another_accounts_request_id_leads_nowhere(world: DeskWorld):
    one, other = await world.staff("mariam"), await world.staff("boris")
    await world.ask("p", "K-1")
    request = secrets.token_hex(16)
    assert (await one.post("cases/K-1/claim", {"request": request}))[0] == 200
    assert (await one.get(f"acts/{request}"))[0] == 200
    assert (await other.get(f"acts/{request}"))[0] == 404


@pytest.mark.parametrize("number", ["../../board", "waiting", "%00", "K-1%2F..", "owner:1", "x" * 200, "*"])
async def test_numbers_that_are_none_are_absent(world: DeskWorld, number):
    window = await world.staff("mariam")
    await world.ask("p", "K-1")
    assert (await window.http.get(f"{world.base}/desk/api/cases/{number}")).status in (
        404,
        200 if ".." in number else 404,
    )
    assert (await window.get("cases/K-1"))[0] == 200


async def test_the_audit_log_names_actor_verb_and_number_and_no_word_more(world: DeskWorld, caplog):
    window, other = await world.staff("mariam"), await world.staff("boris")
    await world.ask("p", "K-1", said="my secret", name="Amal")
    caplog.set_level(logging.INFO, "streetwork.audit")
    await window.get("cases/K-1")
    await window.get("cases/K-1")
    await window.post("cases/K-1/claim")
    await window.post("cases/K-1/reply", {"text": "my answer"})
    await other.get("cases/K-1")
    lines = [(r.actor, r.verb, r.case_number, r.result) for r in caplog.records if hasattr(r, "case_number")]
    me, them = account_id("mariam"), account_id("boris")
    assert lines == [
        (me, "read", "K-1", "ok"),
        (me, "claim", "K-1", "asked"),
        (me, "reply", "K-1", "asked"),
        (them, "read", "K-1", "denied"),
    ]
    everything = " ".join(str(record.__dict__) for record in caplog.records)
    for secret in ("my secret", "my answer", "Amal", "Mariam"):
        assert secret not in everything


def test_the_table_of_conditions():
    case = open_case(number="K-1", queue="main", language="ar", urgency="normal", note="", now=1)
    mine = act(case, Claim(), "a", 2)
    me = Account(id="a", login="a1", name="A")
    other = Account(id="b", login="b1", name="B")
    verbs: tuple[Verb, ...] = ("read", "claim", "release", "reply", "note", "close", "return")

    def allowed(account, which):
        return {verb for verb in verbs if may(account, verb, which)}

    assert allowed(me, case) == {"read", "claim", "note"}
    assert allowed(me, mine) == set(verbs)
    assert allowed(other, mine) == {"claim"}
    assert allowed(me, act(mine, Close(), "a", 3)) == set()
    assert not may_list(me, act(mine, Close(), "a", 3))
    for nobody in (
        Account(id="a", login="a1", name="A", disabled=True),
        Account(id="a", login="a1", name="A", roles=("admin",)),
    ):
        assert allowed(nobody, case) == allowed(nobody, mine) == set()
