"""Every setting, declared once: its name, what it may look like, its default and what it is for.

From these declarations come the parser, the errors and the table in the README. Settings are read from a mapping
(the environment) and the text of a TOML file with the same names; reading either is not done here. An unknown or
malformed setting is an error that says what it should look like, and all problems are reported in one go. Secrets
appear neither in errors nor in ``repr``.
"""

from __future__ import annotations

import dataclasses
import difflib
import tomllib
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from core import setting_types as kinds
from core.declaring import Declared, setting
from core.desk_fields import DeskFields
from core.errors import SettingsError
from core.setting_types import Malformed

__all__ = ["PREFIX", "SETTINGS_FILE", "Declared", "Settings", "declarations", "read_settings", "settings_table"]

#: Variables with this prefix are ours, so one that we do not know is a mistake.
PREFIX: Final = "STREETWORK_"
#: Names the TOML file; only meaningful in the environment.
SETTINGS_FILE: Final = "STREETWORK_SETTINGS"
#: Only together, and instead of a key file.
_KEYS: Final = ("STREETWORK_KEYS", "STREETWORK_CONVERSATIONS_KEY", "STREETWORK_RECORDS_KEY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(DeskFields):
    """Everything an operator can choose. Made by :func:`read_settings`; tests may build one directly."""

    bot: Path = field(
        default=Path("flows/berlin"),
        metadata=setting("STREETWORK_BOT", kinds.path, "The bot's folder.", shown="flows/berlin"),
    )
    #: May hold a password.
    store: str = field(
        default="sqlite:///var/streetwork.db",
        repr=False,
        metadata=setting(
            "STREETWORK_STORE",
            kinds.store,
            "Where conversations live: `sqlite:///` and a path, `redis://` for several machines, or `memory:` for a "
            "trial that forgets everything.",
            shown="sqlite:///var/streetwork.db",
            secret=True,
        ),
    )
    key_file: Path | None = field(
        default=None,
        metadata=setting(
            "STREETWORK_KEY_FILE",
            kinds.path,
            "File with all keys; made at the first start when it is missing.",
            shown="beside the store: var/streetwork.key",
        ),
    )
    #: Newest first; the first seals, all open.
    keys: tuple[bytes, ...] = field(
        default=(),
        repr=False,
        metadata=setting(
            "STREETWORK_KEYS",
            kinds.keys,
            "Instead of a key file: master keys, 32 bytes each in base64, with commas between, the newest first.",
            secret=True,
        ),
    )
    conversations_key: bytes | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "STREETWORK_CONVERSATIONS_KEY",
            kinds.one_key,
            "With `STREETWORK_KEYS`: the key of pseudonyms, 32 bytes in base64. Never change it.",
            secret=True,
        ),
    )
    records_key: bytes | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "STREETWORK_RECORDS_KEY",
            kinds.one_key,
            "With `STREETWORK_KEYS`: the key of accounts and sessions, 32 bytes in base64. Never change it.",
            secret=True,
        ),
    )
    host: str = field(
        default="127.0.0.1", metadata=setting("HOST", kinds.host, "Address to listen on.", shown="127.0.0.1")
    )
    port: int = field(
        default=8080,
        metadata=setting("PORT", kinds.whole(0, 65535), "Port to listen on; 0 takes any free one.", shown="8080"),
    )
    public_url: str | None = field(
        default=None,
        metadata=setting(
            "PUBLIC_URL",
            kinds.public_url,
            "Where the world reaches this server: `https://`, a host and no path. With it messengers call us; "
            "without it Telegram is polled.",
        ),
    )
    #: One token, or several with commas between.
    telegram_token: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "TELEGRAM_TOKEN",
            kinds.telegram_token,
            "Token of the Telegram bot, from BotFather; several with commas between.",
            secret=True,
        ),
    )
    telegram_api_url: str = field(
        default="https://api.telegram.org",
        metadata=setting(
            "TELEGRAM_API_URL",
            kinds.api_url,
            "Address of the Bot API, for a Bot API server of your own.",
            shown="https://api.telegram.org",
        ),
    )
    telegram_secret: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "TELEGRAM_SECRET",
            kinds.telegram_secret,
            "Secret that Telegram sends along with every webhook call; one, or as many as tokens.",
            shown="derived from the token",
            secret=True,
        ),
    )
    #: One token, or several with commas between.
    viber_token: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "VIBER_TOKEN",
            kinds.viber_token,
            "Token of the Viber bot, from Viber's admin panel; several with commas between. Needs `PUBLIC_URL`.",
            secret=True,
        ),
    )
    viber_account: str | None = field(
        default=None,
        metadata=setting(
            "VIBER_ACCOUNT",
            kinds.viber_account,
            "Short name of the Viber bot in its webhook's address; as many as tokens. Set it before a token changes: "
            "conversations belong to the name.",
            shown="derived from the token",
        ),
    )
    viber_name: str | None = field(
        default=None,
        metadata=setting(
            "VIBER_NAME",
            kinds.viber_name,
            "Name above the bot's messages in Viber, 28 characters at most.",
            shown="the team's name",
        ),
    )
    viber_avatar: str | None = field(
        default=None,
        metadata=setting(
            "VIBER_AVATAR", kinds.viber_avatar, "`https://` address of the picture beside them, 100 kB at most."
        ),
    )
    viber_api_url: str = field(
        default="https://chatapi.viber.com/pa",
        metadata=setting(
            "VIBER_API_URL",
            kinds.api_url,
            "Address of Viber's API, for tests.",
            shown="https://chatapi.viber.com/pa",
        ),
    )
    viber_paid_messages: int = field(
        default=0,
        metadata=setting(
            "VIBER_PAID_MESSAGES",
            kinds.whole(0, 1_000_000),
            "Messages a day and bot that may go out outside a person's free 24-hour session, which Viber charges for. "
            "With 0 they are held until the person writes.",
            shown="0",
        ),
    )
    media_max: int = field(
        default=20,
        metadata=setting(
            "STREETWORK_MEDIA_MAX",
            kinds.whole(1, 1024),
            "Largest file that is taken from a person or a counsellor, in MB (1,048,576 bytes). A person's files "
            "together may be ten times as large.",
            shown="20",
        ),
    )
    log_level: str = field(
        default="info",
        metadata=setting(
            "STREETWORK_LOG",
            kinds.one_of("debug", "info", "warning", "error"),
            "Least level that is logged: debug, info, warning or error.",
            shown="info",
        ),
    )
    log_format: str = field(
        default="auto",
        metadata=setting(
            "STREETWORK_LOG_FORMAT",
            kinds.one_of("auto", "json", "text"),
            "`json`, `text`, or `auto`: text on a terminal, JSON elsewhere.",
            shown="auto",
        ),
    )
    workers: int = field(
        default=32,
        metadata=setting(
            "STREETWORK_WORKERS", kinds.whole(1, 1024), "Turns in flight at once in one process.", shown="32"
        ),
    )
    metrics_token: str | None = field(
        default=None,
        repr=False,
        metadata=setting(
            "STREETWORK_METRICS_TOKEN",
            kinds.metrics_token,
            "Bearer token that `/metrics` asks for; without it `/metrics` is open.",
            secret=True,
        ),
    )
    watch: bool = field(
        default=True,
        metadata=setting(
            "STREETWORK_WATCH", kinds.yes_no, "Watch the bot's folder and take in clean changes: 1 or 0.", shown="1"
        ),
    )
    #: Every text that was set, by name, for the channels: they read what they declare themselves.
    given: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def trial(self) -> bool:
        """Only this machine reaches the desk: no ``PUBLIC_URL``, and a loopback ``HOST``."""
        return self.public_url is None and self.host in ("127.0.0.1", "::1", "localhost")

    @property
    def store_path(self) -> Path | None:
        """The SQLite file, or None where nothing is kept."""
        return Path(self.store.removeprefix("sqlite:///")) if self.store.startswith("sqlite:///") else None

    @property
    def key_path(self) -> Path | None:
        """The file of the master keys, or None when they come from the settings or nothing is kept."""
        if self.keys:
            return None
        if self.key_file is not None or self.store == "memory:":
            return self.key_file
        return self.store_path.with_suffix(".key") if self.store_path else Path("var/streetwork.key")


