"""The engine state of one instance as bytes: only live tokens, no diagram, no variables (DESIGN.md §2.4).

Layout: the format number, the CRC-32 of the payload, then the payload: JSON, compressed when that pays. Finished tokens
are left out, so the size does not grow with the number of rounds.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.core.run import LIVE, TokenSubWorkflow, TokenWorkflow
from engine.errors import N_, ProcessError

if TYPE_CHECKING:
    from collections.abc import Callable

    from engine.core.program import Program

FORMAT = 1
PLAIN, DEFLATED = b"J", b"Z"
COMPRESS_FROM = 4_000


def dump(workflow: TokenWorkflow) -> bytes:
    """Write the live tokens of an instance."""
    content = {
        "top": _dump_scope(workflow),
        "children": [{"in": str(task_id), **_dump_scope(child)} for task_id, child in workflow.subprocesses.items()],
    }
    return pack(content)


def pack(content: dict[str, Any]) -> bytes:
    """Write what `unpack` gives."""
    raw = orjson.dumps(content)
    body = DEFLATED + zlib.compress(raw, 1) if len(raw) >= COMPRESS_FROM else PLAIN + raw
    return b"KT%d:%08x:" % (FORMAT, zlib.crc32(body)) + body


def _dump_scope(workflow: Any) -> dict[str, Any]:
    return {
        "spec": workflow.spec.name,
        "data": {k: v for k, v in workflow.data.items() if v},
        "done": workflow.completed,
        "tokens": [
            [str(t.id), t.task_spec.name, t.state, t.internal_data]
            for t in workflow.tasks.values()
            if t.has_state(LIVE) and t is not workflow.task_tree
        ],
    }


def load(state: bytes, program: Program, resolve: Callable[[str], Program]) -> TokenWorkflow:
    """Bring the tokens back onto the specs.

    Raises ProcessError when the bytes are damaged or do not fit the diagram.
    """
    content = unpack(state)
    workflow = TokenWorkflow(program.scopes[program.key])
    workflow.task_tree._set_state(TaskState.COMPLETED)  # noqa: SLF001
    programs: dict[str, Program] = {}
    _load_scope(workflow, content["top"], program, resolve, programs)
    for child in content["children"]:
        owner = programs[child["in"]]
        sub = TokenSubWorkflow(owner.scopes[child["spec"]], UUID(child["in"]), workflow)
        sub.task_tree._set_state(TaskState.COMPLETED)  # noqa: SLF001
        workflow.subprocesses[UUID(child["in"])] = sub
        _load_scope(sub, child, owner, resolve, programs)
    return workflow


def unpack(state: bytes) -> dict[str, Any]:
    """Read the bytes as plain data: `top` and `children`, each a scope with its tokens [id, element, state, facts].

    Raises ProcessError when they are damaged.
    """
    head, _, rest = state.partition(b":")
    checksum, _, body = rest.partition(b":")
    if head != b"KT%d" % FORMAT:
        raise ProcessError(N_("The saved state has the unknown format {format}."), format=head[:8].decode("latin-1"))
    if checksum != b"%08x" % zlib.crc32(body):
        raise ProcessError(N_("The saved state is damaged: its checksum does not match."))
    content: dict[str, Any] = orjson.loads(zlib.decompress(body[1:]) if body[:1] == DEFLATED else body[1:])
    return content


def _load_scope(
    workflow: Any,
    content: dict[str, Any],
    program: Program,
    resolve: Callable[[str], Program],
    programs: dict[str, Program],
) -> None:
    """Add the tokens; note for each sub-process or call activity token which program its inside belongs to."""
    workflow.data.update(content["data"])
    workflow.completed = content["done"]
    for token_id, name, state, internal in content["tokens"]:
        spec = program.specs.get(name)
        if spec is None:
            message = N_("The saved state stands on {element}, which this version of the diagram does not have.")
            raise ProcessError(message, element_id=name, element=name)
        task = Task(workflow, spec, workflow.task_tree, state=state, id=UUID(token_id))
        task.internal_data = internal
        called = internal.get("definition")
        programs[token_id] = resolve(called) if called else program
