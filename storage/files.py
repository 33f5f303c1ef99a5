"""Bytes of attachments on disk, named by their SHA-256: the same bytes are stored once, and never changed."""

from __future__ import annotations

import os
from hashlib import sha256
from pathlib import Path
from uuid import uuid4


class Files:
    """A folder of files. Safe for any number of processes."""

    def __init__(self, root: Path | str) -> None:
        """Use `root`; it is made when the first file is stored."""
        self.root = Path(root)

    def path(self, digest: str) -> Path:
        """Say where the bytes with this SHA-256 lie."""
        if len(digest) != 64 or not set(digest) <= set("0123456789abcdef"):  # noqa: PLR2004  hex digits of SHA-256
            raise ValueError("not a SHA-256")
        return self.root / digest[:2] / digest[2:4] / digest

    def put(self, data: bytes) -> str:
        """Store bytes durably and return their SHA-256."""
        digest = sha256(data).hexdigest()
        target = self.path(digest)
        if target.exists():
            return digest
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f"{digest}.{uuid4().hex}.part")
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
        return digest

    def get(self, digest: str) -> bytes:
        """Read bytes by their SHA-256. Raises FileNotFoundError."""
        return self.path(digest).read_bytes()
