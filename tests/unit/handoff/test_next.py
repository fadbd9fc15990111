"""Claim next: the first case by the queue's order for this account, why it is the first, and no race lost for good."""

from __future__ import annotations

import asyncio
import secrets

from core.errors import StoreUnavailable
from handoff.accounts import account_id, edit_account
from handoff.case import Urgency
from handoff.roster import set_presence
from tests.fakes.desk_window import Window
from tests.fakes.desk_world import DeskWorld


async def following(window: Window) -> str:
    status, body = await window.post("next")
    assert status == 200, body
    return str(body["case"])


async def test_the_first_one_in_my_languages_and_why(world: DeskWorld):
    window = await world.staff("mariam", "ar", "en")
    asked: list[tuple[str, str, Urgency]] = [
        ("K-BG", "bg", "safety"),
        ("K-AR", "ar", "normal"),
        ("K-EN", "en-GB", "normal"),
        ("K-SAFE", "ar-SY", "safety"),
    ]
    for number, language, urgency in asked:
        world.fake.advance(60_000)
        await world.ask(number, number, language=language, urgency=urgency)
    world.fake.advance(60_000)
    status, body = await window.post("next")
    assert (status, body["case"]) == (200, "K-SAFE")
    assert body["why"] == {"class": "safety", "why": "safety", "waited_ms": 60_000, "language": "ar-SY"}
    assert [await following(window), await following(window)] == ["K-AR", "K-EN"]
    assert await window.post("next") == (409, {"code": "none_waiting"})
    _, board = await window.get("board")
    assert [card["number"] for card in board["waiting"]] == ["K-BG"]
    assert [card["place"] for card in board["waiting"]] == [1]


async def test_the_same_press_gives_the_same_case(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    await world.ask("p", "K-1")
    world.fake.advance(1000)
    await world.ask("q", "K-2")
    press = {"request": secrets.token_hex(16)}
    first = await window.post("next", press)
    assert first[1]["case"] == "K-1"
    assert (await window.post("next", press))[1]["case"] == "K-1"
    assert (await window.get("board"))[1]["waiting"][0]["number"] == "K-2"


async def test_a_press_that_got_lost_on_its_way_is_made_again(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    await world.ask("p", "K-1")
    press = {"request": secrets.token_hex(16)}
    ingest = world.store.ingest

    async def lost(*given):
        raise StoreUnavailable("disk full")

    world.store.ingest = lost  # type: ignore[method-assign]
    assert (await window.post("next", press))[0] == 503
    world.store.ingest = ingest  # type: ignore[method-assign]
    assert (await window.post("next", press))[1]["case"] == "K-1"


async def test_many_who_press_at_once_get_one_case_each(world: DeskWorld):
    windows = [await world.staff(f"staff{n}", "ar") for n in range(6)]
    for n in range(5):
        await world.ask(f"p{n}", f"K-{n}")
    found = await asyncio.gather(*(window.post("next") for window in windows))
    assert sorted(body["case"] for status, body in found if status == 200) == [f"K-{n}" for n in range(5)]
    assert [body for status, body in found if status != 200] == [{"code": "none_waiting"}]


async def test_whoever_has_enough_to_answer_gets_no_more(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    for n in range(3):
        world.fake.advance(1000)
        await world.ask(f"p{n}", f"K-{n}")
    assert (await window.post("presence", {"state": "here", "capacity": 1}))[0] == 200
    assert await following(window) == "K-0"
    assert await window.post("next") == (409, {"code": "at_capacity"})
    # The ball is with the person: that case costs no room any more; nor does one that is put aside.
    assert (await window.post("cases/K-0/reply", {"text": "hello"}))[0] == 200
    assert await following(window) == "K-1"
    assert (await window.post("cases/K-1/park", {"until": None, "reason": "document"}))[0] == 200
    assert await following(window) == "K-2"


async def test_an_earlier_counsellor_sees_a_case_before_the_others(world: DeskWorld):
    mariam, boris = await world.staff("mariam", "ar"), await world.staff("boris", "ar")
    me = (await mariam.get("presence"))[1]["account"]
    later = world.clock.now() + 60_000
    await world.ask("p", "K-1", urgency="returning", affinity=me, affinity_until=later)
    await world.ask("q", "K-2")
    assert await following(boris) == "K-2"
    assert (await boris.post("next"))[1] == {"code": "none_waiting"}
    await world.ask("r", "K-3", urgency="returning", affinity=me, affinity_until=later)
    assert await following(mariam) == "K-1"
    world.fake.advance(60_000)
    assert await following(boris) == "K-3"


async def test_a_wish_for_a_topic_chooses_among_equals_only(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    await set_presence(world.store, (await window.get("presence"))[1]["account"], world.clock.now(), state="here",
                       topics=("housing",))  # fmt: skip
    await world.ask("p", "K-1", topic="work")
    await world.ask("q", "K-2", topic="housing")
    await world.ask("r", "K-3", urgency="clock", topic="work")
    assert [await following(window) for _ in range(3)] == ["K-3", "K-2", "K-1"]


async def test_who_is_in_a_queue_gets_its_cases_and_danger_from_everywhere(world: DeskWorld):
    window, now = await world.staff("mariam", "ar"), world.clock.now()
    await edit_account(world.store, account_id("mariam"), now, name="M", languages=["ar"], queues=["law"])
    # More of another queue than "claim next" looks at for somebody who is in all of them.
    for n in range(60):
        await world.ask(f"p{n}", f"K-{n}")
    await world.ask("q", "K-LAW", queue="law")
    await world.ask("r", "K-SAFE", urgency="safety")
    assert [await following(window) for _ in range(2)] == ["K-SAFE", "K-LAW"]
    assert (await window.post("next"))[1] == {"code": "none_waiting"}
    # It is a choice of what is given, not a wall: everybody may take what waits.
    assert (await window.post("cases/K-7/claim"))[0] == 200


async def test_a_language_that_a_colleague_speaks_is_theirs(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    await world.ask("p", "K-1", language="bg")
    # Nobody speaks it: then anybody is better than nobody.
    assert (await window.post("cases/K-1/claim"))[0] == 200
    await world.staff("boris", "bg")
    await world.ask("q", "K-2", language="bg")
    status, body = await window.post("cases/K-2/claim")
    assert (status, body["code"]) == (409, "language")


async def test_a_case_is_handed_over_to_somebody_who_is_there(world: DeskWorld):
    window = await world.staff("mariam", "ar")
    gone = await world.account("gone", "ar")
    await world.ask("p", "K-1")
    assert await following(window) == "K-1"
    for to in ("0123456789", "nobody", (await window.get("presence"))[1]["account"]):
        status, body = await window.post("cases/K-1/transfer", {"to": to, "note": "please"})
        assert (status, body["code"]) == (409, "no_such_colleague"), to
    _, team = await window.get("team")
    assert [one["id"] for one in team["team"]] == [gone.id]
    assert (await window.post("cases/K-1/transfer", {"to": gone.id, "note": "please"}))[0] == 200
