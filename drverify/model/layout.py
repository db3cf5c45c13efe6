"""How the disks of a machine are laid out that is rebuilt from its files."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedFileSystem:
    """One file system to be made."""

    at: str
    """Mount point; `/` must be there; empty for swap."""
    kind: Literal["ext4", "xfs", "btrfs", "vfat", "swap"] = "ext4"
    size_bytes: int | None = None
    """None: what is left; of one file system at most."""
    label: str = ""
    volume: str = ""
    """`group/name` of the logical volume that it lies on; empty: a partition of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The disks of a rebuilt machine, before anything is written to them."""

    table: Literal["gpt", "mbr"] = "gpt"
    mirrored: bool = False
    """Whether everything lies on a mirror (mdraid level 1) of all disks."""
    encrypted: bool = False
    """Whether everything but `/boot` lies in a LUKS volume."""
    file_systems: tuple[PlannedFileSystem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rework:
    """One thing that was done to a restored system so that it can start where it is now."""

    what: str
    """`fstab`, `initramfs`, `bootloader`, `network`."""
    change: str
    why: str
