"""The controls of a form as `_form.html` draws them: plain data that decides nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class FileView:
    """An attachment as a page shows it. `url` opens it, `preview` is the address of its picture or ""."""

    id: str
    name: str
    url: str
    preview: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class OptionView:
    """A choice; `value` is the text that is posted."""

    value: str
    label: str
    hint: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class RowView:
    """One row of a dynamic list; `number` is what a script replaces in the template of new rows."""

    prefix: str
    number: str
    fields: tuple[FieldView, ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """One control. `kind` chooses the macro; `id` and `name` are those of the control."""

    kind: str
    id: str
    uid: str
    name: str = ""
    prefix: str = ""
    label: str = ""
    help: str = ""
    value: str = ""
    text: str = ""
    options: tuple[OptionView, ...] = ()
    files: tuple[FileView, ...] = ()
    fields: tuple[FieldView, ...] = ()
    rows: tuple[RowView, ...] = ()
    template: RowView | None = None
    errors: tuple[str, ...] = ()
    required: bool = False
    hidden: bool = False
    hide: str = ""
    need: str = ""
    width: int = 16
    input: str = "text"
    attributes: Mapping[str, str] = field(default_factory=dict)
    before: str = ""
    after: str = ""
    source: str = ""
    depends: str = ""
    fixed_rows: bool = False
    collapsed: bool = False
    opened: bool = False

    @property
    def aria(self) -> dict[str, str]:
        """The attributes that tell a screen reader about help and errors."""
        parts = ([f"{self.id}-h"] if self.help else []) + ([f"{self.id}-e"] if self.errors else [])
        found = {"aria-describedby": " ".join(parts)} if parts else {}
        return found | ({"aria-invalid": "true"} if self.errors else {})


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the summary above the form: `target` is the id of the control."""

    target: str
    label: str
    message: str


@dataclass(frozen=True, slots=True)
class FormView:
    """A whole form: its controls and what is wrong with it."""

    fields: tuple[FieldView, ...]
    faults: tuple[Fault, ...] = ()
    uploads: bool = False


def rich_text(text: str) -> Markup:
    """Write the little markdown that forms use: headings, lists, **bold**, paragraphs. Everything else is text."""
    blocks = [_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block.strip()]
    return Markup("\n").join(blocks)


def _block(block: str) -> Markup:
    lines = block.strip().splitlines()
    if match := re.match(r"(#{1,4})\s+(.*)", lines[0]):
        rest = "\n".join(lines[1:])
        head = Markup('<p class="form-heading">{}</p>').format(_inline(match[2]))
        return head + _block(rest) if rest.strip() else head
    if all(re.match(r"\s*[-*]\s+", line) for line in lines):
        items = Markup("").join(
            Markup("<li>{}</li>").format(_inline(re.sub(r"^\s*[-*]\s+", "", line))) for line in lines
        )
        return Markup("<ul>{}</ul>").format(items)
    return Markup("<p>{}</p>").format(Markup("<br>").join(_inline(line) for line in lines))


def _inline(text: str) -> Markup:
    escaped = str(escape(text))
    return Markup(re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", escaped))  # noqa: S704  escaped above
