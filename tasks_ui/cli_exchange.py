"""`keyturn deploy` and `keyturn export`: processes in and out as files, folders and archives."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from engine.access import SYSTEM
from engine.errors import N_, DeploymentRefused, InvalidInputError, KeyturnError
from engine.publishing import deliveries, exports, parcels
from tasks_ui import i18n

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from engine.connectors import Registry
    from engine.core.findings import Finding
    from engine.definitions import Deployed, Deployment
    from engine.publishing.parcels import Parcel
    from storage.session import Database

KINDS = {"process": "流程", "decision": "决策表", "form": "表单", "scenario": "场景"}
ZH = "zh_Hans_CN"
LANGUAGE = click.option("--lang", type=click.Choice(["zh", "en"]), default="zh", show_default=True)


class _OnlyTriedError(Exception):
    """Nothing is to be kept: carries what a deployment would have done."""

    def __init__(self, done: Deployment) -> None:
        super().__init__()
        self.done = done


def commands(
    opened: Callable[[bool], tuple[Database, Registry]], clock: Callable[[], datetime]
) -> tuple[click.Command, ...]:
    """Give the commands, with the way to the database (the demonstration's when told so) and the clock."""

    @click.command()
    @click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
    @click.option("--note", default="", help="What is new, and why.")
    @click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
    @click.option("--without-review", is_flag=True, help="Though a second person should approve of it first.")
    @click.option("--demo", is_flag=True, help="Into the database of `keyturn demo`.")
    @LANGUAGE
    def deploy(
        paths: tuple[Path, ...], note: str, lang: str, *, dry_run: bool, without_review: bool, demo: bool
    ) -> None:
        """Publish diagrams, tables, forms, scenarios and translations: files, folders with them, or zip archives.

        Exit code 1 when the files are refused; then nothing is published.
        """
        parcel = _gathered(paths, lang)
        database, registry = opened(demo)
        if not (dry_run or without_review):
            _ask_review(database, registry, lang)
        _deploy(database, registry, parcel, note=note, now=clock(), lang=lang, dry_run=dry_run)

    @click.command()
    @click.argument("keys", nargs=-1)
    @click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="A folder, or FILE.zip.")
    @click.option("--demo", is_flag=True, help="From the database of `keyturn demo`.")
    @LANGUAGE
    def export(keys: tuple[str, ...], target: Path, lang: str, *, demo: bool) -> None:
        """Write what is in force as files: all, or the processes (or folders) KEYS with everything they use."""
        database, _ = opened(demo)
        try:
            with database.read() as session:
                files = exports.exported(session, SYSTEM, keys=keys)
            changed, gone = write(target, files)
        except KeyturnError as problem:
            raise _told(problem, lang) from problem
        told = {
            "zh": f"导出 {len(files)} 个文件到 {target}：{changed} 个有变化，删去 {gone} 个。",
            "en": f"{len(files)} files exported to {target}: {changed} changed, {gone} removed.",
        }
        click.echo(told[lang])

    return deploy, export


def _told(problem: KeyturnError, lang: str) -> click.ClickException:
    return click.ClickException(str(problem) if lang == "en" else i18n.render(problem.template, problem.fields, ZH))


# Out


def write(target: Path, files: dict[str, bytes]) -> tuple[int, int]:
    """Write an archive, or a folder: only what changed is touched, and of what went only what an export wrote.

    Raises InvalidInputError for a path that leads out of the folder.
    """
    if target.suffix.lower() == ".zip":
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(parcels.pack(files))
        return len(files), 0
    inside = target.resolve()
    if strayed := [path for path in files if inside not in (target / path).resolve().parents]:
        raise InvalidInputError(
            N_("{file} holds a path that leads elsewhere: {path}"), file=str(target), path=strayed[0]
        )
    before = {path: (target / path).read_bytes() for path in _written_before(target) if (target / path).is_file()}
    before |= {path: (target / path).read_bytes() for path in files if (target / path).is_file()}
    changed, gone = exports.differences(before, files)
    for path in changed:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(files[path])
    for path in gone:
        (target / path).unlink()
    return len(changed), len(gone)


def _written_before(target: Path) -> list[str]:
    """List what an earlier export wrote here, by its manifest; nothing outside the folder."""
    found = target / parcels.MANIFEST
    inside = target.resolve()
    paths = exports.listed(found.read_bytes()) if found.is_file() else []
    return [path for path in paths if inside in (target / path).resolve().parents]


