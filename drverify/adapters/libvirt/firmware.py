"""UEFI firmware: the read-only code of this machine, and the variables, the guest's own.

Variables lie in a firmware volume whose header says how long it is (UEFI Platform Initialization
specification, volume 3, EFI_FIRMWARE_VOLUME_HEADER). Code and variables must be of one layout, so the
variables out of a backup choose the code.
"""

import os
import shutil
import struct
from pathlib import Path

from drverify.adapters.libvirt.disks import give
from drverify.adapters.libvirt.xml import Firmware, QemuAccount
from drverify.errors import HostError

KNOWN: tuple[tuple[str, str], ...] = (
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
)
"""Where distributions keep UEFI firmware (code, template of the variables), without Secure Boot."""
_HEADER = struct.Struct("<16x16xQ4s")
_SIGNATURE = b"_FVH"


def prepared(into: Path, account: QemuAccount, remembered: Path | None) -> Firmware:
    """Give the guest its variables under `into`: those in the file `remembered`, or none.

    HostError when no firmware is installed, or none with the layout of these variables.
    """
    size = 0 if remembered is None else volume_size(remembered)
    for code, template in ((Path(code), Path(template)) for code, template in KNOWN):
        if not code.is_file() or not template.is_file() or size not in {0, template.stat().st_size}:
            continue
        if remembered is not None and size:
            remembered.rename(into)
            os.truncate(into, size)
        else:
            shutil.copyfile(template, into)
        give(into, account)
        return Firmware(code=code, variables=into)
    if size:
        raise HostError(
            f"no UEFI firmware for variables of {size} bytes is installed",
            hint="install the firmware that the backed-up machine had (Debian: apt-get install ovmf)",
        )
    raise HostError("no UEFI firmware is installed", hint="apt-get install ovmf")


def volume_size(image: Path) -> int:
    """Read how many bytes the variables in an image take; 0 when it was never used."""
    with image.open("rb") as file:
        head = file.read(_HEADER.size)
    if len(head) < _HEADER.size:
        return 0
    size, signature = _HEADER.unpack(head)
    if signature != _SIGNATURE:
        return 0
    if size > image.stat().st_size:
        raise HostError(f"the UEFI variables are said to take {size} bytes of {image.stat().st_size}")
    return int(size)
