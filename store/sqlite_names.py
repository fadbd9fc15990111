"""Names: which conversation an event belongs to when a person has several, each a function on the transaction.

``alias`` leads from a name to a conversation and goes first: a conversation whose own name leads elsewhere takes
nothing from the messenger any more. ``conv.main`` says whose a conversation is; only conversations of one ``main`` are
erased together. The rules are those of :class:`store.memory_names.MemoryNames`.
"""

from __future__ import annotations

from core.events import Received
from core.ids import ConversationId, Millis
from core.records import Arrival
from store import rules
from store.codec import LABELS
from store.tx import ENTRY_SPAN, Tx

__all__ = ["drop_aliases", "others", "take_names", "target", "wake_held"]

_OWNER = """
select id, conversation, main, labels from conv
where conversation = coalesce((select conversation from alias where name = ?1), ?1)
"""
_NO_LABELS = LABELS.pack(())

#: Row id, name, whether it has labels.
_Found = tuple[int, ConversationId, bool]


def target(tx: Tx, arrival: Arrival) -> ConversationId:
    """Return the conversation that takes ``arrival``; its own name where it begins one."""
    if not isinstance(arrival.event, Received):
        return arrival.conversation
    if not arrival.aliases:
        row = tx.cur.execute("select conversation from alias where name = ?", (arrival.conversation,)).fetchone()
        return arrival.conversation if row is None else ConversationId(row[0])
    found = _same_person(tx, arrival)
    return found[0][1] if found else arrival.conversation


def _same_person(tx: Tx, arrival: Arrival) -> list[_Found]:
    """Return the conversations of the one who wrote, the one that goes on first."""
    found: list[_Found] = []
    for name in (arrival.conversation, *arrival.aliases):
        row = tx.cur.execute(_OWNER, (name,)).fetchone()
        if row is None:
            continue
        conv, conversation, main, labels = row
        one = (conv, ConversationId(conversation), labels is not None and labels != _NO_LABELS)
        own = name == arrival.conversation or main in (None, arrival.conversation)
        if own and one not in found:
            found.append(one)
    return sorted(found, key=_without_labels)


def _without_labels(one: _Found) -> bool:
    return not one[2]


def take_names(tx: Tx, conversation: ConversationId, arrival: Arrival, now: Millis) -> None:
    """Let all names of ``arrival`` lead to ``conversation``."""
    main = arrival.conversation
    for conv, other, _ in _same_person(tx, arrival):
        tx.cur.execute("update conv set main = ? where id = ? and main is not ?", (main, conv, main))
        if other != conversation and rules.wakes_held(arrival.event) and wake_held(tx, conv, now):
            tx.cur.execute("update conv set change = ? where id = ?", (tx.bump(), conv))
    tx.cur.execute("update conv set main = ? where conversation = ? and main is not ?", (main, conversation, main))
    for name in (main, *arrival.aliases):
        if name == conversation:
            tx.cur.execute("delete from alias where name = ?", (name,))
        else:
            tx.cur.execute("insert or replace into alias values (?, ?)", (name, conversation))


def wake_held(tx: Tx, conv: int, now: Millis) -> bool:
    """Make the held entries of a conversation due; say whether there were any."""
    tx.cur.execute(
        "update entry set state = 'pending', due = ? where id between ? and ? and open = 1 and state = 'held'",
        (now, conv * ENTRY_SPAN, (conv + 1) * ENTRY_SPAN - 1),
    )
    woken = tx.cur.rowcount > 0
    tx.cur.execute("update conv set held = 0, ddue = min(ddue, max(?, coalesce(duntil, 0))) where id = ?", (now, conv))
    tx.wake.add("delivery")
    return woken


def others(tx: Tx, conversation: ConversationId) -> list[tuple[ConversationId, int]]:
    """Return (name, generation) of the other conversations of the person whose ``conversation`` is."""
    row = tx.cur.execute("select main from conv where conversation = ?", (conversation,)).fetchone()
    if row is None or row[0] is None:
        return []
    main = row[0]
    going_on = tx.cur.execute(_OWNER, (conversation,)).fetchone()
    root = going_on[1] if going_on is not None and going_on[2] == main else conversation
    rows = tx.cur.execute(
        "select c.conversation, c.generation from conv c where c.main = ?1 and c.conversation <> ?2"
        " and (c.conversation = ?3 or exists"
        " (select 1 from alias a where a.name = c.conversation and a.conversation = ?3))",
        (main, conversation, root),
    ).fetchall()
    return [(ConversationId(name), generation) for name, generation in rows]


def drop_aliases(tx: Tx, conversation: ConversationId) -> None:
    """Forget the names that lead to an erased conversation."""
    tx.cur.execute("delete from alias where conversation = ?", (conversation,))
