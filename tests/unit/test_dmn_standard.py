"""What the standard says of the parts of a decision file: types of boxes and functions, services, several files."""

from __future__ import annotations

from html import escape
from typing import Any

import pytest

from engine.core import dmn, feel

LOOSE = feel.Env(strict=False)
SPACE = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def file(*parts: str, namespace: str = "urn:own") -> bytes:
    return f'<definitions xmlns="{SPACE}" id="d" name="规则" namespace="{namespace}">{"".join(parts)}</definitions>'.encode()


def typed(kind: str) -> str:
    return f' typeRef="{kind}"' if kind else ""


def says(text: str, kind: str = "") -> str:
    return f"<literalExpression{typed(kind)}><text>{escape(text)}</text></literalExpression>"


def needs(*references: str) -> str:
    """Requirements, written `d:href`, `i:href` or `k:href`."""
    kinds = {"d": ("information", "Decision"), "i": ("information", "Input"), "k": ("knowledge", "Knowledge")}
    parts = []
    for reference in references:
        requirement, required = kinds[reference[0]]
        href = reference[2:] if "#" in reference else "#" + reference[2:]
        parts.append(f'<{requirement}Requirement><required{required} href="{href}"/></{requirement}Requirement>')
    return "".join(parts)


def decision(name: str, box: str, *references: str, kind: str = "") -> str:
    box = box if box.startswith("<") else says(box)
    return f'<decision id="{name}" name="{name}"><variable name="{name}"{typed(kind)}/>{needs(*references)}{box}</decision>'


def given(name: str, kind: str = "") -> str:
    return f'<inputData id="{name}" name="{name}"><variable name="{name}"{typed(kind)}/></inputData>'


def model(name: str, params: str, box: str, *references: str, kind: str = "") -> str:
    """A knowledge model; params are written `name:type name:type`."""
    formal = "".join(
        f'<formalParameter name="{param.partition(":")[0]}"{typed(param.partition(":")[2])}/>'
        for param in params.split()
    )
    box = box if box.startswith("<") else says(box)
    logic = f"<encapsulatedLogic>{formal}{box}</encapsulatedLogic>"
    variable = f'<variable name="{name}"{typed(kind)}/>'
    return f'<businessKnowledgeModel id="{name}" name="{name}">{variable}{logic}{needs(*references)}</businessKnowledgeModel>'


def service(name: str, *parts: str, kind: str = "") -> str:
    """A decision service; parts are written `outputDecision:id` and so on."""
    inner = "".join("<{0} href='#{2}'/>".format(*part.partition(":")) for part in parts)
    return f'<decisionService id="{name}" name="{name}"><variable name="{name}"{typed(kind)}/>{inner}</decisionService>'


def item(name: str, inner: str, more: str = "") -> str:
    return f'<itemDefinition name="{name}"{more}>{inner}</itemDefinition>'


def brings(name: str, namespace: str) -> str:
    return f'<import name="{name}" namespace="{namespace}" importType="{SPACE}"/>'


def ask(decisions: dmn.Decisions, name: str, **variables: Any) -> Any:
    """The answer as JSON, and null where the standard has null for what we call an error."""
    try:
        return feel.to_json(dmn.evaluate(decisions, name, variables, LOOSE).value)
    except (dmn.DmnError, feel.FeelProblem):
        return None


ITEMS = (
    item("数", "<typeRef>number</typeRef>", ' isCollection="true"')
    + item("取数", '<functionItem outputTypeRef="number"><parameters name="x" typeRef="number"/></functionItem>')
    + item("取文", '<functionItem outputTypeRef="string"/>')
    + item(
        "客户",
        '<itemComponent name="名"><typeRef>string</typeRef></itemComponent>'
        '<itemComponent name="龄"><typeRef>number</typeRef></itemComponent>',
    )
)

TYPES = dmn.parse(
    file(
        ITEMS,
        model("加一", "x:number", "x + 1", kind="number"),
        model("两次", "f:取数", "f(f(1))"),
        model("成文", "", "1", kind="取文"),
        model("成数", "", "[1]", kind="取数"),
        model("问龄", "c:客户", "c.龄"),
        decision("一成列", says("1", "数")),
        decision("列成一", says("[1]", "number")),
        decision("错", says('"a"', "数")),
        decision(
            "表内", f'<context><contextEntry><variable name="a"/>{says("[2]", "number")}</contextEntry></context>'
        ),
        decision("框", f'<list typeRef="数">{says("1")}{says("2")}</list>'),
        decision("框错", f'<list typeRef="数">{says("1")}{says(chr(34) + "a" + chr(34))}</list>'),
        decision("两次加一", "两次(加一)", "k:两次", "k:加一"),
        decision("两次取文", "两次(成文)", "k:两次", "k:成文"),
        decision("两次函数", "两次(function(x) x * 5)", "k:两次"),
        decision("文", "成文()", "k:成文"),
        decision("一", "成数()", "k:成数"),
        decision("龄", '问龄({名: "甲", 龄: 3})', "k:问龄"),
        decision("缺龄", '问龄({名: "甲"})', "k:问龄"),
        decision("空龄", '问龄({名: "甲", 龄: null})', "k:问龄"),
        decision("是函数", "加一 instance of 取数", "k:加一"),
        decision("是文函数", "加一 instance of 取文", "k:加一"),
    )
)


