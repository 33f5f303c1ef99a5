"""A small site with one form, so that controls and script can be tried without a process behind them."""

from __future__ import annotations

import io
import itertools
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask, jsonify, render_template_string, request, send_file
from flask_wtf.csrf import CSRFProtect
from PIL import Image, UnidentifiedImageError
from werkzeug.serving import make_server

from engine.core import feel, forms
from engine.errors import InvalidFormError
from tasks_ui import assets, context, form_actions, form_view, i18n
from tasks_ui.security import policy
from tasks_ui.settings import from_environment

NOW = datetime(2026, 11, 21, 2, 30, tzinfo=UTC)
PAGE = """<!doctype html><html lang="{{ language_tag() }}" data-bs-theme="{{ request.args.get('theme', 'light') }}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Form</title>
{% if asset('base.css') %}<link rel="stylesheet" href="{{ asset('base.css') }}">{% endif %}<link rel="stylesheet" href="{{ static('app.css') }}"><link rel="stylesheet" href="{{ static('form.css') }}">
{% if script %}<script src="{{ static('js/form.js') }}" defer></script>{% endif %}</head><body><main>
<h1>{{ title }}</h1><div class="panel"><div class="panel-body">
{% import "_form.html" as ui with context %}{{ ui.form(view, urls, "key-1", _("Complete the task"), _("Save draft")) }}
</div></div></main></body></html>"""
PEOPLE = [("chen", "陈立言"), ("zhao", "赵知秋"), ("sun", "孙明礼")]
CATEGORIES = {"": ["房屋质量", "物业服务"], "房屋质量": ["渗漏", "空鼓开裂"], "物业服务": ["保洁", "停车"]}


def lookups(names):
    def people(q, where):
        if "value" in where:
            return [{"value": k, "label": n} for k, n in PEOPLE if k == where["value"]]
        return [{"value": k, "label": n, "hint": k} for k, n in PEOPLE if q in n or q in k]

    def categories(_q, where):
        if "value" in where:
            return [{"value": where["value"]}] if any(where["value"] in v for v in CATEGORIES.values()) else []
        return [{"value": v} for v in CATEGORIES.get(where.get("parent") or "", [])]

    return {name: categories if name == "categories" else people for name in names}


class Host:
    """The site: `posts` are the values accepted, `drafts` what was saved, `uploads` the files by id."""

    def __init__(self, schema, variables=None, folder=Path("/tmp")):
        self.form = forms.parse(schema)
        self.variables = variables or {}
        self.posts, self.drafts, self.uploads, self.script, self.data = [], [], {}, True, None
        self.ids = itertools.count(1)
        self.app = self._app(folder)

    def page(self):
        env = feel.Env(now=NOW, zone=ZoneInfo("Asia/Shanghai"), functions={})
        files = {
            key: form_view.FileView(key, name, f"/files/{key}", f"/files/{key}" if name.endswith("g") else "")
            for key, (name, _data) in self.uploads.items()
        }
        return form_view.Page(env=env, context=self.variables, lookups=lookups(self.form.lookups()), files=files)

    def _app(self, folder):
        app = Flask("tasks_ui")
        settings = from_environment({"KEYTURN_DATA_DIR": str(folder), "KEYTURN_SECRET_KEY": "test" * 10})
        app.extensions["keyturn"] = context.Application(settings, None, None, lambda: NOW)  # type: ignore[arg-type]
        app.config.update(SECRET_KEY="test", WTF_CSRF_TIME_LIMIT=None)
        CSRFProtect(app)
        i18n.install(app)
        app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
        app.jinja_env.globals.update(static=assets.static, asset=assets.asset, icon=assets.icon)

        def show(data, errors=(), status=200):
            view = form_view.build(self.form, data, self.page(), errors)
            urls = {
                "submit": "/",
                "draft": "/draft",
                "preview": "/preview",
                "upload": "/upload",
                "lookup": "/lookup/__source__",
            }
            return render_template_string(
                PAGE, view=view, urls=urls if self.script else {"submit": "/"}, script=self.script, title=self.form.name
            ), status

        @app.get("/")
        def start():
            page = self.page()
            fresh = forms.initial(self.form, self.variables, page.env)
            return show({**fresh, **(self.data or {}), **(self.drafts[-1] if self.drafts else {})})

        @app.post("/")
        def send():
            data = forms.read(self.form, request.form)
            action = request.form.get("_action", "")
            if action:
                return show(form_actions.apply(self.form, data, action, self.variables, self.page().env))
            page = self.page()
            try:
                self.posts.append(forms.validate(self.form, data, self.variables, page.env, lookups=page.lookups))
            except InvalidFormError as problem:
                return show(data, problem.errors, 422)
            return f"<p id=done>{json.dumps(self.posts[-1], ensure_ascii=False)}</p>"

        @app.post("/draft")
        def draft():
            self.drafts.append(forms.read(self.form, request.form))
            return jsonify(saved="10:30")

        @app.post("/preview")
        def preview():
            data = forms.read(self.form, request.form)
            return jsonify(form_actions.preview(self.form, data, self.variables, self.page().env))

        @app.post("/upload")
        def upload():
            file = request.files["file"]
            content = file.read()
            try:
                Image.open(io.BytesIO(content)).verify()
            except (UnidentifiedImageError, OSError):
                return jsonify(error={"message": "这不是图片"}), 422
            key = f"u{next(self.ids)}"
            self.uploads[key] = (file.filename, content)
            return jsonify(id=key, name=file.filename, url=f"/files/{key}", preview=f"/files/{key}")

        @app.get("/files/<key>")
        def files(key):
            return send_file(io.BytesIO(self.uploads[key][1]), mimetype="image/png")

        @app.get("/lookup/<source>")
        def lookup(source):
            found = lookups([source])[source](request.args.get("q", ""), {"parent": request.args.get("parent", "")})
            return jsonify([{"value": one.value, "label": one.label} for one in map(forms.as_option, found)])

        @app.after_request
        def protect(response):
            response.headers["Content-Security-Policy"] = policy()
            return response

        return app


@contextmanager
def serve(host):
    """Serve the site; give its address."""
    server = make_server("127.0.0.1", 0, host.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
