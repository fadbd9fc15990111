"""Every number that is kept: its name, its labels and its meaning. A test finds uses of names that are not here."""

from __future__ import annotations

from typing import Final

__all__ = ["BUCKETS", "COUNTERS", "DURATIONS", "GAUGES"]

#: Name without ``streetwork_`` and ``_total``: (meaning, labels).
COUNTERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "events": (
        "Events by where they came from, what they are and how they were taken.",
        ("channel", "account", "kind", "outcome"),
    ),
    "turns": ("Turns committed, by kind of event.", ("kind",)),
    "turns_left": ("Turns left to workers with newer flows or a newer program, in a rolling deploy.", ("what",)),
    "dead_letter_events": ("Events put aside, by what was wrong.", ("reason",)),
    "store_unavailable": ("Looks for work that the store did not answer, by who looked.", ("part",)),
    "deliveries": ("Attempts to send a message, by how they ended.", ("channel", "account", "result")),
    "channel_pauses": ("Rests of a whole account, by what made it rest.", ("channel", "account", "result")),
    "limits_unshared": ("Times the store was too slow to share the messengers' limits among the workers.", ()),
    "fallback_texts": (
        "Texts shown in another language than the person's, by the language that lacks them.",
        ("language",),
    ),
    "lease_lost": (
        "Work thrown away because its lease had ended: turn, delivery, call, or process for what one process does.",
        ("lane",),
    ),
    "alerts": ("Alerts to the team, by how they were sent and whether that worked.", ("channel", "result")),
    "webhooks": ("Webhook calls by answer.", ("channel", "account", "result")),
    "polls": ("Polls of a provider by answer.", ("channel", "result")),
    "telegram_updates": ("Updates of Telegram by kind.", ("kind",)),
    "viber_callbacks": ("Callbacks of Viber by kind.", ("kind",)),
    "viber_charged": ("Messages that Viber said it charges for.", ()),
    "whatsapp_calls": ("Calls of Twilio by kind.", ("kind",)),
    "hints_failed": ("Signs of typing that a messenger did not take.", ("channel", "error")),
    "telegram_acks_failed": ("Button presses whose spinner could not be stopped.", ("error",)),
}

#: Seconds.
DURATIONS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "turn_seconds": ("From claim to commit of a turn.", ()),
    "ingest_seconds": ("Until what came in was durable.", ("channel",)),
    "delivery_seconds": ("From a message's arrival until its answer was handed to the provider.", ("channel",)),
    "send_seconds": ("One request to a provider.", ("channel",)),
}

#: Read from the store at each scrape.
GAUGES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "conversations": ("Conversations kept.", ()),
    "due_turns": ("Events and timers due now.", ()),
    "turn_lag_seconds": ("For how long the oldest due event or timer has been due; 0 when there is none.", ()),
    "undelivered": ("Messages not delivered yet.", ()),
    "outbox_age_seconds": ("Age of the oldest undelivered message; 0 when there is none.", ()),
    "open_calls": ("Outside calls not answered yet.", ()),
    "dead_letters": ("Events put aside because their turn failed.", ()),
    "cases": ("Cases by state.", ("state",)),
    "account_up": ("0 while this process cannot send by an account of ours.", ("channel", "account")),
    "processes": ("Processes alive, by role and by the flows they use.", ("role", "release")),
    "store_replicas_missing": (
        "Replicas of the store's servers that should hold what was acknowledged and are not in step; 0 on SQLite.",
        (),
    ),
    "store_up": ("1 when the store answered this scrape.", ()),
    "flows_release": ("The flows in use; always 1.", ("release",)),
}

#: Upper bounds in seconds; the goals are 15 and 60 ms, and a provider may take 30 s.
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.06, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0)
