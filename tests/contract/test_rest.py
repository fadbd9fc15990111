"""Reading, dead letters and keyed records, on every backend."""

from __future__ import annotations

from core.ids import CallId, ConversationId
from core.ports import Store
from core.records import Call, Changes, DeadLetter, Found, Label, Receipt, Record, Sent, Timer
from tests.contract.words import DAY, NOW, address, claim_delivery, claim_one, conv, do, entry, say, turn


async def test_a_snapshot_tells_how_things_stand(store: Store) -> None:
    assert await store.snapshot(conv()) is None
    labels = (Label(name="waiting", rank=3), Label(name="queue:ar"))
    await turn(store, "e1", state=b"s1", epoch=2, labels=labels, expires=NOW + DAY)
    await say(store, "e2", now=NOW + 5)
    found = await store.snapshot(conv())
    assert found is not None
    assert (found.conversation, found.generation, found.turn, found.address) == (conv(), NOW, 1, address())
    assert (found.state, found.epoch, found.labels) == (b"s1", 2, labels)
    assert (found.waiting_events, found.undelivered) == (1, 1)
    assert (found.created, found.expires) == (NOW, NOW + DAY)


async def test_labels_are_replaced_and_found_in_order(store: Store) -> None:
    for n, rank in ((1, 30), (2, 10), (3, 20), (4, 10)):
        await turn(store, "e1", n, labels=(Label(name="waiting", rank=rank), Label(name="lang:ar")))
    tied = sorted((conv(2), conv(4)))
    order = [Found(conversation=tied[0], rank=10), Found(conversation=tied[1], rank=10)]
    order += [Found(conversation=conv(3), rank=20), Found(conversation=conv(1), rank=30)]
    assert await store.find("waiting", 10) == order
    assert await store.find("waiting", 2) == order[:2]
    assert await store.find("waiting", 10, order[0]) == order[1:]
    assert await store.find("waiting", 1, order[2]) == order[3:]
    await turn(store, "e2", 3, labels=(Label(name="owner:7"),))
    assert [one.conversation for one in await store.find("waiting", 10)] == [*tied, conv(1)]
    assert [one.conversation for one in await store.find("owner:7", 10)] == [conv(3)]
    assert await store.find("unknown", 10) == []


async def test_changes_name_each_conversation_once(store: Store) -> None:
    start = await store.changes(None, 10)
    assert start.conversations == ()
    for n in range(3):
        await turn(store, "e1", n)
    first = await store.changes(start.cursor, 10)
    assert sorted(first.conversations) == sorted(conv(n) for n in range(3))
    assert await store.changes(first.cursor, 10) == Changes(cursor=first.cursor, conversations=())
    await say(store, "e2", 1)
    assert (await store.changes(first.cursor, 10)).conversations == (conv(1),)


async def test_changes_come_in_portions(store: Store) -> None:
    cursor = (await store.changes(None, 10)).cursor
    for n in range(30):
        await say(store, "e1", n)
    seen: list[ConversationId] = []
    while (portion := await store.changes(cursor, 4)).conversations:
        assert len(portion.conversations) <= 4
        seen += portion.conversations
        cursor = portion.cursor
    assert sorted(seen) == sorted(conv(n) for n in range(30))


async def test_every_step_is_a_change(store: Store) -> None:
    cursor = (await store.changes(None, 10)).cursor

    async def changed() -> bool:
        nonlocal cursor
        found = await store.changes(cursor, 10)
        cursor = found.cursor
        return found.conversations == (conv(),)

    await say(store, "e1")
    assert await changed()
    lease = await claim_one(store)
    assert not await changed()
    await do(store, lease, entries=(entry(lease),))
    assert await changed()
    delivery = await claim_delivery(store)
    await store.settle(delivery, Sent(provider_ids=("p",)), NOW)
    assert await changed()
    note_of = Receipt(channel="telegram", account="bot1", provider_id="p", state="read", at=NOW)
    await store.receipt(note_of, NOW)
    assert await changed()
    await store.receipt(note_of, NOW)
    assert not await changed()


async def test_an_erasure_moves_the_cursor(store: Store) -> None:
    await turn(store, "e1")
    cursor = (await store.changes(None, 10)).cursor
    await store.forget(conv(), NOW)
    after = await store.changes(cursor, 10)
    assert after.conversations == ()
    assert after.cursor != cursor
    assert await store.changes(after.cursor, 10) == after


async def test_stats_count_without_pointing_at_anybody(store: Store) -> None:
    empty = await store.stats(NOW)
    assert (empty.conversations, empty.due_turns, empty.undelivered, empty.oldest_undelivered) == (0, 0, 0, 0)
    assert empty.oldest_due == 0
    await turn(store, "e1", 1, labels=(Label(name="waiting"), Label(name="owner:7"), Label(name="owner:8")))
    await turn(store, "e1", 2, labels=(Label(name="owner:7"),), set_timers=(Timer(name="t", at=NOW + 500),))
    await say(store, "e1", 3)
    lease = await claim_one(store)
    call = Call(id=CallId("c1"), name="n", args={}, timeout=NOW)
    await do(store, lease, calls=(call,), dead=DeadLetter(reason="ValueError"))
    await say(store, "e2", 3, NOW + 1)
    stats = await store.stats(NOW + 1_000)
    assert (stats.conversations, stats.due_turns, stats.undelivered) == (3, 2, 2)
    assert (stats.oldest_undelivered, stats.open_calls, stats.dead) == (1_000, 1, 1)
    assert stats.labels == {"waiting": 1, "owner": 2}


