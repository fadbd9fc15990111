"""WhatsApp's settings: what is needed together, several numbers, and no secret in an error."""

from __future__ import annotations

import pytest

from bots.whatsapp_settings import WhatsAppSettings
from core.errors import SettingsError

SID = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
GOOD = {
    "TWILIO_ACCOUNT_SID": SID,
    "TWILIO_AUTH_TOKEN": TOKEN,
    "TWILIO_SENDER": "whatsapp:+4930111111, whatsapp:+4930222222",
    "PUBLIC_URL": "https://bot.example.org/",
}


def test_nothing_set_means_no_accounts() -> None:
    assert WhatsAppSettings.from_mapping({}) == WhatsAppSettings()
    assert WhatsAppSettings.from_mapping({"PUBLIC_URL": "https://bot.example.org"}).accounts == ()


def test_every_number_is_an_account_of_its_own() -> None:
    first, second = WhatsAppSettings.from_mapping(GOOD).accounts
    assert (first.account, first.sender) == ("4930111111", "whatsapp:+4930111111")
    assert (second.account, second.webhook) == ("4930222222", "https://bot.example.org/webhook/whatsapp/4930222222")
    assert second.status_callback == f"{second.webhook}?kind=status#rc=5&rp=all"
    assert TOKEN not in repr(first)


def test_approved_templates_are_known_by_name_and_language() -> None:
    one, two = "HX" + "1" * 32, "HX" + "2" * 32
    given = GOOD | {"TWILIO_TEMPLATES": f"reminder:{one}, reminder.ar:{two}"}
    for account in WhatsAppSettings.from_mapping(given).accounts:
        assert account.templates == {"reminder": one, "reminder.ar": two}
    for wrong in (f"reminder:{one},reminder:{two}", f"Reminder:{one}", "reminder", f"reminder:{one[:-1]}", ","):
        with pytest.raises(SettingsError, match="TWILIO_TEMPLATES"):
            WhatsAppSettings.from_mapping(GOOD | {"TWILIO_TEMPLATES": wrong})


def test_a_service_alone_is_one_account() -> None:
    service = "MG" + "0" * 32
    given = GOOD | {
        "TWILIO_SENDER": "",
        "TWILIO_MESSAGING_SERVICE_SID": service,
        "TWILIO_API_URL": "http://127.0.0.1:9",
    }
    settings = WhatsAppSettings.from_mapping(given)
    (account,) = settings.accounts
    assert (account.account, account.sender, account.service_sid) == (service, None, service)
    assert settings.api_url == "http://127.0.0.1:9"


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"TWILIO_ACCOUNT_SID": ""}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_ACCOUNT_SID": "SK" + "0" * 32}, "TWILIO_ACCOUNT_SID"),
        ({"TWILIO_AUTH_TOKEN": ""}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_AUTH_TOKEN": "canary with spaces"}, "TWILIO_AUTH_TOKEN"),
        ({"TWILIO_SENDER": "+4930111111"}, "TWILIO_SENDER"),
        ({"TWILIO_SENDER": "whatsapp:+4930111111,whatsapp:+4930111111"}, "TWILIO_SENDER"),
        ({"TWILIO_SENDER": ""}, "TWILIO_SENDER"),
        ({"TWILIO_TEMPLATE_SID": "HX1"}, "TWILIO_TEMPLATE_SID"),
        ({"PUBLIC_URL": ""}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "http://bot.example.org"}, "PUBLIC_URL"),
    ],
)
def test_a_mistake_is_named_and_not_shown(change: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named) as caught:
        WhatsAppSettings.from_mapping(GOOD | change)
    assert "canary" not in str(caught.value)
    assert TOKEN not in str(caught.value)
