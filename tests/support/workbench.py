"""Small disks for the workbench, as steps of libguestfs, and where its appliance is kept."""

import base64
import gzip
import os
import struct
import subprocess
from pathlib import Path
from typing import Any

from lab.settings import lab

KEY = b"correct horse"
SYSTEM, VERSION, ARRAY = "Vault OS 9", "9.9-vault", "stripe"
FSTAB = """\
/dev/mapper/vault-root / ext4 defaults 0 1
UUID=00000000-0000-4000-8000-000000000000 /srv ext4 defaults 0 2
UUID=11111111-0000-4000-8000-000000000000 /opt ext4 nofail 0 2
UUID=22222222-0000-4000-8000-000000000000 none swap sw 0 0
proc /proc proc defaults 0 0
"""
LAN = "[Match]\nName=eth0\n[Network]\nAddress=10.0.0.9/24\nPassword=hunter2\n"
QUICK = "--pbkdf pbkdf2 --pbkdf-force-iterations 1000"
Step = list[Any]


async def tcg() -> bool:
    """KVM is slower than TCG on some machines that have it, and TCG runs everywhere."""
    return True


def appliance_cache() -> Path:
    """The appliance is made once for all tests: that alone takes 20 seconds of CPU."""
    place = lab().images.parent / "workbench"
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def steps_of_a_system(disk: str) -> list[Step]:
    """A root on LVM on an MBR disk without boot code, whose kernel reaches AHCI disks only."""
    files = {
        "/etc/fstab": FSTAB,
        "/etc/os-release": f'PRETTY_NAME="{SYSTEM}"\n',
        "/etc/hostname": "vault1\n",
        "/etc/systemd/network/10-lan.network": LAN,
        f"/lib/modules/{VERSION}/modules.builtin": "kernel/fs/ext4/ext4.ko\n",
        f"/lib/modules/{VERSION}/modules.dep": "kernel/net/e1000e.ko.xz:\nkernel/block/virtio_blk.ko:\n",
    }
    wants = "/etc/systemd/system/multi-user.target.wants"
    folders = {path.rpartition("/")[0] for path in files} | {"/boot", wants, "/bin"}
    return [
        ["part_init", disk, "mbr"],
        ["part_add", disk, "p", 2048, -1],
        ["part_set_mbr_id", disk, 1, 0x8E],
        ["pvcreate", f"{disk}1"],
        ["vgcreate", "vault", [f"{disk}1"]],
        ["lvcreate", "root", "vault", 60],
        ["mkfs", "ext4", "/dev/vault/root"],
        ["mount", "/dev/vault/root", "/"],
        *(["mkdir_p", folder] for folder in sorted(folders)),
        *(["write", path, text] for path, text in files.items()),
        ["ln_s", "/lib/systemd/system/shop.service", f"{wants}/shop.service"],
        ["write", f"/boot/vmlinuz-{VERSION}", {"base64": base64.b64encode(kernel()).decode()}],
        ["write", f"/boot/initrd.img-{VERSION}", {"base64": base64.b64encode(initramfs()).decode()}],
        ["umount_all"],
    ]


def steps_of_an_array(first: str, second: str) -> list[Step]:
    """Two whole disks as one, which neither is without the other, with a file system on it."""
    return [
        ["md_create", ARRAY, [first, second], {"level": "raid0", "nrdevices": 2}],
        ["mkfs", "ext4", f"/dev/md/{ARRAY}"],
    ]


def steps_of_an_encrypted_disk(disk: str) -> list[Step]:
    """LUKS with a quick derivation of its key, and a file system in it; closed again."""
    return [
        ["appliance", f"printf %s '{KEY.decode()}' | cryptsetup -q luksFormat {QUICK} {disk} -"],
        ["cryptsetup_open", disk, KEY.decode(), "made"],
        ["mkfs", "ext4", "/dev/mapper/made"],
        ["cryptsetup_close", "/dev/mapper/made"],
    ]


def damaged_ext4(disk: Path) -> None:
    """A file system with a directory whose inode is gone: e2fsck reads it to its end and says so."""
    size = disk.stat().st_size
    os.truncate(disk, 0)
    os.truncate(disk, size)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4", "-b", "1024", str(disk)], check=True)
    gone = ["debugfs", "-w", "-R", "clri <11>", str(disk)]
    subprocess.run(gone, check=True, capture_output=True)


def kernel() -> bytes:
    """The beginning of a bzImage: magic, and where its version stands."""
    image = bytearray(0x1000)
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", image, 0x20E, 0x600)
    text = f"{VERSION} (lab@test) #1\0".encode()
    image[0x800 : 0x800 + len(text)] = text
    return bytes(image)


def initramfs() -> bytes:
    """An archive that is not packed, with a name, then a packed one with a driver."""
    return archive("kernel/x86/microcode/none.bin") + gzip.compress(
        archive(f"lib/modules/{VERSION}/kernel/drivers/ata/ahci.ko.zst")
    )


def archive(name: str) -> bytes:
    """A cpio archive (newc) of one empty file."""
    return _entry(name, 0o100644) + _entry("TRAILER!!!", 0) + b"\0" * 512


def _entry(name: str, mode: int) -> bytes:
    fields = [1, mode, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(name) + 1, 0]
    head = b"070701" + b"".join(f"{one:08x}".encode() for one in fields) + name.encode() + b"\0"
    return head + b"\0" * (-len(head) % 4)
