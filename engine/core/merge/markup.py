"""Diagrams and decision tables: XML as a flat table of its elements, and back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lxml import etree

from engine.core.merge.flat import Clash, Entry
from engine.core.parse import read_xml

if TYPE_CHECKING:
    from engine.core.merge.flat import Key, Result, Table

ROOT = ("root",)
TEXT = "\0text"
POINTS = "\0points"
BOUNDS = "\0bounds"
CELL = "\0cell"
REMARKS, LAST_REMARKS = "\0remarks", "\0last remarks"
"""The comments before an element, and those at the end of it."""
PLAIN = frozenset({"waypoint", "Bounds", "text"})
"""What is kept as a value of its parent."""
DRAWN = ("bpmnElement", "dmnElementRef")
NEEDED = frozenset(
    {"sourceRef", "targetRef", "attachedToRef", "processRef", "messageRef", "errorRef", "signalRef", "escalationRef"}
)
BY_TEXT = frozenset({"flowNodeRef", "incoming", "outgoing"})
COLUMNS = {"inputEntry": "input", "outputEntry": "output", "annotationEntry": "annotation"}


def local(name: str) -> str:
    """Give a name without its namespace."""
    return name.rpartition("}")[2]


def read(source: bytes) -> tuple[etree._Element, Table]:
    """Read a file.

    Raises:
        DeploymentRefused: it is not XML, or holds what it must not.
    """
    root = read_xml(source, comments=True)
    ids = Counter(str(e.get("id")) for e in root.iter(etree.Element) if e.get("id"))
    table: Table = {}
    before = [one for one in root.itersiblings(preceding=True) if not isinstance(one.tag, str)][::-1]
    _add(root, ROOT, None, table, ids, tuple(one.text or "" for one in before))
    return root, table


def _add(
    element: etree._Element, key: Key, parent: Key, table: Table, ids: Counter[str], remarks: tuple[str, ...] = ()
) -> None:
    children = [child for child in element if isinstance(child.tag, str)]
    values: dict[str, Any] = {str(name): str(value) for name, value in element.items()}
    if remarks:
        values[REMARKS] = remarks
    said, last = _remarks(element)
    if last:
        values[LAST_REMARKS] = last
    text = _text(element)
    if text.strip() or (text and not children):
        values[TEXT] = text
    inner, cell = [], key[0] == "cell"  # type: ignore[index]
    for child in children:
        name = local(child.tag)
        if cell and name == "text":
            values[CELL] = _text(child)
        elif name == "waypoint":
            values[POINTS] = (*values.get(POINTS, ()), (child.tag, *sorted(child.items())))
        elif name == "Bounds" and BOUNDS not in values:
            values[BOUNDS] = (child.tag, *sorted(child.items()))
        else:
            inner.append(child)
    needs = {name: ("id", value) for name, value in values.items() if name in NEEDED and value in ids}
    about = parent if cell else _about(element, ids)
    if cell:
        needs["column"] = key[2]  # type: ignore[index]
    table[key] = Entry(key, parent, str(element.tag), values, needs, about)
    columns = _columns(element, ids) if local(element.tag) == "rule" else {}
    seen: Counter[Any] = Counter()
    for child in inner:
        _add(child, _key(child, key, ids, seen, columns), key, table, ids, said.get(child, ()))


def _text(element: etree._Element) -> str:
    """Give the text of an element up to its first child; comments do not end it."""
    found = element.text or ""
    for child in element:
        if isinstance(child.tag, str):
            break
        found += child.tail or ""
    return found


def _remarks(element: etree._Element) -> tuple[dict[etree._Element, tuple[str, ...]], tuple[str, ...]]:
    """Give the comments inside an element by the child that follows them, and those that none follows."""
    found: dict[etree._Element, tuple[str, ...]] = {}
    waiting: tuple[str, ...] = ()
    for child in element:
        if not isinstance(child.tag, str):  # processing instructions are not read
            waiting = (*waiting, child.text or "")
        elif waiting and local(child.tag) not in PLAIN:
            found[child], waiting = waiting, ()
    return found, waiting


def _about(element: etree._Element, ids: Counter[str]) -> Key:
    name = local(element.tag)
    if name in BY_TEXT and _text(element).strip() in ids:
        return ("id", _text(element).strip())
    if name in ("BPMNPlane", "BPMNDiagram"):
        return None
    drawn = next((element.get(name) for name in DRAWN if element.get(name)), None)
    return ("id", drawn) if drawn in ids else None


def _columns(rule: etree._Element, ids: Counter[str]) -> dict[str, list[Key]]:
    """List the columns of a rule's table by the kind of its cells."""
    table = rule.getparent()
    found: dict[str, list[Key]] = {kind: [] for kind in COLUMNS}
    for child in () if table is None else table:
        for kind, column in COLUMNS.items():
            if isinstance(child.tag, str) and local(child.tag) == column:
                own = str(child.get("id"))
                found[kind].append(("id", own) if ids[own] == 1 else (column, len(found[kind])))
    return found


def _key(
    child: etree._Element, parent: Key, ids: Counter[str], seen: Counter[Any], columns: dict[str, list[Key]]
) -> Key:
    name, own = local(child.tag), child.get("id", "")
    if name in columns:
        at = seen[name]
        seen[name] += 1
        if at < len(columns[name]) and columns[name][at][0] == "id":  # type: ignore[index]
            return ("cell", parent, columns[name][at])
    drawn = next((child.get(n) for n in DRAWN if child.get(n)), "")
    if drawn and name not in ("BPMNPlane", "BPMNDiagram"):
        mark: Any = ("drawn", parent, name, drawn)
    elif name in ("BPMNPlane", "BPMNDiagram", "DMNDI", "DMNDiagram"):
        mark = ("part", parent, name)
    elif own and ids[own] == 1:
        return ("id", own)
    elif name in BY_TEXT:
        mark = ("part", parent, name, _text(child).strip())
    else:
        mark = ("part", parent, name, child.get("name") or child.get("event") or child.get("href") or "")
    seen[mark] += 1
    return (*mark, seen[mark])


