"""How the studio's files, folders and hit policies are called in the language of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask_babel import gettext

from engine.core.compare.dmn import POLICIES
from engine.errors import N_
from tasks_ui import i18n, names

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS = {"handover": N_("Handover"), "inspection": N_("Inspection")}
"""Folders that are not called after one of their processes."""


def title(one: Any) -> str:
    """Name a file."""
    if one.kind == "bpmn":
        return names.process(one.key) if names.process(one.key) != one.key else one.name
    if one.kind == "texts":
        return str(gettext("English of “%(folder)s”", folder=folder(one.folder)))
    return names.text(one.name, one.folder)


def folder(code: str) -> str:
    """Name a folder after its first process."""
    if code in FOLDERS:
        return i18n.translate(FOLDERS[code])
    return names.process(code) if code else str(gettext("Others"))


def step(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Call the process that a scenario's step begins by its name."""
    return {**one, "启动": names.process(str(one["启动"]))} if "启动" in one else one


def said(text: Any) -> str:
    """Pick the language of the page of a text in both."""
    return str(text.en if i18n.locale() == "en" else text.zh)


def policy(code: str) -> str:
    """Name a hit policy: F is the first row that matches."""
    short, _, summed = code.partition(" ")
    return f"{said(POLICIES[short])} {summed}".strip() if short in POLICIES else code
