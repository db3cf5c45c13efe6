"""Guests that do not come up as they should: edits of a copy of tiny's disk, without mounting it.

Some are words on the kernel's command line; some are another `/init`, laid over tiny's: the kernel unpacks
one archive of its initial file system after the other, and the last one wins.
"""

import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

from drverify.adapters.linux.command import checked
from lab.images import edit
from lab.images.disk import FIRST_PARTITION
from lab.images.errors import LabError
from lab.images.initramfs import pack
from lab.images.variant import read_file, set_parameters, write_file
from lab.pve.seam import StartError

WITHIN = timedelta(minutes=2)
INIT = Path(edit.__file__).parent / "tiny" / "init"
INITRD = "/boot/base.img"
WORDS: Mapping[str, list[str]] = MappingProxyType(
    {
        "kernel-panic": ["rdinit=/nowhere", "root=/dev/nowhere"],
        "boot-loop": ["rdinit=/nowhere", "root=/dev/nowhere", "panic=1"],
    }
)
"""Kernel parameters that make it so."""
INITS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "read-only": ("mount -t ext4 ", "mount -t ext4 -o ro "),
        "fsck-prompt": (
            "mount_data && data=yes || data=\n",
            "say 'Give root password for maintenance'\nwhile :; do sleep 60; done\n",
        ),
    }
)
"""What of tiny's /init is replaced, and by what."""
NAMES = frozenset(WORDS) | frozenset(INITS)


async def make_sick(name: str, volumes: Mapping[str, Path]) -> None:
    """Give the disk of tiny among these volumes an ailment. StartError when none of them is one."""
    for disk in volumes.values():
        try:
            if "variant" not in await read_file(disk, FIRST_PARTITION, "/boot/grub/variant.cfg"):
                continue
        except LabError:
            continue
        if name in WORDS:
            await set_parameters(disk, list(WORDS[name]))
        else:
            await _with_init(disk, changed(INIT.read_text(), *INITS[name]))
        return
    raise StartError(f"lab: the fault {name} needs a disk of the tiny guest")


def changed(init: str, old: str, new: str) -> str:
    """Replace the one place that is meant. StartError when tiny's /init has changed."""
    if init.count(old) != 1:
        raise StartError(f"lab: tiny's init has {old!r} {init.count(old)} times, not once")
    return init.replace(old, new)


async def _with_init(disk: Path, init: str) -> None:
    """Append an archive with nothing but `/init` to the initial file system; once more is as good."""
    with tempfile.TemporaryDirectory(prefix="lab-pve-") as directory:
        stage, initrd = Path(directory) / "stage", Path(directory) / "initrd"
        stage.mkdir()
        (stage / "init").write_text(init)
        (stage / "init").chmod(0o755)
        boot = f"{disk}?offset={FIRST_PARTITION}"
        await checked(["debugfs", "-R", f"dump {INITRD} {initrd}", boot], within=WITHIN)
        whole, more = initrd.read_bytes(), pack(stage)
        whole += b"\0" * (-len(whole) % 4)
        if not whole.endswith(more):
            await write_file(disk, FIRST_PARTITION, INITRD, whole + more)
