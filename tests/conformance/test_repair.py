"""Repairs change what they say and nothing else; what they mend runs."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from lxml import etree

from engine.core import lint, normalise, parse, program, repair
from engine.core.layout import layout
from engine.errors import DeploymentRefused, NotFoundError
from engine.testing import Workbench
from tasks_ui.cli import main
from tests.conformance.drawing_board import END, NAMESPACES, START, boundary, chain, flow, timer, user, xml

TASK = chain("s", "a", "e")


def found(text: bytes) -> list[lint.Finding]:
    return lint.check(normalise.normalise(parse.parse(text)), lint.Known())


def mended(body: str | bytes, *rules: str) -> bytes:
    text = body if isinstance(body, bytes) else xml(body)
    chosen = [r for r in repair.proposals(text, found(text)) if r.rule in rules]
    assert {r.rule for r in chosen} == set(rules)
    return repair.apply(text, chosen)


def rules(text: bytes) -> set[str]:
    return {f.rule for f in found(text)}


def test_missing_ids_are_written_as_the_check_named_them():
    body = START + "<userTask/>" + END + '<sequenceFlow sourceRef="s" targetRef="e"/>'
    named = {f.element_id for f in found(xml(body)) if f.rule == "missing-id"}
    text = mended(body, "missing-id")
    assert named == {"UserTask_1", "SequenceFlow_1"}
    assert all(f'id="{name}"'.encode() in text for name in named)
    assert "missing-id" not in rules(text)


@pytest.mark.parametrize(("first", "second", "default"), [("", "n = 2", "fa"), ("n = 1", "", "fb"), ("n = 1", "n = 2", "fb")])
def test_a_flow_becomes_the_default(first: str, second: str, default: str):
    body = (
        START + '<exclusiveGateway id="x"/>' + user("a") + user("b") + flow("s", "x") + flow("x", "a", first, "fa")
        + flow("x", "b", second, "fb") + END + chain("a", "e") + chain("b", "e")
    )  # fmt: skip
    text = mended(body, "default-flow")
    node = parse.parse(text).processes["P"].nodes["x"]
    assert node.default == default
    assert not rules(text) & {"no-default-flow", "gateway-without-condition"}


def test_an_untyped_task_becomes_a_user_task():
    text = mended(START + '<task id="a" name="查勘"/>' + END + TASK, "user-task")
    assert parse.parse(text).processes["P"].nodes["a"].type == "userTask"


def test_start_and_end_events_are_added_and_drawn_beside_their_neighbours():
    text = layout(xml(user("a") + user("b") + chain("a", "b")))
    before = parse.parse(text).shapes
    text = mended(text, "start-event", "end-event")
    model = parse.parse(text)
    nodes = model.processes["P"].nodes
    assert [n.type for n in nodes.values()].count("startEvent") == 1
    assert nodes["a"].incoming
    assert nodes["b"].outgoing
    assert {k: v.bounds for k, v in model.shapes.items() if k in before} == {k: v.bounds for k, v in before.items()}
    assert {"StartEvent_1", "EndEvent_1"} <= model.shapes.keys()
    assert len(model.edges) == 3
    assert not rules(text) & {"no-start-event", "no-end-event"}


def test_a_dead_end_gets_an_end_event_in_its_lane():
    lanes = '<laneSet id="ls"><lane id="l1" name="客服"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane></laneSet>'
    text = mended(lanes + START + user("a") + user("b") + END + TASK + flow("a", "b"), "end-event")
    process = parse.parse(text).processes["P"]
    assert process.nodes["EndEvent_1"].lane == "客服"
    assert "dead-end" not in rules(text)


def test_a_task_without_lane_goes_into_the_one_it_is_drawn_in():
    lanes = '<laneSet id="ls"><lane id="l1" name="一"><flowNodeRef>a</flowNodeRef></lane><lane id="l2" name="二"><flowNodeRef>b</flowNodeRef></lane></laneSet>'
    body = START + user("a") + user("b") + END + chain("s", "a", "b", "e")
    drawn = layout(xml(lanes + body))
    without = re.sub(rb"<(\w+:)?flowNodeRef>b</(\w+:)?flowNodeRef>", b"", drawn)
    assert parse.parse(without).processes["P"].nodes["b"].lane == ""
    assert parse.parse(mended(without, "lane")).processes["P"].nodes["b"].lane == "二"
    undrawn = xml((lanes + body).replace("<flowNodeRef>b</flowNodeRef>", ""))
    assert parse.parse(mended(undrawn, "lane")).processes["P"].nodes["b"].lane == "一", "that of its neighbour"


def test_juel_is_written_as_feel():
    body = (
        START + user("a", 'camunda:assignee="${who}" camunda:dueDate="${due}"') + flow("s", "a", "${n == 1 && !done}")
        + f'<intermediateCatchEvent id="c">{timer("Date", "${when}")}</intermediateCatchEvent>' + END + chain("a", "c", "e")
    )  # fmt: skip
    text = mended(body, "juel")
    model = parse.parse(text)
    before = normalise.normalise(parse.parse(xml(body)))
    assert b"${" not in text
    assert model.processes["P"].nodes["a"].attributes["assignee"] == "=who"
    normalise.normalise(model)
    for key, node in before.processes["P"].nodes.items():
        assert (node.attributes, node.events) == (model.processes["P"].nodes[key].attributes, model.processes["P"].nodes[key].events)
    assert [f.condition for f in before.processes["P"].flows.values()] == [f.condition for f in model.processes["P"].flows.values()]


def test_cron_becomes_a_cycle_and_a_bean_a_topic():
    text = mended(START + user("a") + boundary("b", "a", timer("Cycle", "0 */5 * * * *"), interrupting=False) + END + TASK + flow("b", "e"), "cycle")
    assert b"R/PT5M" in text
    text = mended(START + '<serviceTask id="a" camunda:delegateExpression="${smsSender}"/>' + END + TASK, "topic")
    attributes = parse.parse(text).processes["P"].nodes["a"].attributes
    assert attributes == {"type": "external", "topic": "smsSender"}


def test_a_process_is_made_executable():
    text = xml(START + user("a") + END + TASK).replace(b'isExecutable="true"', b'isExecutable="false"')
    assert parse.parse(mended(text, "executable")).processes["P"].executable


def test_flowable_and_camunda_8_are_taken_over():
    body = (
        '<startEvent id="s"/>'
        '<userTask id="a" xmlns:flowable="http://flowable.org/bpmn" flowable:candidateGroups="hr" flowable:assignee="${who}">'
        '<multiInstanceLoopCharacteristics flowable:collection="people" flowable:elementVariable="who"/></userTask>'
        '<serviceTask id="b" xmlns:z="http://camunda.org/schema/zeebe/1.0"><extensionElements><z:taskDefinition type="mail"/>'
        '<z:ioMapping><z:input source="=x + 1" target="y"/></z:ioMapping></extensionElements></serviceTask>' + END + chain("s", "a", "b", "e")
    )  # fmt: skip
    text = mended(body, "vendor")
    nodes = parse.parse(text).processes["P"].nodes
    assert nodes["a"].attributes == {"candidateGroups": "hr", "assignee": "${who}"}
    assert nodes["a"].loop is not None
    assert (nodes["a"].loop.collection, nodes["a"].loop.element_variable) == ("people", "who")
    assert nodes["b"].attributes == {"topic": "mail", "type": "external"}
    assert [(m.target, m.source) for m in nodes["b"].inputs] == [("y", "=x + 1")]
    assert b"xmlns:camunda=" in text
    assert "no-effect" not in rules(text)


def test_what_is_unknown_stays():
    body = (
        '<!-- 备注 --><extensionElements><v:thing xmlns:v="urn:vendor" a="1"><v:deep>text</v:deep></v:thing></extensionElements>'
        + START + '<task id="a" xmlns:v="urn:vendor" v:colour="red"/>' + END + TASK
    )  # fmt: skip
    text = mended(body, "user-task")
    for part in (b"<!-- \xe5\xa4\x87\xe6\xb3\xa8 -->", b'v:colour="red"', b"<v:deep>text</v:deep>", b'a="1"'):
        assert part in text


def test_layout_is_proposed_only_for_what_is_not_drawn():
    text = xml(START + user("a") + END + TASK)
    assert [r.rule for r in repair.proposals(text, [])] == ["layout"]
    text = repair.apply(text, repair.proposals(text, []))
    assert {"s", "a", "e"} <= parse.parse(text).shapes.keys()
    assert repair.proposals(text, []) == []


def test_a_harmful_file_has_no_repair_and_an_unknown_one_is_refused():
    with pytest.raises(DeploymentRefused):
        repair.apply(b"<!DOCTYPE a><a/>", [])
    assert repair.proposals(b"<!DOCTYPE a><a/>", []) == []
    with pytest.raises(NotFoundError):
        repair.apply(xml(START), [repair.Repair("ghost", "user-task", "", "")])
    with pytest.raises(NotFoundError):
        repair.apply(xml(START), [repair.Repair("s", "magic", "", "")])


def test_every_repair_of_a_finding_can_be_carried_out_and_ends():
    body = '<task id="a"/>' + user("b", 'camunda:assignee="${who}"') + '<serviceTask id="v" camunda:delegateExpression="${x}"/>' + chain("a", "b", "v")
    text = xml(body).replace(b'isExecutable="true"', b'isExecutable="false"')
    for _ in range(4):
        chosen = repair.proposals(text, found(text))
        text = repair.apply(text, chosen)
    assert repair.proposals(text, found(text)) == []
    assert program.compile_model(normalise.normalise(parse.parse(text)), "P")


def test_the_command_line_checks_and_repairs(tmp_path):
    file = tmp_path / "a.bpmn"
    file.write_bytes(xml(START + '<serviceTask id="a" camunda:delegateExpression="${sms}"/>' + END + TASK))
    run = CliRunner()
    shown = run.invoke(main, ["check", str(file)])
    assert shown.exit_code == 1
    assert "service-without-topic" in shown.output
    assert "主题" in shown.output
    assert '"rule": "service-without-topic"' in run.invoke(main, ["check", "--json", str(file)]).output
    assert "Choose the implementation" in run.invoke(main, ["check", "--lang", "en", str(file)]).output
    out = tmp_path / "b.bpmn"
    done = run.invoke(main, ["repair", str(file), "--rule", "topic", "-o", str(out)])
    assert done.exit_code == 0, done.output
    assert run.invoke(main, ["check", str(out)]).exit_code == 0
    assert run.invoke(main, ["repair", str(file), "--list"]).exit_code == 0
    file.write_bytes(b"<!DOCTYPE a><a/>")
    refused = run.invoke(main, ["repair", str(file)])
    assert refused.exit_code == 1
    assert file.read_bytes() == b"<!DOCTYPE a><a/>"


def test_an_event_sub_process_with_flows_can_be_drawn_too():
    inner = '<startEvent id="es"><messageEventDefinition messageRef="m"/></startEvent>' + user("i") + chain("es", "i")
    sub = f'<subProcess id="ev" triggeredByEvent="true">{inner}</subProcess>' + boundary("eb", "ev", timer("Duration", "PT1H"))
    text = layout(xml(START + user("a") + sub + END + chain("s", "a", "ev", "e") + flow("eb", "e")))
    assert {"ev", "eb", "i"} <= parse.parse(text).shapes.keys()
    assert layout(text) == text


def test_prefixes_stay_and_camundas_own_is_declared_when_missing():
    text = (
        b'<b:definitions xmlns:b="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:fl="http://flowable.org/bpmn" targetNamespace="t">'
        b'<b:process id="P" isExecutable="true"><b:startEvent id="s"/><b:userTask id="a" fl:assignee="ann"/><b:endEvent id="e"/>'
        b'<b:sequenceFlow id="f" sourceRef="s" targetRef="a"><b:conditionExpression xmlns:i="http://www.w3.org/2001/XMLSchema-instance" '
        b'i:type="b:tFormalExpression">true</b:conditionExpression></b:sequenceFlow>'
        b'<b:sequenceFlow id="g" sourceRef="a" targetRef="e"/></b:process></b:definitions>'
    )
    made = mended(text, "vendor")
    assert b'camunda:assignee="ann"' in made
    assert b'xmlns:camunda="http://camunda.org/schema/1.0/bpmn"' in made
    assert b'xmlns:fl="http://flowable.org/bpmn"' in made
    assert b'i:type="b:tFormalExpression"' in made
    other = text.replace(b"xmlns:fl=", b'xmlns:c7="http://camunda.org/schema/1.0/bpmn" xmlns:fl=')
    assert b'c7:assignee="ann"' in mended(other, "vendor")


def test_a_deleted_flow_is_proposed_again_and_not_hidden_behind_a_new_end():
    """Where one path ends and one element is left over, the repair connects them, drawn, instead of adding an end."""
    body = layout(xml(START + user("a") + user("b") + END + chain("s", "a", "b", "e")))
    model = parse.parse(body)
    (between,) = [f.id for f in model.processes["P"].flows.values() if (f.source, f.target) == ("a", "b")]
    root = etree.fromstring(body)
    for part in [e for e in root.iter() if isinstance(e.tag, str) and between in (e.get("id"), e.get("bpmnElement"), (e.text or "").strip())]:
        part.getparent().remove(part)
    torn = etree.tostring(root)
    assert {"dead-end", "unreachable"} <= rules(torn)
    text = mended(torn, "connect")
    process = parse.parse(text).processes["P"]
    assert ("a", "b") in {(f.source, f.target) for f in process.flows.values()}
    assert [n.type for n in process.nodes.values()].count("endEvent") == 1
    assert not rules(text) & {"dead-end", "unreachable"}
    assert len(parse.parse(text).edges) == 3


def test_a_deleted_flow_is_connected_again_although_a_way_leads_back():
    """From what is left over, a flow leads back to before the broken end: it is the broken end all the same."""
    gate = '<exclusiveGateway id="x" default="on"/><sequenceFlow id="on" sourceRef="x" targetRef="e"/>'
    back = '<sequenceFlow id="back" sourceRef="x" targetRef="a"><conditionExpression>again = true</conditionExpression></sequenceFlow>'
    torn = xml(START + user("a") + user("b") + gate + END + chain("s", "a") + chain("b", "x") + back)
    assert "unreachable" in rules(torn)
    process = parse.parse(mended(torn, "connect")).processes["P"]
    assert ("a", "b") in {(f.source, f.target) for f in process.flows.values()}


# What the drawing tells already


def errors(text: bytes) -> set[str]:
    return {f.rule for f in found(text) if f.severity == "error"}


def both(first: str, second: str, name: str = "同意吗？", before: str = "") -> str:
    return (
        START + user("a", before) + f'<exclusiveGateway id="x" name="{name}"/>' + user("b") + user("c") + END + chain("s", "a", "x")
        + f'<sequenceFlow id="fb" sourceRef="x" targetRef="b" name="{first}"/><sequenceFlow id="fc" sourceRef="x" targetRef="c" name="{second}"/>'
        + chain("b", "e") + chain("c", "e")
    )  # fmt: skip


def test_labels_of_the_flows_become_the_answers_to_a_question_of_the_task_before():
    text = mended(both("是", "否"), "question")
    process = parse.parse(text).processes["P"]
    assert process.flows["fb"].condition == '同意吗 = "是"'
    assert process.nodes["x"].default == "fc"
    (field,) = process.nodes["a"].form_fields
    assert (field.id, field.label, field.type, [value for value, _ in field.options]) == ("同意吗", "同意吗？", "enum", ["是", "否"])
    assert b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' in text
    assert not errors(text)
    with Workbench() as bench:
        for answer, following in (("是", "b"), ("否", "c")):
            file = Path(tempfile.mkdtemp()) / "a.bpmn"
            file.write_bytes(text)
            bench.deploy(file)
            instance = bench.start("P")
            (task,) = [t for t in bench.tasks() if t.instance_id == instance]
            bench.complete(task, {"同意吗": answer})
            assert [t.element_id for t in bench.tasks() if t.instance_id == instance] == [following]


def test_answers_on_the_flows_of_a_task_are_told_apart_by_its_own_question():
    body = START + '<userTask id="a" name="验收" camunda:candidateGroups="agent"/>' + END + '<endEvent id="e2"/>' + chain("s", "a")
    body += '<sequenceFlow id="y" name="合格" sourceRef="a" targetRef="e"/>'
    body += '<sequenceFlow id="n" name="不合格" sourceRef="a" targetRef="e2"/>'
    [finding] = [f for f in found(xml(body)) if f.rule == "implicit-split"]
    assert (finding.severity, finding.element_id) == ("warning", "a")
    text = mended(body, "question")
    process = parse.parse(text).processes["P"]
    [field] = process.nodes["a"].form_fields
    assert [value for value, _ in field.options] == ["合格", "不合格"]
    assert (process.flows["y"].condition, process.nodes["a"].default) == (f'{field.id} = "合格"', "n")
    assert "warning" not in {f.severity for f in found(text)}


def test_a_question_is_not_asked_twice_nor_where_a_form_is_chosen():
    text = mended(both("yes", "no", "OK?", 'camunda:formRef="T"'), "question")
    process = parse.parse(text).processes["P"]
    assert (process.flows["fb"].condition, process.nodes["a"].form_fields) == ('OK = "yes"', [])
    again = parse.parse(repair.apply(text, [repair.Repair("x", "question", "", "")])).processes["P"]
    assert again.flows["fb"].condition == 'OK = "yes"'
    nameless = parse.parse(mended(both("", "", ""), "question")).processes["P"]
    assert nameless.flows["fb"].condition == 'x = "b"', "what the flows lead to tells them apart"
    alike = [f.repair for f in found(xml(both("ok", "ok"))) if f.rule == "gateway-without-condition"]
    assert alike == [""]


def test_a_process_without_a_name_is_called_as_its_pool_is():
    """Whoever draws a pool writes the name on it: the process's own name is nowhere in the drawing."""
    for own, called in (("", "噪音投诉"), ('name="投诉"', "投诉")):
        pool = '<collaboration id="c"><participant id="p" name="噪音投诉" processRef="P"/></collaboration>'
        text = f'<definitions {NAMESPACES} targetNamespace="t"><process id="P" {own}>{START}{END}{chain("s", "e")}</process>{pool}</definitions>'
        assert parse.parse(text.encode()).processes["P"].name == called


