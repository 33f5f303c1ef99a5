"""The editors speak Chinese: every text of their scripts is translated, and nothing else stands in their catalogues."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

from tasks_ui.studio import words

ROOT = Path(__file__).parents[2] / "tasks_ui"
SOURCES = ROOT / "editor" / "src"
CATALOGUES = ROOT / "translations" / "zh_Hans_CN"
CALL = re.compile(r"""\bt\(\s*("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|\w)""")


def entries(name: str) -> dict[str, str]:
    with (CATALOGUES / name).open("rb") as file:
        part = read_po(file, locale="zh_Hans_CN", charset="utf-8")
    return {str(entry.id): str(entry.string) for entry in part if entry.id}


def said() -> dict[str, str]:
    """Map each text that a script asks for to the script."""
    found: dict[str, str] = {}
    for path in sorted(SOURCES.rglob("*.js")):
        for match in CALL.finditer(path.read_text(encoding="utf-8")):
            if match[1][0] in "\"'":
                found.setdefault(plain(match[1]), path.name)
    return found


def plain(literal: str) -> str:
    return re.sub(r"\\(.)", r"\1", literal[1:-1])


def test_every_text_of_the_editors_is_translated() -> None:
    known = words.texts("zh_Hans_CN")
    missing = [f"{file}: {text!r}" for text, file in said().items() if not known.get(text)]
    assert not missing, "\n".join(missing)


def test_every_translation_of_the_shell_is_of_a_text_of_it() -> None:
    """The other catalogues also translate what bpmn-js, dmn-js and form-js say themselves."""
    paths = [*SOURCES.glob("*.js"), *(SOURCES / "studio").glob("*.js")]
    scripts = re.sub(r"""\\(["'`])""", r"\1", "".join(path.read_text(encoding="utf-8") for path in paths))
    unused = [text for text in entries("editor.po") if text not in scripts]
    assert not unused, "\n".join(unused)


def test_the_catalogues_agree_and_keep_the_fields() -> None:
    seen: dict[str, str] = {}
    for path in CATALOGUES.glob("editor*.po"):
        for text, chinese in entries(path.name).items():
            assert seen.setdefault(text, chinese) == chinese, text
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", chinese)), text
