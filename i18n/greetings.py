"""Greetings and thanks, which people write before and after their question: they are answered, not searched.

Only a text that is nothing else counts: "hello, my boss does not pay" is a question.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from i18n.plain import words

__all__ = ["small_talk"]

#: Longer texts say something.
_MOST_WORDS = 8

_HELLO = """
hello, hello there, hi, hi there, hey, good morning, good day, good afternoon, good evening, greetings,
hallo, guten tag, guten morgen, guten abend, moin, servus, grüß gott, grüezi,
привет, приветик, всем привет, приветствую, здравствуйте, здравствуй, здрасьте, здрасте, добрый день, доброе утро,
добрый вечер, доброго дня, доброго времени суток, privet, zdravstvuyte, zdravstvujte, zdrastvuite, dobryj den,
dobryi den, dobriy den, dobroe utro, dobryj vecher,
здравейте, здравей, здрасти, здрасте, добър ден, добро утро, добър вечер, zdravejte, zdraveite, zdravei, zdrasti,
dobar den, dobyr den, dobro utro, dobar vecher,
مرحبا, مرحبًا, مراحب, أهلا, أهلا وسهلا, اهلين, هلا, هلا والله, هاي, السلام عليكم, سلام عليكم, سلام, ورحمة الله,
وبركاته, ورحمة الله وبركاته, صباح الخير, صباح النور, مساء الخير, مساء النور, كيف حالك, كيفك, شلونك, marhaba,
mar7aba, ahlan, ahlan wa sahlan, salam, salam alaikum, salam aleikum, assalamu alaikum, as salamu alaikum,
sabah el kheir, sabah alkhair, masa el kheir, masa alkhair, kifak, keefak,
вітаю, добрий день, привіт, merhaba, selam, salut, bonjour, hola
"""
_THANKS = """
thanks, thank you, thank you very much, thank you so much, thanks a lot, many thanks, thx, ty, great thanks, ok thanks,
danke, danke schön, dankeschön, vielen dank, danke sehr,
спасибо, большое спасибо, спасибо большое, спасибо вам, огромное спасибо, благодарю, spasibo, spasibo bolshoe,
благодаря, благодаря ви, много благодаря, благодаря много, мерси, много мерси, blagodarya, blagodaria, mersi,
شكرا, شكرًا, شكرا لك, شكرا لكم, شكرا جزيلا, ألف شكر, مشكور, مشكورين, يعطيك العافية, الله يعطيك العافية, جزاك الله خيرا,
تسلم, shukran, choukran, shokran, shukran jazilan,
дякую, teşekkürler, merci, gracias
"""
#: Words between them.
_FILL = "to, all, everybody, you, dear, team, ok, okay, and, всем, вам, ок, и, ви, екип, لكم, لك, يا, و, und, alle"


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(found) for part in text.split(",") if (found := words(part)))


@lru_cache(maxsize=1)
def _known() -> tuple[frozenset[tuple[str, ...]], frozenset[tuple[str, ...]], frozenset[tuple[str, ...]], int]:
    hello, thanks, fill = _phrases(_HELLO), _phrases(_THANKS), _phrases(_FILL)
    return hello, thanks, fill, max(map(len, hello | thanks | fill))


def small_talk(text: str) -> Literal["greeting", "thanks"] | None:
    """Return whether a text is a greeting or thanks and nothing else; thanks win over a greeting beside them."""
    rest = [word for word in words(text) if any(sign.isalpha() for sign in word)]  # emojis greet along
    if not rest or len(rest) > _MOST_WORDS:
        return None
    hello, thanks, fill, longest = _known()
    found: set[str] = set()
    while rest:
        for length in range(min(longest, len(rest)), 0, -1):
            head = tuple(rest[:length])
            if head in thanks or head in hello or head in fill:
                found |= {"thanks"} if head in thanks else {"greeting"} if head in hello else set()
                rest = rest[length:]
                break
        else:
            return None
    return "thanks" if "thanks" in found else "greeting" if found else None
