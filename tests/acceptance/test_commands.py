"""The command line as an administrator uses it, in processes of its own."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

from tests import postgres

PROGRAM = [sys.executable, "-c", "from tasks_ui.cli import main; main()"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KEYTURN_")}
    return {**kept, "KEYTURN_DATA_DIR": str(tmp_path / "var"), "PYTHONWARNINGS": "error"}


def keyturn(environment: dict[str, str], *arguments: str, ok: bool = True) -> str:
    ended = subprocess.run(
        [*PROGRAM, *arguments], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert (ended.returncode == 0) is ok, ended.stdout + ended.stderr
    return ended.stdout + ended.stderr


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_from_nothing_to_a_signed_in_administrator(environment: dict[str, str]) -> None:
    secret = keyturn(environment, "add-user", "root", "--role", "admin").strip().rpartition(": ")[2]
    port = free_port()
    server = subprocess.Popen(
        [*PROGRAM, "serve", "--port", str(port)], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                urlopen(f"{address}/healthz", timeout=5).close()
                break
            except URLError:
                time.sleep(0.1)
        browser = build_opener(HTTPCookieProcessor(CookieJar()))
        token = re.search(r'name="csrf_token" value="([^"]+)"', browser.open(f"{address}/login").read().decode())
        assert token
        form = urlencode({"csrf_token": token[1], "login": "root", "password": secret, "next": "/admin/deployments"})
        page = browser.open(f"{address}/login", form.encode()).read().decode()
        assert "投诉" in page
        assert "流程库" in page
    finally:
        server.send_signal(signal.SIGTERM)
        _, said = server.communicate(timeout=30)
    assert server.returncode == 0, said
    assert "Traceback" not in said


def test_a_wrong_setting_is_a_sentence(environment: dict[str, str]) -> None:
    said = keyturn({**environment, "KEYTURN_ZONE": "Mars"}, "init", ok=False)
    assert "KEYTURN_ZONE='Mars'" in said
    assert "Traceback" not in said


def test_a_broken_diagram_is_refused_by_element(environment: dict[str, str], tmp_path: Path) -> None:
    keyturn(environment, "init")
    broken = tmp_path / "broken.bpmn"
    broken.write_text("<definitions/>")
    said = keyturn(environment, "deploy", str(broken), ok=False)
    assert "broken.bpmn" in said
    assert "Traceback" not in said


def test_the_shipped_processes_deploy_again_without_new_versions(environment: dict[str, str]) -> None:
    keyturn(environment, "init")
    said = keyturn(environment, "deploy", "processes/callback", "--lang", "en")
    assert "0 new versions" in said
    assert "keyturn.db" in said, "it names the database"
    assert "{" not in said, "no log lines"


def test_a_database_that_was_not_set_up_is_refused_by_a_sentence_and_not_made(
    environment: dict[str, str], tmp_path: Path
) -> None:
    for demo in ([], ["--demo"]):
        said = keyturn(environment, "deploy", "processes/callback", *demo, ok=False)
        assert "还没有建立" in said
        assert "Traceback" not in said
    assert not list((tmp_path / "var").rglob("*.db"))


def test_the_demonstration_s_database_is_published_into_with_its_flag(
    environment: dict[str, str], tmp_path: Path
) -> None:
    demo = tmp_path / "var" / "demo"
    keyturn(
        {**environment, "KEYTURN_DATABASE_URL": f"sqlite:///{demo / 'keyturn.db'}", "KEYTURN_DATA_DIR": str(demo)},
        "init",
    )
    said = keyturn(environment, "deploy", "processes/callback", "--demo")
    assert "demo/keyturn.db" in said
    assert "发布了" in said
    refused = keyturn(environment, "token", "create", "nobody", "--demo", ok=False)
    assert "There is no active user nobody." in refused
    assert refused.count("demo/keyturn.db") == 2, "it says which database has nobody of that name"
    keyturn(environment, "token", "list", "--demo")
    assert not (tmp_path / "var" / "keyturn.db").exists()


AWAY = "连不上数据库"


def test_a_database_that_is_away_is_told_in_a_sentence(environment: dict[str, str]) -> None:
    said = keyturn(
        {**environment, "KEYTURN_DATABASE_URL": "postgresql://keyturn@127.0.0.1:1/nowhere"}, "init", ok=False
    )
    assert AWAY in said
    assert "Connection refused" in said
    assert "Traceback" not in said


def test_a_server_and_a_worker_begun_before_their_database_wait_for_it(
    environment: dict[str, str], mortal_postgres: postgres.Server
) -> None:
    mortal_postgres.stop()
    port, environment = free_port(), {**environment, "KEYTURN_DATABASE_URL": mortal_postgres.url}
    begun = [
        subprocess.Popen([*PROGRAM, *command], env=environment, stderr=subprocess.PIPE, text=True)
        for command in (["serve", "--port", str(port)], ["worker"])
    ]
    server, worker = begun
    try:
        for each in begun:
            assert each.stderr is not None
            assert AWAY in each.stderr.readline()
        worker.send_signal(signal.SIGTERM)
        _, said = worker.communicate(timeout=60)
        assert (worker.returncode, said) == (0, "")
        mortal_postgres.start()
        until = time.monotonic() + 60
        while True:
            try:
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).close()
                break
            except URLError:
                assert time.monotonic() < until
                assert server.poll() is None
                time.sleep(0.1)
    finally:
        for each in begun:
            each.send_signal(signal.SIGTERM)
    _, said = server.communicate(timeout=60)
    assert server.returncode == 0, said
    assert "Traceback" not in said
