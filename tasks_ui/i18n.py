"""Languages: which one a person reads, the catalogue of translations, and how times and amounts are written.

Texts in code are English. Each area keeps its Chinese in a file of its own, `translations/zh_Hans_CN/<area>.po`;
together they are compiled into the catalogue that gettext reads: by `python -m tasks_ui.i18n`, and at start when a file
is newer.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations
from flask import g, has_request_context, request
from flask_babel import Babel, gettext
from flask_babel import get_locale as chosen_locale
from markupsafe import Markup

from engine.core.findings import Finding
from engine.errors import KeyturnError
from tasks_ui import context

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

TRANSLATIONS = Path(__file__).parent / "translations"
DEFAULT = "zh_Hans_CN"
LOCALES = {"zh_Hans_CN": "中文", "en": "English"}
COOKIE = "language"
TAGS = {"zh_Hans_CN": "zh-CN", "en": "en"}
MINUTE, HOUR, DAY = 60, 3600, 86400
DAYS_ONLY = 10
"""From this many days on, hours are left out."""


class CatalogueError(Exception):
    """The translation files contradict one another."""


def merged(locale: str = DEFAULT, *, strict: bool = False) -> Catalog:
    """Put the areas' files together; what two of them translate is taken from the first.

    Raises:
        CatalogueError: Asked to be strict, and two files translate the same text differently.
    """
    whole = Catalog(locale=locale, project="Keyturn", charset="utf-8")
    seen: dict[str, str] = {}
    for path in sorted((TRANSLATIONS / locale).glob("*.po")):
        with path.open("rb") as file:
            part = read_po(file, locale=locale, charset="utf-8")
        for message in part:
            if not message.id or not message.string:
                continue
            known = whole.get(message.id)
            if known and known.string != message.string and strict:
                raise CatalogueError(f"{path.name} and {seen[str(message.id)]} translate {message.id!r} differently")
            if known:
                continue
            seen[str(message.id)] = path.name
            whole.add(message.id, message.string, flags=message.flags - {"fuzzy"})
    return whole


def compile_catalogues(*, force: bool = False) -> None:
    """Compile the catalogue of each language whose files are newer than what was compiled."""
    for locale in LOCALES:
        parts = list((TRANSLATIONS / locale).glob("*.po"))
        target = TRANSLATIONS / locale / "LC_MESSAGES" / "messages.mo"
        if not parts:
            continue
        if not force and target.exists() and target.stat().st_mtime >= max(part.stat().st_mtime for part in parts):
            continue
        target.parent.mkdir(exist_ok=True)
        # Another process may be reading, or writing the same: each writes a file of its own, and the last one stays.
        with NamedTemporaryFile(dir=target.parent, prefix=target.stem, delete=False) as file:
            write_mo(file, merged(locale))
        fresh = Path(file.name)
        fresh.chmod(0o644)
        fresh.replace(target)


def select() -> str:
    """Choose the language: what the person set, else the cookie, else what the browser asks for, else Chinese."""
    if not has_request_context():
        return DEFAULT
    person = g.get("viewer")
    if person is not None and person.locale in LOCALES:
        return str(person.locale)
    kept = request.cookies.get(COOKIE, "")
    if kept in LOCALES:
        return kept
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh-CN")
    return "en" if best == "en" else DEFAULT


def translate(template: str, fields: dict[str, Any] | None = None) -> str:
    """Translate a text that came from elsewhere (an error, a notification), then fill its named fields in."""
    text = gettext(template) if template else ""
    return text.format(**{key: _inner(value) for key, value in fields.items()}) if fields else text


def _inner(value: Any) -> Any:
    """An error or a finding inside an error, and a moment: in the reader's way too."""
    if isinstance(value, datetime):
        return write_moment(value)
    if isinstance(value, Finding):
        return str(value) if locale() == "en" else value.chinese()
    return translate(value.template, value.fields) if isinstance(value, KeyturnError) else value


def render(template: str, fields: Mapping[str, Any], wanted: str) -> str:
    """Write a text in a language outside of any request: a mail, a line for another system."""
    text = Translations.load(str(TRANSLATIONS), [wanted]).gettext(template)
    return text.format(**fields) if fields else text


def locale() -> str:
    """Return the language of this page, `zh_Hans_CN` or `en`."""
    found = chosen_locale()
    return str(found) if str(found) in LOCALES else DEFAULT


def language_tag() -> str:
    """Return the language of this page as HTML writes it."""
    return TAGS[locale()]


def local(moment: datetime) -> datetime:
    """Convert an aware moment to the zone people read times in."""
    return moment.astimezone(context.settings().zone)


def write_moment(moment: datetime, *, always_year: bool = False) -> str:
    """Write a moment: 11月21日 07:30 or Nov 21, 07:30; the year only when it is not this one."""
    there = local(moment)
    year = always_year or there.year != local(context.utcnow()).year
    if locale() == "en":
        day = f"{there:%b} {there.day}" + (f", {there.year}" if year else "")
        return f"{day}, {there:%H:%M}"
    return (f"{there.year}年" if year else "") + f"{there.month}月{there.day}日 {there:%H:%M}"


def moment(value: datetime | None) -> Markup:
    """Show a moment as a <time> element; nothing for None."""
    if value is None:
        return Markup("")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        local(value).isoformat(timespec="minutes"), f"{local(value):%Y-%m-%d %H:%M %Z}", write_moment(value)
    )


def span(seconds: float) -> str:
    """Write a length of time with its two largest units: 1天3小时, 3 h 20 min."""
    whole = int(abs(seconds))
    days, hours, minutes = whole // DAY, whole % DAY // HOUR, whole % HOUR // MINUTE
    if days >= DAYS_ONLY or (days and not hours):
        return gettext("%(days)d d", days=days)
    if days:
        return gettext("%(days)d d %(hours)d h", days=days, hours=hours)
    if hours and minutes:
        return gettext("%(hours)d h %(minutes)d min", hours=hours, minutes=minutes)
    if hours:
        return gettext("%(hours)d h", hours=hours)
    return gettext("%(minutes)d min", minutes=minutes) if minutes else gettext("less than a minute")


def ago(value: datetime | None) -> str:
    """Tell how long ago, or in how long, a moment is."""
    if value is None:
        return ""
    seconds = (context.utcnow() - value).total_seconds()
    if 0 <= seconds < MINUTE:
        return gettext("just now")
    return gettext("%(span)s ago", span=span(seconds)) if seconds >= 0 else gettext("in %(span)s", span=span(seconds))


def due(value: datetime | None) -> str:
    """Tell what is left until a deadline, or how long it has been missed."""
    if value is None:
        return gettext("no deadline")
    seconds = (value - context.utcnow()).total_seconds()
    if seconds < 0:
        return gettext("overdue by %(span)s", span=span(seconds))
    return gettext("%(span)s left", span=span(seconds))


def money(value: Decimal | float | str | None) -> str:
    """Write an amount in yuan."""
    return "" if value is None else f"¥{Decimal(str(value)):,.2f}"


def install(app: Flask) -> None:
    """Give an application its languages, and its templates the filters `moment`, `ago`, `due`, `span`, `money`."""
    compile_catalogues()
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = str(TRANSLATIONS)
    app.config["BABEL_DEFAULT_LOCALE"] = DEFAULT
    Babel(app, locale_selector=select)
    app.jinja_env.filters.update(moment=moment, ago=ago, due=due, span=span, money=money, local=local)
    app.jinja_env.globals.update(
        tr=translate, language_tag=language_tag, locale=locale, locales=LOCALES, now=context.utcnow
    )


if __name__ == "__main__":
    compile_catalogues(force=True)
