"""Draw a diagram as SVG text, with where the work stands: for pages without script, print, mail, thumbnails, README.

No style is inline: shapes carry presentation attributes for black on white and classes that a page's style sheet may
colour (`.bpmn .shape`, `.is-current`, `.is-overdue`, `.is-failed`, `.is-done`, `.heat-1` … `.heat-4`).
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from engine.core.drawing.icons import CALLED_ICON, EVENT_ICONS, GATEWAY_ICONS, LOOP_ICONS, TASK_ICONS
from engine.core.drawing.lines import rounded
from engine.core.drawing.signs import Difference, on_edge, on_shape
from engine.core.layout.parts import LABEL_SIZE, LINE_HEIGHT, wrap
from engine.core.model import SUBPROCESS_TYPES, Artifact, Bounds, Edge, Lane, Model, Node, Participant, Shape
from engine.errors import N_, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

MARGIN = 14.0
FONT = "system-ui, 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', sans-serif"
BADGES = {"token": "#1f5fbf", "ok": "#1f7a3d", "warn": "#8a5a00"}
"""The colours of badges; all others are red."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What to show on one element: live tokens, how many of them are overdue or failed, heat 0 to 4, a note to read.

    `signs` are badges of their own: (kind, text), the kinds being ok, warn and stop; the last one colours the element.
    `difference` is what a comparison says of the element; also of flows, lanes, pools and notes.
    """

    tokens: int = 0
    overdue: int = 0
    failed: int = 0
    heat: int = 0
    done: bool = False
    note: str = ""
    signs: tuple[tuple[str, str], ...] = ()
    difference: Difference | None = None

    @property
    def classes(self) -> str:
        """The classes of the element's group."""
        flags = {
            "is-done": self.done,
            "is-current": self.tokens,
            "is-overdue": self.overdue,
            "is-failed": self.failed,
            f"heat-{self.heat}": self.heat,
            f"is-{self.signs[-1][0]}" if self.signs else "": self.signs,
        }
        return "".join(f" {name}" for name, on in flags.items() if on)


def svg(
    model: Model,
    process_id: str,
    *,
    marks: Mapping[str, Mark] | None = None,
    title: str = "",
    thumbnail: bool = False,
    prefix: str = "d",
    translate: Callable[[str], str] = str,
    links: Mapping[str, str] | None = None,
) -> str:
    """Draw one page: a process (with the pools around it) or a closed sub-process.

    `prefix` keeps the ids of several drawings on one page apart; `translate` turns names into the reader's language;
    `links` are the addresses that elements lead to.

    Raises:
        NotFoundError: the model has no such process, or the file has no drawing of it.
    """
    page = _Page(model, process_id, marks or {}, prefix, translate, thumbnail)
    page.links = links or {}
    body = "".join(page.parts())
    if page.extent is None:
        raise NotFoundError(N_("There is no drawing of {process}."), process=process_id)
    left, top, right, bottom = page.extent
    left, top, width, height = left - MARGIN, top - MARGIN, right - left + 2 * MARGIN, bottom - top + 2 * MARGIN
    size = "" if thumbnail else f' width="{width:g}" height="{height:g}"'
    label = escape(title or page.title)
    marked = "；".join(f"{translate(n.name) or n.id}: {m.note}" for n, m in page.marked() if m.note)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="bpmn{" bpmn-thumbnail" if thumbnail else ""}"'
        f' role="{"group" if links else "img"}"'
        f' aria-labelledby="{prefix}-title {prefix}-desc" viewBox="{left:g} {top:g} {width:g} {height:g}"{size}'
        f' font-family="{FONT}" font-size="{LABEL_SIZE:g}" color="#1d2733" stroke="currentColor" stroke-width="1.5"'
        ' fill="none" stroke-linejoin="round" stroke-linecap="round">'
        f'<title id="{prefix}-title">{label}</title><desc id="{prefix}-desc">{escape(marked)}</desc>'
        f"{_markers(prefix)}"
        f'<rect class="paper" x="{left:g}" y="{top:g}" width="{width:g}" height="{height:g}" fill="#fff"'
        ' stroke="none"/>'
        f"{body}</svg>"
    )


