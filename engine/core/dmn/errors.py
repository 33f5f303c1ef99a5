"""What can be wrong with a decision file, or with asking it."""

from __future__ import annotations

from typing import Any

from engine.core.feel.errors import FeelProblem


class DmnError(FeelProblem):
    """A decision file cannot be read, or a decision cannot be made: a FeelProblem, so that one `except` catches both.

    `element_id` names the element of the file; `name` what people call it. A field that is itself an error keeps its
    own template, so that it can be translated too.
    """

    def __init__(self, template: str, *, element_id: str = "", name: str = "", **fields: Any) -> None:
        """Keep where in the file the problem lies."""
        super().__init__(template, -1, "", name=name, **fields)
        self.element_id = element_id
        self.name = name
