"""The locks fit what is asked for, hold hashes and name no host."""

from __future__ import annotations

import json
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
CONSTRAINTS = (ROOT / "constraints.txt").read_text(encoding="utf-8")
PINS = {canonicalize_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", CONSTRAINTS, re.MULTILINE)}


def wanted() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*project["dependencies"], *(text for extra in project["optional-dependencies"].values() for text in extra)]
    return [Requirement(text) for text in texts]


def test_every_requirement_is_pinned_within_its_range() -> None:
    for requirement in wanted():
        pin = PINS.get(canonicalize_name(requirement.name))
        assert pin is not None, f"{requirement.name} is not in constraints.txt: run make lock"
        assert requirement.specifier.contains(pin, prereleases=True), f"{requirement} is locked at {pin}: run make lock"


def test_what_the_pins_need_is_pinned_too() -> None:
    for name in PINS:
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another platform
        for requirement in map(Requirement, needs):
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                assert canonicalize_name(requirement.name) in PINS, f"{name} needs {requirement}: run make lock"


def test_locks_hold_hashes_and_no_hosts() -> None:
    assert "http" not in CONSTRAINTS
    assert "index-url" not in CONSTRAINTS
    assert CONSTRAINTS.count("--hash=sha256:") > len(PINS)
    packages = json.loads((ROOT / "tasks_ui/editor/package-lock.json").read_text(encoding="utf-8"))["packages"]
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package or package.get("link"), name


def test_front_end_lock_is_current() -> None:
    folder = ROOT / "tasks_ui/editor"
    asked = json.loads((folder / "package.json").read_text(encoding="utf-8"))
    locked = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))["packages"][""]
    for part in ("dependencies", "devDependencies"):
        assert asked.get(part, {}) == locked.get(part, {}), "run make lock"
