"""A Windows system: its name as libguestfs reads it, and which drivers lie ready."""

from typing import Literal

from drverify.adapters.workbench.child.bench import Bench
from drverify.model.inspection import FileSystemFacts, KernelFacts, SystemFacts

DRIVERS = {
    "viostor.sys": ("virtio_blk", "virtio_pci"),
    "vioscsi.sys": ("virtio_scsi", "virtio_pci"),
    "storahci.sys": ("ahci",),
    "atapi.sys": ("ata_piix",),
    "netkvm.sys": ("virtio_net", "virtio_pci"),
    "e1i65x64.sys": ("e1000e",),
    "vmxnet3.sys": ("vmxnet3",),
}
"""File below System32/drivers to the names that these drivers have under Linux."""


def windows(
    bench: Bench, file_system: FileSystemFacts, firmware: tuple[Literal["bios", "uefi"], ...]
) -> SystemFacts | None:
    """The Windows on this file system; None when there is none."""
    device = f"/dev/{file_system.device}"

    def mounted() -> bool:
        bench.guestfs.mount_ro(device, "/")
        return bool(bench.guestfs.is_dir(bench.guestfs.case_sensitive_path("/windows/system32/drivers")))

    try:
        if not bench.tried(mounted, otherwise=False):
            return None
        place = bench.guestfs.case_sensitive_path("/windows/system32/drivers")
        there = {name.lower() for name in bench.names(place)}
    finally:
        bench.tried(bench.guestfs.umount_all)
    drivers = {name for file, names in DRIVERS.items() if file in there for name in names} | {"sd_mod"}
    roots = bench.tried(bench.guestfs.inspect_os, otherwise=[])
    root = next(iter(roots), "")

    def said(work: str) -> str:
        return str(bench.tried(lambda: getattr(bench.guestfs, work)(root), otherwise="")) if root else ""

    return SystemFacts(
        product=said("inspect_get_product_name") or "Windows",
        family="windows",
        hostname=said("inspect_get_hostname"),
        architecture=said("inspect_get_arch"),
        kernels=(KernelFacts(version="Windows", initramfs=True, drivers=tuple(sorted(drivers))),),
        bootloader="Windows",
        firmware=firmware,
    )
