"""What the help beside an editor says of an element: what it does, what to set, an example."""

from __future__ import annotations

from dataclasses import dataclass

from engine.core.lint.elements import REFUSED
from engine.core.reference import bpmn_help, elements
from engine.core.reference.form_help import ENTRIES


@dataclass(frozen=True, slots=True)
class Help:
    """One entry: `anchor` is its place on the reference page, "" when it has none."""

    title: str
    text: str
    example: str = ""
    refused: str = ""
    anchor: str = ""


def find(kind: str, element: str, *, chinese: bool) -> Help | None:
    """Find the entry of an element of a kind of file; None when there is nothing to say."""
    if kind == "form":
        return _field(element, chinese=chinese)
    if kind == "dmn":
        words = bpmn_help.DMN.get(element.removeprefix("dmn:"))
        return _said(words, chinese=chinese) if words else None
    if kind != "bpmn" or not element:
        return None
    name = element.removeprefix("bpmn:")
    return _element(name[:1].lower() + name[1:], chinese=chinese)


def _element(name: str, *, chinese: bool) -> Help | None:
    plain, _, event = name.partition("-")
    words = bpmn_help.BPMN.get(name) or bpmn_help.EVENTS.get(event) or bpmn_help.BPMN.get(plain)
    for one in elements():
        if one.type == plain and one.event == event:
            refused = REFUSED[plain][3 if chinese else 2] if plain in REFUSED else ""
            title = one.name_zh if chinese else _english(plain, event)
            anchor = f"{plain}-{event or 'none'}"
            return _said(words or bpmn_help.Words("", ""), chinese=chinese, title=title, refused=refused, anchor=anchor)
    return _said(words, chinese=chinese) if words else None


def _english(plain: str, event: str) -> str:
    spaced = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in plain).capitalize()
    return f"{spaced}: {event}" if event else spaced


def _said(words: bpmn_help.Words, *, chinese: bool, title: str = "", refused: str = "", anchor: str = "") -> Help:
    own = words.title_zh if chinese else words.title
    text, example = (words.text_zh, words.example_zh) if chinese else (words.text, words.example)
    return Help(title or own, text, example, refused, anchor)


def _field(kind: str, *, chinese: bool) -> Help | None:
    entry = ENTRIES.get(kind or "form")
    if entry is None:
        return None
    if chinese:
        return Help(entry.title_zh, entry.text_zh, entry.example_zh)
    return Help(entry.title, entry.text, entry.example)
