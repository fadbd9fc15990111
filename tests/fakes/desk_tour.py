"""A tour through pages: at each stop they fit, say nothing broken, show no barrier, and are kept as a picture.

The pictures lie in ``build/screenshots``; CI keeps them, and people look at them.
"""

from __future__ import annotations

from playwright.async_api import Page

from tests.fakes.axe import barriers
from tests.fakes.desk_page import picture

__all__ = ["PHONE", "SIZES", "WIDE", "Tour"]

WIDE, PHONE = (1280, 800), (390, 780)
SIZES = {"wide": WIDE, "phone": PHONE}
#: What a page shows when a script took a thing for a word.
_BROKEN = ("[object", "undefined", "NaN")


class Tour:
    """Walks through pages and looks at each stop."""

    def __init__(self, page: Page, name: str, language: str, size: tuple[int, int], *, whole: bool = False) -> None:
        """``whole`` takes pictures of pages in their full length."""
        self.page = page
        self.name = f"{name}-{language}-{size[0]}"
        self.stops = 0
        # Barriers do not depend on the words: once from the left on a wide page, once from the right on a narrow one.
        self.checked = (language, size) in (("de", WIDE), ("ar", PHONE))
        self._whole = whole

    async def stop(self, what: str) -> None:
        self.stops += 1
        # Colours that are on their way to others have no contrast of their own.
        await self.page.evaluate(
            "Promise.allSettled(document.getAnimations().filter((one) => !(one instanceof CSSAnimation))"
            ".map((one) => one.finished))"
        )
        await picture(self.page, f"{self.name}-{self.stops:02}-{what}", whole=self._whole)
        assert await self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), what
        shown = await self.page.locator("body").inner_text()
        assert not [word for word in _BROKEN if word in shown], what
        if self.checked:
            assert await barriers(self.page) == [], what
