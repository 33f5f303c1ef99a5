"""What the surroundings set: read once, strictly, from the environment.

A variable that is misspelt, or has a value that cannot be meant, stops the start with a sentence that names it. Secrets
may lie in a file, which the variable with `_FILE` after its name points to.
"""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass, field
from datetime import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "KEYTURN_"
SECRETS = ("SECRET_KEY", "DATA_KEY", "SMTP_PASSWORD", "METRICS_TOKEN", "WEBHOOK_TOKEN", "SMS_TOKEN")
NAMES = frozenset(
    {
        *("DATABASE_URL", "DATA_DIR", "BASE_URL", "ZONE", "DEMO", "PROXIES", "LOG_LEVEL", "MAX_UPLOAD_MB"),
        "TEST_CLOCK",
        *("SMTP_HOST", "SMTP_PORT", "SMTP_USER", "SMTP_FROM", "SMTP_TLS", "WEBHOOK_URL"),
        *("SMS_URL", "SMS_BODY", "SMS_BODY_FILE", "SMS_QUIET"),
        *SECRETS,
        *(f"{name}_FILE" for name in SECRETS),
    }
)
SECRET_BYTES = 32


class SettingsError(Exception):
    """A setting is missing or makes no sense."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """The mail server; `tls`: the connection is made safe by STARTTLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    sender: str
    tls: bool


@dataclass(frozen=True, slots=True)
class Sms:
    """The gateway for short messages. `body`: the JSON it wants, with {phone}, {text} and {id} in its texts.

    `quiet`: from when until when (local) nobody is written to unless it is most urgent; None: at any time.
    """

    url: str
    body: dict[str, Any] | None
    token: str = field(repr=False)
    quiet: tuple[time, time] | None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything the application is told from outside.

    `base_url` is where people find it: links in mails start with it, and https there makes the cookies secure.
    `proxies` counts the trusted proxies in front. `zone`: of timers and what people read. `demo` lets anybody sign in
    as anybody, `test_clock` lets programs put the clock forward: never in earnest. `secret_key` signs sessions and may
    be changed; `data_key` seals phone numbers in the database and must be kept with it.
    """

    database_url: str
    data_dir: Path
    base_url: str
    zone: ZoneInfo
    secret_key: str = field(repr=False)
    data_key: str = field(default="", repr=False)
    demo: bool = False
    test_clock: bool = False
    proxies: int = 0
    log_level: str = "INFO"
    max_upload_mb: int = 25
    metrics_token: str = field(default="", repr=False)
    smtp: Smtp | None = None
    webhook_url: str = ""
    webhook_token: str = field(default="", repr=False)
    sms: Sms | None = None

    @property
    def secure(self) -> bool:
        """Tell whether people reach the application by https."""
        return self.base_url.startswith("https:")


def from_environment(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings.

    Raises:
        SettingsError: A variable is unknown, or its value is none of those allowed.
    """
    given = dict(os.environ if environ is None else environ)
    values = {name.removeprefix(PREFIX): value for name, value in given.items() if name.startswith(PREFIX)}
    unknown = sorted(set(values) - NAMES)
    if unknown:
        raise SettingsError(f"Unknown setting {PREFIX}{unknown[0]}. Known are: {', '.join(sorted(NAMES))}.")
    data_dir = Path(values.get("DATA_DIR", "var")).absolute()
    demo = _switch(values, "DEMO")
    secret_key = _secret(values, "SECRET_KEY") or _kept_secret(data_dir, "secret-key")
    return Settings(
        database_url=values.get("DATABASE_URL") or f"sqlite:///{data_dir / 'keyturn.db'}",
        data_dir=data_dir,
        base_url=_url("BASE_URL", values.get("BASE_URL", "http://127.0.0.1:8000")),
        zone=_zone(values.get("ZONE", "Asia/Shanghai")),
        secret_key=secret_key,
        data_key=_secret(values, "DATA_KEY") or _kept_secret(data_dir, "data-key"),
        demo=demo,
        test_clock=_switch(values, "TEST_CLOCK"),
        proxies=_number(values, "PROXIES", 0),
        log_level=_choice(values, "LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR")),
        max_upload_mb=_number(values, "MAX_UPLOAD_MB", 25),
        metrics_token=_secret(values, "METRICS_TOKEN"),
        smtp=_smtp(values),
        webhook_url=_url("WEBHOOK_URL", values["WEBHOOK_URL"]) if values.get("WEBHOOK_URL") else "",
        webhook_token=_secret(values, "WEBHOOK_TOKEN"),
        sms=_sms(values),
    )


def _smtp(values: Mapping[str, str]) -> Smtp | None:
    host = values.get("SMTP_HOST", "")
    if not host:
        return None
    return Smtp(
        host=host,
        port=_number(values, "SMTP_PORT", 587),
        user=values.get("SMTP_USER", ""),
        password=_secret(values, "SMTP_PASSWORD"),
        sender=values.get("SMTP_FROM") or f"keyturn@{host}",
        tls=_choice(values, "SMTP_TLS", "starttls", ("starttls", "none")) == "starttls",
    )


def _sms(values: Mapping[str, str]) -> Sms | None:
    if not values.get("SMS_URL"):
        return None
    body = _secret(values, "SMS_BODY")
    try:
        read = json.loads(body) if body else None
    except ValueError as problem:
        raise SettingsError(f"{PREFIX}SMS_BODY is no JSON: {problem}.") from problem
    if read is not None and not isinstance(read, dict):
        raise SettingsError(f"{PREFIX}SMS_BODY must be a JSON object.")
    return Sms(
        url=_url("SMS_URL", values["SMS_URL"]),
        body=read,
        token=_secret(values, "SMS_TOKEN"),
        quiet=_span("SMS_QUIET", values.get("SMS_QUIET", "21:00-08:00")),
    )


def _span(name: str, value: str) -> tuple[time, time] | None:
    if value == "none":
        return None
    try:
        first, last = (time.fromisoformat(piece.strip()) for piece in value.split("-"))
    except ValueError as problem:
        raise SettingsError(f"{PREFIX}{name}={value!r}: use hours such as 21:00-08:00, or none.") from problem
    return first, last


def _kept_secret(data_dir: Path, name: str) -> str:
    """Return the key kept beside the data, made at the first start: sessions outlive a restart."""
    path = data_dir / name
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(SECRET_BYTES))
    return path.read_text().strip()


def _secret(values: Mapping[str, str], name: str) -> str:
    path = values.get(f"{name}_FILE", "")
    if path and values.get(name):
        raise SettingsError(f"Set {PREFIX}{name} or {PREFIX}{name}_FILE, not both.")
    if not path:
        return values.get(name, "")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as problem:
        raise SettingsError(f"{PREFIX}{name}_FILE={path!r} cannot be read: {problem.strerror}.") from problem


def _switch(values: Mapping[str, str], name: str) -> bool:
    return _choice(values, name, "0", ("0", "1")) == "1"


def _choice(values: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = values.get(name, default)
    if value not in allowed:
        raise SettingsError(f"{PREFIX}{name}={value!r}: use one of {', '.join(allowed)}.")
    return value


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    value = values.get(name, str(default))
    if not value.isascii() or not value.isdigit():
        raise SettingsError(f"{PREFIX}{name}={value!r}: use a whole number.")
    return int(value)


def _url(name: str, value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError(f"{PREFIX}{name}={value!r}: use an address such as https://keyturn.example.")
    return value.rstrip("/")


def _zone(value: str) -> ZoneInfo:
    try:
        return ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as problem:
        raise SettingsError(f"{PREFIX}ZONE={value!r}: use a name such as Asia/Shanghai.") from problem
