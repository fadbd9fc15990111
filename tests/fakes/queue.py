"""Cases put into a store by hand, as a turn would leave them."""

from __future__ import annotations

from core.events import Received
from core.ids import ConversationId, conversation_id
from core.messages import Address, Inbound, Text
from core.ports import Store
from core.records import Arrival, Commit, Committed
from handoff.cases import Case
from handoff.conversation import Conversation, dump, labels

__all__ = ["put_case"]


async def put_case(store: Store, n: int, case: Case, now: int) -> ConversationId:
    """Let conversation ``n`` hold a case; return its id."""
    address = Address(bot="test", channel="webchat", account="main", peer=f"p{n}")
    conversation = conversation_id(b"k" * 32, bot="test", channel="webchat", account="main", peer=f"p{n}")
    event_id = f"{n}/{case.number}/{case.version}"
    event = Received(message=Inbound(content=Text(text="human")))
    await store.ingest(
        [Arrival(conversation=conversation, address=address, event_id=event_id, event=event, at=now)], now
    )
    for lease in await store.claim("test", now, 5000, 10):
        assert lease.event_id == event_id
        state = Conversation(case=case) if case.open else Conversation(earlier=case)
        done = await store.commit(lease, Commit(state=dump(state), epoch=0, labels=labels(state)), now)
        assert done == Committed()
    return conversation
