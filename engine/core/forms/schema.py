"""A form as plain data: the form-js schema (`*.form`), read once and kept immutable.

What form-js does not know is said in a component's `properties`: `widget`, `lookup`, `dependsOn`, `requiredIf`,
`check`, `checkMessage`, `variable`, `prefill`, `default` (FEEL, where form-js would show the text of `defaultValue`),
`minRows`, `maxRows`, `print`, `when`, `collapsed`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 1_000_000
MAX_COMPONENTS = 1_000
MAX_DEPTH = 6

TEXTS = frozenset({"textfield", "textarea"})
CHOICES = frozenset({"radio", "select", "checklist", "taglist"})
INPUTS = TEXTS | CHOICES | {"number", "checkbox", "datetime", "filepicker"}
CONTAINERS = frozenset({"group", "dynamiclist"})
STATIC = frozenset({"text", "separator", "spacer"})
SUPPORTED = INPUTS | CONTAINERS | STATIC
UPLOADS = frozenset({"photo", "file", "signature"})
LOOKUP_WIDGETS = frozenset({"user", "unit", "case", "department", "category"})
WIDGETS = UPLOADS | LOOKUP_WIDGETS | {"phone", "money", "lookup"}

_RULES = {
    "required": "required",
    "minLength": "min_length",
    "maxLength": "max_length",
    "pattern": "pattern",
    "patternErrorMessage": "pattern_message",
    "min": "min",
    "max": "max",
    "validationType": "type",
}


@dataclass(frozen=True, slots=True)
class Option:
    """One choice. `value` is what is stored (text, number or boolean), `label` what people read."""

    value: Any
    label: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """form-js' `validate`: plain values, or FEEL texts that begin with `=`."""

    required: Any = False
    min_length: Any = None
    max_length: Any = None
    pattern: str = ""
    pattern_message: str = ""
    min: Any = None
    max: Any = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One field, container or piece of text.

    `key` is the name of the value (for a dynamic list its `path`); `hide`, `required_if` and `check` are FEEL texts
    without the leading `=`; `columns` is the width in sixteenths.
    """

    id: str
    type: str
    key: str = ""
    label: str = ""
    description: str = ""
    text: str = ""
    options: tuple[Option, ...] = ()
    options_from: str = ""
    rules: Rules = Rules()
    hide: str = ""
    readonly: Any = False
    disabled: bool = False
    default: Any = None
    subtype: str = ""
    not_past: bool = False
    decimals: int | None = None
    increment: str = ""
    accept: str = ""
    multiple: bool = False
    prefix: str = ""
    suffix: str = ""
    rows: int = 1
    fixed_rows: bool = False
    columns: int = 16
    components: tuple[Component, ...] = ()
    properties: Mapping[str, str] = field(default_factory=dict)
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def widget(self) -> str:
        """The control to draw, "" for the type's own; a file picker for pictures is a `photo`."""
        named = self.properties.get("widget", "")
        if named in WIDGETS:
            return named
        if self.type == "filepicker":
            return "photo" if self.accept.startswith("image/") else "file"
        return ""

    @property
    def upload(self) -> str:
        """`photo`, `file` or `signature` when the values are attachment ids, else ""."""
        return self.widget if self.widget in UPLOADS else ""

    @property
    def lookup(self) -> str:
        """The name of the host's source of options, "" when there is none."""
        if self.properties.get("lookup"):
            return self.properties["lookup"]
        return self.widget if self.widget in LOOKUP_WIDGETS else ""

    @property
    def many(self) -> bool:
        """Whether the value is a list of texts."""
        return self.type in {"checklist", "taglist"} or self.upload in {"photo", "file"}

    @property
    def required_if(self) -> str:
        """FEEL: the field is required when it is true."""
        return self.properties.get("requiredIf", "").strip().removeprefix("=").strip()

    @property
    def check(self) -> str:
        """FEEL: the value is refused, with `properties.checkMessage`, when it is false."""
        return self.properties.get("check", "").strip().removeprefix("=").strip()

    @property
    def when(self) -> str:
        """`past`: the moment has happened (not after now); `future`: it is to come (not before now); "": either."""
        return self.properties.get("when", "").strip()

    @property
    def collapsed(self) -> bool:
        """Whether a group is drawn closed until one of its fields has a value or an error."""
        return self.type == "group" and self.properties.get("collapsed", "no") == "yes"

    @property
    def is_input(self) -> bool:
        """Whether a person can enter a value."""
        return self.type in INPUTS

    @property
    def becomes_variable(self) -> bool:
        """Whether the value becomes a process variable; uploads and `variable: no` stay in the submission."""
        return not self.upload and self.properties.get("variable", "yes") != "no"


@dataclass(frozen=True, slots=True)
class Form:
    """A whole form. `schema` is the JSON it was read from."""

    id: str
    components: tuple[Component, ...]
    name: str = ""
    version: int = 0
    schema: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def walk(self) -> Iterator[Component]:
        """Yield every component, containers before their content."""
        yield from _walk(self.components)

    def fields(self) -> tuple[Component, ...]:
        """List what has a value at the top level: inputs and dynamic lists, those inside groups included."""
        return tuple(fields_of(self.components))

    def lookups(self) -> frozenset[str]:
        """Name every host source the form needs."""
        return frozenset(component.lookup for component in self.walk() if component.lookup)


