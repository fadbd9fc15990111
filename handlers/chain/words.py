"""Typed words as commands and numbers; shared by several links."""

from __future__ import annotations

from core.messages import Choice, Inbound, Text
from flows.program import Command
from handlers.talk import Talk
from i18n.greetings import small_talk
from i18n.negotiate import recognise

__all__ = ["command_of", "remember_question", "typed"]

#: A command is a word or two; longer texts are never searched for one.
LONGEST_COMMAND = 40
#: Characters kept of a question until a language is chosen.
LONGEST_QUESTION = 500


def typed(message: Inbound) -> str | None:
    """Return the typed words of a message, if it has any."""
    return message.content.text if isinstance(message.content, Text) else None


def remember_question(talk: Talk, message: Inbound) -> None:
    """Keep a question that came while a language was to be chosen; it is answered afterwards."""
    text = typed(message)
    if text is None or not text.strip() or small_talk(text) is not None:
        return
    if recognise(text, talk.program.languages) is None:
        talk.conversation.asked = text.strip()[:LONGEST_QUESTION]


def command_of(talk: Talk, message: Inbound) -> Command | None:
    """Return the command that a message means as a whole: a word of any offered language, ``/name``, or a button."""
    content = message.content
    if isinstance(content, Choice):
        found = talk.program.tokens.get(content.token)
        return talk.program.commands.get(found[2]) if found and found[:2] == ("", "commands") else None
    if not isinstance(content, Text) or len(content.text) > LONGEST_COMMAND:
        return None
    text = content.text.strip()
    if text.startswith("/"):
        name = text[1:].split("@", 1)[0].split(" ", 1)[0].lower()
        return talk.program.commands.get(name)
    folded = talk.folded(text)
    if folded not in talk.program.all_words:
        return None
    languages = (talk.run.language, *talk.program.languages)
    for language in languages:
        meant = talk.program.words.get(language, {}).get(folded)
        if meant is not None:
            return talk.program.commands[meant]
    return None
