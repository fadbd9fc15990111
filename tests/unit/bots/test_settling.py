"""The decisions of the delivery loop, one by one."""

from __future__ import annotations

import pytest

from bots.settling import MAX_TRIES, AccountState, GiveBack, backoff, final_doubt, settle_as
from core.ids import ConversationId, EntryId
from core.messages import Address, Say
from core.reasons import joined, reason
from core.records import DeliveryLease, Dispatch, Entry, Failed, Held, RetryAt, Sent, Settlement, Uncertain, Wrote
from core.sending import Down, Hold, NotSent, Refused, SendResult, Taken, Unsure

NOW = 1_000_000


def lease(attempts: int = 1, *, missed: int = 0, maybe_sent: bool = False, peer: str = "5") -> DeliveryLease:
    message = Say(text="x")
    entry = Entry(
        id=EntryId("c/0/1/0"), at=0, author="bot", body=Wrote(message=message), dispatch=Dispatch(kind="bot", epoch=0)
    )
    return DeliveryLease(
        conversation=ConversationId(f"c{peer}"),
        generation=0,
        token="t",
        until=NOW + 60_000,
        attempts=attempts,
        missed=missed,
        maybe_sent=maybe_sent,
        address=Address(bot="b", channel="telegram", account="1", peer=peer),
        entry=entry,
        message=message,
    )


@pytest.mark.parametrize(
    ("result", "tried", "expected"),
    [
        (Taken(provider_ids=("p",)), lease(), Sent(provider_ids=("p",))),
        (NotSent(reason="r"), lease(1), RetryAt(at=NOW + 1000, reason="r")),
        (NotSent(reason="r"), lease(4, missed=3), RetryAt(at=NOW + 8000, reason="r")),
        (NotSent(reason="r"), lease(MAX_TRIES, missed=5), Failed(reason=joined("r", reason("given_up", 6)))),
        (NotSent(reason="r", after=5000), lease(99), RetryAt(at=NOW + 5125, reason="r", paced=True)),
        (NotSent(reason="r"), lease(2, maybe_sent=True), RetryAt(at=NOW + 1000, reason="r")),
        (
            NotSent(reason="r"),
            lease(7, missed=5, maybe_sent=True),
            Uncertain(reason=reason("perhaps_last")),
        ),
        (Unsure(reason="r"), lease(), Uncertain(reason="r", retry_at=NOW + 10_000)),
        (Unsure(reason="r"), lease(2, maybe_sent=True), Uncertain(reason="r")),
        (Hold(reason="r", after=7), lease(), Held(until=NOW + 7, reason="r")),
        (Refused(reason="r", blocked=True), lease(), Failed(reason="r", blocked=True)),
    ],
)
def test_how_a_send_ends(result: SendResult, tried: DeliveryLease, expected: Settlement | GiveBack) -> None:
    assert settle_as(result, tried, NOW, 0.5) == expected
    assert AccountState(None).ended(result, tried, NOW, 0.5) == expected


def test_backoff_doubles_to_a_minute_with_jitter() -> None:
    assert [backoff(n, 0.5) for n in range(1, 9)] == [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]
    assert (backoff(1, 0.0), backoff(1, 1.0)) == (800, 1200)
    assert backoff(10**9, 0.5) == 60_000


def test_two_possible_sends_are_enough() -> None:
    assert final_doubt(lease(2, maybe_sent=True)) is None
    assert final_doubt(lease(5)) is None
    doubt = final_doubt(lease(3, maybe_sent=True))
    assert doubt is not None
    assert doubt.retry_at is None


def test_tries_that_certainly_did_not_arrive_are_no_possible_sends() -> None:
    assert final_doubt(lease(4, missed=2, maybe_sent=True)) is None
    assert final_doubt(lease(5, missed=2, maybe_sent=True)) is not None


def test_an_account_that_is_down_rests_longer_each_time() -> None:
    account, now, rests = AccountState(None), NOW, []
    for _ in range(6):
        account.ended(Down(reason="r"), lease(), now, 0.0)
        assert account.ended(Down(reason="r"), lease(), now + 5, 0.0) == GiveBack(at=account.paused_until)
        assert not account.ready(now + 5)
        rests.append(account.paused_until - now)
        now = account.paused_until
        assert account.ready(now)
    assert rests == [60_000, 120_000, 240_000, 480_000, 600_000, 600_000]
    account.ended(Taken(), lease(), now, 0.0)
    account.ended(Down(reason="r"), lease(), now, 0.0)
    assert account.paused_until - now == 60_000


def test_three_conversations_in_a_row_are_an_outage() -> None:
    account = AccountState(None)
    results = [account.ended(NotSent(reason="r"), lease(6, missed=5, peer=str(n)), NOW, 0.5) for n in range(4)]
    assert [type(one) for one in results] == [Failed, Failed, GiveBack, GiveBack]
    assert account.paused_until == NOW + 1000
    assert account.room(NOW) == 0
    assert account.next_at(NOW) == NOW + 1000


def test_one_stubborn_conversation_is_no_outage() -> None:
    account = AccountState(None)
    for attempt in range(1, 6):
        account.ended(NotSent(reason="r"), lease(attempt, missed=attempt - 1), NOW, 0.5)
    assert account.ready(NOW)


def test_a_success_between_means_no_outage() -> None:
    account = AccountState(None)
    for peer in ("1", "2"):
        account.ended(NotSent(reason="r"), lease(peer=peer), NOW, 0.5)
    account.ended(Taken(), lease(peer="3"), NOW, 0.5)
    account.ended(NotSent(reason="r"), lease(peer="4"), NOW, 0.5)
    assert account.ready(NOW)
