"""Yes and no as people write them in Arabic, Bulgarian, English, Russian and German, in either alphabet.

A short answer counts only when every word of it is yes, or every word is no, beside words of politeness: the
Russian "не знаю" begins with a no and is none, and "да нет" is a riddle even to Russians.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from i18n.negotiate import base_language
from i18n.plain import words

__all__ = ["YES_NO_SHOWN", "read_yes_no", "yes_no_shown"]

_LONGEST = 60

#: Thumbs up, check marks, OK hand, heavy plus, heart.
_YES_SIGNS = "\U0001f44d \u2705 \u2714 \u2611 \U0001f44c \U0001f197 \u2795 \u2764"
#: Thumbs down, crosses, no entry, crossed arms (two persons), heavy minus.
_NO_SIGNS = "\U0001f44e \u274c \u2716 \u274e \U0001f6ab \u26d4 \U0001f645 \u2796"

_YES = frozenset(
    words(
        "نعم اي ايه ايوه ايوا اه آه أجل بلى أكيد طبعا تمام موافق موافقة ماشي اوكي اوك صح مزبوط "
        "na3am naam n3m aiwa aywa aiwah aywah eywa akid akeed tab3an tamam mashi "
        "да добре може съгласен съгласна аха точно ок окей ага конечно хорошо ладно согласен согласна верно угу давай "
        "da dobre davai konechno horosho aga "
        "yes yeah yep yup ya y sure ok okay okey correct right agreed agree absolutely definitely true "
        "ja jo jap jawohl j klar natürlich gerne gern genau stimmt einverstanden richtig selbstverständlich "
        + _YES_SIGNS
    )
)
_NO = frozenset(
    words(
        "لا لأ لاء كلا ابدا مستحيل la laa la2 laa2 kalla abadan "
        "не нет неа никак нету никогда нельзя отказвам несъгласен несъгласна ne net nyet niet njet nea "
        "no nah nope n never false nein nö noe nee keinesfalls niemals " + _NO_SIGNS
    )
)
_POLITE = frozenset(
    words(
        "please пожалуйста моля bitte danke thanks thank you спасибо благодаря شكرا من فضلك لو سمحت i do am it is we "
        "я есть аз ich bin das sir madam have это"
    )
)
_BOTH = {
    True: "of course, разбира се, no problem, why not, warum nicht, kein problem, без проблем, няма проблем, لا مشكلة, "
    "مافي مشكلة, razbira se",
    False: "not really, of course not, natürlich nicht, конечно нет, разбира се не, не разбира се, أكيد لا, "
    "طبعا لا, مش موافق, مو موافق, غير موافق, لا أوافق, не согласен, не согласна, не съм съгласен, не съм съгласна, "
    "не може, i do not, i dont, do not agree, dont agree, nicht einverstanden, ни за что, auf keinen fall",
}
#: Phrases that mix words of both kinds or mean something only whole; the longest is looked for first.
_PHRASES: tuple[tuple[str, str], ...] = tuple(
    sorted(
        (
            (f" {' '.join(words(phrase))} ", " yes " if answer else " no ")
            for answer, phrases in _BOTH.items()
            for phrase in phrases.split(",")
        ),
        key=lambda pair: -len(pair[0]),
    )
)

#: How the answer is said back, by language: (yes, no).
YES_NO_SHOWN: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "ar": ("نعم", "لا"),
        "bg": ("Да", "Не"),
        "de": ("Ja", "Nein"),
        "en": ("Yes", "No"),
        "es": ("Sí", "No"),
        "fa": ("بله", "نه"),
        "fr": ("Oui", "Non"),
        "pl": ("Tak", "Nie"),
        "ro": ("Da", "Nu"),
        "ru": ("Да", "Нет"),
        "tr": ("Evet", "Hayır"),
        "uk": ("Так", "Ні"),
    }
)


def read_yes_no(text: str) -> bool | None:
    """Return the answer in ``text``, or None when it is neither, both, or a sentence of its own."""
    if len(text) > _LONGEST:
        return None
    if text.strip() in {"+", "++", "-"}:
        return text.strip() != "-"
    plain = f" {' '.join(words(text))} "
    for phrase, answer in _PHRASES:
        plain = plain.replace(phrase, answer)
    said = {word in _YES for word in plain.split() if word not in _POLITE or word in _NO or word in _YES}
    known = all(word in _YES or word in _NO or word in _POLITE for word in plain.split())
    return said.pop() if known and len(said) == 1 else None


def yes_no_shown(answer: bool, language: str) -> str:
    """Return how ``answer`` is said back in ``language``; in English where the word is not known."""
    yes, no = YES_NO_SHOWN.get(base_language(language), YES_NO_SHOWN["en"])
    return yes if answer else no
