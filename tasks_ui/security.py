"""What keeps the pages safe: sessions, the token against forged requests, the headers that bind the browser."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask, Response, request
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

if TYPE_CHECKING:
    from tasks_ui.settings import Settings

SESSION_HOURS = 12
POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=(), usb=()",
}
YEAR_SECONDS = 31_536_000


def policy(**extra: str) -> str:
    """Write the content security policy; `extra` widens it for one page (`style_src_attr="'unsafe-inline'"`)."""
    rules = POLICY | {name.replace("_", "-"): value for name, value in extra.items()}
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def install(app: Flask, settings: Settings) -> None:
    """Harden sessions, refuse forged requests, send the headers."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-keyturn" if settings.secure else "keyturn",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=timedelta(hours=SESSION_HOURS),
        MAX_CONTENT_LENGTH=settings.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_REFRESH_EACH_REQUEST=False,  # pages ask for news by themselves: that must not keep a session alive
        WTF_CSRF_TIME_LIMIT=None,  # lives as long as the session: a form left open over lunch can still be sent
        WTF_CSRF_SSL_STRICT=settings.secure,
    )
    app.extensions["keyturn-csrf"] = CSRFProtect(app)
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]

    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy())
        if settings.secure:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_SECONDS}; includeSubDomains")
        if request.endpoint == "static":
            marked = "v" in request.args or "/dist/assets/" in request.path
            response.headers["Cache-Control"] = f"public, max-age={YEAR_SECONDS}, immutable" if marked else "no-cache"
        else:
            response.headers.setdefault("Cache-Control", "no-store")
        return response

    app.after_request(protect)
