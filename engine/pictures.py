"""Pictures made anew and made small. The library behind takes megabytes: loaded only where a picture is at hand."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from engine.errors import N_, InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

MAX_PIXELS = 60_000_000
LONGEST_SIDE = 2560
KINDS = {"JPEG": ("image/jpeg", ".jpg"), "PNG": ("image/png", ".png"), "WEBP": ("image/webp", ".webp")}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture made anew; `suffix` is the end of its file's name."""

    data: bytes
    media_type: str
    suffix: str
    width: int
    height: int


def redrawn(name: str, data: bytes) -> Picture | None:
    """Make a picture anew, upright, not too large and without its hidden data; None when it is none.

    Raises InvalidInputError when it has too many pixels.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            opened = Image.open(io.BytesIO(data), formats=tuple(KINDS))
        if opened.width * opened.height > MAX_PIXELS:
            raise InvalidInputError(N_("The picture {name} has too many pixels."), name=name)
        kind = str(opened.format)
        turned = ImageOps.exif_transpose(opened) or opened
        turned.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        if kind == "JPEG" or turned.mode not in ("1", "L", "LA", "P", "RGB", "RGBA"):
            turned = turned.convert("RGB")
        plain = Image.new(turned.mode, turned.size)  # a new picture has no metadata to leak
        if turned.mode == "P":
            plain.putpalette(turned.getpalette() or [])
        plain.paste(turned)
        out = io.BytesIO()
        plain.save(out, kind, quality=85, optimize=True)
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    media_type, suffix = KINDS[kind]
    return Picture(out.getvalue(), media_type, suffix, plain.width, plain.height)


def small(path: Path, media_type: str, *, side: int) -> bytes:
    """Draw a stored picture small, for a page that shows many."""
    out = io.BytesIO()
    with Image.open(path) as picture:
        picture.draft("RGB", (side, side))
        picture.thumbnail((side, side))
        picture.save(out, picture.format or ("PNG" if media_type == "image/png" else "JPEG"))
    return out.getvalue()