def test_a_question_behind_steps_that_ask_nobody_is_asked_by_the_last_person_before_them():
    """Else the mended diagram passes every check and stops at the gateway: there is no such variable."""
    body = both("小于5000", "5000以上", "").replace('targetRef="x"', 'targetRef="m"')
    body += '<sendTask id="m"/>' + flow("m", "x")
    process = parse.parse(mended(body, "question")).processes["P"]
    (field,) = process.nodes["a"].form_fields
    assert (field.id, field.label) == ("x", "小于5000 / 5000以上"), "an id is no question to put to people"


def test_two_questions_of_one_name_have_variables_of_their_own():
    second = '<exclusiveGateway id="y" name="同意吗？"/>' + flow("b", "y") + '<sequenceFlow id="y1" sourceRef="y" targetRef="c" name="是"/><sequenceFlow id="y2" sourceRef="y" targetRef="e" name="否"/>'
    process = parse.parse(mended(both("是", "否") + second, "question")).processes["P"]
    assert {process.flows["fb"].condition, process.flows["y1"].condition} == {'x = "是"', 'y = "是"'}


def test_a_join_that_can_wait_for_ever_waits_for_what_can_still_come():
    body = START + '<exclusiveGateway id="x" default="fb"/>' + user("a") + user("b") + '<parallelGateway id="j"/>' + END + flow("s", "x") + flow("x", "a", "n = 1") + flow("x", "b", id="fb") + chain("a", "j", "e") + chain("b", "j")
    text = mended(body, "inclusive-join")
    assert parse.parse(text).processes["P"].nodes["j"].type == "inclusiveGateway"
    assert not errors(text)


