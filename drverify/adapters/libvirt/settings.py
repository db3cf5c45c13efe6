"""What an operator may say about a libvirt host."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class LibvirtSettings:
    """The host's table in the settings file."""

    uri: str = "qemu:///system"
    """A system connection to this machine: sandboxes need its network namespaces."""
    acceleration: Literal["auto", "kvm", "tcg"] = "auto"
    """`auto` measures which is faster, once per boot."""
    reserve_mib: int = 256
    """Memory that must stay free beside the guest's."""
    disk_mib: int = 512
    """Disk space that must be free before a sandbox is made."""
    state: Path = Path("/var/lib/drverify")
    """Directory for what is remembered between drills."""
