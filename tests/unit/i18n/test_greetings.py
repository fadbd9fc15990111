"""A greeting is greeted, thanks are taken, and whatever says more is a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from i18n.greetings import small_talk


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Hello!", "greeting"),
        ("hi there 👋", "greeting"),
        ("ПРИВЕТ", "greeting"),
        ("Здравствуйте, добрый день", "greeting"),
        ("Добър ден!", "greeting"),
        ("zdraveite", "greeting"),
        ("السلام عليكم ورحمة الله وبركاته", "greeting"),
        ("مرحباً", "greeting"),
        ("Guten Tag", "greeting"),
        ("Thank you very much!", "thanks"),
        ("спасибо вам", "thanks"),
        ("привет и спасибо", "thanks"),
        ("благодаря", "thanks"),
        ("شكراً جزيلاً", "thanks"),
        ("hello, my boss does not pay", None),
        ("добрый день, как получить ВНЖ", None),
        ("салат", None),
        ("you", None),
        ("morgen", None),
        ("", None),
        ("👋", None),
        ("12", None),
    ],
)
def test_small_talk(text, kind):
    assert small_talk(text) == kind


@given(st.text(max_size=40))
def test_any_text_is_looked_at(text):
    assert small_talk(text) in (None, "greeting", "thanks")
    assert small_talk(text + " zyxwv") is None
