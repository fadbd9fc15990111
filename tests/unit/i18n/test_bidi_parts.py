"""Mixed text: what keeps its order inside an Arabic sentence. A permanent set, and what holds for any text at all.

The marks were looked at in a rendering by UAX 9: without them the groups of a phone number stand turned round, the
paragraph sign of a law on the wrong side, and the slash of an address at its beginning.
"""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.bidi import FSI, PDI, isolate_parts, strip_controls
from tests.fakes.bots import BERLIN, loaded

#: A sentence; «…» is what must be isolated.
MIXED = """
اتصل على «030 440 308 454» الآن
الرقم «(030) 213007302»، أو اذهب
«0800 111 0 111» أو «0800 111 0 222»
الخط «116 016» مجاني
الرقم الدولي «+49 30 902690»
في القانون «§ 81 (4)» مكتوب
الفقرة «§ 24» من القانون
انظر «https://medibuero.de/» هناك
انظر «https://www.berlin.de/a?b=1&c=2».
الموقع (انظر «https://bema.berlin»)
من 9–17 مساءً
في 31.12.2026 ينتهي
منذ «2026-11-22» ساري
بنسبة «100 %» كاملة
الأجر «13,90 €» في الساعة
رعاية «24-Stunden-Pflege» في البيت
العنوان «Keplerstraße 2»، «10589 Berlin» قريب
المستوى «B1» مطلوب
مكتب (Bürgeramt) قريب
مكتب «(Soziale Wohnhilfe 7)» قريب
اتصل بـ 112 أو 110
112، 110، 116117
الساعة 12:30 تقريبًا
ثلاثة (3) أشهر
قال: “نعم” (بالألمانية).
""".strip().splitlines()


@pytest.mark.parametrize("line", MIXED)
def test_the_permanent_set(line: str) -> None:
    plain = line.replace("«", "").replace("»", "")
    assert isolate_parts(plain, "ar") == line.replace("«", FSI).replace("»", PDI)
    assert isolate_parts(plain, "en") == isolate_parts(plain, "ru") == plain


PIECES = [
    "مرحبا",
    "هاتف ",
    " و ",
    "030 440",
    "(030) 21",
    "§ 81 (4)",
    "https://x.org/a/?b=(c)",
    "10589 Berlin",
    "(",
    ")",
]
PIECES += [
    "[",
    "]",
    "31.12.2026",
    "2026-11-22",
    "13,90 €",
    "100 %",
    ".",
    "،",
    "؟",
    "–",
    "\n",
    " ",
    "\u00a0",
    "+49",
    "B1",
]
PIECES += [f"{FSI}Anna 7 7{PDI}", "{name}", "www.", "'", "“نعم”", "a@b.de", "#5", "_", "1", "é", "Ⅷ", "٣٤"]


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=4), max_size=14).map("".join))
def test_nothing_but_balanced_marks_is_added(text: str) -> None:
    done = isolate_parts(text, "ar")
    assert strip_controls(done) == strip_controls(text)
    depth = text_depth = 0
    inside = ""
    for sign in done:
        depth += (sign == FSI) - (sign == PDI)
        inside = inside + sign if depth else ""
    for sign in text:
        text_depth += (sign == FSI) - (sign == PDI)
    assert depth == text_depth
    for part in re.findall(f"{FSI}([^{FSI}{PDI}]*){PDI}", done):
        if "://" not in part and not part.startswith("www.") and f"{FSI}{part}{PDI}" not in text:
            assert part.count("(") == part.count(")"), "a bracket is torn from its partner"
            assert "\n" not in part


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_a_second_time_changes_nothing(text: str) -> None:
    once = isolate_parts(text, "ar")
    assert isolate_parts(once, "ar") == once


def test_long_texts_take_linear_work() -> None:
    for long in ("1 " * 20_000, "https://" + "a." * 20_000, "(1" * 20_000, "§ " * 20_000, "a-" * 20_000):
        assert strip_controls(isolate_parts(long, "ar")) == long


def test_no_catalogue_holds_numbers_together_by_hand() -> None:
    """Translators type plain spaces; no-break spaces and marks would only hide what the code does."""
    result = loaded(BERLIN)
    by_hand = [
        (language, context)
        for language, known in result.translations.lookup.items()
        for (context, _), text in known.items()
        if re.search("\\d\u00a0\\d|[\u2066-\u2069\u200e\u200f]", text)
    ]
    assert by_hand == []


def test_every_number_of_several_groups_in_the_arabic_bot_is_isolated() -> None:
    known = loaded(BERLIN).translations.lookup["ar"]
    seen = 0
    for (context, _), text in known.items():
        if context.endswith(".words"):
            continue
        bare = re.sub(f"{FSI}[^{PDI}]*{PDI}", "…", isolate_parts(text, "ar"))
        assert not re.search(r"\d[ \u00a0-]\d|§|https?:|\+\d", bare), (context, bare)
        seen += bare != text
    assert seen > 20
