"""Repository addresses as restic writes them, and the secrets inside them."""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

_SCHEMES = ("sftp:", "rest:", "s3:", "swift:", "b2:", "azure:", "gs:", "rclone:")
_CREDENTIALS = re.compile(r"(?P<before>[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@]*:)(?P<password>[^\s/]*)@")
"""`scheme://user:password@`; everything up to the last @ before the path is password."""
MASK = "***"
SHORTEST = 4
"""Shorter secrets are not searched for in texts: they would hit innocent words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """Where a repository is. Only `url` may hold a secret; show `masked`."""

    url: str

    def __repr__(self) -> str:
        return f"Location({self.masked!r})"

    @property
    def masked(self) -> str:
        """The address without a password."""
        return mask_credentials(self.url)

    @property
    def local(self) -> Path | None:
        """The directory of a local repository; None for a remote one."""
        if self.url.startswith("local:"):
            return Path(self.url.removeprefix("local:"))
        return None if self.url.startswith(_SCHEMES) else Path(self.url)

    @property
    def secrets(self) -> frozenset[str]:
        """The password in the address, as written and decoded."""
        found = _CREDENTIALS.search(self.url)
        if found is None:
            return frozenset()
        return frozenset({found["password"], unquote(found["password"])})


def mask_credentials(text: str) -> str:
    """Replace the password of every address in a text."""
    return _CREDENTIALS.sub(rf"\g<before>{MASK}@", text)


def hide(text: str, secrets: frozenset[str]) -> str:
    """Replace every secret in a text, longest first, and the passwords of addresses."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= SHORTEST:
            text = text.replace(secret, MASK)
    return mask_credentials(text)
