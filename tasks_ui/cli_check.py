"""`keyturn check` and `keyturn repair`: what a deployment would say of a diagram, and how to mend it."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import click

from engine.core import dmn, forms, lint, normalise, parse, repair
from engine.core.findings import Finding, errors_first
from engine.errors import DeploymentRefused, KeyturnError, NotFoundError
from processes.services import checking

SCENARIO = "这是场景；请用 keyturn scenario 演练。"
LOOKED_UP = frozenset({"unknown-form", "unknown-decision", "unknown-process", "unknown-listener", "unknown-role"})
SEVERITIES = {"error": "错误", "warning": "警告", "info": "提示"}


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def check(paths: tuple[Path, ...], lang: str, *, as_json: bool) -> None:
    """Check diagrams, decision tables and forms, or folders of them: element, rule and what to change.

    Exit code 1 when one cannot run.
    """
    files = [file for path in paths for file in (checking.inside(path) if path.is_dir() else [path])]
    found = _all(files, strict={path for path in files if path not in paths or checking.at_home(path)})
    if as_json:
        click.echo(json.dumps([asdict(f) for f in found], ensure_ascii=False, indent=2))
    else:
        for finding in found:
            click.echo(line(finding, lang))
        errors = sum(f.severity == "error" for f in found)
        warnings = sum(f.severity == "warning" for f in found)
        summary = {
            "zh": f"检查了 {len(files)} 个文件：{errors} 个错误，{warnings} 个警告。",
            "en": f"{len(files)} files checked: {errors} errors, {warnings} warnings.",
        }
        click.echo(summary[lang])
        if any(f.repair for f in found):
            hint = {
                "zh": "标有“→”的，keyturn repair 可以直接修好。",
                "en": "keyturn repair mends what is marked with →.",
            }
            click.echo(hint[lang])
    sys.exit(any(f.severity == "error" for f in found))


def line(finding: Finding, lang: str) -> str:
    """Write a finding in one line: where, how bad, the rule, the element, what to change."""
    severity = SEVERITIES[finding.severity] if lang == "zh" else finding.severity
    message = finding.message_zh if lang == "zh" else finding.message
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    who = f"{finding.element_id} ({finding.name})" if finding.name else finding.element_id
    mend = f" → {finding.repair}" if finding.repair else ""
    return f"{where}: {severity} [{finding.rule}] {who}: {message}{mend}"


def _all(files: list[Path], strict: set[Path]) -> list[Finding]:
    """Check every file; what one that came alone refers to may exist elsewhere, so that is no error."""
    known = checking.known(files)
    found: list[Finding] = []
    for file in files:
        for finding in check_file(file.name, file.read_bytes(), known):
            lenient = file not in strict and finding.rule in LOOKED_UP and finding.severity == "error"
            found.append(replace(finding, file=str(file), severity="warning" if lenient else finding.severity))
    return errors_first(found)


def check_file(name: str, content: bytes, known: lint.Known | None = None) -> list[Finding]:
    """Check one file by its suffix; what cannot be read is a finding too."""
    suffix = Path(name).suffix
    if suffix in {".yaml", ".yml"}:
        return [Finding(name, "scenario", "error", "This is a scenario; use keyturn scenario.", SCENARIO)]
    try:
        if suffix == ".dmn":
            return dmn.lint(dmn.parse(content))
        if suffix == ".form":
            return forms.lint(forms.parse(content))
        return lint.check(normalise.normalise(parse.parse(content)), known or lint.Known())
    except DeploymentRefused as refused:
        return list(refused.findings)
    except KeyturnError as problem:
        return [Finding(name, "unreadable", "error", str(problem), f"文件无法读取：{problem}")]


@click.command("repair")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--rule", "rules", multiple=True, help="Only this rule, or rule:element; all when not given.")
@click.option("-o", "--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write; else FILE itself.")
@click.option("--list", "only_list", is_flag=True, help="Show the repairs and change nothing.")
@click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def mend(file: Path, rules: tuple[str, ...], out: Path | None, lang: str, *, only_list: bool) -> None:
    """Carry out the repairs that `check` proposes, and draw what has no drawing. Exit code 1 when errors remain."""
    content = file.read_bytes()
    if only_list:
        proposed = repair.proposals(content, check_file("diagram.bpmn", content))
        done: tuple[repair.Repair, ...] = tuple(r for r in proposed if not rules or r.rule in rules or r.id in rules)
    else:
        try:
            mended, done = repair.mend(content, partial(check_file, "diagram.bpmn"), rules)
        except NotFoundError as problem:
            raise click.UsageError(str(problem)) from None
    for each in done:
        click.echo(f"{each.id}: {each.title_zh if lang == 'zh' else each.title}")
    if not done:
        click.echo({"zh": "没有可以自动修复的地方。", "en": "There is nothing to repair."}[lang])
    if only_list:
        return
    found = check_file("diagram.bpmn", mended)
    if not any(f.rule in repair.UNREADABLE for f in found):
        (out or file).write_bytes(mended)
    errors = [replace(f, file=str(out or file)) for f in found if f.severity == "error"]
    for finding in errors:
        click.echo(line(finding, lang), err=True)
    warnings = sum(f.severity == "warning" for f in found)
    if errors or warnings:
        left = {
            "zh": f"还有 {len(errors)} 个错误、{warnings} 个警告要由人来改；keyturn check 会逐条列出。",
            "en": f"{len(errors)} errors and {warnings} warnings are left for a person; keyturn check lists them.",
        }
        click.echo(left[lang], err=True)
    sys.exit(bool(errors))