def fields_of(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield the inputs and dynamic lists of one level; groups only arrange, so they are looked through."""
    for component in components:
        if component.type == "group":
            yield from fields_of(component.components)
        elif component.type == "dynamiclist" or component.is_input:
            yield component


def _walk(components: tuple[Component, ...]) -> Iterator[Component]:
    for component in components:
        yield component
        yield from _walk(component.components)


def parse(schema: bytes | str | Mapping[str, Any]) -> Form:
    """Read a form-js schema. What the renderer cannot draw is kept, for `lint` to name.

    Raises:
        InvalidInputError: it is no JSON object with a list of components, or too large.
    """
    if isinstance(schema, bytes | str):
        if len(schema) > MAX_BYTES:
            raise InvalidInputError(N_("The form is larger than 1 MB."))
        try:
            loaded = json.loads(schema)
        except (ValueError, RecursionError) as error:
            raise InvalidInputError(N_("The form is not valid JSON: {reason}"), reason=str(error)) from error
    else:
        loaded = schema
    if not isinstance(loaded, Mapping) or not isinstance(loaded.get("components"), list):
        raise InvalidInputError(N_("A form is a JSON object with a list of components."))
    counter = [0]
    components = tuple(_component(item, counter, 1) for item in loaded["components"])
    version = loaded.get("schemaVersion")
    return Form(
        id=str(loaded.get("id", "")),
        components=components,
        name=str(loaded.get("name", "")),
        version=version if isinstance(version, int) else 0,
        schema=loaded,
    )


def _component(item: Any, counter: list[int], depth: int) -> Component:
    counter[0] += 1
    if not isinstance(item, Mapping) or not isinstance(item.get("type"), str):
        raise InvalidInputError(N_("Component {number} of the form has no type."), number=counter[0])
    if counter[0] > MAX_COMPONENTS or depth > MAX_DEPTH:
        raise InvalidInputError(N_("The form has too many components or levels."))
    kind = item["type"]
    raw_properties = item.get("properties")
    properties = {str(k): str(v) for k, v in raw_properties.items()} if isinstance(raw_properties, Mapping) else {}
    appearance = _mapping(item.get("appearance"))
    key = _text(item.get("path") if kind == "dynamiclist" else item.get("key"))
    children = item.get("components")
    return Component(
        id=_text(item.get("id")) or f"{key or kind}_{counter[0]}",
        type=kind,
        key=key,
        label=_label(item, kind),
        description=_text(item.get("description")),
        text=_text(item.get("text")),
        options=_options(item.get("values")),
        options_from=_text(item.get("valuesExpression")).removeprefix("="),
        rules=_rules(item.get("validate")),
        hide=_text(_mapping(item.get("conditional")).get("hide")).strip().removeprefix("=").strip(),
        readonly=item.get("readonly", False),
        disabled=item.get("disabled") is True,
        default=item.get("defaultValue", properties.get("default")),
        subtype=_text(item.get("subtype")) or ("date" if kind == "datetime" else ""),
        not_past=item.get("disallowPassedDates") is True,
        decimals=_whole(item.get("decimalDigits")) if properties.get("widget") != "money" else 2,
        increment=_text(item.get("increment")),
        accept=_text(item.get("accept")),
        multiple=item.get("multiple") is True or properties.get("widget") == "photo",
        prefix=_text(appearance.get("prefixAdorner")),
        suffix=_text(appearance.get("suffixAdorner")),
        rows=_whole(item.get("defaultRepetitions"), 1) or 0,
        fixed_rows=item.get("allowAddRemove") is False,
        columns=min(16, max(1, _whole(_mapping(item.get("layout")).get("columns"), 16) or 16)),
        components=tuple(_component(child, counter, depth + 1) for child in children)
        if isinstance(children, list)
        else (),
        properties=properties,
        schema=item,
    )


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole(value: Any, otherwise: int | None = None) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return otherwise


def _label(item: Mapping[str, Any], kind: str) -> str:
    if kind == "datetime":
        first, second = ("timeLabel", "dateLabel") if item.get("subtype") == "time" else ("dateLabel", "timeLabel")
        return _text(item.get("label") or item.get(first) or item.get(second))
    return _text(item.get("label"))


def _options(values: Any) -> tuple[Option, ...]:
    if not isinstance(values, list):
        return ()
    return tuple(as_option(value) for value in values)


def as_option(value: Any) -> Option:
    """Read one option: `{"value", "label", "hint"}` or a bare text or number."""
    if isinstance(value, Mapping):
        stored = value.get("value", value.get("label", ""))
        return Option(stored, _text(value.get("label", stored)), _text(value.get("hint")))
    return Option(value, _text(value))


def _rules(value: Any) -> Rules:
    given = _mapping(value)
    return Rules(**{ours: given[theirs] for theirs, ours in _RULES.items() if given.get(theirs) not in {None, ""}})
