"""The editor of diagrams, in a real browser on a real server: what the panel writes is what the engine reads."""

from __future__ import annotations

import dataclasses
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from engine import people, studio
from engine.core import parse
from engine.core.model import Lane, Model, Node
from tests.browser.conftest import AXE, IN_THE_DARK, RULES, TOO_WIDE, Live, Quiet
from tests.sites import site_in

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "processes").glob("*/*.bpmn"))
EDITOR = "document.querySelector('#canvas').modeler"
AXE_RUN = """(rules) => axe.run({exclude: ["#canvas"]}, {runOnly: rules, resultTypes: ["violations"]}).then((result) =>
  result.violations.map((found) => `${found.id}: ${found.nodes.map((node) => node.target.join(" ")).join("; ")}`))"""
WHO = "bai.liucheng"


@dataclass
class Editor:
    """A diagram open in the editor, once for all tests here; `fresh` shows a diagram as it was shipped."""

    live: Live
    change: UUID
    page: Page

    def call(self, code: str, argument: object = None) -> Any:
        return self.page.evaluate(f"async (given) => {{ const modeler = {EDITOR}; {code} }}", argument)

    def fresh(self, name: str) -> None:
        source = next(path for path in SHIPPED if path.name == name).read_text("utf-8")
        self.call("await modeler.importXML(given); modeler.get('canvas').zoom('fit-viewport');", source)

    def select(self, element: str) -> None:
        self.call("modeler.get('selection').select(modeler.get('elementRegistry').get(given));", element)
        expect(self.page.locator("#panel .prop-title")).to_be_visible()
        frame = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"
        self.call(frame)  # the panel follows the selection with the next frame

    def xml(self) -> str:
        return str(self.call("return (await modeler.saveXML({format: true})).xml;"))

    def model(self) -> Model:
        return parse.parse(self.xml().encode())

    def node(self, element: str) -> Node:
        found = self.model().node(element)
        assert found is not None
        return found

    def set(self, control: str, value: str) -> None:
        found = self.page.locator(f"#prop-{control}")
        found.evaluate("one => { one.closest('details').open = true; }")
        if found.evaluate("one => one.tagName") == "SELECT":
            found.select_option(value)
        else:
            found.fill(value)
            found.press("Tab")

    def errors(self) -> list[str]:
        site = self.live.site
        with site.database.read() as session:
            viewer = people.viewer(session, WHO, now=site.clock())
            registry = site.app.extensions["keyturn"].registry
            found = studio.check(
                session,
                viewer,
                self.change,
                registry=registry,
                file="complaint_handle.bpmn",
                source=self.xml().encode(),
            )
        return [str(one) for one in found if one.severity == "error"]


@pytest.fixture(scope="module")
def editor(demo_file: Path, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Editor]:
    """The editor on one diagram; at the end the page has complained of nothing."""
    site = site_in(tmp_path_factory.mktemp("studio_bpmn"), demo_file)
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    live = Live(site, f"http://127.0.0.1:{server.server_port}", chromium)
    with site.database.transaction() as session:
        viewer = people.viewer(session, WHO, now=site.clock())
        change = studio.begin(
            session, viewer, wanted=["complaint_handle.bpmn"], title="客户拍照", reason="投诉", now=site.clock()
        )
    page = live.enter(WHO, f"/studio/changes/{change}/edit/complaint_handle.bpmn", reduced_motion="reduce")
    page.locator("html[data-editor=ready]").wait_for()
    yield Editor(live, change, page)
    for context in live.contexts:
        context.close()
    server.shutdown()
    serving.join()
    server.server_close()
    site.database.dispose()
    assert live.complaints == []


