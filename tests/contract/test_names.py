"""Aliases: a person with several names stays one person, on every backend.

In these stories ``ID`` is the own name (a user id), ``NUMBER`` the alias beside it (a phone number).
"""

from __future__ import annotations

import pytest

from core.events import ConsoleActed, EraseContact
from core.messages import Unsubscribed
from core.ports import Store
from core.records import Accepted, Duplicate, Held, Label, Sent
from tests.contract.words import (
    DAY,
    HOUR,
    NOW,
    address,
    arrival,
    claim_delivery,
    claim_one,
    conv,
    delivery_of,
    do,
    entry,
    none_due,
    turn,
)

NUMBER, ID, OTHER_ID = 1, 2, 3


async def write(store: Store, event_id: str, main: int, *sides: int, now: int = NOW) -> Accepted | Duplicate:
    """Let the person write under ``main``, known as ``sides`` as well."""
    (result,) = await store.ingest([arrival(event_id, main, aliases=tuple(conv(n) for n in sides), at=now)], now)
    return result


async def exists(store: Store, n: int) -> bool:
    return await store.snapshot(conv(n)) is not None


async def two_conversations(store: Store, label: str | None = None, *, answered: bool = True) -> None:
    """Let the person write under both names before anybody knows that they are one's; ``label`` is the number's."""
    effects: dict[str, object] = {} if answered else {"entries": ()}
    await turn(store, "e1", NUMBER, NOW, labels=(Label(name=label),) if label else (), **effects)
    await turn(store, "e2", ID)


async def test_first_known_by_number_then_by_id(store: Store) -> None:
    await turn(store, "e1", NUMBER, state=b"met")
    await write(store, "e2", ID, NUMBER)
    lease = await claim_one(store)
    assert (lease.conversation, lease.state, lease.event_id) == (conv(NUMBER), b"met", "e2")
    assert lease.address == address(ID)  # answers go to the newest address
    await do(store, lease)
    await write(store, "e3", ID, now=NOW + 1)  # the number is hidden now
    assert (await claim_one(store, NOW + 1)).conversation == conv(NUMBER)
    assert not await exists(store, ID)
    assert await store.resolve(conv(ID)) == conv(NUMBER)
    assert await store.resolve(conv(NUMBER)) == conv(NUMBER)


async def test_first_known_by_id_then_by_number(store: Store) -> None:
    await turn(store, "e1", ID, state=b"met")
    await write(store, "e2", ID, NUMBER)
    await do(store, await claim_one(store))
    await write(store, "e3", NUMBER, now=NOW + 1)
    lease = await claim_one(store, NOW + 1)
    assert (lease.conversation, lease.turn, lease.address) == (conv(ID), 3, address(NUMBER))
    assert not await exists(store, NUMBER)


async def test_a_new_person_with_two_names_is_one_conversation(store: Store) -> None:
    await write(store, "e1", ID, NUMBER)
    await write(store, "e2", NUMBER)
    snapshot = await store.snapshot(conv(ID))
    assert snapshot is not None
    assert snapshot.waiting_events == 2
    assert (await store.stats(NOW)).conversations == 1


async def test_answers_under_way_go_to_the_new_address(store: Store) -> None:
    await turn(store, "e1", NUMBER)
    await write(store, "e2", ID, NUMBER)
    lease = await claim_delivery(store)
    assert (lease.conversation, lease.address) == (conv(NUMBER), address(ID))
    assert await store.settle(lease, Sent(provider_ids=("p1",)), NOW)


async def test_a_repeat_is_known_whatever_was_learned_meanwhile(store: Store) -> None:
    await turn(store, "e1", NUMBER)
    assert await write(store, "e2", ID, NUMBER) == Accepted(event_id="e2")
    for event_id, names in (("e1", (NUMBER,)), ("e2", (ID, NUMBER))):
        assert await write(store, event_id, *names) == Duplicate(event_id=event_id)
    await store.forget(conv(NUMBER), NOW)
    for event_id, names in (("e1", (NUMBER,)), ("e2", (ID, NUMBER))):
        assert await write(store, event_id, *names) == Duplicate(event_id=event_id)
    assert (await store.stats(NOW)).conversations == 0


async def test_the_desk_names_the_conversation_itself(store: Store) -> None:
    """A name that leads elsewhere does not lead the team's acts away from the conversation they look at."""
    await two_conversations(store)
    await write(store, "e3", ID, NUMBER)
    await do(store, await claim_one(store))
    act = ConsoleActed(actor="7", action=EraseContact())
    await store.ingest([arrival("act", NUMBER, event=act)], NOW)
    assert (await claim_one(store)).conversation == conv(NUMBER)


