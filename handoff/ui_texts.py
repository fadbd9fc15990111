"""Every word of the desk's own interface: key and English source. The translations are ``i18n/locales/*/desk.po``.

The key is the gettext context, so one English word can have two translations. ``{…}`` are filled in by the page.
Counts stand behind a colon ("Changed: 3") and need no plural forms in any of the languages.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from core.reasons import REASONS
from handoff.audit_texts import AUDIT
from handoff.office_texts import OFFICE
from handoff.ui_case_texts import CASE_TEXTS
from i18n.catalog import Catalogs

__all__ = ["LANGUAGES", "TEXTS", "texts"]

#: Languages of the interface, the source language among them, in the order of the language list.
LANGUAGES = ("de", "en", "ar", "bg", "ru")
SOURCE = "en"

_LOCALES = Path(__file__).resolve().parent.parent / "i18n" / "locales"

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        **CASE_TEXTS,
        "title": "Desk",
        "skip": "Skip to the conversation",
        "language": "Language of this page",
        "noscript": "The desk needs JavaScript.",
        # Sign-in
        "signin.title": "Sign in",
        "signin.login": "Sign-in name",
        "signin.password": "Password",
        "signin.button": "Sign in",
        "signin.wrong": "Name or password is wrong.",
        "signin.locked": "Too many failed attempts. Please try again in a few minutes, at the latest in 15.",
        "signin.busy": "Too many people are signing in. Please try again in a moment.",
        "signin.expired": "This form was too old. Please try again.",
        "signin.insecure": "The desk works only over https, or on this very computer. "
        "Ask whoever runs it to set PUBLIC_URL.",
        "signout": "Sign out",
        # State of the connection
        "live.connecting": "Connecting …",
        "live.synced": "Live, synced {ago} ago",
        "live.off": "NOT CONNECTED: you see {time}",
        "live.missed": "Changed while you were away: {count}",
        "live.nothing": "Connected again. Nothing changed while you were away.",
        "live.many": "Connected again. A lot changed while you were away.",
        "outage": "{name} does not work at the moment. What is written to people there waits until it does.",
        # Lists
        "lists": "Cases",
        "list.mine": "Their turn",
        "list.waiting": "Waiting",
        "list.team": "Colleagues",
        "list.empty": "Nobody",
        "list.more": "There are more.",
        "list.nothing_waiting": "Nobody is waiting for you now.",
        "card.waits": "Waiting {time}",
        "card.ours": "Our turn",
        "card.theirs": "Their turn",
        "card.with": "With {name}",
        "card.unreachable": "Cannot be reached",
        "urgency.safety": "Danger",
        "urgency.clock": "Deadline",
        "urgency.returning": "Came back",
        "urgency.normal": "Normal",
        "channel.telegram": "Telegram",
        "channel.viber": "Viber",
        "channel.whatsapp": "WhatsApp",
        "channel.webchat": "Web chat",
        # Conversation
        "conversation": "Conversation",
        "conversation.none": "Choose a case on the left, or press C to claim the next one.",
        "conversation.gone": "This case is closed or somebody else has it now.",
        "conversation.bot": "Conversation with the bot (messages: {count})",
        "conversation.earlier": "Show earlier messages",
        "conversation.new": "New lines below",
        "back": "Back to the list",
        "who.person": "Person",
        "who.bot": "Bot",
        "who.system": "Automatic",
        "who.counsellor": "Counsellor",
        "kind.note": "Note, only for the team",
        "kind.choice": "Pressed a button",
        "kind.media": "Sent a file: {media} {file}",
        "kind.location": "Location: {place}",
        "kind.contact": "Contact",
        "kind.edited": "Changed an earlier message to",
        "kind.start": "Opened the chat",
        "kind.subscribed": "Allowed messages again",
        "kind.unsubscribed": "Blocked the bot",
        "kind.unknown": "Sent something that cannot be shown here",
        "mark.waiting": "Asked for a human",
        "mark.urgent": "Became more urgent",
        "mark.crisis": "Words of danger: help numbers were sent",
        "mark.claimed": "Case claimed",
        "mark.released": "Case put back into the queue",
        "mark.closed": "Case closed: {outcome}",
        "mark.returned": "Given back to the bot",
        "mark.left": "The person stopped waiting",
        "mark.consent": "Agreed that a human reads this",
        "mark.consent_refused": "Did not agree that a human reads this",
        "mark.consent_withdrawn": "Withdrew the consent: nobody reads this any more",
        "mark.mydata": "Got a copy of their data",
        "mark.unreachable": "The person cannot be reached any more",
        "mark.not_delivered": "A message could not be delivered: {reason}",
        "mark.parked": "Case put aside",
        "mark.woken": "Case taken up again",
        "mark.offered": "Case offered: {to}",
        "mark.accepted": "A colleague took the case over",
        "mark.declined": "The offer was declined",
        "mark.withdrawn": "The offer was taken back",
        "mark.offer_lapsed": "Nobody accepted the offer in time",
        "mark.owner_gone": "Back in the queue: whoever had the case is not here",
        "mark.reopened": "Case opened again",
        "mark.deadline": "Deadline: {date}",
        "mark.topic": "Topic: {topic}",
        "mark.export": "The person is sent their data",
        "mark.file_failed": "A file did not arrive: {reason}",
        "mark.dead_letter": "The program failed on a message here",
        "options": "Buttons",
        "media.photo": "photo",
        "media.voice": "voice message",
        "media.audio": "sound",
        "media.video": "video",
        "media.document": "document",
        "media.sticker": "sticker",
        "media.animation": "animation",
        "delivery.pending": "waiting to be sent",
        "delivery.sending": "being sent",
        "delivery.sent": "sent",
        "delivery.delivered": "delivered",
        "delivery.read": "read",
        "delivery.uncertain": "perhaps delivered",
        "delivery.held": "held back, not sent yet",
        "delivery.failed": "NOT DELIVERED",
        "delivery.dropped": "not sent any more",
        # Files
        "file.fetching": "The file is being fetched …",
        "file.failed": "The file is not here.",
        "file.expired": "The file is not kept any more.",
        "file.save": "Save {name} ({size})",
        "file.unnamed": "file",
        "file.picture": "Picture from the conversation",
        "file.reason.too_large": "The file is too large to be fetched.",
        "file.reason.too_many": "This person's files take up all the room there is for one person.",
        "file.reason.gone": "The messenger does not have this file any more.",
        "file.reason.denied": "The messenger does not hand this file out.",
        "file.reason.refused_address": "The file lies at an address from which nothing is fetched, for safety.",
        "file.reason.unsupported": "This kind of file cannot be fetched from this messenger.",
        "file.reason.empty": "The file is empty.",
        "file.reason.slow": "The file came too slowly, several times.",
        "file.reason.unreachable": "The messenger could not be reached, several times.",
        "file.reason.provider": "The messenger had trouble, several times.",
        "refused.no_files": "No files can be sent in this messenger.",
        "refused.file_too_large": "The file is too large: {most} at most.",
        "refused.file_empty": "The file is empty.",
        "refused.file_type": "This messenger does not take this kind of file ({type}).",
        # Facts
        "facts": "Facts",
        "facts.case": "Case",
        "facts.name": "Name in the messenger",
        "facts.language": "Language",
        "facts.channel": "Channel",
        "facts.since": "Waiting since",
        "facts.urgency": "Urgency",
        "facts.owner": "With",
        "facts.nobody": "nobody yet",
        "facts.note": "What the bot noted",
        "facts.opening": "Opens next",
        "facts.notes": "Notes",
        # Acts
        "claim.next": "Claim next",
        "claim.foreign": "This person writes in a language that is not among yours: {language}. Claim anyway?",
        "return.sure": "The bot takes over at once and the case ends without a goodbye.",
        "close.title": "Close the case",
        "close.outcome": "What was the outcome?",
        "outcome.first_advice": "First advice",
        "outcome.referral": "Referral",
        "outcome.full_counselling": "Full counselling",
        "outcome.left": "The person left",
        "outcome.withdrawn": "Consent withdrawn",
        "outcome.other": "Something else",
        "cancel": "Cancel",
        "reply.tab": "Reply",
        "reply.label": "Your reply to the person",
        "reply.send": "Send reply: {language}, {channel}",
        "reply.to": "({language}, {channel})",
        "reply.send_short": "Send",
        "reply.attach": "Attach a file",
        "file.sending": "The file is being sent …",
        "note.tab": "Note",
        "note.label": "Note for the team; the person never sees it",
        "note.send": "Save note",
        "typed.newer": "New lines since you began: {count}",
        # Answers
        "done.claim": "You have this case now.",
        "done.release": "The case waits in the queue again.",
        "done.close": "The case is closed.",
        "done.return": "The bot has the conversation again.",
        "done.reply": "Your reply is on its way.",
        "done.note": "Note saved.",
        "refused.taken": "{name} took it a moment ago.",
        "refused.already_yours": "You have this case already.",
        "refused.not_owner": "{name} has this case now.",
        "refused.not_claimed": "Nobody has claimed this case.",
        "refused.no_case": "This case is closed.",
        "refused.stale": "The case changed meanwhile. Look again, please.",
        "refused.handing_over": "The case is offered to somebody. Take the offer back first.",
        "refused.not_parked": "The case is not put aside.",
        "refused.not_offered": "The case is not offered any more.",
        "refused.not_for_you": "The case is offered to somebody else.",
        "refused.no_note": "Write what your colleague has to know.",
        "refused.no_such_colleague": "The case cannot be handed over there.",
        "refused.no_such_topic": "There is no such topic.",
        "refused.past": "That time is over.",
        "refused.too_late": "The reply has gone out.",
        "refused.open_already": "This person has an open case already.",
        "refused.malformed": "This request is no good. Please load the page again.",
        "refused.language": "This person writes in a language that is not among yours.",
        "refused.none_waiting": "Nobody is waiting in your languages.",
        "refused.at_capacity": "You have enough cases that wait for your answer.",
        "refused.empty": "There is no text.",
        "refused.too_long": "The text is too long (most characters: {most}).",
        "refused.broken": "Something failed here and was written down. Please look at the case again.",
        "refused.other": "That did not work ({code}).",
        "working": "Still working on it. Nothing is lost; do not send it again.",
        "failed.network": "No connection. Your text is kept; try again.",
        "failed.store": "The server cannot take this now. Your text is kept; try again.",
        # Keys
        "keys.title": "Keyboard",
        "keys.on": "Single-letter shortcuts on",
        "keys.move": "next / previous case",
        "keys.claim": "claim the next case",
        "keys.reply": "write a reply",
        "keys.note": "write a note",
        "keys.close": "close the case",
        "keys.send": "send",
        "keys.escape": "leave the field",
        "keys.help": "this help",
        "keys.button": "Keyboard help",
        "ok": "OK",
        **{f"reason.{code}": text for code, text in REASONS.items()},
        **OFFICE,
        **AUDIT,
    }
)


@lru_cache(maxsize=1)
def _catalogs() -> Catalogs:
    return Catalogs.load([_LOCALES], [language for language in LANGUAGES if language != SOURCE], "desk")


@lru_cache(maxsize=len(LANGUAGES))
def texts(language: str) -> Mapping[str, str]:
    """Return all texts in one of :data:`LANGUAGES`; what is not translated stays English."""
    catalogs = _catalogs()
    return MappingProxyType({key: catalogs.lookup(language, key, source) or source for key, source in TEXTS.items()})
