"""The wording of messages: what customers and staff are written, changed in place, tried, and restored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext

from engine import access
from engine.access import Action
from engine.errors import InvalidInputError
from processes.services import message_catalogue as catalogue
from tasks_ui import context, i18n

if TYPE_CHECKING:
    from collections.abc import Mapping

blueprint = Blueprint("studio_texts", __name__, url_prefix="/studio/texts")


@blueprint.get("")
def index() -> str:
    """List the texts by whom they are for."""
    with context.reading() as opened:
        access.require(context.viewer(), Action.PROCESS_REGISTER_EDIT)
        found = catalogue.texts(opened)
    return render_template("studio_texts.html", texts=found, worded=_worded)


def _worded(text: catalogue.MessageText, locale: str) -> str:
    """Give a text as it is worded now in a language."""
    changed = text.changed.get(locale)
    return changed.text if changed else i18n.render(text.template, {}, locale)


@blueprint.get("/<digest>")
def show(digest: str) -> Response:
    """Show one text in its languages, with its fields and how it reads."""
    return _page(digest, {})


def _page(digest: str, typed: Mapping[str, str], problem: InvalidInputError | None = None) -> Response:
    with context.reading() as opened:
        access.require(context.viewer(), Action.PROCESS_REGISTER_EDIT)
        text = catalogue.find(opened, digest)
    said = {locale: typed.get(locale, _worded(text, locale)) for locale in text.locales}
    sample = catalogue.sample(text.template)
    reads = {} if problem else {locale: words.format(**sample) for locale, words in said.items()}
    page = render_template(
        "studio_text.html", text=text, said=said, reads=reads, sample=sample,
        shipped={locale: i18n.render(text.template, {}, locale) for locale in text.locales},
        problem=i18n.translate(problem.template, problem.fields) if problem else "",
    )  # fmt: skip
    return make_response(page, 422 if problem else 200)


@blueprint.post("/<digest>")
def save(digest: str) -> Response:
    """Keep the wording in each language; `restore` names a language whose shipped wording comes back."""
    typed = {locale: request.form[locale].strip() for locale in i18n.LOCALES if locale in request.form}
    typed |= dict.fromkeys(request.form.getlist("restore"), "")
    try:
        with context.transaction() as opened:
            access.require(context.viewer(), Action.PROCESS_REGISTER_EDIT)
            text = catalogue.find(opened, digest)
            for locale in text.locales:
                if locale in typed and typed[locale] != _worded(text, locale):
                    shipped = typed[locale] == i18n.render(text.template, {}, locale)
                    said = "" if shipped else typed[locale]
                    catalogue.reword(opened, context.viewer(), digest, locale=locale, text=said, now=context.utcnow())
    except InvalidInputError as problem:
        return _page(digest, typed, problem)
    flash(gettext("The text is kept: from now on messages read like this."), "success")
    return make_response(redirect(url_for("studio_texts.show", digest=digest), 303))
