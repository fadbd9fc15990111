"""What the pages of the staff offer from the bot as it is now: its languages, its topics by name, its queues."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flows.program import Program
from i18n.negotiate import NATIVE_NAMES

__all__ = ["BotWords", "Choice"]

#: Code, name, and whether it is chosen.
Choice = tuple[str, str, bool]


class BotWords:
    """Names for choices. Without a bot there is nothing to choose but what somebody has already."""

    def __init__(self, program: Callable[[], Program] | None) -> None:
        self._program = program

    def languages(self, chosen: Sequence[str]) -> list[Choice]:
        """Return the languages of the bot and those somebody has already, each by its own name."""
        offered = self._program().languages if self._program is not None else ()
        return [(code, NATIVE_NAMES.get(code, code), code in chosen) for code in dict.fromkeys((*offered, *chosen))]

    def topics(self, language: str) -> dict[str, str]:
        """Return what a case can be about, with names in a page's language."""
        if self._program is None:
            return {}
        program = self._program()
        return {
            topic: program.translator.text(language, f"topics.{topic}", program.shelf.topics.get(topic, topic)).text
            for topic in sorted(program.topics)
        }

    def topic_choices(self, language: str, chosen: Sequence[str]) -> list[Choice]:
        """Return the bot's topics by name; one that the bot has no more is no choice."""
        return [(topic, name, topic in chosen) for topic, name in self.topics(language).items()]

    def queues(self) -> tuple[str, ...]:
        """Return the ids of the bot's queues."""
        return tuple(self._program().queues) if self._program is not None else ()

    def queue_choices(self, chosen: Sequence[str]) -> list[Choice]:
        """Return the queues somebody can be in; none where the bot has only one."""
        queues = self.queues()
        return [(queue, queue, queue in chosen) for queue in queues] if len(queues) > 1 else []