def _markers(prefix: str) -> str:
    arrow = (
        '<marker id="{p}-{n}" viewBox="0 0 12 12" refX="11" refY="6" markerWidth="10" markerHeight="10"'
        ' orient="auto" markerUnits="userSpaceOnUse"><path class="{c}" d="M1 1.5 11 6 1 10.5z" fill="{f}"/></marker>'
    )
    return (
        "<defs>"
        + arrow.format(p=prefix, n="arrow", c="solid", f="currentColor")
        + arrow.format(p=prefix, n="open", c="hollow", f="#fff")
        + f'<marker id="{prefix}-default" viewBox="0 0 12 12" refX="-4" refY="6" markerWidth="12" markerHeight="12"'
        ' orient="auto" markerUnits="userSpaceOnUse"><path d="M2 2 6 10"/></marker></defs>'
    )


class _Page:
    """One drawing in the making."""

    def __init__(
        self,
        model: Model,
        page_id: str,
        marks: Mapping[str, Mark],
        prefix: str,
        translate: Callable[[str], str],
        thumbnail: bool,
    ) -> None:
        self.model, self.marks, self.prefix = model, marks, prefix
        self.translate, self.thumbnail, self.page_id = translate, thumbnail, page_id
        self.links: Mapping[str, str] = {}
        self.extent: tuple[float, float, float, float] | None = None
        pools = [p.process_ref for p in model.participants]
        together = [p for p in pools if p in model.processes] if page_id in pools else [page_id]
        self.scopes = set(together)
        self.processes = [p for p in model.processes.values() if p.id in self.scopes or page_id in p.nodes]
        if not self.processes:
            raise NotFoundError(N_("There is no process {process}."), process=page_id)
        self._open_scopes()
        inner = model.node(page_id)
        owner = model.processes.get(page_id)
        pool = next((p.name for p in model.participants if p.process_ref == page_id), "")
        self.title = translate((inner.name if inner else "") or (owner.name if owner else "") or pool or page_id)

    def _open_scopes(self) -> None:
        """Add the sub-processes that are drawn open inside the page."""
        grown = True
        while grown:
            grown = False
            for process in self.processes:
                for node in process.nodes.values():
                    shape = self.model.shapes.get(node.id)
                    if node.type in SUBPROCESS_TYPES and node.scope in self.scopes and node.id not in self.scopes:
                        grown = shape is not None and shape.expanded
                        if grown:
                            self.scopes.add(node.id)

    def nodes(self) -> list[Node]:
        """The nodes on the page: large ones first, boundary events last."""
        found = [n for p in self.processes for n in p.nodes.values() if n.scope in self.scopes]
        found = [n for n in found if n.id in self.model.shapes]
        return sorted(found, key=lambda n: (n.type == "boundaryEvent", n.type not in SUBPROCESS_TYPES))

    def marked(self) -> Iterator[tuple[Node, Mark]]:
        """The nodes that carry a mark."""
        return ((node, self.marks[node.id]) for node in self.nodes() if node.id in self.marks)

    def parts(self) -> Iterator[str]:
        """Everything to draw, back to front."""
        whole = self.page_id in self.model.processes
        if whole:
            pools = [p for p in self.model.participants if p.process_ref in self.scopes or not p.process_ref]
            yield from (self.frame(pool) for pool in pools)
            yield from (self.frame(lane) for process in self.processes for lane in process.lanes)
        nodes = self.nodes()
        yield from (self.node(node) for node in nodes if node.type in SUBPROCESS_TYPES)
        flows = [f for p in self.processes for f in p.flows.values() if f.scope in self.scopes]
        flows = [f for f in flows if f.id in self.model.edges]
        defaults = {n.default for n in nodes}
        for flow in flows:
            yield self.edge(self.model.edges[flow.id], "flow", "default" if flow.id in defaults else "")
        for artifact in self.model.artifacts:
            if artifact.scope in self.scopes or (not artifact.scope and whole):
                yield self.artifact(artifact)
        yield from (self.node(node) for node in nodes if node.type not in SUBPROCESS_TYPES)
        yield from (self.edge_name(self.model.edges[flow.id], flow.name) for flow in flows)
        yield from (self.badges(node, mark) for node, mark in self.marked())
        yield from self.differences()

    def differences(self) -> Iterator[str]:
        """What a comparison found on this page."""
        frames = [lane.id for p in self.processes for lane in p.lanes] + [p.id for p in self.model.participants]
        flows = [f.id for p in self.processes for f in p.flows.values() if f.scope in self.scopes]
        drawn = {n.id for n in self.nodes()} | {*frames, *flows} | {a.id for a in self.model.artifacts}
        for element_id, mark in self.marks.items():
            if mark.difference is None or element_id not in drawn:
                continue
            if element_id in self.model.shapes:
                yield on_shape(element_id, self.model.shapes[element_id].bounds, mark.difference, mark.note)
            elif element_id in self.model.edges and len(self.model.edges[element_id].waypoints) > 1:
                yield on_edge(element_id, self.model.edges[element_id], mark.difference, mark.note)

    def grow(self, box: Bounds) -> None:
        """Let the page hold a rectangle."""
        left, top, right, bottom = self.extent or (box.x, box.y, box.x, box.y)
        self.extent = (
            min(left, box.x), min(top, box.y), max(right, box.x + box.width), max(bottom, box.y + box.height)
        )  # fmt: skip

    def frame(self, element: Participant | Lane) -> str:
        """A pool or lane with its name upright at the left."""
        shape = self.model.shapes.get(element.id)
        if shape is None:
            return ""
        box = shape.bounds
        self.grow(box)
        pool = isinstance(element, Participant)
        rule = f'<path d="M{box.x + 30:g} {box.y:g}v{box.height:g}"/>' if pool else ""
        return (
            f'<g class="{"pool" if pool else "lane"}" data-element="{escape(element.id)}">{_rect(box, "frame")}{rule}'
            f"{('' if self.thumbnail else _upright(self.translate(element.name), box))}</g>"
        )

    def node(self, node: Node) -> str:
        """An activity, event or gateway in a group of its own."""
        shape = self.model.shapes[node.id]
        self.grow(shape.bounds)
        mark = self.marks.get(node.id, Mark())
        name = self.translate(node.name)
        tip = ": ".join(part for part in (name or node.id, mark.note) if part)
        if node.type.endswith("Event"):
            inside = _event(node, shape.bounds)
        elif node.type.endswith("Gateway"):
            inside = _gateway(node, shape.bounds)
        else:
            inside = _activity(node, shape, [] if self.thumbnail else wrap(name, shape.bounds.width - 12))
        outside = self.outside(shape, name) if node.type.endswith(("Event", "Gateway")) else ""
        drawn = (
            f'<g class="node {node.type}{mark.classes}" data-element="{escape(node.id)}">'
            f"<title>{escape(tip)}</title>{inside}{outside}</g>"
        )
        link = self.links.get(node.id)
        return f'<a href="{escape(link)}">{drawn}</a>' if link else drawn

    def outside(self, shape: Shape, name: str) -> str:
        """The name beside an event or gateway."""
        if not name or self.thumbnail:
            return ""
        box = shape.bounds
        place = shape.label or Bounds(box.x + box.width / 2 - 45, box.y + box.height + 4, 90, 14)
        return self.label(name, place)

    def label(self, name: str, place: Bounds) -> str:
        """A text that keeps to its box, on a halo, so that it reads well on a line."""
        lines = wrap(name, max(place.width + 2, 40))
        self.grow(Bounds(place.x, place.y, place.width, len(lines) * LINE_HEIGHT))
        return _text(lines, place.x + place.width / 2, place.y + len(lines) * LINE_HEIGHT / 2, "label")

    def edge(self, edge: Edge, kind: str, start: str = "") -> str:
        """A flow with rounded corners."""
        for x, y in edge.waypoints:
            self.grow(Bounds(x, y, 0, 0))
        end = {"flow": "arrow", "messageFlow": "open"}.get(kind)
        ends = f' marker-end="url(#{self.prefix}-{end})"' if end else ""
        if start == "default":
            ends += f' marker-start="url(#{self.prefix}-default)"'
        dash = {"messageFlow": ' stroke-dasharray="8 5"', "association": ' stroke-dasharray="1 5"'}.get(kind, "")
        name = escape(edge.element_id)
        return f'<path class="edge {kind}" data-element="{name}" d="{rounded(edge.waypoints)}"{dash}{ends}/>'

    def edge_name(self, edge: Edge, name: str) -> str:
        """The name of a flow."""
        if not name or self.thumbnail:
            return ""
        (x1, y1), (x2, y2) = edge.waypoints[:2]
        place = edge.label or Bounds((x1 + x2) / 2 - 30, (y1 + y2) / 2 - 18, 60, 14)
        return self.label(self.translate(name), place)

    def artifact(self, artifact: Artifact) -> str:
        """A note, data object, data store, association or message flow."""
        edge = self.model.edges.get(artifact.id)
        if edge is not None:
            kind = "messageFlow" if artifact.type == "messageFlow" else "association"
            return self.edge(edge, kind) + self.edge_name(edge, artifact.text)
        shape = self.model.shapes.get(artifact.id)
        if shape is None:
            return ""
        box = shape.bounds
        self.grow(box)
        if artifact.type == "textAnnotation":
            line = f'<path d="M{box.x + 10:g} {box.y:g}h-10v{box.height:g}h10"/>'
            lines = [] if self.thumbnail else wrap(self.translate(artifact.text), box.width - 10)
            text = _text(lines, box.x + box.width / 2, box.y + box.height / 2)
            return f'<g class="note" data-element="{escape(artifact.id)}">{line}{text}</g>'
        if artifact.type == "group":
            return f'<g class="group">{_rect(box, "frame", 10)}</g>'
        fold = f"M{box.x:g} {box.y:g}h{box.width - 10:g}l10 10v{box.height - 10:g}h-{box.width:g}z"
        return f'<g class="data"><path class="shape" fill="#fff" d="{fold}"/>{self.outside(shape, artifact.text)}</g>'

    def badges(self, node: Node, mark: Mark) -> str:
        """Counts on the lower border: tokens, overdue, failed, or signs."""
        box = self.model.shapes[node.id].bounds
        parts, x, y = [], box.x + 8, box.y + box.height
        counts = (("token", mark.tokens, ""), ("overdue", mark.overdue, "!"), ("failed", mark.failed, "×"))
        texts = [(kind, f"{sign}{count}" if count > 1 or not sign else sign) for kind, count, sign in counts if count]
        for kind, text in (*texts, *mark.signs):
            width = max(20.0, 12.0 + 8 * len(text))
            parts.append(
                f'<g class="badge {kind}"><rect x="{x - 10:g}" y="{y - 10:g}" width="{width:g}" height="20" rx="10"'
                f' fill="{BADGES.get(kind, "#b42318")}" stroke="#fff"/>'
                f"{_text([text], x - 10 + width / 2, y, 'count', '#fff')}</g>"
            )
            x += width + 2
        return "".join(parts)


