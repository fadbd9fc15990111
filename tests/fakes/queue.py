"""Cases put into a store by hand, as a turn would leave them."""

from __future__ import annotations

import secrets

from core.events import Received
from core.ids import ConversationId, conversation_id
from core.messages import Address, Inbound, Text
from core.ports import Store
from core.records import Arrival, Commit, Committed
from handoff.cases import Case
from handoff.conversation import Conversation, dump, labels

__all__ = ["put_case", "send_text"]


async def put_case(store: Store, n: int, case: Case, now: int) -> ConversationId:
    """Let conversation ``n`` hold a case; return its id."""
    event_id = f"{n}/{case.number}/{case.version}"
    conversation = await send_text(store, n, "human", now, event_id)
    for lease in await store.claim("test", now, 5000, 10):
        assert lease.event_id == event_id
        state = Conversation(case=case) if case.open else Conversation(earlier=case)
        done = await store.commit(lease, Commit(state=dump(state), epoch=0, labels=labels(state)), now)
        assert done == Committed()
    return conversation


async def send_text(store: Store, n: int, text: str, now: int, event_id: str | None = None) -> ConversationId:
    """Let person ``n`` write; return their conversation."""
    address = Address(bot="test", channel="webchat", account="main", peer=f"p{n}")
    conversation = conversation_id(b"k" * 32, bot="test", channel="webchat", account="main", peer=f"p{n}")
    event = Received(message=Inbound(content=Text(text=text)))
    arrival = Arrival(
        conversation=conversation,
        address=address,
        event_id=event_id or secrets.token_hex(8),
        event=event,
        at=now,
    )
    await store.ingest([arrival], now)
    return conversation
