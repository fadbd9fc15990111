"""Turns on Redis: claim, commit, extend and release.

The fence is in ``lua/lib/fence.lua``: a commit is stored only under the token of the last claim, and only while the
event it was leased for is still there. What a commit needs beside its lease (the key of its event, the sealed timers)
is kept from the claim; another process may ask for it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from core.errors import StoreCorrupt, StoreError
from core.events import TimerFired
from core.ids import ConversationId, Millis
from core.records import Commit, Committed, LeaseLost, Timer, TurnLease
from store import rules
from store.codec import CALL, POSTED, TIMERS, Posted
from store.redis_base import PUT_OFF, open_address
from store.redis_erase import RedisErase, sealed_entries
from store.redis_keys import route_of
from store.redis_rows import Letter, label_text, opened_mail, packed, packed_letter, read_head
from store.seal import Sealer
from store.timers import merged_timers, timer_order

__all__ = ["RedisTurns"]

#: Leases of which is remembered what their commit needs.
_REMEMBERED = 16_384


class _Held(NamedTuple):
    """What a commit needs beside its lease."""

    #: Key of the event in the mailbox; empty for a timer.
    key: bytes
    timers: bytes | None
    #: Number of the last entry.
    last: int


class RedisTurns(RedisErase):
    """The turn lane."""

    _held: dict[str, _Held]

    async def claim(self, worker: str, now: Millis, lease: Millis, limit: int) -> list[TurnLease]:
        """See :meth:`core.ports.Store.claim`."""
        self.hints.wakeups.clear("turn")
        return await self.claim_due("turn", now, now + lease, limit, self._claim)

    async def _claim(self, member: str, route: str, now: Millis, until: Millis) -> TurnLease | None:
        conversation, token = ConversationId(member), self.token()
        found = await self.ask("claim", conversation, now=now, til=until, token=token)
        if found is None:
            return None
        try:
            return self._lease(conversation, token, until, found)
        except StoreError as error:
            self.trouble(error, conversation)
            head = read_head(found[0])
            await self.ask("release", conversation, gen=head.gen, token=token, til=now + PUT_OFF)
            return None

    def _lease(self, conversation: ConversationId, token: str, until: Millis, found: list[Any]) -> TurnLease:
        packed_head, address, state, timers, item, wrapped = found
        head = read_head(packed_head)
        sealer = self.sealers.learn(conversation, head.gen, wrapped)
        if sealer is None:
            raise StoreCorrupt(f"conversation {conversation} has no key: restore a backup or forget it")
        if item is not None:
            key, at, _, event = opened_mail(item)
            posted = POSTED.unpack(sealer.open(b"event/" + key, event))
        else:
            timer = min(_timers(sealer, timers), key=timer_order)
            key, at = b"", timer.at
            posted = Posted(rules.timer_event_id(timer.name, at), TimerFired(name=timer.name, data=timer.data))
        lease = TurnLease(
            conversation=conversation,
            generation=head.gen,
            turn=head.turn + 1,
            token=token,
            until=until,
            attempts=head.tries,
            address=open_address(sealer, address),
            state=None if state is None else sealer.open(b"state", state),
            epoch=head.epoch,
            event_id=posted.event_id,
            event=posted.event,
            at=at,
        )
        self._held[token] = _Held(key, timers, head.last)
        if len(self._held) > _REMEMBERED:
            del self._held[next(iter(self._held))]
        return lease

    async def commit(self, lease: TurnLease, commit: Commit, now: Millis) -> Committed | LeaseLost:
        """See :meth:`core.ports.Store.commit`."""
        rules.check_commit(commit)
        conversation = lease.conversation
        held = self._held.get(lease.token) or await self._ask_held(lease)
        sealer = await self.sealers.sealer(conversation, lease.generation) if held is not None else None
        if held is None or sealer is None:
            return LeaseLost()
        timers = self._popped(lease, held, _timers(sealer, held.timers))
        args: dict[str, object] = {
            "id": conversation, "gen": lease.generation, "token": lease.token, "key": held.key, "now": now,
            "last": held.last, "counts": [f"{rules.day_of(now)}\x1f{name}" for name in commit.counts],
        }  # fmt: skip
        if commit.erase:
            done = await self.renew(lease, commit, args, now)
        else:
            args |= self._effects(lease, commit, sealer, merged_timers(timers, commit), held.last)
            done = await self._commit(lease, args)
        if not done:
            return LeaseLost()
        self._held.pop(lease.token, None)
        if commit.calls:
            self.hints.due("call", self.keys.of(conversation).number, 0)
        self.hints.changed()
        return Committed()

    async def _commit(self, lease: TurnLease, args: dict[str, object]) -> bool:
        """Run the script; False when the lease is lost."""
        conversation = lease.conversation

        async def step(route: str) -> bytes | list[bytes | None] | None:
            args["route"] = route
            found: Any = await self.run("commit", self.bundle(conversation, route), (packed(args),))
            return None if found == b"lost" else found

        found = await self.routed(route_of(lease.address.channel, lease.address.account), step)
        if found is None:
            return False
        self.told(conversation, "turn", found[0])
        self.told(conversation, "delivery", found[1], str(args["route"]))
        return True

    async def _ask_held(self, lease: TurnLease) -> _Held | None:
        found = await self.ask("leased", lease.conversation, gen=lease.generation, token=lease.token)
        return None if found is None else _Held(found[0] or b"", found[1], found[2])

    def _popped(self, lease: TurnLease, held: _Held, timers: list[Timer]) -> list[Timer]:
        """Return the timers without the one that the lease was for; raises StoreCorrupt when it is not there."""
        if held.key or not isinstance(lease.event, TimerFired):
            return timers
        left = [timer for timer in timers if (timer.name, timer.at) != (lease.event.name, lease.at)]
        if len(left) == len(timers):
            raise StoreCorrupt(f"conversation {lease.conversation}: the timer of turn {lease.turn} is gone")
        return left

    def _effects(
        self, lease: TurnLease, commit: Commit, sealer: Sealer, timers: list[Timer], last: int
    ) -> dict[str, object]:
        return {
            "lepoch": lease.epoch, "epoch": commit.epoch, "state": sealer.seal(b"state", commit.state),
            "timers": sealer.seal(b"timers", TIMERS.pack(timers)) if timers else b"",
            "tat": min((timer.at for timer in timers), default=None),
            "labels": [label_text(label) for label in commit.labels],
            "entries": sealed_entries(sealer, commit, last), "outcome": self.sealed_outcome(lease, commit, sealer),
            "calls": [(call.id, sealer.seal(b"call/" + call.id.encode(), CALL.pack(call))) for call in commit.calls],
            "dead": self._dead(lease, commit, sealer), "expires": commit.expires,
        }  # fmt: skip

    def _dead(self, lease: TurnLease, commit: Commit, sealer: Sealer) -> tuple[bytes, bytes] | None:
        if commit.dead is None:
            return None
        key = self.ids.event(lease.conversation, lease.event_id)
        letter = Letter(key=key, kind=rules.event_kind(lease.event), reason=commit.dead.reason)
        return packed_letter(letter), sealer.seal(b"dead/" + key, POSTED.pack(Posted(lease.event_id, lease.event)))

    # -- the lease ---------------------------------------------------------------------------------------

    async def extend_turn(self, lease: TurnLease, until: Millis) -> bool:
        """See :meth:`core.ports.Store.extend`."""
        done = await self.ask("extend", lease.conversation, gen=lease.generation, token=lease.token, til=until)
        self._moved(lease, until, done)
        return bool(done)

    async def release_turn(self, lease: TurnLease, retry_at: Millis) -> bool:
        """See :meth:`core.ports.Store.release`."""
        done = await self.ask("release", lease.conversation, gen=lease.generation, token=lease.token, til=retry_at)
        self._moved(lease, retry_at, done)
        return bool(done)

    def _moved(self, lease: TurnLease, due: Millis, done: int) -> None:
        if done:
            self.hints.due("turn", self.keys.of(lease.conversation).number, due)


def _timers(sealer: Sealer, blob: bytes | None) -> list[Timer]:
    return [] if blob is None else TIMERS.unpack(sealer.open(b"timers", blob))