def declarations() -> tuple[Declared, ...]:
    """Return all settings of Streetwork itself, in the order of the table."""
    inherited = {f.name for f in dataclasses.fields(DeskFields)}
    ordered = sorted(dataclasses.fields(Settings), key=lambda f: f.name in inherited)
    return tuple(f.metadata["declared"] for f in ordered if "declared" in f.metadata)


def read_settings(
    environment: Mapping[str, str],
    *,
    toml: str | None = None,
    source: str = "the settings file",
    extra: Sequence[Declared] = (),
) -> Settings:
    """Return the settings of ``environment`` over those of a TOML file's text; an empty variable counts as unset.

    ``source`` names the file in errors; ``extra`` are settings that channels of other packages declare, which they
    find in ``given``.
    Raises :class:`core.errors.SettingsError` with all problems.
    """
    known = {d.name: d for d in (*declarations(), *extra)}
    problems: list[str] = []
    given = _from_file(toml, source, known, problems) if toml is not None else {}
    given |= _from_environment(environment, known, problems)
    values: dict[str, Any] = {}
    for name, (text, where) in given.items():
        try:
            values[name] = known[name].parse(text)
        except Malformed as exc:
            problems.append(_malformed(known[name], text, where, str(exc)))
    problems += _contradictions(given.keys())
    if problems:
        raise SettingsError(_report(problems))
    fields = {f.metadata["declared"].name: f.name for f in dataclasses.fields(Settings) if "declared" in f.metadata}
    chosen = {fields[name]: value for name, value in values.items() if name in fields}
    return Settings(**chosen, given={name: text for name, (text, _) in given.items()})


