"""Settings are read once, malformed ones are named, and no token is ever shown."""

from __future__ import annotations

import pytest

from bots.viber_settings import DEFAULT_API_URL, ViberSettings
from core.errors import SettingsError

ONE = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"
TWO = "445da6az1s345z78-dazcczb2542zv51a-e0vc5fva17480im9"


def test_nothing_set_means_no_accounts() -> None:
    settings = ViberSettings.from_mapping({})
    assert (settings.accounts, settings.api_url, settings.paid) == ((), DEFAULT_API_URL, 0)


def test_accounts_get_lasting_names_that_tell_nothing() -> None:
    settings = ViberSettings.from_mapping({"VIBER_TOKEN": f"{ONE}, {TWO}"})
    again = ViberSettings.from_mapping({"VIBER_TOKEN": f"{ONE},{TWO}"})
    names = [one.account for one in settings.accounts]
    assert settings == again
    assert len(set(names)) == 2
    assert all(name not in ONE + TWO and len(name) == 12 for name in names)


def test_own_names_and_the_rest() -> None:
    settings = ViberSettings.from_mapping(
        {
            "VIBER_TOKEN": ONE,
            "VIBER_ACCOUNT": "advice",
            "VIBER_NAME": " Streetwork ",
            "VIBER_AVATAR": "https://example.org/a.png",
            "VIBER_API_URL": "http://127.0.0.1:1/pa/",
            "VIBER_PAID_MESSAGES": "5",
        }
    )
    assert settings.accounts[0].account == "advice"
    assert (settings.name, settings.paid, settings.api_url) == ("Streetwork", 5, "http://127.0.0.1:1/pa")


@pytest.mark.parametrize(
    "values",
    [
        {"VIBER_TOKEN": "secretish"},
        {"VIBER_TOKEN": f"{ONE},{ONE}"},
        {"VIBER_TOKEN": f"{ONE},{TWO}", "VIBER_ACCOUNT": "one"},
        {"VIBER_TOKEN": f"{ONE},{TWO}", "VIBER_ACCOUNT": "one,one"},
        {"VIBER_TOKEN": ONE, "VIBER_ACCOUNT": "Not/this"},
        {"VIBER_NAME": "x" * 29},
        {"VIBER_AVATAR": "ftp://x"},
        {"VIBER_PAID_MESSAGES": "many"},
    ],
)
def test_malformed_settings_are_refused_and_not_shown(values: dict[str, str]) -> None:
    with pytest.raises(SettingsError) as caught:
        ViberSettings.from_mapping(values)
    assert all(value not in str(caught.value) for value in values.values())


def test_the_token_does_not_show() -> None:
    assert ONE not in repr(ViberSettings.from_mapping({"VIBER_TOKEN": ONE}))