@pytest.mark.parametrize(
    ("element", "rule"),
    [
        ('<receiveTask id="a" name="收到付款"/>', "message"), ('<sendTask id="a" name="收到付款"/>', "message"),
        ('<intermediateCatchEvent id="a" name="收到付款"><messageEventDefinition/></intermediateCatchEvent>', "message"),
        ('<intermediateThrowEvent id="a" name="收到付款"><signalEventDefinition/></intermediateThrowEvent>', "message"),
        ('<intermediateThrowEvent id="a" name="收到付款"><escalationEventDefinition/></intermediateThrowEvent>', "code"),
    ],
)  # fmt: skip
def test_what_is_sent_or_awaited_gets_the_name_of_its_element(element: str, rule: str):
    text = mended(START + element + END + TASK, rule)
    event = parse.parse(text).processes["P"].nodes["a"].event
    assert event is not None
    assert event.name == "收到付款"
    assert not errors(text)


def test_an_error_end_gets_a_code_and_both_ends_of_a_message_flow_one_message():
    text = mended(START + user("a") + '<endEvent id="e" name="退单"><errorEventDefinition/></endEvent>' + TASK, "code")
    event = parse.parse(text).processes["P"].nodes["e"].event
    assert event is not None
    assert (event.name, event.code) == ("退单", "退单")
    pools = (
        f'<definitions {NAMESPACES} targetNamespace="t"><collaboration id="c"><participant id="p1" processRef="P"/><participant id="p2" processRef="Q"/>'
        '<messageFlow id="mf" sourceRef="t" targetRef="w"/></collaboration>'
        '<process id="P" isExecutable="true"><startEvent id="s"/><intermediateThrowEvent id="t" name="派单"><messageEventDefinition/></intermediateThrowEvent>' + chain("s", "t") + "</process>"
        '<process id="Q" isExecutable="true"><startEvent id="w" name="收单"><messageEventDefinition/></startEvent>' + user("u") + chain("w", "u") + "</process></definitions>"
    ).encode()
    model = parse.parse(mended(pools, "message"))
    names = {n.event.name for p in model.processes.values() for n in p.nodes.values() if n.event}
    assert names == {"派单"}


