"""The built front end: names of its files, and the icons' drawings."""

from __future__ import annotations

import hashlib
import json
from functools import cache
from pathlib import Path

from flask import Flask, url_for
from markupsafe import Markup

STATIC = Path(__file__).parent / "static"
DIST = STATIC / "dist"


@cache
def built() -> bool:
    """Tell whether the front end has been built."""
    return (DIST / ".vite" / "manifest.json").exists()


@cache
def _files() -> dict[str, str]:
    """Map "base.css" or "view.js" to the built file, and "view.js" to its style sheet under "view.css"."""
    if not built():
        return {}
    manifest = json.loads((DIST / ".vite" / "manifest.json").read_text())
    files = {}
    for chunk in manifest.values():
        if chunk.get("isEntry"):
            name = chunk["name"]
            files[f"{name}.css" if chunk["file"].endswith(".css") else f"{name}.js"] = chunk["file"]
            for sheet in chunk.get("css", []):
                files.setdefault(f"{name}.css", sheet)
    return files


def asset(name: str) -> str:
    """Return the address of a built file, "" when there is none: the page then does without."""
    file = _files().get(name)
    return url_for("static", filename=f"dist/{file}") if file else ""


@cache
def _digest(name: str, _changed: int) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def static(name: str) -> str:
    """Return the address of a file of ours, marked with its content so that browsers may keep it."""
    path = STATIC / name
    mark = _digest(name, path.stat().st_mtime_ns) if path.exists() else ""
    return url_for("static", filename=name, v=mark)


@cache
def _icons() -> dict[str, str]:
    path = DIST / "icons.json"
    return dict(json.loads(path.read_text())) if path.exists() else {}


def icon(name: str, label: str = "") -> Markup:
    """Draw an icon; without a `label` it is decoration, and a screen reader skips it."""
    drawing = _icons().get(name, "")
    meaning = Markup(' role="img" aria-label="{}"').format(label) if label else Markup(' aria-hidden="true"')
    shape = Markup(drawing)  # noqa: S704  our own build
    return Markup('<svg class="icon" viewBox="0 0 16 16" fill="currentColor"{}>{}</svg>').format(meaning, shape)


def install(app: Flask) -> None:
    """Give templates the functions `icon`, `asset`, `static` and `front_end_built`."""
    app.jinja_env.globals.update(icon=icon, asset=asset, static=static, front_end_built=built)


BUILT = DIST / "fonts" / "NotoSansSC.ttf"
SYSTEM = (
    (Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc"), 2),  # JP, KR, SC, TC, HK
    (Path("/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc"), 2),
    (Path("/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc"), 2),
)


@cache
def sheet_font() -> tuple[Path, int] | None:
    """Find the font of PDF sheets, and its place in a collection; None when there is none on this machine."""
    return next(((path, place) for path, place in ((BUILT, 0), *SYSTEM) if path.is_file()), None)
