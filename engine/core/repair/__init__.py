"""Mend a diagram in its own XML: only what a chosen repair says changes, everything unknown stays as it was.

A finding names its repair as `rule:element`; `proposals` lists them with a title, `apply` carries out the chosen ones.
A file that is refused as a whole (DOCTYPE, not XML, too large) has no repair.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lxml import etree

from engine.core.layout import layout
from engine.core.parse import parse, read_xml
from engine.core.parse.effects import CAMUNDA, XSI
from engine.core.parse.ids import give_ids
from engine.core.repair import choices, events, steps, vendors
from engine.core.repair.tree import element
from engine.errors import N_, DeploymentRefused, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from engine.core.findings import Finding

TITLES: Mapping[str, tuple[str, str]] = {
    "missing-id": ("Give ids to the elements without one", "给没有编号的元素编号"),
    "default-flow": ("Make a flow of {name} the default", "把“{name}”的一条连线设为默认"),
    "user-task": ("Make {name} a user task", "把“{name}”改成人工任务"),
    "start-event": ("Add a start event to {name}", "给“{name}”加上开始事件"),
    "end-event": ("Add an end event to {name}", "给“{name}”加上结束事件"),
    "connect": ("Lead a flow to {name} from where the path ends", "从中断的步骤连到“{name}”"),
    "executable": ("Make {name} executable", "把“{name}”设为可执行"),
    "lane": ("Put {name} into the nearest lane", "把“{name}”放进最近的泳道"),
    "juel": ("Write the expressions of {name} as FEEL", "把“{name}”的表达式改写成 FEEL"),
    "cycle": ("Write the timer of {name} as an ISO 8601 cycle", "把“{name}”的定时改写成 ISO 8601 周期"),
    "spelling": (
        "Write {name} with FEEL's signs: straight quotes, =, and, or",
        "“{name}”改用直引号、=、and、or",
    ),
    "topic": (
        "Let a service do {name}: a registered function or a worker, found by its topic",
        "改由服务完成“{name}”：按主题（topic）找到已登记的函数或外部程序",
    ),
    "formula": ("Let {name} set its variable by FEEL", "让“{name}”用 FEEL 给变量赋值"),
    "question": (
        "Let the step before {name} ask which way to go, with the labels of the flows as answers",
        "由“{name}”前一步的人选择走向，选项就是连线上的文字",
    ),
    "inclusive-join": ("Let {name} wait only for what can still come", "让“{name}”只等还会来的分支"),
    "message": ("Give what {name} sends or waits for its own name", "给“{name}”收发的消息或信号取名"),
    "code": ("Give the error or escalation of {name} a code", "给“{name}”的错误或升级填写代码"),
    "time": ("Write the time that {name} tells as ISO 8601", "把“{name}”写明的时间改成 ISO 8601 写法"),
    "plain-start": ("Let {name} begin without a trigger", "去掉“{name}”的触发条件"),
    "vendor": ("Take over what another engine's attributes say of {name}", "把其他引擎对“{name}”的设定转换过来"),
    "layout": ("Draw the diagram anew", "重新排布整张图"),
}
STEPS: Mapping[str, Callable[[etree._Element, etree._Element], None]] = {
    "default-flow": steps.default_flow,
    "user-task": steps.user_task,
    "start-event": steps.start_event,
    "end-event": steps.end_event,
    "connect": steps.connect,
    "executable": steps.executable,
    "lane": steps.lane,
    "juel": steps.juel,
    "cycle": steps.cycle,
    "spelling": steps.spelling,
    "topic": events.service,
    "formula": events.formula,
    "question": choices.question,
    "inclusive-join": choices.inclusive_join,
    "message": events.message,
    "code": events.code,
    "time": events.time,
    "plain-start": events.plain_start,
    "vendor": vendors.vendor,
}
UNREADABLE = frozenset({"not-xml", "not-bpmn", "doctype", "oversize", "too-deep", "unreadable"})
"""Rules that refuse a file as a whole: there is nothing in it to mend."""
ROUNDS = 4
FIRST = ("vendor", "juel", "topic", "user-task", "start-event")


@dataclass(frozen=True, slots=True)
class Repair:
    """A change that would mend a finding; `title` and `title_zh` say what it does."""

    element_id: str
    rule: str
    title: str
    title_zh: str

    @property
    def id(self) -> str:
        """What `Finding.repair` holds."""
        return f"{self.rule}:{self.element_id}"


def proposals(xml: bytes, findings: Sequence[Finding]) -> list[Repair]:
    """List the repairs that the findings name, each once, and a new drawing when something is not drawn.

    An element whose id stands twice in the file cannot be told from the other, so nothing is proposed for it.
    """
    try:
        model = parse(xml)
    except DeploymentRefused:
        return []
    root = read_xml(xml)
    give_ids(root)
    ids = {str(e.get("id", "")) for e in root.iter()} - set(model.duplicate_ids) | {""}
    names = {f.element_id: f.name for f in findings if f.name}
    wanted = list(dict.fromkeys(f.repair for f in findings if f.repair))
    found = []
    for text in wanted:
        rule, _, element_id = text.partition(":")
        if rule in TITLES and element_id in ids:
            found.append(_repair(rule, element_id, names.get(element_id) or element_id))
    nodes = [n.id for p in model.processes.values() for n in p.nodes.values()]
    if any(name not in model.shapes for name in nodes):
        found.append(_repair("layout", "", ""))
    return found


def _repair(rule: str, element_id: str, name: str) -> Repair:
    title, title_zh = TITLES[rule]
    return Repair(element_id, rule, title.format(name=name), title_zh.format(name=name))


def mend(
    xml: bytes, check: Callable[[bytes], list[Finding]], wanted: Collection[str] = ()
) -> tuple[bytes, tuple[Repair, ...]]:
    """Carry out the wanted repairs, again where one leads to another, and tell which were done.

    `check` lists the findings of a file; `wanted` holds kinds (`layout`) or ids (`user-task:Task_1`) of repairs, empty
    for all. A file that cannot be read stays as it is.

    Raises:
        NotFoundError: there is no such kind of repair.
    """
    for text in wanted:
        if text.partition(":")[0] not in TITLES:
            raise NotFoundError(N_("There is no repair {rule}."), rule=text[:100])
    done: list[Repair] = []
    for _ in range(ROUNDS):
        chosen = [r for r in proposals(xml, check(xml)) if not wanted or r.rule in wanted or r.id in wanted]
        chosen = [r for r in chosen if r not in done]
        if not chosen:
            break
        xml = apply(xml, chosen)
        done += chosen
    return xml, tuple(done)


def apply(xml: bytes, repairs: Iterable[Repair]) -> bytes:
    """Carry out the repairs and give the file back.

    Raises:
        DeploymentRefused: the file cannot be read.
        NotFoundError: a repair or its element does not exist.
    """
    read_xml(xml)
    root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    give_ids(root)
    chosen = sorted(repairs, key=lambda r: FIRST.index(r.rule) if r.rule in FIRST else len(FIRST))
    for repair in chosen:
        if repair.rule not in TITLES:
            raise NotFoundError(N_("There is no repair {rule}."), rule=repair.rule)
        step = STEPS.get(repair.rule)
        if step is not None:
            step(root, element(root, repair.element_id))
    _declare(root)
    mended = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    return layout(mended) if any(r.rule == "layout" for r in chosen) else mended


def _declare(root: etree._Element) -> None:
    """Declare Camunda's namespace at the root under its usual prefix; every prefix of the file stays."""
    known = root.nsmap
    wanted = {"camunda": CAMUNDA, "xsi": XSI}
    missing = {prefix: uri for prefix, uri in wanted.items() if prefix not in known and uri not in known.values()}
    if missing:
        prefixes = {p for part in root.iter() if isinstance(part.tag, str) for p in part.nsmap if p}
        etree.cleanup_namespaces(root, top_nsmap=missing, keep_ns_prefixes=sorted(prefixes))
