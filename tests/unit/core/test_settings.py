"""Settings: what is taken, what is refused, and that every problem is named at once and no secret ever shown."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import setting_types as kinds
from core.errors import SettingsError
from core.settings import Declared, Settings, declarations, read_settings, settings_table

KEY_A = base64.b64encode(b"a" * 32).decode()
KEY_B = base64.b64encode(b"b" * 32).decode()
VIBER = "44dafb7e0f40021e-61a47a1e6778d187-f2c5a676a07050b3"
TOKEN = "123456789:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"

#: A good value for every setting, and values that must be refused.
EXAMPLES: dict[str, tuple[str, list[str]]] = {
    "STREETWORK_BOT": ("flows/other", ["a\0b"]),
    "STREETWORK_STORE": (
        "redis+sentinel://bot:pw@a,b:1/main/0?replicas=1",
        ["sqlite://x.db", "sqlite:////", "sqlite:///dir/", "postgres://x", "redis://:secret-canary@", "redis://h/1/2"],
    ),
    "STREETWORK_KEY_FILE": ("/srv/key", ["a\0b"]),
    "STREETWORK_KEYS": (f"{KEY_A}, {KEY_B}", ["???", "c2hvcnQ=", f"{KEY_A},{KEY_A}", ",,,"]),
    "STREETWORK_CONVERSATIONS_KEY": (KEY_A, [f"{KEY_A},{KEY_B}", "c2hvcnQ="]),
    "STREETWORK_RECORDS_KEY": (KEY_B, ["secret-canary"]),
    "HOST": ("0.0.0.0", ["300.1.1.1", "a b", "-x", "http://x"]),
    "PORT": ("9000", ["0x10", "-1", "65536", "http", "٨٠٨٠", "9" * 400]),
    "PUBLIC_URL": (
        "https://bot.example.org",
        ["http://bot.example.org", "https://x/y", "x.org", "https://a@b", "https://x?y=1", "https://x:0", "https://[::1"],
    ),
    "TELEGRAM_TOKEN": (TOKEN, ["12345", "secret-canary", f"{TOKEN} x", f"{TOKEN},"[:8]]),
    "TELEGRAM_API_URL": ("https://api.example.org", ["http://api.example.org", "ftp://x", "api"]),
    "TELEGRAM_SECRET": ("abc_DEF-123", ["secret canary", "ü", "x" * 257]),
    "TWILIO_ACCOUNT_SID": ("AC" + "0a" * 16, ["AC12", "SK" + "0" * 32, "AC" + "g" * 32]),
    "TWILIO_AUTH_TOKEN": ("0123456789abcdef0123456789abcdef", ["short", "secret canary with spaces"]),
    "TWILIO_SENDER": ("whatsapp:+4930123456,whatsapp:+4930654321", ["+4930123456", "whatsapp:030123456", ","]),
    "TWILIO_MESSAGING_SERVICE_SID": ("MG" + "0" * 32, ["AC" + "0" * 32]),
    "TWILIO_TEMPLATE_SID": ("HX" + "f" * 32, ["HX1"]),
    "TWILIO_SHARED_KEY": ("0123456789abcdef0123456789abcdef", ["short"]),
    "TWILIO_API_URL": ("http://127.0.0.1:9", ["http://api.example.org", "api"]),
    "VIBER_TOKEN": (VIBER, ["secret-canary", "44dafb7e0f40021e", f"{VIBER} {VIBER}"]),
    "VIBER_ACCOUNT": ("advice, second", ["Advice", "a b", "x" * 33]),
    "VIBER_NAME": ("Streetwork", ["x" * 29, "a\nb"]),
    "VIBER_AVATAR": ("https://example.org/a.png", ["http://example.org/a.png", "a.png"]),
    "VIBER_API_URL": ("http://127.0.0.1:9000/pa", ["http://api.example.org", "ftp://x", "api"]),
    "VIBER_PAID_MESSAGES": ("20", ["-1", "many", "1000001"]),
    "STREETWORK_ENCODER": ("none", ["No such", "x" * 41]),
    "TWILIO_TEMPLATES": (
        "reminder:HX" + "0" * 32 + ",reminder.ar:HX" + "1" * 32,
        ["reminder", "reminder:XX1", "a:HX" + "0" * 32 + ",a:HX" + "0" * 32],
    ),
    "STREETWORK_LOG": ("warning", ["loud"]),
    "STREETWORK_LOG_FORMAT": ("json", ["xml"]),
    "STREETWORK_MEDIA_MAX": ("5", ["0", "2000", "much"]),
    "STREETWORK_WORKERS": ("8", ["0", "2000", "many"]),
    "STREETWORK_METRICS_TOKEN": ("0123456789abcdef", ["short", "has a space in it"]),
    "STREETWORK_WATCH": ("0", ["maybe"]),
    "STREETWORK_SECOND_FACTOR": ("always", ["never", "1"]),
    "STREETWORK_SMTP": (
        "smtps://bot:p%40ss@mail.example.org",
        ["mail.example.org", "smtp://bot@x", "http://x", "smtps://:9", "smtp://x/y"],
    ),
    "STREETWORK_MAIL_FROM": (
        "desk@example.org",
        ["desk", "a@b", "a@example.org, b@example.org", "a@example.org\nBcc: b@example.org"],
    ),
    "STREETWORK_ALERT_MAIL": ("a@example.org, b@example.org", ["a@example.org,", "x"]),
    "STREETWORK_ALERT_TELEGRAM": ("4711, -10012", ["@team", "47 11", "1" * 21]),
    "STREETWORK_ALERT_LANGUAGE": ("ar", ["fr", "deutsch"]),
    "STREETWORK_ALERT_AFTER": ("5", ["0", "2000", "soon"]),
}  # fmt: skip


def test_every_setting_has_an_example() -> None:
    assert set(EXAMPLES) == {d.name for d in declarations()}


@pytest.mark.parametrize(("name", "bad"), [(name, bad) for name, (_, bads) in EXAMPLES.items() for bad in bads])
def test_malformed_value_names_the_setting_and_what_it_should_be(name: str, bad: str) -> None:
    with pytest.raises(SettingsError, match=rf"(?s){name}\b.*it should be ") as caught:
        read_settings({name: bad})
    declared = next(d for d in declarations() if d.name == name)
    if declared.secret:
        assert bad not in str(caught.value)


@pytest.mark.parametrize(("name", "good"), [(name, good) for name, (good, _) in EXAMPLES.items()])
def test_good_value_is_taken_from_environment_and_file_alike(name: str, good: str) -> None:
    values = {name: good}
    if name.endswith(("_KEYS", "RECORDS_KEY", "CONVERSATIONS_KEY")):
        values = {n: EXAMPLES[n][0] for n in EXAMPLES if n.endswith(("_KEYS", "RECORDS_KEY", "CONVERSATIONS_KEY"))}
    mail = ("STREETWORK_SMTP", "STREETWORK_MAIL_FROM", "STREETWORK_ALERT_MAIL")
    if name in mail:
        values = {n: EXAMPLES[n][0] for n in mail}
    toml = "".join(f"{n} = '{v}'\n" for n, v in values.items())
    from_environment = read_settings(values)
    assert from_environment == read_settings({}, toml=toml)
    assert from_environment != read_settings({})
    assert from_environment.given == values


def test_nothing_set_gives_a_bot_that_runs_at_once() -> None:
    settings = read_settings({"PATH": "/bin", "HOME": "/root"})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.bot) == ("127.0.0.1", 8080, Path("flows/berlin"))
    assert settings.store_path == Path("var/streetwork.db")
    assert settings.key_path == Path("var/streetwork.key")
    assert settings.watch


def test_empty_variable_counts_as_unset() -> None:
    assert read_settings({"TELEGRAM_TOKEN": "", "PORT": "  "}) == Settings()


def test_unknown_variable_with_our_prefix_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match=r"STREETWORK_STOER is no setting .* Did you mean STREETWORK_STORE\?"):
        read_settings({"STREETWORK_STOER": "memory:"})


def test_unknown_key_of_a_file_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(SettingsError, match=r"WATCH in my\.toml .*Did you mean STREETWORK_WATCH\?"):
        read_settings({}, toml="WATCH = true", source="my.toml")


def test_other_programs_variables_are_not_our_business() -> None:
    assert read_settings({"TELEGRAM_CHAT": "1", "KEYS": "x"}) == Settings()


def test_all_problems_come_in_one_error() -> None:
    with pytest.raises(SettingsError) as caught:
        read_settings({"PORT": "x", "STREETWORK_LOG": "loud", "STREETWORK_X": "1"}, toml="HOST = 'a b'\nODD = 1")
    text = str(caught.value)
    assert text.startswith("5 settings need attention:")
    assert all(name in text for name in ("PORT", "STREETWORK_LOG", "STREETWORK_X", "HOST", "ODD"))


def test_environment_wins_over_the_file() -> None:
    assert read_settings({"PORT": "9001"}, toml="PORT = 9000\nSTREETWORK_WATCH = false").port == 9001


def test_file_takes_numbers_switches_and_lists() -> None:
    settings = read_settings({}, toml=f"PORT = 9000\nSTREETWORK_WATCH = false\nTELEGRAM_TOKEN = ['{TOKEN}']")
    assert (settings.port, settings.watch, settings.telegram_token) == (9000, False, TOKEN)


@pytest.mark.parametrize("value", ["1.5", "{a = 1}", "[1]", "1979-05-27"])
def test_file_value_of_another_kind_is_refused(value: str) -> None:
    with pytest.raises(SettingsError, match=r"HOST in .* should be a text"):
        read_settings({}, toml=f"HOST = {value}")


def test_broken_file_is_named_with_its_line_and_without_its_values() -> None:
    with pytest.raises(SettingsError, match=r"my\.toml is not valid TOML \(at line 2") as caught:
        read_settings({}, toml="PORT = 1\nTELEGRAM_TOKEN = secret-canary\n", source="my.toml")
    assert "canary" not in str(caught.value)


def test_settings_file_cannot_name_another_one() -> None:
    with pytest.raises(SettingsError, match=r"STREETWORK_SETTINGS .* only be set in the environment"):
        read_settings({}, toml="STREETWORK_SETTINGS = 'other.toml'")


def test_keys_come_all_three_or_from_a_file() -> None:
    with pytest.raises(SettingsError, match=r"STREETWORK_KEYS is set, but .*CONVERSATIONS.* and .*RECORDS.* are not"):
        read_settings({"STREETWORK_KEYS": KEY_A})
    with pytest.raises(SettingsError, match="keep one of them"):
        read_settings({"STREETWORK_KEYS": KEY_A, "STREETWORK_KEY_FILE": "x.key"})
    ring = {
        "STREETWORK_KEYS": f"{KEY_B},{KEY_A}",
        "STREETWORK_CONVERSATIONS_KEY": KEY_A,
        "STREETWORK_RECORDS_KEY": KEY_A,
    }
    settings = read_settings(ring)
    assert settings.keys == (b"b" * 32, b"a" * 32)
    assert settings.key_path is None


def test_memory_store_has_no_files() -> None:
    settings = read_settings({"STREETWORK_STORE": "memory:"})
    assert settings.store_path is None
    assert settings.key_path is None


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://bot.example.org/", "https://bot.example.org"),
        ("https://bot.example.org:8443", "https://bot.example.org:8443"),
        ("http://127.0.0.1:8081", "http://127.0.0.1:8081"),
        ("http://bot-api:8081", "http://bot-api:8081"),
    ],
)
def test_addresses_are_kept_without_a_slash(given_url: str, kept: str) -> None:
    settings = read_settings({"PUBLIC_URL": given_url, "TELEGRAM_API_URL": given_url})
    assert (settings.public_url, settings.telegram_api_url) == (kept, kept)


def test_repr_shows_no_secret() -> None:
    values = {name: good for name, (good, _) in EXAMPLES.items() if name != "STREETWORK_KEY_FILE"}
    shown = repr(read_settings(values))
    for declared in declarations():
        if declared.secret:
            assert values[declared.name] not in shown
    assert repr(b"a" * 32) not in shown


def test_fields_of_secrets_are_out_of_repr() -> None:
    for field in dataclasses.fields(Settings):
        declared = field.metadata.get("declared")
        if declared is not None:
            assert field.repr is not declared.secret, field.name


def test_channel_of_another_package_declares_its_own() -> None:
    own = Declared(name="MATRIX_PORT", parse=kinds.whole(1, 9), meaning="A port.")
    assert read_settings({"MATRIX_PORT": "7"}, extra=[own]).given == {"MATRIX_PORT": "7"}
    with pytest.raises(SettingsError, match="MATRIX_PORT is 'x'"):
        read_settings({"MATRIX_PORT": "x"}, extra=[own])


def test_table_lists_every_setting_with_its_default() -> None:
    table = settings_table()
    assert all(f"| `{d.name}` |" in table for d in declarations())
    assert "| `PORT` | `8080` |" in table


def test_shown_default_is_the_default() -> None:
    for field in dataclasses.fields(Settings):
        declared = field.metadata.get("declared")
        if declared is not None and declared.shown and " " not in declared.shown:
            assert declared.parse(declared.shown) == field.default, declared.name


@given(st.dictionaries(st.sampled_from([*EXAMPLES, "STREETWORK_ODD"]), st.text(max_size=40), max_size=5))
def test_any_environment_is_taken_or_refused_with_a_settings_error(environment: dict[str, str]) -> None:
    with contextlib.suppress(SettingsError):
        assert isinstance(read_settings(environment), Settings)


@given(st.text(max_size=60))
def test_any_file_is_taken_or_refused_with_a_settings_error(text: str) -> None:
    with contextlib.suppress(SettingsError):
        assert read_settings({}, toml=text) == Settings()
