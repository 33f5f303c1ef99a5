"""Personal data at rest (B29): encrypted values, a keyed hash to find them by, and a masked form to show."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography.fernet import Fernet, InvalidToken

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DEMO_KEY = "keyturn-demo-data-key"
"""Used when no key is configured: good enough for a demo, never for real people."""
SHORT, LONG = 7, 10
"""Digits of a whole number: without dashes at least so many, with dashes (021-…, 199-…) so many."""


@dataclass(frozen=True, slots=True)
class Vault:
    """Encrypts and finds personal data with one secret."""

    secret: str

    def seal(self, text: str) -> bytes:
        """Encrypt a text; the empty text stays empty."""
        return _cipher(self.secret).encrypt(text.encode()) if text else b""

    def open(self, sealed: bytes) -> str:
        """Decrypt; "" when nothing was sealed or it was sealed with another key."""
        if not sealed:
            return ""
        try:
            return _cipher(self.secret).decrypt(sealed).decode()
        except InvalidToken:
            return ""

    def digest(self, phone: str) -> str:
        """Hash a phone number so that equal numbers are found, whatever their spaces and dashes; "" for none."""
        plain = digits(phone)
        return hmac.new(_key(self.secret, b"find"), plain.encode(), hashlib.sha256).hexdigest() if plain else ""


def vault(session: Session) -> Vault:
    """Take the vault of the database the session belongs to: its key is `session.info["data_key"]`."""
    return Vault(str(session.info.get("data_key") or DEMO_KEY))


@lru_cache(maxsize=8)
def _key(secret: str, purpose: bytes) -> bytes:
    return hmac.new(secret.encode(), purpose, hashlib.sha256).digest()


@lru_cache(maxsize=8)
def _cipher(secret: str) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(_key(secret, b"seal")))


def digits(phone: str) -> str:
    """Keep the digits of a phone number, without China's country code."""
    plain = re.sub(r"\D", "", phone)
    return plain[2:] if len(plain) == 13 and plain.startswith("86") else plain  # noqa: PLR2004  86 + 11 digits


def is_phone(text: str) -> bool:
    """Tell whether a whole phone number was typed: 03-2-1502 is a house."""
    plain = digits(text)
    others = re.sub(r"[\d\s()+\-]", "", text)
    return not others and (len(plain) >= LONG or (len(plain) >= SHORT and "-" not in text))


def mask(phone: str) -> str:
    """Show the first three and last four digits of a number: 199****0001; a short one keeps its last two."""
    plain = digits(phone)
    if len(plain) < 8:  # noqa: PLR2004  too short to show its beginning
        return "*" * max(0, len(plain) - 2) + plain[-2:]
    return f"{plain[:3]}{'*' * (len(plain) - 7)}{plain[-4:]}"


def mask_name(name: str) -> str:
    """Show the first character of a name: 王**."""
    return name[:1] + "*" * (len(name) - 1)
