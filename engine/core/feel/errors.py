"""What can be wrong with an expression: its text, or its evaluation."""

from __future__ import annotations

from typing import Any

from engine.errors import InvalidInputError


class FeelProblem(InvalidInputError):  # noqa: N818  the name callers know from the design
    """An expression cannot be read or evaluated.

    `position` is the 0-based offset in `text`, -1 when unknown; templates may use the 1-based field `{position}`.
    """

    def __init__(self, template: str, position: int = -1, text: str = "", **fields: Any) -> None:
        """Keep where in the text the problem lies."""
        super().__init__(template, position=position + 1, **fields)
        self.position = position
        self.text = text


class FeelSyntaxError(FeelProblem):
    """The text is not FEEL."""


class FeelError(FeelProblem):
    """The expression is FEEL, but cannot be evaluated: an unknown name, or a limit reached."""
