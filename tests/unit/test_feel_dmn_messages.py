"""Every message of FEEL and DMN has its Chinese, in the code for findings and in the catalogue for pages."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from engine.core.dmn import chinese as dmn_chinese
from engine.core.feel import chinese as feel_chinese

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "tasks_ui" / "translations" / "zh_Hans_CN" / "decisions.po"


def templates(package: str) -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "engine" / "core" / package).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "N_":
                argument = node.args[0]
                assert isinstance(argument, ast.Constant)
                found.add(str(argument.value))
    return found


@pytest.mark.parametrize(("package", "chinese"), [("feel", feel_chinese.CHINESE), ("dmn", dmn_chinese.CHINESE)])
def test_every_message_has_its_chinese(package: str, chinese: dict[str, str]) -> None:
    assert templates(package) == set(chinese)


def test_the_catalogue_says_the_same() -> None:
    with CATALOGUE.open("rb") as file:
        catalogue = {message.id: message.string for message in read_po(file) if message.id}
    assert catalogue == feel_chinese.CHINESE | dmn_chinese.CHINESE