def plain(thing: Any) -> Any:
    """A model as dictionaries, without the lines of the file and the order of a lane's steps."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        fields = {one.name: getattr(thing, one.name) for one in dataclasses.fields(thing)}
        fields |= {"node_ids": sorted(thing.node_ids)} if isinstance(thing, Lane) else {}
        return {name: plain(value) for name, value in fields.items() if name not in {"line", "exporter"}}
    if isinstance(thing, dict):
        return {key: plain(value) for key, value in thing.items()}
    return [plain(one) for one in thing] if isinstance(thing, list | tuple) else thing


def test_every_shipped_diagram_is_saved_as_the_engine_read_it(editor: Editor) -> None:
    sources = [path.read_text("utf-8") for path in SHIPPED]
    answers = editor.call(
        """const made = [];
        for (const [at, source] of given.entries()) {
          const { warnings } = await modeler.importXML(source);
          const { xml } = await modeler.saveXML({ format: true });
          let again = xml;
          if (at % 8 === 0) { await modeler.importXML(xml); again = (await modeler.saveXML({ format: true })).xml; }
          made.push([warnings.map((one) => one.message), xml, again]);
        }
        return made;""",
        sources,
    )
    for path, source, (warnings, saved, again) in zip(SHIPPED, sources, answers, strict=True):
        assert warnings == [], path.name
        assert plain(parse.parse(saved.encode())) == plain(parse.parse(source.encode())), path.name
        assert again == saved, f"{path.name} is written otherwise the second time"


REREAD = """const { readCondition, writeCondition, readLimit, writeLimit, readMoment, writeMoment } = document.querySelector("#canvas").feel;
return given.map(([kind, text]) => {
  const read = { condition: readCondition, limit: readLimit, moment: readMoment }[kind](text);
  if (!read || read.unit === "text") return null;
  return { condition: writeCondition, limit: writeLimit, moment: writeMoment }[kind](read);
});"""


def test_what_is_chosen_from_fields_says_what_the_shipped_texts_say(editor: Editor) -> None:
    texts = []
    for path in SHIPPED:
        for process in parse.parse(path.read_bytes()).processes.values():
            texts += [("condition", one.condition) for one in process.flows.values() if one.condition]
            texts += [("limit", n.attributes["dueDate"]) for n in process.nodes.values() if "dueDate" in n.attributes]
            dates = [event for node in process.nodes.values() for event in node.events if event.timer == "date"]
            texts += [("moment", event.expression) for event in dates]
    written = editor.call(REREAD, texts)
    pairs = [(text, other) for (_kind, text), other in zip(texts, written, strict=True) if other is not None]
    assert len(pairs) > 0.85 * len(texts)  # the others stay texts
    assert [text for text, _ in pairs] == [other for _, other in pairs]


def test_a_task_between_two_others_gets_its_lanes_role_a_form_a_limit_and_a_reminder(editor: Editor) -> None:
    editor.fresh("complaint_handle.bpmn")
    before, page = plain(editor.model()), editor.page
    editor.select("T17")
    page.locator(".djs-context-pad [data-action='append.append-task']").click()
    page.keyboard.type("客户拍照确认")
    editor.select("T18")
    task = next(
        node for node in editor.model().processes["complaint_handle"].nodes.values() if node.name == "客户拍照确认"
    )
    assert re.fullmatch(r"Task_[a-z]{4,6}", task.id)
    assert (task.type, task.lane, len(task.incoming), len(task.outgoing)) == ("userTask", "项目客服主管", 1, 1)

    editor.select(task.id)
    expect(page.locator("#prop-role option:checked")).to_have_text("按泳道：项目客服主管")
    editor.set("role", "agent")
    editor.set("role-more", "cs_sup")
    editor.set("form", "T18")
    editor.set("due-unit", "wd")
    editor.set("due", "2")
    editor.set("assignee", "=acceptor")
    editor.set("priority", "80")
    editor.set("four-eyes", "T17")
    found = editor.node(task.id)
    assert found.attributes == {
        "candidateGroups": "agent,cs_sup", "formRef": "T18", "formRefBinding": "deployment",
        "dueDate": "=add working days(now(), 2)", "assignee": "=acceptor", "priority": "80",
    }  # fmt: skip
    assert found.properties == {"fourEyes": "T17"}
    page.locator("#prop-remind").click()
    border = next(
        node for node in editor.model().processes["complaint_handle"].nodes.values() if node.attached_to == task.id
    )
    event = border.events[0]
    assert (border.interrupting, event.timer, event.expression) == (False, "date", "=add working days(now(), 1)")
    model = editor.model()
    nodes, flows = model.processes["complaint_handle"].nodes, model.processes["complaint_handle"].flows
    service = nodes[flows[border.outgoing[0]].target]
    end = nodes[flows[service.outgoing[0]].target]
    assert (service.attributes["topic"], service.inputs) == ("task.remind", [])
    assert {service.lane, end.lane} == {"项目客服主管"}
    around = model.shapes[task.lane_id].bounds
    for one in (service, end):
        box = model.shapes[one.id].bounds
        assert around.y < box.y
        assert box.y + box.height < around.y + around.height
    editor.call(
        """const [registry, modeling] = [modeler.get("elementRegistry"), modeler.get("modeling")];
        const [task, lane] = given.map((id) => registry.get(id));
        modeling.moveElements([task], { x: 0, y: lane.y + 50 - task.y }, task.parent);""",
        [task.id, next(one.id for one in model.processes["complaint_handle"].lanes if one.name == "客服经理")],
    )
    moved = editor.model().processes["complaint_handle"].nodes
    assert {moved[one].lane for one in (task.id, border.id, service.id, end.id)} == {"客服经理"}
    page.locator("#undo").click()
    editor.select(task.id)
    expect(page.locator("#panel")).not_to_contain_text("这一步却由")
    editor.set("role", "leader")
    editor.set("role-1", "")
    expect(page.locator("#panel")).to_contain_text("泳道是项目客服主管，这一步却由")
    page.locator("#prop-role-by-lane").click()
    assert "candidateGroups" not in editor.node(task.id).attributes
    page.locator("#undo").click()
    editor.select(border.id)
    editor.set("timer-kind", "span")
    editor.set("timer-unit", "h")
    editor.set("timer-value", "6")
    assert editor.node(border.id).events[0].expression == "PT6H"
    assert editor.errors() == []

    while editor.call("return modeler.get('commandStack').canUndo();"):
        page.keyboard.press("Escape")
        page.locator("#undo").click()
    assert plain(editor.model()) == before


def test_a_task_put_into_a_short_flow_gets_room_and_takes_the_lane_it_lies_in(editor: Editor) -> None:
    editor.fresh("complaint_handle.bpmn")
    editor.select("Flow_Plan_Fork")
    editor.page.locator(".djs-context-pad [data-action='insert.user-task']").click()
    editor.page.keyboard.press("Escape")
    model = editor.model()
    task = next(node for node in model.processes["complaint_handle"].nodes.values() if node.id.startswith("Task_"))
    assert task.lane == "项目客服主管"
    left, here, right = (model.shapes[name].bounds for name in ("Plan", task.id, "Fork"))
    assert here.x - (left.x + left.width) >= 40
    assert right.x - (here.x + here.width) >= 40
    points = model.edges[task.outgoing[0]].waypoints
    assert len(points) == 2
    assert points[0][1] == points[1][1]


def test_conditions_timers_and_messages_are_chosen_not_written(editor: Editor) -> None:
    editor.fresh("complaint_handle.bpmn")
    editor.select("Flow_G6_T20")
    editor.page.locator("#prop-if-add").click()
    editor.set("if-1-name", "satisfaction")
    editor.set("if-1-test", "in")
    editor.page.locator("#prop-if-1-values-0").check()
    editor.page.locator("#prop-if-1-values-1").check()
    flow = editor.model().processes["complaint_handle"].flows["Flow_G6_T20"]
    first, second = re.findall(r'satisfaction = "([^"]+)"', flow.condition)
    assert flow.condition == f'close_internally = true and (satisfaction = "{first}" or satisfaction = "{second}")'
    editor.page.locator("#prop-otherwise").check()
    gateway = editor.node("G6")
    assert gateway.default == "Flow_G6_T20"
    assert not editor.model().processes["complaint_handle"].flows["Flow_G6_T20"].condition
    editor.page.locator("#undo").click()
    assert editor.node("G6").default == "Flow_G6_Level"
    assert editor.model().processes["complaint_handle"].flows["Flow_G6_T20"].condition == flow.condition

    editor.select("Day5Start")
    editor.set("timer-way", "before")
    assert editor.node("Day5Start").events[0].expression == '=date and time(day5_due) - duration("P1D")'
    editor.set("timer-kind", "span")
    editor.set("timer-unit", "wd")
    event = editor.node("Day5Start").events[0]
    assert (event.timer, event.expression) == ("date", "=add working days(now(), 1)")

    editor.select("OrdersDone")
    editor.set("message", "ALL_MENDED")
    event = editor.node("OrdersDone").events[0]
    assert event.name == "ALL_MENDED"
    editor.select("Orders")
    editor.set("topic", "case.notify")
    editor.set("occasion", "逾期")
    node = editor.node("Orders")
    assert node.attributes["topic"] == "case.notify"
    assert [(one.target, one.source) for one in node.inputs] == [("event", "逾期")]
    assert editor.errors() == []


def test_a_problem_is_marked_found_by_a_click_repaired_by_another_and_that_is_undone(editor: Editor) -> None:
    editor.fresh("complaint_handle.bpmn")
    page = editor.page
    editor.call("modeler.get('modeling').removeElements([modeler.get('elementRegistry').get('Flow_T17_T18')]);")
    problem = page.locator("#problems-list li[data-rule=unreachable]").first
    problem.wait_for()
    page.locator(".finding-mark.finding-error").first.wait_for()
    problem.locator(".problem-go").click()
    expect(page.locator("#panel .prop-title")).to_have_text("人工任务")
    expect(page.locator("#help-text")).to_contain_text("人工任务")
    mend = page.locator("#panel .prop-findings button")
    mend.click()
    page.wait_for_function(f"() => {EDITOR}.get('elementRegistry').get('T18').incoming.length === 1")
    page.locator(".finding-error").first.wait_for(state="detached")
    page.locator("#undo").click()
    page.wait_for_function(f"() => {EDITOR}.get('elementRegistry').get('T18').incoming.length === 0")


MENUS = """
const said = new Set();
const [registry, popup, pad, palette, selection] = ["elementRegistry", "popupMenu", "contextPad", "palette", "selection"].map((one) => modeler.get(one));
const words = (root) => {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) if (!walk.currentNode.parentElement.closest("code, option")) said.add(walk.currentNode.textContent.trim());
  for (const one of root.querySelectorAll("[title], [aria-label]")) said.add(one.getAttribute("title") ?? one.getAttribute("aria-label"));
};
words(document.querySelector(".djs-palette"));
words(document.querySelector(".canvas-tools"));
const offered = new Set();
for (const element of registry.filter((one) => one.type !== "label" && one.parent)) {
  selection.select(element);
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  for (const group of document.querySelectorAll("#panel details")) group.open = true;
  for (const part of document.querySelectorAll("#panel label, #panel summary, #panel .prop-hint, #panel .prop-note, #panel legend, #panel button, #panel .prop-title")) {
    if (!part.id.startsWith("prop-way-") && !part.closest(".prop-boxes")) said.add(part.textContent.trim());
  }
  for (const option of document.querySelectorAll("#panel option")) if (/^[(（]/.test(option.textContent)) said.add(option.textContent);
  const box = document.querySelector(".djs-context-pad");
  if (box) words(box);
  for (const menu of ["bpmn-replace", "bpmn-append", "bpmn-create", "color-picker", "align-elements"]) {
    if (popup.isEmpty(menu === "color-picker" || menu === "align-elements" ? [element] : element, menu)) continue;
    const [entries, heads] = [popup._getEntries(element, popup._getProviders(menu)), popup._getHeaderEntries?.(element, popup._getProviders(menu)) ?? {}];
    for (const [id, entry] of Object.entries({ ...entries, ...heads })) {
      offered.add(id);
      for (const one of [entry.label, entry.title, entry.group?.name]) if (one) said.add(one);
    }
  }
}
return { said: [...said].filter(Boolean), offered: [...offered], missing: [...document.querySelector("#canvas").missing] };
"""
LATIN = re.compile(r"[A-Za-z]{3,}")
EXAMPLES = re.compile(r"=\S.*|FEEL|DMN-\d+|PT?\d\w*|R\d*/P\S*|R\d?/P\w+|Ctrl\+F|BPMN\S*|\b[a-z]+_[a-z_]+\b")


def test_nothing_is_left_in_english_for_chinese_readers_and_only_what_runs_is_offered(editor: Editor) -> None:
    editor.fresh("rect_mend.bpmn")
    found = editor.call(MENUS)
    assert found["missing"] == []
    allowed = {"items", "item", "amount", "level", "kind", "complaint", "and", "task", "content", "round", "login"}
    english = {
        text for text in found["said"] if any(word not in allowed for word in LATIN.findall(EXAMPLES.sub("", text)))
    }
    assert {text for text in english if not re.search("[\u4e00-\u9fff]", text)} == set()
    offered = " ".join(found["offered"])
    assert "user-task" in offered
    assert "timer-boundary" in offered
    for never in ("complex-gateway", "ad-hoc", "script-task", "data-object", "data-store", "append-task "):
        assert never not in f"{offered} "
    scripts = (ROOT / "tasks_ui" / "editor" / "src" / "bpmn").glob("*.js")
    chinese = [path.name for path in scripts if re.search(r't\("[^"]*[\u4e00-\u9fff]', path.read_text("utf-8"))]
    assert chinese == []  # English readers would see it


def test_the_panel_is_reached_by_keyboard_and_reads_well(editor: Editor) -> None:
    editor.fresh("complaint_handle.bpmn")
    page = editor.page
    editor.select("T19")
    page.locator("#prop-name").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#panel') !== null")
    page.locator("#prop-name").fill("客户签字")
    page.locator("#prop-role").focus()
    assert editor.node("T19").name == "客户签字"
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.id") == "prop-role"
    page.locator("#canvas .djs-container > svg").focus()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.wait_for_function(f"() => {EDITOR}.get('elementRegistry').get('T19').businessObject.name === '客户签认'")
    page.keyboard.press("Control+f")
    page.locator(".djs-search-input input").press_sequentially("T20")
    expect(page.locator(".djs-search-result").first).to_be_visible()
    page.keyboard.press("Escape")
    editor.select("G6")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN, RULES) == []
    assert page.evaluate(IN_THE_DARK) == []
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate(TOO_WIDE) <= 0
    page.set_viewport_size({"width": 1180, "height": 800})
    expect(page.locator(".bjs-powered-by")).to_be_visible()
