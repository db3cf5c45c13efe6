"""Hardware that a restored system is booted on instead of its own: a replacement, a migration's target."""

from dataclasses import dataclass, field
from typing import Literal

from drverify.model.recovery import Bus, NicModel, ScsiController


@dataclass(frozen=True, slots=True, kw_only=True)
class HardwareProfile:
    """What differs from the machine that was backed up; empty or None: as that was."""

    version: Literal[1] = 1
    name: str
    description: str = ""
    firmware: Literal["bios", "uefi"] | None = None
    chipset: Literal["q35", "pc"] | None = None
    disk_bus: Bus | None = None
    """Controller of every disk."""
    first_boot: Bus | None = field(default=None, metadata={"late": True})
    """Controller of every disk for a boot before the one that counts, beside a small spare disk on
    `disk_bus`: a system finds the driver of a controller only where it sees one. None: there is none."""
    scsi_controller: ScsiController | None = None
    nic_model: NicModel | None = None
    """Of every network card."""
    cpu_model: str = ""
    """As QEMU calls it, such as `Nehalem`."""
    memory_mib: int | None = None
    vcpus: int | None = None
    disk_sizes: tuple[int, ...] = ()
    """Sizes of the replacement's disks in bytes, in the order of booting; none: as large as they were. One
    more than the machine has disks is an empty disk more."""
    adapt: bool = True
    """Whether the restored system may be given drivers, names and a boot order before it is started."""
