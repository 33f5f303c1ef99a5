"""Everything people read is there in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from tasks_ui import i18n

ROOT = Path(__file__).parents[2]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None, "N_": None}
FIELD = re.compile(r"\{\w*\}|%\(\w+\)[sd]")


def messages() -> dict[str, str]:
    """Map each text in code and templates to the place it stands."""
    found: dict[str, str] = {}
    for folder in ("engine", "processes", "tasks_ui"):
        method = [("editor/**", "ignore"), ("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
        rows = extract_from_dir(ROOT / folder, method, keywords=KEYWORDS, options_map={"**.html": {"silent": "false"}})
        for file, line, message, _comments, _context in rows:
            text = message[0] if isinstance(message, tuple) else message
            found.setdefault(text, f"{folder}/{file}:{line}")
    return found


def translated(text: str) -> str | tuple[str, ...]:
    message = i18n.merged().get(text)
    return message.string if message else ""


def test_every_text_has_a_chinese_translation() -> None:
    catalogue = i18n.merged()
    missing = [f"{place}: {text!r}" for text, place in messages().items() if not catalogue.get(text)]
    assert not missing, "\n" + "\n".join(missing)


def test_translations_keep_the_fields() -> None:
    for message in i18n.merged():
        if message.id:
            source = message.id[0] if isinstance(message.id, tuple | list) else message.id
            for text in message.string if isinstance(message.string, tuple | list) else [message.string]:
                assert sorted(set(FIELD.findall(text))) == sorted(set(FIELD.findall(source))), source


def test_error_classes_say_their_default_sentence_in_chinese() -> None:
    from engine import errors

    for name in dir(errors):
        kind = getattr(errors, name)
        if isinstance(kind, type) and issubclass(kind, errors.KeyturnError) and "{" not in (kind.__doc__ or ""):
            assert translated((kind.__doc__ or "").strip().splitlines()[0]) or kind in (
                errors.ProcessError,
                errors.DeploymentRefused,
            ), name


def test_the_areas_agree() -> None:
    assert i18n.merged(strict=True)


def test_two_files_may_not_disagree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "zh_Hans_CN"
    folder.mkdir()
    for name, text in (("a", "一"), ("b", "二")):
        (folder / f"{name}.po").write_text(f'msgid ""\nmsgstr ""\n\nmsgid "One"\nmsgstr "{text}"\n', encoding="utf-8")
    monkeypatch.setattr(i18n, "TRANSLATIONS", tmp_path)
    with pytest.raises(i18n.CatalogueError, match="One"):
        i18n.merged(strict=True)