@pytest.mark.parametrize(
    ("what", "value", "meant"),
    [("Duration", "2天", ("duration", "P2D")), ("Date", "2 days", ("duration", "P2D")), ("Cycle", "2天", ("cycle", "R/P2D"))],
)
def test_a_time_in_words_becomes_iso_8601(what, value, meant):
    body = START + f'<intermediateCatchEvent id="a" name="等待">{timer(what, value)}</intermediateCatchEvent>' + END + TASK
    event = parse.parse(mended(body, "time")).processes["P"].nodes["a"].event
    assert (event.timer, event.expression) == meant


def test_the_name_of_a_timer_becomes_its_time_and_a_sub_process_starts_plainly():
    waits = '<intermediateCatchEvent id="a" name="3天后"><timerEventDefinition/></intermediateCatchEvent>'
    event = parse.parse(mended(START + waits + END + TASK, "time")).processes["P"].nodes["a"].event
    assert event is not None
    assert (event.timer, event.expression) == ("duration", "P3D")
    inner = '<startEvent id="ss"><messageEventDefinition messageRef="m"/></startEvent>' + user("i") + chain("ss", "i")
    text = mended(START + f'<subProcess id="a">{inner}</subProcess>' + END + TASK, "plain-start")
    assert parse.parse(text).processes["P"].nodes["ss"].events == []
    assert not errors(text)


