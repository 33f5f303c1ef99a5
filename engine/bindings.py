"""What a version of a process is bound to: forms, decisions and called processes published with it."""

from __future__ import annotations

from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from storage import definitions as queries

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from engine.core.model import Process


def form_reference(reference: str) -> str:
    """Give the form's key in a `formRef` or `formKey` (`camunda-forms:deployment:T01.form` means `T01`)."""
    name = reference.rsplit(":", 1)[-1] if reference.startswith(("camunda-forms:", "embedded:")) else reference
    return PurePosixPath(name).name.removesuffix(".form")


def drawn_key(element_id: str) -> str:
    """Give the name under which a version keeps the form that is drawn inside an element."""
    return f"#{element_id}"


def digest_of(*parts: bytes | str) -> str:
    """Digest several parts, so that no two divisions of the same bytes look alike."""
    whole = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        whole.update(len(data).to_bytes(8, "big") + data)
    return whole.hexdigest()


def bound_digests(session: Session, process: Process, together: Mapping[str, tuple[Process, bytes]]) -> list[str]:
    """List the digests of what a process is bound to by deployment: decisions, called processes and what they use.

    `together` maps the keys of the processes that are deployed with it to them and their files.
    """
    digests: list[str] = []
    waiting, seen = [process], {process.id}
    while waiting:
        for node in waiting.pop().nodes.values():
            a, called = node.attributes, node.called_element
            if a.get("decisionRefBinding") == "deployment" and (
                decision := queries.latest_decision(session, a.get("decisionRef", ""))
            ):
                digests.append(decision.digest)
            if a.get("calledElementBinding") != "deployment" or called in seen:
                continue
            seen.add(called)
            if called in together:
                other, source = together[called]
                names = sorted({form_reference(n.attributes.get("formRef", "")) for n in other.nodes.values()})
                digests += [
                    digest_of(source),
                    *(f.digest for name in names if (f := queries.latest_form(session, name))),
                ]
                waiting.append(other)
            elif (row := queries.latest_process(session, called)) is not None:
                digests.append(row.digest)
    return digests