def settings_table(settings: Sequence[Declared] | None = None) -> str:
    """Return the settings as a Markdown table, as it stands in the README."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for one in declarations() if settings is None else settings:
        shown = f"`{one.shown}`" if one.shown and " " not in one.shown else one.shown
        rows.append(f"| `{one.name}` | {shown or 'not set'} | {one.meaning} |")
    rows.append(f"| `{SETTINGS_FILE}` | not set | A TOML file with any of these; the environment wins over it. |")
    return "\n".join(rows) + "\n"


Given = dict[str, tuple[str, str]]


def _from_environment(environment: Mapping[str, str], known: Mapping[str, Declared], problems: list[str]) -> Given:
    given: Given = {}
    for name, text in environment.items():
        if name in known:
            if text.strip():
                given[name] = (text, "")
        elif name.startswith(PREFIX) and name != SETTINGS_FILE:
            problems.append(_unknown(name, "", known))
    return given


def _from_file(toml: str, source: str, known: Mapping[str, Declared], problems: list[str]) -> Given:
    where = f" in {source}"
    try:
        table = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as exc:
        # Only the place: the message may quote a value, and the value may be a secret.
        place = str(exc).rpartition("(")[2].rstrip(")")
        problems.append(f"{source} is not valid TOML {f'({place})' if 'line' in place else 'at its end'}.")
        return {}
    given: Given = {}
    for name, value in table.items():
        if name not in known:
            problems.append(_unknown(name, where, known))
        elif (text := _as_text(value)) is None:
            problems.append(f"{name}{where} should be a text, a number, true, false or a list of texts.")
        elif text.strip():
            given[name] = (text, where)
    return given


def _as_text(value: object) -> str | None:
    match value:
        case bool():
            return "1" if value else "0"
        case str() | int():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return ",".join(value)
        case _:
            return None


def _contradictions(given: AbstractSet[str]) -> list[str]:
    if "STREETWORK_SMTP" in given and "STREETWORK_MAIL_FROM" not in given:
        return ["STREETWORK_SMTP is set, but STREETWORK_MAIL_FROM is not."]
    if "STREETWORK_ALERT_MAIL" in given and "STREETWORK_SMTP" not in given:
        return ["STREETWORK_ALERT_MAIL is set, but STREETWORK_SMTP is not."]
    own_keys = [name for name in _KEYS if name in given]
    if own_keys and "STREETWORK_KEY_FILE" in given:
        return [f"{own_keys[0]} and STREETWORK_KEY_FILE are both set: keep one of them."]
    missing = [name for name in _KEYS if name not in given]
    if own_keys and missing:
        return [f"{own_keys[0]} is set, but {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not."]
    return []


def _unknown(name: str, where: str, known: Mapping[str, Declared]) -> str:
    if name == SETTINGS_FILE:
        return f"{name}{where} can only be set in the environment."
    if (full := PREFIX + name.upper()) in known:
        near = [full]
    else:
        near = difflib.get_close_matches(name.upper(), [*known, SETTINGS_FILE], n=1, cutoff=0.7)
    return f"{name}{where} is no setting of Streetwork." + (f" Did you mean {near[0]}?" if near else "")


def _malformed(declared: Declared, text: str, where: str, expected: str) -> str:
    shown = "has a value that does not fit (not shown: it is a secret)" if declared.secret else f"is {text[:80]!r}"
    return f"{declared.name}{where} {shown}: it should be {expected}."


def _report(problems: Sequence[str]) -> str:
    if len(problems) == 1:
        return problems[0]
    return f"{len(problems)} settings need attention:\n" + "\n".join(f"  - {problem}" for problem in problems)
