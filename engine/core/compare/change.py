"""What a comparison gives: one line for each thing that is different."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["added", "removed", "changed", "moved", "layout"]


class Said(NamedTuple):
    """A text in English and in Chinese."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class Change:
    """One difference. `kind` layout: only how it is drawn or noted inside the file; nothing runs differently.

    `what` names the attribute; `old` and `new` are its values as the file says them, "" where there was or is none.
    `element_id` is the element's id in the new file, in the old one for what was removed; `old_id` its id in the old
    file when it had another. `message` is the whole sentence, English and Chinese.
    """

    element_id: str
    kind: Kind
    what: str
    what_zh: str
    old: str
    new: str
    message: str
    message_zh: str
    element_name: str = ""
    element_type: str = ""
    old_id: str = ""

    @property
    def before_id(self) -> str:
        """The element's id in the old file."""
        return self.old_id or self.element_id


@dataclass(frozen=True, slots=True)
class Words:
    """How the reader calls what the files only name by a key: roles, forms, decisions, processes, variables, services.

    `english` gives the English of a Chinese text of the files, the text itself where there is none.
    """

    english: Callable[[str], str] = str
    roles: Mapping[str, str] = field(default_factory=dict)
    forms: Mapping[str, str] = field(default_factory=dict)
    decisions: Mapping[str, str] = field(default_factory=dict)
    processes: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, str] = field(default_factory=dict)

    def say(self, text: str) -> Said:
        """Say a text of the files in both languages."""
        return Said(self.english(text), text)


PLAIN = Words()


class Subject(NamedTuple):
    """What a line is about: its id, its own name, its type, how a sentence calls it."""

    id: str
    name: str = ""
    type: str = ""
    label: Said = Said("", "")
    old_id: str = ""


def difference(subject: Subject, what: Said, old: Said | None, new: Said | None, raw: tuple[str, str]) -> Change:
    """Say that an attribute is another one, is set now, or is gone; `raw` are the old and new text of the file."""
    en = zh = ""
    if old is not None and new is not None:
        en, zh = f"{old.en} → {new.en}", f"{old.zh} → {new.zh}"
    elif new is not None:
        en, zh = f"now {new.en}", f"设为 {new.zh}"
    elif old is not None:
        en, zh = f"no longer {old.en}", f"取消 {old.zh}"
    before = Said(
        f"{subject.label.en} " if subject.label.en else "", f"{subject.label.zh} " if subject.label.zh else ""
    )
    return Change(
        subject.id, "changed", what.en, what.zh, *raw,
        f"{what.en}: {before.en}{en}", f"{what.zh}：{before.zh}{zh}", subject.name, subject.type, subject.old_id,
    )  # fmt: skip


def told(subject: Subject, kind: Kind, what: Said, sentence: Said, raw: tuple[str, str] = ("", "")) -> Change:
    """Say a sentence of its own."""
    return Change(
        subject.id, kind, what.en, what.zh, *raw, sentence.en, sentence.zh, subject.name, subject.type, subject.old_id
    )


def come_or_gone(subject: Subject, noun: Said, detail: Said, *, added: bool) -> Change:
    """Say that something is new or gone: 新增人工任务：拍照确认（工程主管）."""
    detail_en, detail_zh = (f" ({detail.en})" if detail.en else ""), (f"（{detail.zh}）" if detail.zh else "")
    if added:
        en, zh = f"New {noun.en}: {subject.label.en}{detail_en}", f"新增{noun.zh}：{subject.label.zh}{detail_zh}"
    else:
        en, zh = f"Removed {noun.en}: {subject.label.en}{detail_en}", f"删除{noun.zh}：{subject.label.zh}{detail_zh}"
    raw = ("", subject.label.zh) if added else (subject.label.zh, "")
    return told(subject, "added" if added else "removed", noun, Said(en, zh), raw)