async def test_of_two_conversations_the_one_of_the_own_name_goes_on(store: Store) -> None:
    await two_conversations(store)
    await write(store, "e3", ID, NUMBER)
    lease = await claim_one(store)
    assert lease.conversation == conv(ID)
    await do(store, lease)
    await write(store, "e4", NUMBER, now=NOW + 1)
    assert (await claim_one(store, NOW + 1)).conversation == conv(ID)
    assert len(await store.transcript(conv(NUMBER), 0, 10)) == 1  # nothing of the other one is lost


async def test_of_two_conversations_the_one_with_an_open_case_goes_on(store: Store) -> None:
    await two_conversations(store, "waiting")
    for n, names in enumerate(((ID, NUMBER), (ID,), (NUMBER,), (ID, NUMBER))):
        await write(store, f"f{n}", *names, now=NOW + n)
        lease = await claim_one(store, NOW + n)
        assert lease.conversation == conv(NUMBER)
        await do(store, lease, NOW + n)  # the case closes at the first; no message changes sides for that


async def test_what_is_held_in_the_other_conversation_wakes(store: Store) -> None:
    await turn(store, "e1", NUMBER)
    await store.settle(await claim_delivery(store), Held(until=NOW + DAY, reason="closed"), NOW)
    await turn(store, "e2", ID, entries=())
    await store.ingest([arrival("gone", ID, content=Unsubscribed(), aliases=(conv(NUMBER),))], NOW)
    await none_due(store)
    await do(store, await claim_one(store))
    await write(store, "e3", ID, NUMBER, now=NOW + 1)
    assert (await delivery_of(store, NUMBER)).state == "held"  # learned with the block: the other one waits for its own
    await turn(store, "e4", OTHER_ID)
    await store.settle(await claim_delivery(store, NOW + 1), Held(until=NOW + DAY, reason="closed"), NOW + 1)
    await turn(store, "e5", 5, entries=())
    await write(store, "e6", 5, OTHER_ID, now=NOW + 2)
    woken = await claim_delivery(store, NOW + 2)
    assert (woken.conversation, woken.address) == (conv(OTHER_ID), address(OTHER_ID))


async def test_a_number_that_somebody_else_has_now_leads_to_them(store: Store) -> None:
    """Nobody is shown the conversation of the one who had the number before."""
    await turn(store, "e1", NUMBER, state=b"of the first")
    await write(store, "e2", ID, NUMBER)
    await do(store, await claim_one(store))
    await write(store, "e3", OTHER_ID, NUMBER, now=NOW + 1)
    lease = await claim_one(store, NOW + 1)
    assert (lease.conversation, lease.state) == (conv(OTHER_ID), None)
    await do(store, lease, NOW + 1)
    await write(store, "e4", NUMBER, now=NOW + 2)
    lease = await claim_one(store, NOW + 2)
    assert lease.conversation == conv(OTHER_ID)
    await do(store, lease, NOW + 2)
    await write(store, "e5", ID, now=NOW + 3)
    assert (await claim_one(store, NOW + 3)).conversation == conv(NUMBER)
    await store.forget(conv(OTHER_ID), NOW + 4)
    assert await exists(store, NUMBER)


@pytest.mark.parametrize("by", [NUMBER, ID])
async def test_erasing_a_person_erases_all_their_conversations_and_names(store: Store, by: int) -> None:
    await two_conversations(store)
    await write(store, "e3", ID, NUMBER)
    await do(store, await claim_one(store))
    assert await store.forget(conv(by), NOW)
    for n in (NUMBER, ID):
        assert not await exists(store, n)
        assert await store.resolve(conv(n)) == conv(n)


async def test_a_wish_to_be_erased_reaches_the_other_conversation(store: Store) -> None:
    await two_conversations(store, answered=False)
    await store.settle(await claim_delivery(store), Sent(), NOW)
    await write(store, "e3", ID, NUMBER)
    lease = await claim_one(store)
    await do(store, lease, erase=True, entries=(entry(lease, kind="notice"),))
    assert not await exists(store, NUMBER)
    assert await exists(store, ID)  # until the confirmation is out
    await store.settle(await claim_delivery(store), Sent(), NOW)
    assert not await exists(store, ID)
    assert await write(store, "e4", NUMBER, now=NOW + 1) == Accepted(event_id="e4")
    assert (await claim_one(store, NOW + 1)).state is None


async def test_names_go_when_a_conversation_expires(store: Store) -> None:
    await write(store, "e1", ID, NUMBER)
    await do(store, await claim_one(store), expires=NOW + HOUR)
    assert await store.resolve(conv(NUMBER)) == conv(ID)
    await store.sweep(NOW + HOUR, 100)
    assert await store.resolve(conv(NUMBER)) == conv(NUMBER)
