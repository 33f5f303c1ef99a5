"""What is done in the studio, as the audit log calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from flask_babel import lazy_gettext

if TYPE_CHECKING:
    from collections.abc import Mapping

ACTIONS = {
    "studio.open": lazy_gettext("Change begun"),
    "studio.rename": lazy_gettext("Change named otherwise"),
    "studio.edit": lazy_gettext("Draft edited"),
    "studio.restore": lazy_gettext("Draft put back to an earlier save"),
    "studio.conflict": lazy_gettext("Draft edited by two at once"),
    "studio.conflict.mine": lazy_gettext("Own edit kept of two at once"),
    "studio.take_over": lazy_gettext("What was published taken over into a draft"),
    "studio.file.add": lazy_gettext("File taken into a change"),
    "studio.file.remove": lazy_gettext("File taken out of a change"),
    "studio.comment": lazy_gettext("Change commented on"),
    "studio.comment.settled": lazy_gettext("Comment on a change settled"),
    "studio.comment.reopened": lazy_gettext("Comment on a change opened again"),
    "studio.review.ask": lazy_gettext("Review of a change asked for"),
    "studio.review.approved": lazy_gettext("Change approved"),
    "studio.review.refused": lazy_gettext("Change returned"),
    "studio.review.void": lazy_gettext("Approval void, as the change was edited"),
    "studio.discard": lazy_gettext("Change discarded"),
    "studio.reopen": lazy_gettext("Change opened again"),
    "studio.settings": lazy_gettext("Settings of the studio changed"),
    "studio.publish": lazy_gettext("Change published"),
    "studio.take_back": lazy_gettext("Publication taken back"),
    "scenario.run": lazy_gettext("Scenarios played"),
}


def written(detail: Mapping[str, Any]) -> str:
    """Write the details of an entry so that people read them: Chinese as Chinese."""
    return json.dumps(detail, ensure_ascii=False, indent=2)
