"""Settings: read strictly, explained when they are wrong, secrets kept out of sight."""

from __future__ import annotations

from pathlib import Path

import pytest

from tasks_ui.app import default_registry
from tasks_ui.settings import SettingsError, from_environment


def read(tmp_path: Path, **values: str):
    return from_environment({"KEYTURN_DATA_DIR": str(tmp_path), **{f"KEYTURN_{k}": v for k, v in values.items()}})


def test_nothing_set_works_on_one_machine(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.database_url == f"sqlite:///{tmp_path}/keyturn.db"
    assert settings.zone.key == "Asia/Shanghai"
    assert not settings.demo
    assert not settings.secure


def test_timers_count_their_days_in_the_zone_of_the_settings(tmp_path: Path, sqlite_database) -> None:
    known = default_registry(read(tmp_path, ZONE="Europe/Berlin"))
    with sqlite_database.read() as session:
        assert known.calendar(session).zone.key == "Europe/Berlin"


def test_the_key_is_made_once_and_only_the_owner_reads_it(tmp_path: Path) -> None:
    first = read(tmp_path).secret_key
    assert len(first) >= 32
    assert read(tmp_path).secret_key == first
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DEMO", "yes"),
        ("ZONE", "Mars/Olympus"),
        ("PROXIES", "-1"),
        ("PROXIES", "one"),
        ("BASE_URL", "keyturn.example"),
        ("BASE_URL", "ftp://keyturn.example"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY_FILE", "/nowhere/at/all"),
        ("DATABSE_URL", "sqlite://"),
    ],
)
def test_what_makes_no_sense_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"KEYTURN_{name}"):
        read(tmp_path, **{name: value})


def test_secrets_come_from_a_file_or_from_the_variable_not_both(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from the file\n")
    assert read(tmp_path, SECRET_KEY_FILE=str(file)).secret_key == "from the file"
    with pytest.raises(SettingsError, match="not both"):
        read(tmp_path, SECRET_KEY_FILE=str(file), SECRET_KEY="x")


def test_secrets_are_not_shown(tmp_path: Path) -> None:
    settings = read(tmp_path, SECRET_KEY="swordfish", SMTP_HOST="mail.example", SMTP_PASSWORD="swordfish", METRICS_TOKEN="swordfish")
    assert "swordfish" not in repr(settings)
    assert settings.smtp
    assert settings.smtp.sender == "keyturn@mail.example"
    assert settings.smtp.tls


def test_https_makes_cookies_secure(tmp_path: Path) -> None:
    assert read(tmp_path, BASE_URL="https://keyturn.example/").base_url == "https://keyturn.example"
    assert read(tmp_path, BASE_URL="https://keyturn.example/").secure
