"""A real browser on a real server. Without Chromium these tests are skipped, and one line says how to get it."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tasks_ui.serving import start_worker
from tests.sites import Site, demo_file, site_in

__all__ = ["demo_file"]
ROOT = Path(__file__).parents[2]
AXE = ROOT / "tasks_ui" / "editor" / "node_modules" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "build" / "shots"
HOW_TO_ENABLE = (
    "Chromium was not found: install `chromium`, or name it in KEYTURN_TEST_CHROMIUM, to run the browser tests"
)
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SIZES = {"desk": (1180, 800), "phone": (390, 800)}
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHECK = """(rules) => axe.run(document, {runOnly: rules, resultTypes: ["violations"]}).then((result) => result.violations.map(
  (found) => `${found.id}: ${found.help} (${found.nodes.map((node) => node.target.join(" ")).join("; ")})`))"""
IN_THE_DARK = """async () => {
  const root = document.documentElement, names = ["data-theme", "data-bs-theme"];
  const before = names.map((name) => root.getAttribute(name));
  names.forEach((name) => root.setAttribute(name, "dark"));
  const found = await axe.run(document, {runOnly: {type: "rule", values: ["color-contrast"]}, resultTypes: ["violations"]});
  names.forEach((name, at) => before[at] === null ? root.removeAttribute(name) : root.setAttribute(name, before[at]));
  return found.violations.flatMap((one) => one.nodes.map((node) => `dark: ${node.target.join(" ")}: ${node.any[0].message}`));
}"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser."""
    program = os.environ.get("KEYTURN_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        pytest.skip(HOW_TO_ENABLE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


class Quiet(WSGIRequestHandler):
    """The application logs its requests itself."""

    def log_request(self, *_args: Any) -> None:
        pass


@dataclass
class Live:
    """A served site and the browser that looks at it. Whatever a page complains about ends up in `complaints`."""

    site: Site
    address: str
    browser: Browser
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/", *, size: str = "desk", dark: bool = False, **options: Any) -> Page:
        """Open a page in a browser of its own."""
        width, height = SIZES[size]
        context = self.browser.new_context(
            viewport={"width": width, "height": height},
            locale=options.pop("locale", "zh-CN"),
            timezone_id="Asia/Shanghai",
            color_scheme="dark" if dark else "light",
            has_touch=size == "phone",
            is_mobile=size == "phone",
            **options,
        )
        context.set_default_timeout(30_000)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.goto(self.address + path)
        return page

    def _listen(self, message: Any) -> None:
        if message.type in {"error", "warning"} and "Failed to load resource" not in message.text:
            self.complaints.append(f"{message.type}: {message.text}")

    def enter(self, login: str, path: str = "/inbox", **options: Any) -> Page:
        """Sign a person of the demonstration in with one click, then go to a page."""
        page = self.open("/login", **options)
        page.locator(f'button[name=login][value="{login}"]').first.click()
        page.wait_for_url("**/inbox")
        if path != "/inbox":
            page.goto(self.address + path)
        return page


@pytest.fixture
def site(demo_file: Path, tmp_path: Path) -> Iterator[Site]:
    """A site of one's own, with an application of its own: a late request of one test must not meet the next site."""
    opened = site_in(tmp_path / "site", demo_file)
    yield opened
    opened.database.dispose()


@contextmanager
def lively(site: Site, chromium: Browser) -> Iterator[Live]:
    """Serve a site, with a worker, on a port of its own; at the end no page may have complained."""
    server = make_server("127.0.0.1", 0, site.app, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    stop = threading.Event()
    worker = start_worker(site.app, stop)
    found = Live(site, f"http://127.0.0.1:{server.server_port}", chromium)
    yield found
    for context in found.contexts:
        context.close()
    stop.set()
    site.database.wake.set()
    worker.join()
    server.shutdown()
    serving.join()
    server.server_close()
    assert found.complaints == []


@pytest.fixture
def live(site: Site, chromium: Browser) -> Iterator[Live]:
    """A server with a worker; see `lively`."""
    with lively(site, chromium) as found:
        yield found


def violations(page: Page) -> list[str]:
    """List what axe finds wrong with a page."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(CHECK, RULES)
    return found


def wrong_with(page: Page, *, paper: bool = False) -> list[str]:
    """List what is wrong with a page, in the light and in the dark: for axe, or because it is wider than the screen.

    Colours are all that differs in the dark, so only they are looked at again. Paper is wide, and always light. Open
    the page with `reduced_motion="reduce"`, or colours may be caught on their way.
    """
    found = violations(page)
    if not paper:
        wide = page.evaluate(TOO_WIDE)
        found += [f"{wide} px wider than the screen"] if wide > 0 else []
        found += page.evaluate(IN_THE_DARK)
    return found


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the page in build/shots."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")