def _upright(name: str, box: Bounds) -> str:
    """Chinese names stand upright, others are turned."""
    x, y = box.x + 15, box.y + box.height / 2
    if not name:
        return ""
    if not all(ord(c) > 0x2E80 or c == "/" for c in name):  # noqa: PLR2004  where East Asian letters begin
        lines = wrap(name, box.height - 10)[:2]
        return f'<g transform="translate({x:g} {y:g}) rotate(-90)">{_text(lines, 0, 0)}</g>'
    top = y - (len(name) - 1) * LINE_HEIGHT / 2
    return _text(list(name), x, top + (len(name) - 1) * LINE_HEIGHT / 2)


def _rect(box: Bounds, name: str, radius: float = 0, width: float = 1.5) -> str:
    round_ = f' rx="{radius:g}"' if radius else ""
    return (
        f'<rect class="{name}" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}"{round_}'
        f' stroke-width="{width:g}" fill="{"#fff" if name == "shape" else "none"}"/>'
    )


def _text(lines: list[str], x: float, middle: float, name: str = "text", colour: str = "currentColor") -> str:
    """Centred lines around a middle."""
    first = middle - (len(lines) - 1) * LINE_HEIGHT / 2 + LABEL_SIZE * 0.36
    spans = "".join(
        f'<tspan x="{x:g}" y="{first + i * LINE_HEIGHT:g}">{escape(line)}</tspan>' for i, line in enumerate(lines)
    )
    return f'<text class="{name}" text-anchor="middle" stroke="none" fill="{colour}">{spans}</text>'