# Back


def write(result: Result, mine: etree._Element, theirs: etree._Element) -> bytes:
    """Write a merged table as a file."""
    spaces: dict[Any, str] = {**mine.nsmap, **theirs.nsmap}
    for side in (mine, theirs):
        for element in side.iter(etree.Element):
            for prefix, uri in element.nsmap.items():
                if prefix not in spaces and uri not in spaces.values():
                    spaces[prefix] = uri
    entry = result.table[ROOT]
    root = etree.Element(entry.tag, nsmap=spaces)
    _fill(root, ROOT, result)
    etree.indent(root, "  ")
    for said in entry.values.get(REMARKS, ()):
        root.addprevious(etree.Comment(said))
    return bytes(etree.tostring(etree.ElementTree(root), xml_declaration=True, encoding="UTF-8")) + b"\n"


def _fill(element: etree._Element, key: Key, result: Result) -> None:
    entry = result.table[key]
    for name, value in entry.values.items():
        if name == TEXT:
            element.text = value
        elif name == CELL:
            etree.SubElement(element, element.tag.replace(local(element.tag), "text")).text = value
        elif name not in (POINTS, BOUNDS, REMARKS, LAST_REMARKS):
            element.set(name, value)
    if BOUNDS in entry.values:
        tag, *attributes = entry.values[BOUNDS]
        etree.SubElement(element, tag, dict(attributes))
    for tag, *attributes in entry.values.get(POINTS, ()):
        etree.SubElement(element, tag, dict(attributes))
    children = result.children.get(key, [])
    if local(entry.tag) == "rule":
        children = _row(element, key, children, result)
    for child in children:
        for said in result.table[child].values.get(REMARKS, ()):
            element.append(etree.Comment(said))
        _fill(etree.SubElement(element, result.table[child].tag), child, result)
    for said in entry.values.get(LAST_REMARKS, ()):
        element.append(etree.Comment(said))


def _row(element: etree._Element, key: Key, children: list[Key], result: Result) -> list[Key]:
    """Order the cells of a rule as its table's columns are, and add empty ones where the other added a column."""
    rest = [child for child in children if child[0] != "cell"]  # type: ignore[index]
    columns = result.children.get(result.table[key].parent, [])
    space = element.tag.rpartition("}")[0]
    cells: list[Key] = []
    for kind, column in COLUMNS.items():
        for at in (one for one in columns if local(result.table[one].tag) == column):
            cell = ("cell", key, at)
            if cell not in result.table:
                if kind == "annotationEntry":
                    continue
                tag = f"{space}}}{kind}" if space else kind
                result.table[cell] = Entry(cell, key, tag, {"id": f"{_id(key)}_{_id(at)}", CELL: ""})
            cells.append(cell)
    described = [one for one in rest if local(result.table[one].tag) in ("description", "extensionElements")]
    return [*described, *cells, *(one for one in rest if one not in described)]


def _id(key: Any) -> str:
    return str(key[1]) if key and key[0] == "id" else str(key[-1])


def leave_no_way_open(result: Result, base: Table, mine: Table, theirs: Table) -> None:
    """Let no default flow be named that is gone: one took the flow away, the other made it the default."""
    for key, entry in list(result.table.items()):
        named = ("id", entry.values.get("default"))
        if named in result.table or not any(named in side for side in (base, mine, theirs)):
            continue
        values = {name: value for name, value in entry.values.items() if name != "default"}
        result.table[key] = replace(entry, values=values)
        held = [side[key].values.get("default") if key in side and named in side else None for side in (mine, theirs)]
        result.clashes.append(Clash(key, "default", *held))


def follow(result: Result, base: Table, mine: Table, theirs: Table) -> None:
    """Let the ends of lines that one drew follow the shapes that the other moved."""
    for key, entry in list(result.table.items()):
        points = entry.values.get(POINTS)
        flow = result.table.get(entry.about) if entry.about is not None else None
        if not points or flow is None or (key in base and base[key].values.get(POINTS) == points):
            continue
        side = next((s for s in (theirs, mine) if key in s and s[key].values.get(POINTS) == points), None)
        if side is None:
            continue
        moved = list(points)
        for at, name in ((0, "sourceRef"), (-1, "targetRef")):
            end = flow.values.get(name)
            shape = ("drawn", entry.parent, "BPMNShape", end, 1)
            if shape in side and shape in result.table:
                moved[at] = _shifted(moved[at], side[shape].values.get(BOUNDS), result.table[shape].values.get(BOUNDS))
        if tuple(moved) != tuple(points):
            result.table[key] = Entry(
                entry.key, entry.parent, entry.tag, {**entry.values, POINTS: tuple(moved)}, entry.needs, entry.about
            )


def _shifted(point: Any, before: Any, now: Any) -> Any:
    if not before or not now or before == now:
        return point
    old, new, values = dict(before[1:]), dict(now[1:]), dict(point[1:])
    try:
        for axis, size in (("x", "width"), ("y", "height")):
            center = float(new[axis]) + float(new[size]) / 2 - float(old[axis]) - float(old[size]) / 2
            values[axis] = f"{float(values[axis]) + center:g}"
    except (KeyError, ValueError):
        return point
    return (point[0], *sorted(values.items()))
