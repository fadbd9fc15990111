"""What `input places` promises, in tables over all languages and as properties."""

from __future__ import annotations

from typing import Any

import pytest

from core.messages import Location, Media, SharedContact, Text
from flows.inputs import Accepted, Rejected, Rules, parse
from tests.fakes.answers import TODAY, answer


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("Anna.B+c@Gmail.COM", "Anna.B+c@gmail.com"),
        ("my mail: <a@b.de>.", "a@b.de"),
        ("mailto:a@b.de", "a@b.de"),
        ("a\uff20b.de", "a@b.de"),
        ("\u2068a@b.de\u2069", "a@b.de"),
        ("имя@почта.рф", "имя@почта.рф"),
        ("a@München.DE", "a@münchen.de"),
        ("a@sub.domain.co.uk", "a@sub.domain.co.uk"),
        ("a@b", "!not_an_email"),
        ("a@@b.de", "!not_an_email"),
        ("@b.de", "!not_an_email"),
        ("a@", "!not_an_email"),
        ("a..b@c.de", "!not_an_email"),
        (".a@c.de", "!not_an_email"),
        ("a@-b.de", "!not_an_email"),
        ("a@b_c.de", "!not_an_email"),
        ("a@b..de", "!not_an_email"),
        ("a@127.0.0.1", "!not_an_email"),
        ("a@b.de c@d.de", "!not_an_email"),
        ("x" * 65 + "@b.de", "!not_an_email"),
        ("a@" + "b." * 200 + "de", "!not_an_email"),
        ("a@" + "ü" * 63 + ".de", "!not_an_email"),
        ("no mail", "!not_an_email"),
        ("", "!not_an_email"),
    ],
)
def test_email(typed: str, value: str) -> None:
    assert answer("email", typed) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("0176 12345678", "+4917612345678"),
        ("0176/123-456 78", "+4917612345678"),
        ("+49 (0) 30 901820", "+4930901820"),
        ("0049 30 901820", "+4930901820"),
        ("٠١٧٦ ١٢٣٤٥٦٧٨", "+4917612345678"),
        ("\u2066+49 30 901820\u2069", "+4930901820"),
        ("+359 88 123 4567", "+359881234567"),
        ("+7 912 345-67-89", "+79123456789"),
        ("my number is 0176 12345678", "+4917612345678"),
        ("110", "!not_a_phone"),
        ("12345", "!not_a_phone"),
        ("+99 123456789", "!not_a_phone"),
        ("abc", "!not_a_phone"),
        ("", "!not_a_phone"),
        ("1" * 5000, "!not_a_phone"),
    ],
)
def test_phone(typed: str, value: str) -> None:
    assert answer("phone", typed) == value


def test_a_number_without_a_code_belongs_to_the_region() -> None:
    assert answer("phone", "088 123 4567", region="BG") == "+359881234567"


@pytest.mark.parametrize("phone", ["+4917612345678", "4917612345678", "0176 12345678"])
def test_a_shared_contact_is_a_phone_number(phone: str) -> None:
    found = parse("phone", SharedContact(phone=phone), Rules(), language="en", today=TODAY)
    assert found == Accepted(value="+4917612345678", shown="+49 176 12345678")


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("10115", "10115"),
        ("01067", "01067"),
        ("D-10115", "10115"),
        ("DE 01067 Dresden", "01067"),
        ("10115 Berlin", "10115"),
        ("٠١٠٦٧", "01067"),
        ("10115, 10115", "10115"),
        ("01001", "01001"),
        ("99998", "99998"),
        ("01000", "!not_a_postcode"),
        ("99999", "!not_a_postcode"),
        ("1011", "!not_a_postcode"),
        ("101155", "!not_a_postcode"),
        ("10115 10117", "!not_a_postcode"),
        ("Berlin", "!not_a_postcode"),
        ("", "!not_a_postcode"),
    ],
)
def test_postcode(typed: str, value: str) -> None:
    assert answer("postcode_de", typed) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("52.5, 13.4", "52.50000,13.40000"),
        ("52,5 13,4", "52.50000,13.40000"),
        ("52.52 N, 13.405 E", "52.52000,13.40500"),
        ("33.45 S 70.66 W", "-33.45000,-70.66000"),
        ("٥٢٫٥، ١٣٫٤", "52.50000,13.40000"),
        ("geo:52.5,13.4?z=12", "52.50000,13.40000"),
        ("https://maps.google.com/?q=52.5,13.4", "52.50000,13.40000"),
        ("look https://www.google.com/maps/place/X/@52.52,13.40,17z/data=!3d52.51!4d13.39", "52.51000,13.39000"),
        ("https://www.google.com/maps/@52.52,13.40,17z", "52.52000,13.40000"),
        ("https://maps.apple.com/?ll=52.5,13.4&q=x", "52.50000,13.40000"),
        ("https://www.openstreetmap.org/?mlat=52.5&mlon=13.4#map=15/52.4/13.3", "52.50000,13.40000"),
        ("https://www.openstreetmap.org/#map=15/52.5/13.4", "52.50000,13.40000"),
        ("https://yandex.ru/maps/?ll=13.4%2C52.5&z=12", "52.50000,13.40000"),
        ("https://2gis.ru/geo/13.4,52.5", "52.50000,13.40000"),
        ("https://maps.app.goo.gl/abcdef", "!not_a_location"),
        ("95.0, 13.4", "!not_a_location"),
        ("52.5, 190.4", "!not_a_location"),
        ("52, 13", "!not_a_location"),
        ("Berlin", "!not_a_location"),
        ("", "!not_a_location"),
    ],
)
def test_location_typed(typed: str, value: str) -> None:
    assert answer("location", typed) == value


def test_location_sent() -> None:
    def place(latitude: float, longitude: float, label: str | None = None) -> Accepted | Rejected:
        content = Location(latitude=latitude, longitude=longitude, label=label)
        return parse("location", content, Rules(), language="en", today=TODAY)

    assert place(52.5, 13.4) == Accepted(value="52.50000,13.40000", shown="52.50000, 13.40000")
    assert place(52.5, 13.4, "Home\u202e\x00") == Accepted(value="52.50000,13.40000", shown="Home")
    for wrong in (place(91, 0), place(0, -181), place(float("nan"), 0), place(float("inf"), 0)):
        assert wrong == Rejected(reason="not_a_location")


def test_media() -> None:
    def send(kind: Any, **more: Any) -> Accepted | Rejected:
        rules = Rules(media=frozenset({"photo", "document"}), max_bytes=5_000_000)
        return parse("media", Media(kind=kind, ref="file-1", **more), rules, language="en", today=TODAY)

    assert send("photo") == Accepted(value="file-1", shown="photo")
    assert send("document", name="a.pdf", size=5_000_000) == Accepted(value="file-1", shown="a.pdf")
    assert send("document", size=5_000_001) == Rejected(reason="file_too_big", got="document", limit="5 MB")
    assert send("voice") == Rejected(reason="wrong_file", got="voice")
    assert send("sticker") == Rejected(reason="not_a_file", got="sticker")


def test_language() -> None:
    assert answer("language", "по-русски") == "ru"
    assert answer("language", "українська", languages=("ar", "ru")) == "!not_a_language"
    found = parse("language", Text(text="bg"), Rules(languages=("bg",)), language="en", today=TODAY)
    assert found == Accepted(value="bg", shown="Български")
