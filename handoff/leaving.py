"""What happens to the cases of an account that may not counsel any more: they go back to the queue with their age.

Each case gets an event by the system in its conversation's mailbox, like everything that happens to a conversation. The
event's id names account and case version, so asking twice changes nothing, and a case that somebody else has taken
meanwhile stays theirs.
"""

from __future__ import annotations

from core.events import SYSTEM, ConsoleActed, OwnerGone
from core.ids import Millis
from core.ports import Store
from core.records import Arrival
from handoff.accounts import Account
from handoff.conversation import load

__all__ = ["give_back"]

_BATCH = 200


async def give_back(store: Store, account: Account, now: Millis) -> int:
    """Give every case of the account back to the queue; return how many it owned."""
    given, after = 0, None
    while found := await store.find(f"owner:{account.id}", _BATCH, after):
        arrivals = []
        for hit in found:
            snapshot = await store.snapshot(hit.conversation)
            case = load(snapshot.state).case if snapshot is not None else None
            if snapshot is None or case is None or case.owner != account.id:
                continue
            event = ConsoleActed(actor=SYSTEM, action=OwnerGone(owner=account.id, reason="disabled"), case=case.number)
            arrivals.append(
                Arrival(
                    conversation=hit.conversation,
                    address=snapshot.address,
                    event_id=f"gone:{account.id}:{account.generation}:{case.number}:{case.version}",
                    event=event,
                    at=now,
                )
            )
        if arrivals:
            await store.ingest(arrivals, now)
        given, after = given + len(arrivals), found[-1]
    return given
