"""How drverify gets into a guest to run something there."""

from dataclasses import dataclass
from typing import Literal

from drverify.model.recovery import SecretRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How commands are run in the guest: over SSH, or by the guest agent when `via` says so."""

    via: Literal["ssh", "agent"] = "ssh"
    address: str = ""
    port: int = 22
    user: str = "root"
    key: SecretRef | None = None
    """Private key (OpenSSH or PEM)."""
    host_key: SecretRef | None = None
    """Public host key that must be met; none: the key met is recorded, not checked."""
