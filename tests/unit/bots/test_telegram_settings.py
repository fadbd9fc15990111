"""Settings are read once, malformed ones are named, and no secret is ever shown."""

from __future__ import annotations

import pytest

from bots.telegram_settings import DEFAULT_API_URL, TelegramSettings
from core.errors import SettingsError

ONE = "123456789:AAbbccddeeffgghhiijjkkllmmnnooppqqr"
TWO = "987654321:AAbbccddeeffgghhiijjkkllmmnnooppqqr"


def test_nothing_set_means_no_accounts() -> None:
    settings = TelegramSettings.from_mapping({})
    assert (settings.accounts, settings.api_url, settings.public_url) == ((), DEFAULT_API_URL, None)


def test_accounts_are_named_by_the_bots_ids_and_get_lasting_secrets() -> None:
    settings = TelegramSettings.from_mapping({"TELEGRAM_TOKEN": f"{ONE}, {TWO}"})
    again = TelegramSettings.from_mapping({"TELEGRAM_TOKEN": f"{ONE},{TWO}"})
    assert [one.account for one in settings.accounts] == ["123456789", "987654321"]
    assert settings == again
    secrets = {one.secret for one in settings.accounts}
    assert len(secrets) == 2
    assert all(len(secret) == 64 for secret in secrets)


def test_own_secrets() -> None:
    both = TelegramSettings.from_mapping({"TELEGRAM_TOKEN": f"{ONE},{TWO}", "TELEGRAM_SECRET": "s1,s2"})
    shared = TelegramSettings.from_mapping({"TELEGRAM_TOKEN": f"{ONE},{TWO}", "TELEGRAM_SECRET": "s1"})
    assert [one.secret for one in both.accounts] == ["s1", "s2"]
    assert [one.secret for one in shared.accounts] == ["s1", "s1"]


def test_addresses_lose_their_last_slash() -> None:
    settings = TelegramSettings.from_mapping(
        {"TELEGRAM_TOKEN": ONE, "TELEGRAM_API_URL": "http://127.0.0.1:8081/", "PUBLIC_URL": "http://localhost:8080/"}
    )
    assert (settings.api_url, settings.public_url) == ("http://127.0.0.1:8081", "http://localhost:8080")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"TELEGRAM_TOKEN": "secretish"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": "123:short"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": f"{ONE},{ONE}"}, "TELEGRAM_TOKEN"),
        ({"TELEGRAM_TOKEN": ONE, "TELEGRAM_SECRET": "not allowed!"}, "TELEGRAM_SECRET"),
        ({"TELEGRAM_TOKEN": ONE, "TELEGRAM_SECRET": "a,b"}, "TELEGRAM_SECRET"),
        ({"TELEGRAM_API_URL": "ftp://example.org"}, "TELEGRAM_API_URL"),
        ({"TELEGRAM_API_URL": "https://example.org:notaport"}, "TELEGRAM_API_URL"),
        ({"TELEGRAM_TOKEN": ONE, "PUBLIC_URL": "http://bot.example.org"}, "PUBLIC_URL"),
        ({"PUBLIC_URL": "my-own-host"}, "PUBLIC_URL"),
    ],
)
def test_a_malformed_setting_is_named_and_not_shown(values: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        TelegramSettings.from_mapping(values)
    assert name in str(caught.value)
    assert all(value not in str(caught.value) for value in values.values())


def test_secrets_do_not_show() -> None:
    settings = TelegramSettings.from_mapping({"TELEGRAM_TOKEN": ONE, "TELEGRAM_SECRET": "very-secret"})
    assert ONE not in repr(settings)
    assert "very-secret" not in repr(settings)