# In


def _gathered(paths: Iterable[Path], lang: str) -> Parcel:
    given: list[tuple[str, bytes]] = []
    for path in paths:
        if not path.is_dir():
            given.append((path.name, path.read_bytes()))
            continue
        inside = sorted(one for one in path.rglob("*") if one.is_file() and _ours(one.relative_to(path)))
        given += [(f"{path.resolve().name}/{one.relative_to(path).as_posix()}", one.read_bytes()) for one in inside]
    try:
        parcel = parcels.read(given)
    except InvalidInputError as problem:
        raise _told(problem, lang) from problem
    if parcel.doubles:
        names = "; ".join(f"{file}: {', '.join(found)}" for file, found in parcel.doubles.items())
        twice = {
            "zh": f"文件名在全部流程中必须唯一，这些重名而内容不同：{names}",
            "en": f"A file's name belongs to one file; these differ: {names}",
        }
        raise click.ClickException(twice[lang])
    if not parcel.files:
        nothing = {
            "zh": "没有可以发布的文件（.bpmn、.dmn、.form、.yaml、.zip）。",
            "en": "Nothing to publish (.bpmn, .dmn, .form, .yaml, .zip).",
        }
        raise click.ClickException(nothing[lang])
    return parcel


def _ours(path: Path) -> bool:
    """Tell whether a file in a folder is to be read at all: not what is hidden, nor what others keep there."""
    return not any(part.startswith(".") or part == "node_modules" for part in path.parts) and path.suffix.lower() in {
        ".bpmn", ".dmn", ".form", ".yaml", ".yml", ".json", ".xml", ".zip",
    }  # fmt: skip


def _ask_review(database: Database, registry: Registry, lang: str) -> None:
    try:
        with database.read() as session:
            deliveries.at_once(session, registry)
    except KeyturnError as problem:
        hint = {"zh": "（确要直接发布：--without-review）", "en": " (To publish all the same: --without-review)"}
        raise click.ClickException(_told(problem, lang).message + hint[lang]) from problem


def _deploy(
    database: Database, registry: Registry, parcel: Parcel, *, note: str, now: datetime, lang: str, dry_run: bool
) -> None:
    try:
        with database.transaction() as session:
            done = deliveries.deploy_parcel(session, parcel, viewer=SYSTEM, now=now, registry=registry, note=note)
            _undo_if(dry_run, done)
    except _OnlyTriedError as tried:
        done = tried.done
    except DeploymentRefused as refused:
        _tell_findings(refused.findings, lang, errors=True)
        click.echo({"zh": "什么都没有发布。", "en": "Nothing was published."}[lang], err=True)
        sys.exit(1)
    except KeyturnError as problem:
        raise _told(problem, lang) from problem
    _tell_findings(done.findings, lang, errors=False)
    _tell(done.items, len(parcel.files), lang, dry_run=dry_run)


def _undo_if(dry_run: bool, done: Deployment) -> None:
    if dry_run:
        raise _OnlyTriedError(done)


def _tell_findings(findings: Iterable[Finding], lang: str, *, errors: bool) -> None:
    from tasks_ui import cli_check  # noqa: PLC0415  the check knows all that ships: only who needs its lines pays

    for finding in findings:
        if finding.severity == "error" or (finding.severity == "warning" and not errors):
            click.echo(cli_check.line(finding, lang), err=errors)


def _tell(items: Iterable[Deployed], count: int, lang: str, *, dry_run: bool) -> None:
    new = [item for item in items if item.new]
    for item in new:
        kind = KINDS.get(item.kind, item.kind) if lang == "zh" else item.kind
        version = f"第 {item.version} 版" if lang == "zh" else f"version {item.version}"
        click.echo(f"  {kind} {item.name} ({item.key}): {version}")
    said = {
        ("zh", False): f"发布了 {count} 个文件，{len(new)} 个新版本；未变的仍用原版本。",
        ("en", False): f"{count} files published, {len(new)} new versions; what did not change keeps its version.",
        ("zh", True): f"试运行：{count} 个文件会产生 {len(new)} 个新版本；什么都没有发布。",
        ("en", True): f"Dry run: {count} files would make {len(new)} new versions; nothing was published.",
    }
    click.echo(said[lang, dry_run])
