"""Where staff make, copy, send and take back signed links: for a contractor, a case, a house."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext, lazy_gettext

from processes.services import link_orders, links
from tasks_ui import context

if TYPE_CHECKING:
    from uuid import UUID

    from werkzeug.wrappers import Response

    from processes.services.links import LinkView

blueprint = Blueprint("links", __name__)
TITLES = {
    links.CONTRACTOR: lazy_gettext("Link for the contractor"),
    links.CASE: lazy_gettext("Link for the customer"),
    links.HOUSE: lazy_gettext("Link for the house"),
}


def address(link: LinkView) -> str:
    """Write the whole address of a link."""
    endpoint = "contractor.index" if link.kind == links.CONTRACTOR else "owner.index"
    return context.settings().base_url + url_for(endpoint, token=link.token)


@blueprint.get("/links")
def index() -> str:
    """List the contractors with their open and overdue orders."""
    with context.reading() as opened:
        found = link_orders.companies(opened, context.viewer(), now=context.utcnow())
    return render_template("links.html", found=found)


@blueprint.get("/links/<any(contractor,case,house):kind>/<subject>")
def show(kind: str, subject: str) -> str:
    """Show the links to one thing, with their use."""
    with context.reading() as opened:
        found = links.listed(
            opened, context.viewer(), kind, subject, secret=context.settings().secret_key, now=context.utcnow()
        )
        names = links.names(opened, found)
    return render_template(
        "links_of.html", found=found, kind=kind, subject=subject, title=TITLES[kind], names=names, address=address,
        can_send="sms" in context.registry().connectors,
    )  # fmt: skip


@blueprint.post("/links/<any(contractor,case,house):kind>/<subject>")
def make(kind: str, subject: str) -> Response:
    """Make a link."""
    with context.transaction() as opened:
        links.make(
            opened, context.viewer(), kind=kind, subject=subject, secret=context.settings().secret_key,
            now=context.utcnow(),
        )  # fmt: skip
    return redirect(url_for(".show", kind=kind, subject=subject), 303)


@blueprint.post("/links/<uuid:link_id>/revoke")
def revoke(link_id: UUID) -> Response:
    """Take a link back."""
    with context.transaction() as opened:
        found = links.revoke(opened, context.viewer(), link_id, now=context.utcnow())
    flash(gettext("The link opens nothing any more."), "success")
    return redirect(url_for(".show", kind=found.kind, subject=found.subject), 303)


@blueprint.post("/links/<uuid:link_id>/send")
def send(link_id: UUID) -> Response:
    """Send a link by text message to the number on file."""
    with context.transaction() as opened:
        found, sent = links.text_message(
            opened, context.viewer(), link_id, write=address, secret=context.settings().secret_key,
            now=context.utcnow(), registry=context.registry(),
        )  # fmt: skip
    if sent:
        flash(gettext("The text message is on its way."), "success")
    else:
        flash(gettext("It could not be sent: there is no number, or no way to send text messages."), "warning")
    return redirect(url_for(".show", kind=found.kind, subject=found.subject), 303)
