"""Why a message did not arrive, as codes: the desk says them in the language of whoever reads.

A reason is one code or several, each with what it is about: ``telegram.trouble=502`` and ``given_up=6`` on two lines.
It travels and is stored as that text. What is no code is shown as it stands: a channel of another package says its
reasons in plain words, and so do rows of before there were codes. Nothing in a reason is of a person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

__all__ = ["REASONS", "in_english", "joined", "parts", "reason", "worded"]

#: A provider's own words are cut here.
_LONGEST = 200

#: Code and English source; the translations are in ``i18n/locales/*/desk.po`` under ``reason.<code>``. ``{what}`` is
#: a number or a provider's own words. Codes of one messenger begin with its name.
REASONS: Mapping[str, str] = MappingProxyType(
    {
        "file_gone": "The file is not there any more.",
        "file_no_address": "The file has no address at which the messenger could fetch it.",
        "file_not_taken": "The messenger does not take this file, and there is no address to send instead.",
        "empty": "The message is empty.",
        "text_long": "The text is too long (most characters: {what}).",
        "text_bytes": "The text has more bytes than the messenger takes.",
        "caption_long": "The text of the file is too long (most characters: {what}).",
        "choices_long": "Text and choices are too long together (most characters: {what}).",
        "buttons_many": "There are too many buttons (at most: {what}).",
        "button_wrong": "A button is not as the messenger wants it.",
        "no_answer": "The messenger did not answer in time.",
        "broke": "Something broke while sending.",
        "store": "The store could not be read.",
        "perhaps": "It may have arrived: the messenger did not confirm it.",
        "perhaps_last": "It may have arrived; it could not be sent again.",
        "given_up": "Given up after so many tries: {what}.",
        "too_late": "It could not be delivered in time.",
        "webchat.closed": "The page of the chat is closed.",
        "webchat.file": "The web chat shows only files of the desk and files with a public https address.",
        "telegram.wait": "Telegram asks us to wait.",
        "telegram.unreachable": "Telegram cannot be reached.",
        "telegram.blocked": "The person blocked the bot or closed the account.",
        "telegram.token": "Telegram refuses the token of this bot (TELEGRAM_TOKEN).",
        "telegram.moved": "The group moved to a new address.",
        "telegram.busy": "Telegram is busy with another call of this bot.",
        "telegram.no_answer": "Telegram did not answer in time.",
        "telegram.unreadable": "Telegram gave no usable answer.",
        "telegram.too_large": "The file is too large for Telegram.",
        "telegram.trouble": "Telegram has trouble (HTTP {what}).",
        "telegram.refused": "Telegram refused the message: {what}",
        "telegram.no_chat": "Telegram does not know this chat any more, or the person never wrote to the bot.",
        "telegram.group": "The bot may not write in this group.",
        "telegram.text_long": "The text is too long for Telegram.",
        "telegram.address_used": "Telegram could not use an address in the message.",
        "telegram.file": "Telegram could not use the file.",
        "telegram.address": "The address is not a Telegram chat.",
        "viber.unreachable": "Viber cannot be reached.",
        "viber.unreadable": "Viber gave no usable answer.",
        "viber.refused": "Viber refused the message (status {what}).",
        "viber.address": "Viber could not use an address in the message.",
        "viber.wrong": "Viber finds something wrong in the message.",
        "viber.missing": "Viber misses something in the message.",
        "viber.device": "The person's device cannot show this message.",
        "viber.old": "The person's Viber is too old for this message.",
        "viber.reply": "Viber does not allow this kind of reply.",
        "viber.no_chat": "The bot has no public chat at Viber.",
        "viber.several": "Viber does not let this bot send to several people.",
        "viber.country": "Viber does not deliver to the person's country.",
        "viber.payment": "Viber does not support this payment.",
        "viber.unknown": "Viber does not know this person any more.",
        "viber.left": "The person has not subscribed to the bot, or has left it.",
        "viber.token": "Viber refuses the token of this bot (VIBER_TOKEN).",
        "viber.bot_blocked": "Viber has blocked this bot.",
        "viber.bot_unknown": "Viber does not know this bot.",
        "viber.bot_suspended": "Viber has suspended this bot.",
        "viber.no_webhook": "Viber knows no webhook of this bot: run `streetwork webhook set`.",
        "viber.bot_unauthorised": "Viber has not authorised this bot.",
        "viber.waits": "Viber takes no more messages until the person writes.",
        "viber.used_up": "The free messages of this bot are used up: Viber waits for the person to write.",
        "viber.no_balance": "The bot's account at Viber has no balance: Viber waits for the person to write.",
        "viber.not_shown": "Viber could not show it on the person's phone.",
        "viber.told": "Viber could not show it: {what}",
        "viber.reading": "The person's message is being read.",
        "viber.paid": "Outside the free 24-hour session: Viber would charge for it. It goes out when the person "
        "writes.",
        "whatsapp.account": "Twilio refuses the account (TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN).",
        "whatsapp.account_closed": "The Twilio account is suspended or closed.",
        "whatsapp.wait": "Twilio asks us to wait.",
        "whatsapp.unknown": "WhatsApp does not know this number.",
        "whatsapp.sender": "This number cannot send WhatsApp messages (TWILIO_SENDER).",
        "whatsapp.unwanted": "The person does not want messages from this number.",
        "whatsapp.queue_full": "Too many messages of this number wait at Twilio.",
        "whatsapp.text_long": "The text is too long for Twilio.",
        "whatsapp.file_address": "Twilio could not use the address of the file.",
        "whatsapp.many_files": "Too many files in one message.",
        "whatsapp.no_template": "Twilio does not know the template.",
        "whatsapp.template_text": "Twilio does not take the text in a template.",
        "whatsapp.part_long": "A part of the message is too long for Twilio.",
        "whatsapp.number_state": "WhatsApp refuses this number: look at its state in Twilio's console.",
        "whatsapp.content": "WhatsApp does not take this content.",
        "whatsapp.trouble": "WhatsApp has trouble.",
        "whatsapp.rule": "The message breaks a rule of WhatsApp.",
        "whatsapp.blocked": "The person blocked this number.",
        "whatsapp.sandbox": "The person has not joined Twilio's sandbox.",
        "whatsapp.window": "The 24-hour window is closed: WhatsApp takes messages only within 24 hours after the "
        "person wrote.",
        "whatsapp.waits": "It waits until the person writes.",
        "whatsapp.asked": "A template asked them to write.",
        "whatsapp.template_refused": "The template was refused:",
        "whatsapp.too_fast": "The account sends too much at once.",
        "whatsapp.number_fast": "This number sends too much at once.",
        "whatsapp.file_fetch": "WhatsApp could not fetch the file.",
        "whatsapp.not_now": "WhatsApp does not deliver our messages to this person at present.",
        "whatsapp.limit": "The daily limit of messages is reached.",
        "whatsapp.failed": "WhatsApp could not deliver the message.",
        "whatsapp.error": "WhatsApp could not deliver the message (Twilio's error {what}).",
        "whatsapp.unconfirmed": "Twilio did not confirm the message (HTTP {what}).",
        "whatsapp.unreachable": "Twilio cannot be reached.",
        "whatsapp.http": "Twilio cannot be reached (HTTP {what}).",
        "whatsapp.refused": "Twilio refused the message (error {what}).",
        "whatsapp.templates": "Twilio's templates cannot be reached.",
        "whatsapp.no_answer": "Twilio did not answer in time.",
        "whatsapp.unreadable": "Twilio's answer could not be read.",
    }
)


def reason(code: str, what: object = "") -> str:
    """Return a reason; ``what`` fills the ``{what}`` of its text. Raises ``KeyError`` for a code that has no text."""
    about = " ".join(str(what).split())[:_LONGEST]
    if "{what}" not in REASONS[code]:
        return code
    return f"{code}={about}"


def joined(*reasons: str) -> str:
    """Return several reasons as one, in this order."""
    return "\n".join(reasons)


def parts(text: str) -> list[tuple[str, str]]:
    """Return the reasons in a text as (code, what); what is no code has none and stands as it is."""
    found = []
    for part in text.split("\n"):
        code, _, what = part.partition("=")
        found.append((code, what) if code in REASONS else ("", part))
    return found


def worded(text: str, words: Callable[[str], str]) -> str:
    """Return a reason in words; ``words`` gives the text of a code."""
    return " ".join(words(code).replace("{what}", what) if code else what for code, what in parts(text))


def in_english(text: str) -> str:
    """Return a reason in English, for logs and the command line."""
    return worded(text, REASONS.__getitem__)
