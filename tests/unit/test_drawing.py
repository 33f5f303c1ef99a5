"""The drawing: standalone SVG without inline style, readable, marked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lxml import etree

from engine.core import drawing, parse
from engine.core.drawing import Mark
from engine.core.layout import layout
from engine.core.layout.parts import wrap
from engine.errors import NotFoundError

ROOT = Path(__file__).parents[2] / "processes"
MAIN = parse.parse((ROOT / "complaint" / "complaint.bpmn").read_bytes())
SVG = "{http://www.w3.org/2000/svg}"


def test_every_shipped_diagram_is_drawn_as_well_formed_svg_with_all_its_names() -> None:
    for path in sorted(ROOT.glob("*/*.bpmn")):
        model = parse.parse(path.read_bytes())
        for key, process in model.processes.items():
            root = etree.fromstring(drawing.svg(model, key).encode())
            drawn = "".join(root.itertext())
            for node in process.nodes.values():
                assert node.name.replace(" ", "") in drawn.replace(" ", ""), node.name


def test_no_style_and_no_script_so_that_a_strict_policy_holds() -> None:
    text = drawing.svg(MAIN, "complaint", marks={"Handle": Mark(tokens=1)})
    assert "style=" not in text
    assert "<style" not in text
    assert "<script" not in text


def test_marks_show_where_the_work_stands_and_are_read_aloud() -> None:
    marks = {
        "Handle": Mark(tokens=2, overdue=1, note="等待工程部受理"),
        "Record": Mark(done=True),
        "Dispatch": Mark(failed=1, heat=3),
    }
    root = etree.fromstring(drawing.svg(MAIN, "complaint", marks=marks, prefix="case").encode())
    groups = {g.get("data-element"): g for g in root.iter(f"{SVG}g") if g.get("data-element")}
    assert "is-current" in groups["Handle"].get("class")
    assert "is-overdue" in groups["Handle"].get("class")
    assert "is-done" in groups["Record"].get("class")
    assert "is-failed" in groups["Dispatch"].get("class")
    assert "heat-3" in groups["Dispatch"].get("class")
    assert "投诉处理: 等待工程部受理" in root.findtext(f"{SVG}desc")
    assert root.get("aria-labelledby") == "case-title case-desc"
    badges = [g.get("class") for g in root.iter(f"{SVG}g") if (g.get("class") or "").startswith("badge")]
    assert sorted(badges) == ["badge failed", "badge overdue", "badge token"]


def test_signs_are_badges_of_their_own_and_the_worst_one_colours_the_element() -> None:
    marks = {"Dispatch": Mark(signs=(("ok", "✓3"), ("stop", "?1")), note="3 / 1")}
    text = drawing.svg(MAIN, "complaint", marks=marks)
    assert 'class="badge ok"' in text
    assert 'class="badge stop"' in text
    assert "is-stop" in text
    assert "is-ok" not in text


def test_a_thumbnail_has_no_text_and_no_fixed_size() -> None:
    root = etree.fromstring(drawing.svg(MAIN, "complaint", thumbnail=True).encode())
    assert root.get("width") is None
    assert not list(root.iter(f"{SVG}text"))


def test_names_are_translated_and_escaped() -> None:
    text = drawing.svg(MAIN, "complaint", translate=lambda name: f"<{name}>")
    assert "&lt;投诉处理&gt;" in text
    etree.fromstring(text.encode())


def test_a_closed_sub_process_is_a_page_of_its_own() -> None:
    xml = (
        '<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="p">'
        '<subProcess id="s" name="细节"><task id="inner" name="里面"/></subProcess><task id="outer" name="外面"/></process></definitions>'
    ).encode()
    model = parse.parse(layout(layout(xml).replace(b'isExpanded="true"', b'isExpanded="false"')))
    outside, inside = drawing.svg(model, "p"), drawing.svg(model, "s")
    assert "里面" not in outside
    assert "外面" in outside
    assert "里面" in inside
    assert "外面" not in inside


def test_unknown_and_undrawn_processes_are_told_apart_from_empty_pages() -> None:
    with pytest.raises(NotFoundError):
        drawing.svg(MAIN, "nobody")
    undrawn = b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" targetNamespace="t"><process id="p"><task id="a"/></process></definitions>'
    with pytest.raises(NotFoundError):
        drawing.svg(parse.parse(undrawn), "p")


def test_lines_break_between_chinese_characters_and_never_before_punctuation() -> None:
    assert wrap("告知受理号和预计时间", 88) == ["告知受理号和", "预计时间"]
    assert wrap("Tell the customer", 60) == ["Tell the", "customer"]
    assert all(not line.startswith(("，", "？")) for line in wrap("涉及人员，或者现场的投诉？", 60))


@pytest.mark.parametrize("path", sorted(ROOT.glob("*/*.bpmn")), ids=lambda path: path.stem)
def test_the_pictures_of_the_readmes_are_those_of_the_diagrams(path: Path) -> None:
    """`KEYTURN_WRITE=1 pytest tests/unit/test_drawing.py` draws them anew."""
    model = parse.parse(path.read_bytes())
    picture = path.parent / "diagrams" / f"{path.stem}.svg"
    drawn = drawing.svg(model, next(iter(model.processes))) + "\n"
    if os.environ.get("KEYTURN_WRITE"):
        picture.parent.mkdir(exist_ok=True)
        picture.write_text(drawn, encoding="utf-8")
    assert picture.read_text(encoding="utf-8") == drawn
    assert f"diagrams/{path.stem}.svg" in (path.parent / "README.md").read_text(encoding="utf-8")