def test_code_of_another_engine_becomes_a_service_and_stays_readable():
    script = '<scriptTask id="a" name="算总价" scriptFormat="javascript"><script>total = 1;</script></scriptTask>'
    text = mended(START + script + END + TASK, "topic")
    node = parse.parse(text).processes["P"].nodes["a"]
    assert (node.type, node.attributes, node.documentation) == ("serviceTask", {"type": "external", "topic": "算总价"}, "total = 1;")
    for attribute, topic in (("class", "com.acme.SendMail"), ("expression", "${bean.run(x)}"), ("delegateExpression", "${bean}")):
        text = mended(START + f'<serviceTask id="a" camunda:{attribute}="{topic}"/>' + END + TASK, "topic")
        assert parse.parse(text).processes["P"].nodes["a"].attributes == {"type": "external", "topic": "SendMail" if attribute == "class" else "bean"}
        assert not errors(text)


@pytest.mark.parametrize(
    "script",
    [
        '<scriptTask id="a" scriptFormat="feel" camunda:resultVariable="z"><script>n + 1</script></scriptTask>',
        '<scriptTask id="a" xmlns:z="http://camunda.org/schema/zeebe/1.0"><extensionElements><z:script expression="=n + 1" resultVariable="z"/></extensionElements></scriptTask>',
    ],
)
def test_a_script_in_feel_sets_its_variable(script: str):
    text = mended(START + script + user("b") + END + chain("s", "a", "b", "e"), "formula")
    assert not errors(text) | {"untyped-task"} & rules(text)
    with Workbench() as bench:
        file = Path(tempfile.mkdtemp()) / "a.bpmn"
        file.write_bytes(text)
        bench.deploy(file)
        assert bench.variables(bench.start("P", {"n": 2}))["z"] == 3


