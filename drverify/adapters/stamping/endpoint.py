"""Where a time authority is asked."""

from dataclasses import dataclass
from datetime import timedelta

from drverify.model.evidence import TrustedAuthority


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One authority: its address, and the roots that its answers are checked with."""

    name: str
    url: str
    roots: tuple[TrustedAuthority, ...]
    within: timedelta
    """For the whole exchange."""

    @property
    def certificates(self) -> list[bytes]:
        """The roots, DER."""
        return [root.certificate_der for root in self.roots]
