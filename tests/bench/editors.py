"""The editors of the studio: what a browser is sent, and how soon something can be seen and worked with."""

from __future__ import annotations

import gzip
import logging
import shutil
import statistics
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from engine import filestore, people, studio
from processes.services import demo
from storage.session import Database
from tasks_ui.app import default_registry
from tests.bench.figures import Figure
from tests.browser.conftest import FLAGS, Quiet
from tests.sites import NOW, SECRET, Site, settings_for, site_in

if TYPE_CHECKING:
    from collections.abc import Iterator

OWNER, ROUNDS = "bai.liucheng", 3
FILES = {
    "diagrams": ("complaint_handle.bpmn", ".djs-shape"),
    "decision tables": ("time_limits.dmn", ".tjs-table td"),
    "forms": ("T09.form", ".fjs-element, .fjs-form-field"),
}
WHAT = "page, styles, scripts, fonts"
COMPRESSED = ("font/", "image/png", "application/font")


@contextmanager
def served() -> Iterator[tuple[Site, str]]:
    """Serve the small demonstration."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as folder:
        played = Path(folder) / "demo"
        played.mkdir()
        settings = settings_for(played)
        database = Database(settings.database_url, data_key=SECRET)
        database.create_all()
        files = filestore.opened(played / "files")
        demo.load(database, "mini", now=NOW, registry=default_registry(settings), files=files)
        database.dispose()
        site = site_in(Path(folder) / "site", played)
        server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
        serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        yield site, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()
        server.server_close()
        site.database.dispose()


def opened(browser: Browser, address: str, path: str, drawn: str) -> tuple[float, float]:
    """Open an editor in a browser that knows nothing: kB compressed, seconds to the first drawing."""
    context = browser.new_context(viewport={"width": 1400, "height": 900}, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{address}/login")
    page.locator(f'button[name=login][value="{OWNER}"]').first.click()
    page.wait_for_url("**/inbox")
    answers: list[Any] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108  it wants a function of ours
    began = time.perf_counter()
    page.goto(f"{address}{path}", wait_until="commit")
    page.locator(drawn).first.wait_for()
    first = time.perf_counter() - began
    page.wait_for_timeout(2_000)  # what comes later weighs too
    total = sum(_weight(answer) for answer in answers)
    total += _known_before(page, answers)
    context.close()
    return total / 1000, first


def _weight(answer: Any) -> int:
    if answer.status != 200 or answer.request.resource_type not in ("document", "script", "stylesheet", "font"):
        return 0
    body = answer.body()
    packed = any(answer.headers.get("content-type", "").startswith(kind) for kind in COMPRESSED)
    return len(body) if packed else len(gzip.compress(body))


def _known_before(page: Page, answers: list[Any]) -> int:
    """Weigh what the sign-in page had brought already: a browser that comes straight here needs it too."""
    addresses = page.evaluate(
        "[...document.querySelectorAll('link[rel=stylesheet], script[src]')].map((one) => one.href || one.src)"
    )
    fresh = {answer.url for answer in answers if answer.status == 200}
    found = (page.request.get(address).body() for address in addresses if address not in fresh)
    return sum(len(gzip.compress(body)) for body in found)


def all_figures() -> list[Figure]:
    """Open each editor three times in a new browser context; the median counts."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        print("no Chromium is installed: the editors are not measured", file=sys.stderr)
        return []
    found = []
    with served() as (site, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        with site.database.transaction() as session:
            viewer = people.viewer(session, OWNER, now=site.clock())
            wanted = [file for file, _ in FILES.values()]
            change = studio.begin(session, viewer, wanted=wanted, reason="bench", now=site.clock())
        for name, (file, drawn) in FILES.items():
            path = f"/studio/changes/{change}/edit/{file}"
            opened(browser, address, path, drawn)  # the server's first time
            rounds = [opened(browser, address, path, drawn) for _ in range(ROUNDS)]
            weight, first = (statistics.median(values) for values in zip(*rounds, strict=True))
            note = f"Chromium with an empty cache; {file}"
            found += [
                Figure(f"page weight of the editor of {name}, compressed", weight, "kB", "<= 600", WHAT),
                Figure(f"editor of {name}: first drawing visible", first, "s", "<= 2", note),
            ]  # fmt: skip
        browser.close()
    return found