async def test_day_counters(store: Store) -> None:
    await turn(store, "e1", counts=("answered", "handoff"))
    await turn(store, "e2", counts=("answered",))
    await turn(store, "e3", now=NOW + DAY, counts=("answered",))
    found = await store.counts("2025-06-15")
    assert found == {("2025-06-15", "answered"): 2, ("2025-06-15", "handoff"): 1, ("2025-06-16", "answered"): 1}
    assert await store.counts("2025-06-16") == {("2025-06-16", "answered"): 1}


# -- dead letters ---------------------------------------------------------------------------------------


async def test_a_dead_letter_is_listed_and_revived(store: Store) -> None:
    await say(store, "e1", text="poison")
    lease = await claim_one(store)
    await do(store, lease, entries=(entry(lease),), dead=DeadLetter(reason="KeyError"))
    await say(store, "e2")
    (letter,) = await store.dead(10)
    assert (letter.conversation, letter.event_id, letter.kind) == (conv(), "e1", "received")
    assert (letter.reason, letter.at) == ("KeyError", NOW)
    assert len(await store.transcript(conv(), 0, 10)) == 1
    assert await store.revive(letter.id, NOW + 5)
    assert not await store.revive(letter.id, NOW + 5)
    assert await store.dead(10) == []
    second = await claim_one(store, NOW + 5)
    assert second.event_id == "e2"
    await do(store, second, NOW + 5)
    again = await claim_one(store, NOW + 5)
    assert again.event == lease.event
    assert again.event_id not in ("e1", "e2")
    assert again.at == NOW + 5


async def test_dead_letters_page_oldest_first(store: Store) -> None:
    for n in range(3):
        await turn(store, f"e{n}", now=NOW + n, dead=DeadLetter(reason=str(n)))
    everything = await store.dead(10)
    assert [letter.reason for letter in everything] == ["0", "1", "2"]
    assert await store.dead(1) == everything[:1]
    assert await store.dead(10, everything[0].id) == everything[1:]
    assert not await store.revive("no such letter", NOW)


# -- keyed records --------------------------------------------------------------------------------------


async def test_records_have_versions(store: Store) -> None:
    assert await store.get("account", "a", NOW) is None
    assert await store.put("account", "a", b"one", NOW) == 1
    assert await store.put("account", "a", b"two", NOW) == 2
    assert await store.get("account", "a", NOW) == Record(key="a", value=b"two", version=2)
    assert await store.get("session", "a", NOW) is None
    assert await store.delete("account", "a")
    assert not await store.delete("account", "a")
    assert await store.get("account", "a", NOW) is None


async def test_a_record_is_written_only_over_the_expected_version(store: Store) -> None:
    assert await store.put("account", "a", b"one", NOW, expect=1) is None
    assert await store.put("account", "a", b"one", NOW, expect=0) == 1
    assert await store.put("account", "a", b"two", NOW, expect=0) is None
    assert await store.put("account", "a", b"two", NOW, expect=1) == 2
    found = await store.get("account", "a", NOW)
    assert found is not None
    assert found.value == b"two"


async def test_records_expire(store: Store) -> None:
    await store.put("session", "a", b"x", NOW, expires=NOW + 10)
    await store.put("session", "b", b"y", NOW)
    assert (await store.get("session", "a", NOW + 9)) == Record(key="a", value=b"x", version=1, expires=NOW + 10)
    assert await store.get("session", "a", NOW + 10) is None
    assert [record.key for record in await store.scan("session", NOW + 10, 10)] == ["b"]
    assert await store.put("session", "a", b"z", NOW + 10, expect=0) == 1
    await store.put("session", "c", b"x", NOW, expires=NOW + 10)
    assert (await store.sweep(NOW + 10, 100)).total == 1


async def test_scan_pages_by_key(store: Store) -> None:
    for key in ("b", "a", "ä", "c"):
        await store.put("k", key, key.encode(), NOW)
    await store.put("other", "a", b"", NOW)
    assert [(one.key, one.value) for one in await store.scan("k", NOW, 10)] == [
        (key, key.encode()) for key in ("a", "b", "c", "ä")
    ]
    assert [one.key for one in await store.scan("k", NOW, 2, "a")] == ["b", "c"]


async def test_counters_vanish(store: Store) -> None:
    assert await store.increment("login", "x", NOW, expires=NOW + 10) == 1
    assert await store.increment("login", "x", NOW + 5, expires=NOW + 99) == 2
    assert await store.increment("login", "y", NOW, expires=NOW + 10) == 1
    assert await store.increment("login", "x", NOW + 10, expires=NOW + 20) == 1
    assert (await store.sweep(NOW + 20, 100)).total == 2