@pytest.mark.parametrize(
    ("name", "wanted"),
    {
        "一成列": [1], "列成一": 1, "错": None, "表内": {"a": 2}, "框": [1, 2], "框错": None, "两次加一": 3,
        "两次取文": None, "两次函数": 25, "文": None, "一": 1, "龄": 3, "缺龄": None, "空龄": None, "是函数": True,
        "是文函数": False,
    }.items(),
)  # fmt: skip
def test_types_of_boxes_and_functions(name: str, wanted: Any) -> None:
    assert ask(TYPES, name) == wanted


def test_a_box_of_another_type_is_an_error_in_a_process() -> None:
    with pytest.raises(dmn.DmnError, match="“错”: The value a is not of the type 数"):
        dmn.evaluate(TYPES, "错", {})


SERVICES = dmn.parse(
    file(
        given("单价", "number"),
        decision("件数", "2", kind="number"),
        decision("金额", "单价 * 件数", "i:单价", "d:件数", kind="number"),
        decision("运费", "if 金额 > 100 then 0 else 8", "d:金额", kind="number"),
        service("报价", "outputDecision:金额", "inputDecision:件数", "inputData:单价", kind="number"),
        service("两样", "outputDecision:金额", "outputDecision:运费", "inputData:单价"),
        decision("按名", "报价(件数: 3, 单价: 5)", "k:报价"),
        decision("按序", "报价(5, 3)", "k:报价"),
        decision("错型", '报价("5", 3)', "k:报价"),
        decision("少一", "报价(5)", "k:报价"),
        decision("属性", "两样(60).运费", "k:两样"),
    )
)


@pytest.mark.parametrize(
    ("name", "wanted"),
    {
        "按名": 15,
        "按序": 15,
        "错型": None,
        "少一": None,
        "属性": 0,
        "报价": 36,
        "两样": {"金额": 24, "运费": 8},
    }.items(),
)
def test_services(name: str, wanted: Any) -> None:
    variables = {"单价": 12, "件数": 3}
    assert ask(SERVICES, name, **variables) == wanted


def test_a_service_called_with_a_wrong_type_is_an_error_in_a_process() -> None:
    with pytest.raises(dmn.DmnError, match="报价"):
        dmn.evaluate(SERVICES, "错型", {"单价": 1})


def branch(namespace: str, answer: str) -> dmn.Decisions:
    """A file with the same ids and names as its siblings."""
    limit = item("限", "<typeRef>number</typeRef><allowedValues><text>&lt; 10</text></allowedValues>")
    return dmn.parse(
        file(
            limit, given("人"), decision("问候", f'"{answer}" + 人', "i:人"), model("加", "x:限", "x + 1"),
            namespace=namespace,
        )
    )  # fmt: skip


BRANCHES = {"urn:东": branch("urn:东", "早，"), "urn:西": branch("urn:西", "晚，")}


def test_two_files_with_the_same_ids_have_their_own_inputs() -> None:
    both = decision("都", '东.问候 + "；" + 西.问候', "d:urn:东#问候", "d:urn:西#问候")
    decisions = dmn.parse(file(brings("东", "urn:东"), brings("西", "urn:西"), both), BRANCHES)
    assert ask(decisions, "都", 东={"人": "甲"}, 西={"人": "乙"}) == "早，甲；晚，乙"
    assert ask(decisions, "都", 人="丙") == "早，丙；晚，丙"


def test_a_file_behind_another_is_decided_once_for_each_way_to_it() -> None:
    middle = {
        name: dmn.parse(
            file(brings("内", "urn:东"), decision("转", "内.问候", "d:urn:东#问候"), namespace=f"urn:{name}"), BRANCHES
        )
        for name in ("左", "右")
    }
    known = {**BRANCHES, **{f"urn:{name}": other for name, other in middle.items()}}
    both = decision("转", "左.转 + 右.转", "d:urn:左#转", "d:urn:右#转")
    decisions = dmn.parse(file(brings("左", "urn:左"), brings("右", "urn:右"), both), known)
    assert ask(decisions, "转", 左={"内": {"人": "甲"}}, 右={"内": {"人": "乙"}}) == "早，甲早，乙"


@pytest.mark.parametrize(
    ("name", "wanted"), {"转述": "早，甲", "本": "我", "加二": 3, "过限": None, "是限": True}.items()
)
def test_files_imported_without_a_name_count_as_one_with_this(name: str, wanted: Any) -> None:
    decisions = dmn.parse(
        file(
            brings("", "urn:东"),
            brings("", "urn:西"),
            decision("转述", "问候", "d:#问候"),
            decision("本", "自称", "d:自称"),
            decision("自称", '"我"'),
            decision("加二", "加(2)", "k:urn:西#加", kind="限"),
            decision("过限", "加(9)", "k:#加", kind="限"),
            decision("是限", "2 instance of 限"),
        ),
        BRANCHES,
    )
    assert not [finding for finding in dmn.lint(decisions) if finding.severity == "error"]
    assert ask(decisions, name, 人="甲") == wanted


def test_parameters_with_dots() -> None:
    decisions = dmn.parse(
        file(
            model("介绍", "客户.名:string 客户.龄:number", '客户.名 + string(客户.龄) + "岁"'),
            decision("全名", '介绍("甲", 3)', "k:介绍"),
        )
    )
    assert ask(decisions, "全名") == "甲3岁"