def test_a_sub_process_that_nobody_has_drawn_becomes_one_task():
    text = mended(START + '<subProcess id="a" name="查勘"/>' + END + TASK, "user-task")
    assert parse.parse(text).processes["P"].nodes["a"].type == "userTask"
    assert not errors(text)


def test_a_gateway_that_comes_first_gets_a_start_event():
    text = mended('<exclusiveGateway id="x"/>' + user("a") + END + chain("x", "a", "e"), "start-event")
    assert not errors(text)


def test_a_comment_among_the_messages_does_no_harm():
    text = xml(START + user("a", 'camunda:assignee="${who}"') + END + TASK).replace(b"<message ", b"<!-- note --><message ")
    assert b"${" not in mended(text, "juel")


def test_a_nameless_lane_takes_the_name_around_it_and_is_told_once():
    lanes = '<laneSet id="ls"><lane id="l" name="{}"><childLaneSet id="cs"><lane id="l1"><flowNodeRef>a</flowNodeRef><flowNodeRef>b</flowNodeRef></lane></childLaneSet></lane></laneSet>'
    body = START + user("a") + user("b") + END + chain("s", "a", "b", "e")
    assert parse.parse(xml(lanes.format("客服") + body)).processes["P"].nodes["a"].lane == "客服"
    remarks = [f for f in found(xml(lanes.format("") + body)) if f.severity != "info"]
    assert [(f.rule, f.element_id) for f in remarks] == [("lane-without-name", "l1")]