def _event(node: Node, box: Bounds) -> str:
    x, y, r = box.x + box.width / 2, box.y + box.height / 2, box.width / 2
    dash = "" if node.interrupting else ' stroke-dasharray="5 4"'
    heavy = 3.5 if node.type == "endEvent" else 1.5
    rings = f'<circle class="shape" cx="{x:g}" cy="{y:g}" r="{r:g}" fill="#fff" stroke-width="{heavy}"{dash}/>'
    if node.type.startswith(("intermediate", "boundary")):
        rings += f'<circle cx="{x:g}" cy="{y:g}" r="{r - 3.5:g}"{dash}/>'
    kind = node.events[0].kind if len(node.events) == 1 else "multiple" if node.events else ""
    throws = node.type in {"endEvent", "intermediateThrowEvent"}
    fill = ' class="solid" fill="currentColor"' if throws else ""
    icon = EVENT_ICONS.get(kind, "")
    return rings + (f'<g transform="translate({x:g} {y:g})"{fill} stroke-width="1.2">{icon}</g>' if icon else "")


def _gateway(node: Node, box: Bounds) -> str:
    x, y, w, h = box.x + box.width / 2, box.y, box.width / 2, box.height / 2
    return (
        f'<path class="shape" fill="#fff" d="M{x:g} {y:g}l{w:g} {h:g}-{w:g} {h:g}-{w:g}-{h:g}z"/>'
        f'<g transform="translate({x:g} {y + h:g})">{GATEWAY_ICONS.get(node.type, "")}</g>'
    )


