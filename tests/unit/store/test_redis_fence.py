"""No script writes anything for one whose lease is lost, or who knows the wrong generation: seen in the bytes.

A script has no rollback, so all its checks must come before its first write. Each is run against a store full of
everything, and every key of the store must be the same afterwards, to the byte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.errors import StoreCorrupt
from core.ids import CallId
from core.records import Call, DeadLetter, Label, Outcome, Receipt, Sent, Timer
from store.lua_source import script_names, script_source
from store.redis import RedisStore
from store.redis_rows import packed
from tests.contract.conftest import open_redis_store
from tests.contract.words import HOUR, LEASE, NOW, address, claim_one, conv, do, entry, note, say
from tests.fakes.valkey import single

#: Scripts that have nothing to lose: what they do is right whoever asks, or another test has them.
OPEN = {
    "leftover": "tidies what belongs to nobody",
    "load": "carries a conversation into a store that nobody works on",
    "mend": "puts indexes right by what the conversation says",
    "lead": "a name leads where the newest arrival says",
    "receipt": "keeps a receipt whoever brings it",
    "register": "a pointer is only a hint",
    "via": "a note is only a hint",
}
GEN, TOKEN, ROUTE = NOW, "nobody's", "telegram/bot1"
_TURN: dict[str, Any] = {
    "key": b"k" * 16, "now": NOW, "lepoch": 0, "epoch": 9, "state": b"x", "timers": b"", "labels": ["w\0" + "0" * 16],
    "last": 3, "entries": [(b"x", 0, 0, -1, NOW)], "calls": [("late", b"x")], "counts": ["day\x1fx"],
    "outcome": ("0" * 32, b"x"), "dead": (b"x", b"x"), "fresh": NOW + 1, "wrapped": b"x", "address": b"x", "ah": "x",
    "mail": [],
}  # fmt: skip
_SEND: dict[str, Any] = {
    "now": NOW, "state": "failed", "due": None, "attempt": 1, "miss": 0, "reason": b"x", "pids": b"p" * 16,
    "failed": b"k" * 40, "strays": [], "til": NOW + HOUR,
}  # fmt: skip
_TOLD = {"state": "read", "at": NOW, "reason": b"", "plainly": b"", "failed": b""}
#: Script, what is wrong about the one who asks, and its arguments.
REFUSED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("commit", "token", {**_TURN, "gen": GEN, "token": TOKEN}),
    ("commit", "generation", {**_TURN, "gen": GEN - 1, "token": "true"}),
    ("commit", "event", {**_TURN, "gen": GEN, "token": "true"}),
    ("renew", "token", {**_TURN, "gen": GEN, "token": TOKEN}),
    ("renew", "generation", {**_TURN, "gen": GEN - 1, "token": "true"}),
    ("renew", "event", {**_TURN, "gen": GEN, "token": "true"}),
    ("extend", "token", {"gen": GEN, "token": TOKEN, "til": NOW + HOUR}),
    ("extend", "generation", {"gen": GEN - 1, "token": "true", "til": NOW + HOUR}),
    ("release", "token", {"gen": GEN, "token": TOKEN, "til": NOW + HOUR}),
    ("release", "generation", {"gen": GEN - 1, "token": "true", "til": NOW + HOUR}),
    ("settle", "token", {**_SEND, "gen": GEN, "token": TOKEN}),
    ("settle", "generation", {**_SEND, "gen": GEN - 1, "token": "sending"}),
    ("extend_send", "token", {**_SEND, "gen": GEN, "token": TOKEN}),
    ("extend_send", "generation", {**_SEND, "gen": GEN - 1, "token": "sending"}),
    ("release_send", "token", {**_SEND, "gen": GEN, "token": TOKEN}),
    ("release_send", "generation", {**_SEND, "gen": GEN - 1, "token": "sending"}),
    ("claim", "it is not due", {"now": NOW, "til": NOW + HOUR, "token": TOKEN}),
    ("claim_call", "it is not due", {"call": "c1", "now": NOW, "til": NOW + HOUR, "token": TOKEN}),
    ("end_call", "token", {"call": "c1", "token": TOKEN}),
    ("move_call", "token", {"call": "c1", "token": TOKEN, "due": NOW, "back": True}),
    ("send", "it is not due", {"now": NOW, "til": NOW + HOUR, "token": TOKEN}),
    ("raise", "the entry does not know the id",
     {"gen": GEN, "seq": 1, "token": TOKEN, "pid": b"q" * 16, "now": NOW, "told": _TOLD}),
    ("raise", "generation", {"gen": GEN - 1, "seq": 1, "token": TOKEN, "pid": b"q" * 16, "now": NOW, "told": _TOLD}),
    ("revive", "there is no such letter", {"gen": GEN, "n": "0" * 12, "item": b"k" * 40, "now": NOW}),
    ("revive", "generation", {"gen": GEN - 1, "n": f"{1:012d}", "item": b"k" * 40, "now": NOW}),
    ("wipe", "generation", {"gen": GEN - 1}),
    ("wipe", "it is not over", {"gen": GEN, "over": NOW, "long": NOW - HOUR}),
    ("finish", "there is no rest", {"now": NOW, "before": NOW}),
    ("teach", "generation", {"gen": GEN - 1, "main": "x", "names": ["x"], "wake": True, "now": NOW}),
    ("unlead", "it leads elsewhere", {"to": b"elsewhere"}),
)  # fmt: skip


@pytest.fixture
async def store() -> AsyncIterator[RedisStore]:
    found = open_redis_store(single().url)
    yield found
    await found.close()


async def filled(store: RedisStore) -> None:
    """Store something of everything, with a lease of each lane running under a known token."""
    store.token = iter(("true", "sending", "calling", "true")).__next__  # type: ignore[method-assign]
    await say(store, "e1")
    lease = await claim_one(store)
    await do(
        store, lease, entries=(entry(lease, 0), note(lease, 1), entry(lease, 2)), labels=(Label(name="waiting"),),
        set_timers=(Timer(name="t", at=NOW + HOUR),), calls=(Call(id=CallId("c1"), name="n", args={}, timeout=NOW),),
        outcome=Outcome(ok=True, code="x"), dead=DeadLetter(reason="x"), counts=("x",), expires=NOW + HOUR,
    )  # fmt: skip
    assert len(await store.claim_delivery("s", NOW, LEASE, 10)) == 1
    assert len(await store.claim_calls("s", NOW, LEASE, 10)) == 1
    await say(store, "e2")
    assert (await claim_one(store)).token == "true"


def everything(store: RedisStore) -> dict[bytes, bytes]:
    """Return all keys of a store with their bytes."""
    keys = single().command("KEYS", f"{{{store.keys.parts[0].prefix[1:].partition(':')[0]}:*")
    return {key: single().command("DUMP", key) for key in keys}


@pytest.mark.parametrize(("script", "wrong", "args"), REFUSED, ids=[f"{one[0]}-{one[1]}" for one in REFUSED])
async def test_a_refused_script_writes_nothing(
    store: RedisStore, script: str, wrong: str, args: dict[str, Any]
) -> None:
    await filled(store)
    before = everything(store)
    assert len(before) > 15
    if wrong == "event":
        with pytest.raises(StoreCorrupt, match="gone"):
            await store.ask(script, conv(), ROUTE, **args)
    else:
        answer = await store.ask(script, conv(), ROUTE, **args)
        assert answer in (None, 0, b"lost", b"unknown", b"gone", b"stays")
    assert everything(store) == before


async def test_an_arrival_that_guessed_wrong_writes_nothing(store: RedisStore) -> None:
    await filled(store)
    part = store.keys.of(conv())
    before = everything(store)
    for wrong in ({"gen": GEN - 1}, {"gen": GEN, "create": True}, {"gen": GEN, "known": "telegram/other"}):
        args = {
            "id": conv(), "key": b"n" * 16, "now": NOW, "person": 2, "gen": GEN, "known": ROUTE, "route": ROUTE,
            "item": b"n" * 40, "wrapped": b"x", "address": b"x", "ah": "x", **wrong,
        }  # fmt: skip
        keys = (*part.bundle(conv(), ROUTE), part.via(b"n" * 16), part.ddue(str(args["known"])))
        assert await store.scripts.run("arrive", keys, (packed(args),)) == [b"stale"]
        assert everything(store) == before


async def test_a_stray_that_changed_meanwhile_stays(store: RedisStore) -> None:
    await filled(store)
    receipt = Receipt(channel="telegram", account="bot1", provider_id="p", state="read", at=NOW)
    await store.receipt(receipt, NOW)
    before = everything(store)
    pid = store.hashed(address(), "p")
    part = store.keys.of_provider(pid)
    assert await store.scripts.run("unstray", (part.stray, part.strayat), (pid.hex(), b"another")) == 0
    assert everything(store) == before


def test_every_script_of_conversations_is_tried_or_has_its_reason() -> None:
    tried = {one[0] for one in REFUSED} | {"arrive", "unstray"} | set(OPEN)
    ours = {name for name in script_names() if "A = cmsgpack" in script_source(name) or name in OPEN}
    ours -= {name for name in ours if name.startswith("blob_")}  # files know no leases
    writing = {name for name in ours if not script_source(name).startswith("#!lua flags=no-writes")}
    assert writing - tried == set()


async def test_a_lost_settlement_leaves_nothing_but_a_pointer_to_nowhere(store: RedisStore) -> None:
    """The id is pointed at the entry before the lease is looked at; the first receipt finds that out and mends it."""
    await filled(store)
    store.token = iter(("later",)).__next__  # type: ignore[method-assign]
    lease = (await store.claim_delivery("s", NOW + LEASE, LEASE, 10))[0]
    store.token = iter(("latest",)).__next__  # type: ignore[method-assign]
    await store.claim_delivery("s", NOW + 2 * LEASE, LEASE, 10)
    before = everything(store)
    assert not await store.settle(lease, Sent(provider_ids=("p9",)), NOW + 2 * LEASE)
    after = everything(store)
    pointer = store.keys.of_provider(store.hashed(address(), "p9")).pid(store.hashed(address(), "p9")).encode()
    assert set(after) - set(before) == {pointer}
    assert {key: after[key] for key in before} == before
    receipt = Receipt(channel="telegram", account="bot1", provider_id="p9", state="read", at=NOW)
    await store.receipt(receipt, NOW + 2 * LEASE)
    assert pointer not in everything(store)