def test_the_correlation_key_of_camunda_8_goes_to_who_waits():
    message = '<message id="z" name="paid"><extensionElements><zeebe:subscription xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" correlationKey="=order"/></extensionElements></message>'
    text = xml(START + '<receiveTask id="a" messageRef="z"/>' + END + TASK).replace(b'<message id="m"', message.encode() + b'<message id="m"')
    assert [f.repair for f in found(text) if f.rule == "no-effect"] == ["vendor:a"]
    mended_ = mended(text, "vendor")
    assert parse.parse(mended_).processes["P"].nodes["a"].properties == {"correlationKey": "=order"}
    assert "no-effect" not in rules(mended_)


def test_a_condition_in_javascript_that_reads_as_feel_is_written_so():
    for written, meant in (("n == 1", "n = 1"), ("n > 1", "n > 1")):
        text = xml(START + user("a") + flow("s", "a", written) + END + chain("a", "e")).replace(b"<conditionExpression", b'<conditionExpression language="JavaScript"')
        mended_ = mended(text, "spelling")
        assert next(iter(parse.parse(mended_).processes["P"].flows.values())).condition == meant
        assert not errors(mended_)


def test_what_camunda_8_says_of_a_service_mends_the_service_without_topic():
    inner = '<extensionElements><z:taskDefinition type="mail"/></extensionElements>'
    text = xml(START + f'<serviceTask id="a" name="寄信" xmlns:z="http://camunda.org/schema/zeebe/1.0">{inner}</serviceTask>' + END + TASK)
    assert {f.repair for f in found(text) if f.element_id == "a"} == {"vendor:a"}
    made, done = repair.mend(text, found)
    assert {r.rule for r in done} == {"vendor", "layout"}
    assert parse.parse(made).processes["P"].nodes["a"].attributes["topic"] == "mail"