def _activity(node: Node, shape: Shape, name: list[str]) -> str:
    box = shape.bounds
    middle = box.x + box.width / 2
    opened = node.type in SUBPROCESS_TYPES and shape.expanded
    parts = [_rect(box, "shape", 9, 3.5 if node.type == "callActivity" else 1.5)]
    if node.event_subprocess:
        parts[0] = parts[0].replace("/>", ' stroke-dasharray="2 4"/>')
    if node.type in TASK_ICONS:
        at = f"translate({box.x + 15:g} {box.y + 14:g})"
        parts.append(f'<g class="icon" transform="{at}">{TASK_ICONS[node.type]}</g>')
    if name and name != [""]:
        lower = 4 if node.type in TASK_ICONS and len(name) > 2 else 0  # noqa: PLR2004  leave room for the sign
        parts.append(_text(name, middle, box.y + 12 if opened else box.y + box.height / 2 + lower))
    signs = [LOOP_ICONS[node.loop.kind]] if node.loop is not None else []
    if node.type == "callActivity" or (node.type in SUBPROCESS_TYPES and not opened):
        signs.append(CALLED_ICON)
    for index, sign in enumerate(signs):
        at_x = middle + (index - (len(signs) - 1) / 2) * 18
        parts.append(f'<g transform="translate({at_x:g} {box.y + box.height - 10:g})">{sign}</g>')
    return "".join(parts)
