"""A rehearsal's database as it is kept: compressed, with what each step changed, so that steps can be taken back."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING

from engine.errors import N_, ConflictError

if TYPE_CHECKING:
    from collections.abc import Sequence

PAGE = 4096
MOST_UNDONE = 60
_MAGIC = b"KTR1"
_NUMBER = struct.Struct("<I")


def pack(content: bytes, undo: Sequence[bytes]) -> bytes:
    """Write a database and the differences that lead back from it, oldest first."""
    parts = [zlib.compress(content, 1), *undo[-MOST_UNDONE:]]
    return b"".join([_MAGIC, *(_NUMBER.pack(len(part)) + part for part in parts)])


def unpack(packed: bytes) -> tuple[bytes, list[bytes]]:
    """Read what `pack` wrote. Raises ConflictError for what another release wrote differently."""
    if not packed.startswith(_MAGIC):
        raise ConflictError(N_("This rehearsal is of an older release. Begin it anew."))
    parts, at = [], len(_MAGIC)
    while at < len(packed):
        (length,) = _NUMBER.unpack_from(packed, at)
        at += _NUMBER.size
        parts.append(packed[at : at + length])
        at += length
    return zlib.decompress(parts[0]), parts[1:]


def difference(old: bytes, new: bytes) -> bytes:
    """Write what makes `old` of `new` again: its length, and the pages that are not the same."""
    pages = [
        _NUMBER.pack(at) + old[at : at + PAGE].ljust(PAGE, b"\0")
        for at in range(0, len(old), PAGE)
        if old[at : at + PAGE] != new[at : at + PAGE]
    ]
    return zlib.compress(b"".join([_NUMBER.pack(len(old)), *pages]), 1)


def taken_back(new: bytes, change: bytes) -> bytes:
    """Give the older state that `difference` was made for."""
    plain = zlib.decompress(change)
    (length,) = _NUMBER.unpack_from(plain)
    old = bytearray(new[:length].ljust(length, b"\0"))
    for at in range(_NUMBER.size, len(plain), _NUMBER.size + PAGE):
        (place,) = _NUMBER.unpack_from(plain, at)
        old[place : place + PAGE] = plain[at + _NUMBER.size : at + _NUMBER.size + PAGE]
    return bytes(old[:length])
