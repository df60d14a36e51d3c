"""Masks who asked: the same person stays the same hash, and only the key's holder can tell who it is."""

import hashlib
import hmac
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Maskable(StrEnum):
    """What can be masked."""

    OPERATOR = "operator"
    IP = "ip"


_FIELDS = {Maskable.OPERATOR: "operator_user_id", Maskable.IP: "client_ip"}


@dataclass(frozen=True, slots=True)
class Mask:
    """Replaces fields of a journalled request by `hmac-sha256:` and 32 hexadecimal digits."""

    fields: Collection[Maskable] = ()
    key: bytes = b""

    def apply(self, request: dict[str, object]) -> dict[str, object]:
        """The request with its masked fields replaced; fields that are absent stay so."""
        names = [_FIELDS[field] for field in self.fields]
        return {name: self._hash(value) if name in names else value for name, value in request.items()}

    def _hash(self, value: object) -> str:
        digest = hmac.new(self.key, str(value).encode(), hashlib.sha256).hexdigest()
        return f"hmac-sha256:{digest[:32]}"
