"""Where the bytes of attachments lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage.files import Files

if TYPE_CHECKING:
    from pathlib import Path


def opened(root: Path) -> Files:
    """Give the store of attachments in a folder; the folder is made when the first file is stored."""
    return Files(root)
