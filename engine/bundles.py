"""Read and check the files of a deployment: diagrams, decision tables, forms, scenarios and translations together."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from engine.core import dmn, forms, lint, normalise, parse
from engine.core.findings import Finding
from engine.errors import N_, DeploymentRefused, InvalidInputError
from engine.regulation import regulation_head
from engine.roles import role_names
from storage import definitions as queries
from storage import people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from sqlalchemy.orm import Session

    from engine.connectors import Registry
    from engine.core.forms import Form
    from engine.core.model import Model, Process

FOLDER = re.compile(r"[\w-]{0,100}")
"""What a folder is called, or "": letters, digits, - and _, so that its name leads nowhere when it is written out."""
MAX_FILE_BYTES = 5_000_000
_CATALOGUE = re.compile(r"^(?P<folder>[\w-]+)\.(?P<locale>[a-z]{2}(?:_[A-Za-z_]+)?)\.json$")
WHOLE_BUNDLE = "translations"


@dataclass(slots=True)
class Bundle:
    """The files as read, by file name; `catalogues`: translations by the folder they are for ("": all here), locale."""

    forms: dict[str, tuple[Form, bytes]] = field(default_factory=dict)
    decisions: dict[str, tuple[Any, bytes]] = field(default_factory=dict)
    models: dict[str, tuple[Model, bytes]] = field(default_factory=dict)
    scenarios: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    catalogues: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def executable(self) -> list[tuple[str, Process, Model, bytes]]:
        """List the processes that run."""
        return [
            (file, process, model, source)
            for file, (model, source) in self.models.items()
            for process in model.processes.values()
            if process.executable
        ]


# Reading


def read(files: Mapping[str, bytes], registry: Registry) -> Bundle:
    """Read files by what their names end in; what cannot be read is among the findings."""
    bundle = Bundle()
    readers: dict[str, Callable[[str, bytes], None]] = {
        ".bpmn": lambda f, s: bundle.models.update({f: (normalise.normalise(parse.parse(s)), s)}),
        ".dmn": lambda f, s: bundle.decisions.update({f: (dmn.parse(s), s)}),
        ".form": lambda f, s: bundle.forms.update({f: (forms.parse(s), s)}),
        ".yaml": lambda f, s: _read_scenario(bundle, f, s, registry),
    }
    for file in sorted(files):
        base = PurePosixPath(file).name
        try:
            if catalogue := _CATALOGUE.search(base):
                folder = "" if catalogue["folder"] == WHOLE_BUNDLE else catalogue["folder"]
                known = bundle.catalogues.setdefault((folder, catalogue["locale"]), {})
                known.update(_texts(_bounded(files[file])))
            elif reader := readers.get(".bpmn" if base.endswith(".bpmn20.xml") else PurePosixPath(base).suffix):
                reader(file, _bounded(files[file]))
        except DeploymentRefused as refused:
            bundle.findings += [replace(finding, file=file) for finding in refused.findings]
        except InvalidInputError as error:
            bundle.findings.append(
                Finding(base, "unreadable", "error", str(error), f"文件无法读取: {error}", file=file)
            )
    found = bundle.models or bundle.decisions or bundle.forms or bundle.scenarios or bundle.catalogues
    if not (found or bundle.findings):
        message = "There is nothing to deploy here. Give files that end in .bpmn, .dmn or .form."
        message_zh = "这里没有可发布的内容。请给出以 .bpmn、.dmn 或 .form 结尾的文件。"
        bundle.findings.append(Finding(", ".join(sorted(files)), "nothing-to-deploy", "error", message, message_zh))
    return bundle


def _read_scenario(bundle: Bundle, file: str, source: bytes, registry: Registry) -> None:
    from engine import scenario_files  # noqa: PLC0415  YAML costs memory and few deployments have a story

    base = PurePosixPath(file).name
    bundle.findings += [replace(found, file=file) for found in scenario_files.lint(base, source, registry.verbs())]
    with suppress(scenario_files.ScenarioError):
        bundle.scenarios[file] = (scenario_files.parse(source, base).name, source)


def _bounded(source: bytes) -> bytes:
    if len(source) > MAX_FILE_BYTES:
        raise InvalidInputError(N_("The file is larger than {limit} bytes."), limit=MAX_FILE_BYTES)
    return source


def _texts(source: bytes) -> dict[str, str]:
    try:
        texts = json.loads(source)
    except ValueError as error:
        raise InvalidInputError(N_("The translations are not JSON: {reason}"), reason=str(error)) from error
    if not isinstance(texts, dict) or not all(isinstance(value, str) for value in texts.values()):
        raise InvalidInputError(N_('The translations must look like {"text": "translation"}.'))
    return texts


# Checking


def check(session: Session, bundle: Bundle, registry: Registry) -> list[Finding]:
    """Look at what was read, together with what is deployed already; not sorted."""
    found = list(_doubles(bundle))
    for file, (form, _) in bundle.forms.items():
        found += [replace(f, file=file) for f in forms.lint(form)]
    for file, (decisions, _) in bundle.decisions.items():
        found += [replace(f, file=file) for f in dmn.lint(decisions)]
    for file, process, _, _ in bundle.executable():
        try:
            regulation_head(process.properties)
        except InvalidInputError as error:
            name, value = error.fields["name"], error.fields["value"]
            said = f"属性 {name} 的值“{value}”格式不对：日期应写成 2024-03-01，修改次数应为整数。"
            found.append(Finding(process.id, "head-unreadable", "error", str(error), said, file=file))
    known = _known(session, bundle, registry)
    for file, (model, _) in bundle.models.items():
        found += [replace(f, file=file) for f in lint.check(model, known)]
    return found


def _doubles(bundle: Bundle) -> Iterable[Finding]:
    ids = [(form.id, file) for file, (form, _) in bundle.forms.items()]
    ids += [(key, file) for file, (decisions, _) in bundle.decisions.items() for key in decisions.decisions]
    ids += [(process.id, file) for file, process, _, _ in bundle.executable()]
    seen: dict[str, str] = {}
    for key, file in ids:
        if key in seen and PurePosixPath(file).suffix == PurePosixPath(seen[key]).suffix:
            yield Finding(
                key,
                "duplicate-id",
                "error",
                f"{key} is defined in {seen[key]} and in {file}. Give one of them another id.",
                f"{seen[key]} 和 {file} 都定义了 {key},请为其中一个换一个编号。",
                file=file,
            )
        seen.setdefault(key, file)


def _known(session: Session, bundle: Bundle, registry: Registry) -> lint.Known:
    roles = people.roles(session)
    return lint.Known(
        forms=queries.form_keys(session) | {form.id for form, _ in bundle.forms.values()},
        decisions=queries.decision_keys(session)
        | {key for decisions, _ in bundle.decisions.values() for key in decisions.decisions},
        processes=queries.process_keys(session) | {process.id for _, process, _, _ in bundle.executable()},
        topics=frozenset(registry.services) if registry.strict else None,
        listeners=frozenset(registry.listeners) if registry.strict else None,
        roles=frozenset(role_names(session)) if registry.strict and roles else None,
    )
