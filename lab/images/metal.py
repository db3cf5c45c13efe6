"""The metal guest: a small Debian (or Ubuntu) server that starts by BIOS and by UEFI, and its files alone.

A GPT with a BIOS boot partition, an EFI system partition and one ext4 partition with everything. Its
configuration knows its hardware as an installed system does: the card by its name, the disks by UUIDs, an
initramfs with the drivers of its own disks. ``credentials/`` holds, beside the keys of its SSH, `tree.tar`:
the same files as a backup from inside would read them.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
from pathlib import Path

from lab.images.cache import Build, Say
from lab.images.command import CONTAINED, run
from lab.images.disk import MIB, SECTOR
from lab.images.distro import Release, host_sources
from lab.images.shop import EXCLUDED as SHOP_EXCLUDED

PACKAGES = (
    "systemd", "systemd-sysv", "udev", "kmod", "initramfs-tools", "lz4", "iproute2", "iputils-ping", "acl",
    "attr", "openssh-server", "acpid", "qemu-guest-agent", "grub2-common", "grub-pc-bin",
    "grub-efi-amd64-bin", "lvm2", "mdadm", "cryptsetup-initramfs", "dosfstools",
)  # fmt: skip
EXCLUDED = (
    *SHOP_EXCLUDED,
    "*/kernel/drivers/net/ethernet/[!ir]*", "*/kernel/drivers/net/phy/*", "*/kernel/drivers/net/dsa/*",
    "*/kernel/drivers/scsi/[a-ilpqu]*", "*/kernel/drivers/ata/pata_*", "*/kernel/drivers/mmc/*",
    "*/kernel/drivers/firewire/*", "*/kernel/drivers/nvdimm/*", "*/kernel/drivers/target/*",
    "*/kernel/drivers/crypto/*", "*/kernel/drivers/edac/*", "*/kernel/drivers/block/drbd/*",
    "*/kernel/net/[!8acipu]*", "*/kernel/drivers/power/*", "*/kernel/drivers/leds/*",
)  # fmt: skip
ROOT_UUID = "6d657461-6c00-4000-8000-647276657269"
ESP_UUID, ESP_SERIAL = "6D65-7461", "6d657461"
MACHINE_ID = "647276657269667961626d6574616c30"
BOOT_CODE, ESP, ROOT = 1 * MIB, 2 * MIB, 34 * MIB
"""Where the partitions begin."""
ROOT_BYTES = 1200 * MIB
FILE_COUNT = 120
EXPORTED = ("id_ed25519", "id_ed25519.pub", "ssh_host_ed25519_key.pub", "known_hosts")
TREE = "tree.tar"
ADDRESS = "10.20.0.30"
_BIOS_MODULES = ("biosdisk", "part_gpt", "ext2", "search", "search_fs_uuid", "normal", "configfile")
_UEFI_MODULES = ("part_gpt", "fat", "ext2", "search", "search_fs_uuid", "normal", "configfile")
_HERE = Path(__file__).parent / "metal"


def builder(release: Release) -> Build:
    """Return the function that builds this guest of the given release."""

    async def build(workspace: Path, say: Say) -> None:
        inputs = workspace / "inputs"
        await _secrets(inputs, workspace / "credentials")
        shutil.copyfile(_HERE / "setup.sh", inputs / "setup.sh")
        _overlay(workspace / "overlay")
        root = workspace / "root"
        await _install(root, release, workspace, say)
        shutil.rmtree(root / "root/build")
        (root / "etc/machine-id").write_text(f"{MACHINE_ID}\n")
        _menu(root)
        say("metal: packing the disk and the files")
        await run(
            "tar", "-C", root, "--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls", "-cf",
            workspace / "credentials" / TREE, ".",
        )  # fmt: skip
        await _disk(workspace, root)
        shutil.rmtree(root)

    return build


async def _install(root: Path, release: Release, workspace: Path, say: Say) -> None:
    sources = workspace / "host.sources"
    sources.write_text(host_sources(release))
    packages = ",".join((release.kernel_package, *PACKAGES))
    say(f"metal: installing {release.distribution} {release.codename} with {packages}")
    await run(
        *CONTAINED, "mmdebstrap", "--variant=minbase", "--mode=root", f"--include={packages}",
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in EXCLUDED),
        f'--customize-hook=cp -R --preserve=mode,links {workspace}/overlay/. "$1"/',
        f'--customize-hook=mkdir -m 700 "$1"/root/build && cp -R {workspace}/inputs/. "$1"/root/build/',
        '--customize-hook=chroot "$1" sh /root/build/setup.sh',
        release.codename, root, sources,
        on_line=lambda line: say(f"metal: {line[3:]}") if line.startswith("I: ") else None,
    )  # fmt: skip


async def _secrets(inputs: Path, credentials: Path) -> None:
    inputs.mkdir(mode=0o700)
    credentials.mkdir(mode=0o700)
    for key, comment in (("id_ed25519", "drverify-lab"), ("ssh_host_ed25519_key", "metal")):
        await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", inputs / key)
    host_key = (inputs / "ssh_host_ed25519_key.pub").read_text()
    (inputs / "known_hosts").write_text(f"{ADDRESS},metal,metal.example {host_key}")
    for name in EXPORTED:
        shutil.copyfile(inputs / name, credentials / name)
        (credentials / name).chmod(0o600)
    for private in ("id_ed25519", "known_hosts"):
        (inputs / private).unlink()


def _overlay(target: Path) -> None:
    """Lay out the files of our own: the shipped overlay, and a file set with its manifest."""
    shutil.copytree(_HERE / "overlay", target)
    table = target / "etc/fstab"
    table.write_text(table.read_text().replace("@ROOT_UUID@", ROOT_UUID).replace("@ESP_UUID@", ESP_UUID))
    files = target / "srv/data/files"
    manifest = []
    for number in range(FILE_COUNT):
        name = f"{number // 20:02d}/document-{number:03d}.txt"
        content = "".join(f"document {number} line {line}\n" for line in range(number % 40 + 1)).encode()
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_bytes(content)
        manifest.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
    (files / "MANIFEST.sha256").write_text("".join(manifest))


def _menu(root: Path) -> None:
    """Write what GRUB reads, as it would stand there after an installation."""
    (version,) = (path.name.removeprefix("vmlinuz-") for path in (root / "boot").glob("vmlinuz-*"))
    settings = (root / "etc/default/grub.d/lab.cfg").read_text()
    words = next(line for line in settings.splitlines() if line.startswith("GRUB_CMDLINE_LINUX="))
    line = words.partition("=")[2].strip('"')
    (root / "boot/grub").mkdir(exist_ok=True)
    (root / "boot/grub/grub.cfg").write_text(
        f"search --no-floppy --fs-uuid --set=root {ROOT_UUID}\n"
        f"linux /boot/vmlinuz-{version} root=UUID={ROOT_UUID} ro {line}\n"
        f"initrd /boot/initrd.img-{version}\nboot\n"
    )


async def _disk(workspace: Path, root: Path) -> None:
    image = workspace / "image.raw"
    with image.open("wb") as disk:
        disk.truncate(ROOT + ROOT_BYTES + MIB)
    table = workspace / "table"
    table.write_text(
        "label: gpt\n"
        f"start={BOOT_CODE // SECTOR}, size={(ESP - BOOT_CODE) // SECTOR},"
        " type=21686148-6449-6E6F-744E-656564454649\n"
        f"start={ESP // SECTOR}, size={(ROOT - ESP) // SECTOR}, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B\n"
        f"start={ROOT // SECTOR}, size={ROOT_BYTES // SECTOR}, type=0FC63DAF-8483-4772-8E79-3D69D8477DE4\n"
    )
    await run("sh", "-euc", 'sfdisk -q "$1" < "$2"', "sh", image, table)
    await _grub(workspace, root, image)
    await run(
        "mke2fs", "-q", "-F", "-t", "ext4", "-b", "4096", "-U", ROOT_UUID, "-L", "metal", "-m", "0",
        "-O", "^metadata_csum_seed,^orphan_file",
        "-E", f"offset={ROOT},lazy_itable_init=0,nodiscard", "-d", root, image, f"{ROOT_BYTES // 1024}k",
    )  # fmt: skip


async def _grub(workspace: Path, root: Path, image: Path) -> None:
    """Put GRUB where both firmwares look, out of the guest's own packages.

    boot.img holds at 0x5c the sector of the core image, whose first sector (diskboot.img) holds at 0x1f4
    the sector of the rest (GRUB's boot/i386/pc/{boot,diskboot}.S).
    """
    early = workspace / "early.cfg"
    early.write_text(
        f"search --no-floppy --fs-uuid --set=root {ROOT_UUID}\nset prefix=($root)/boot/grub\n"
        "configfile $prefix/grub.cfg\n"
    )
    modules = root / "usr/lib/grub"
    made = {}
    for platform, wanted in (("i386-pc", _BIOS_MODULES), ("x86_64-efi", _UEFI_MODULES)):
        made[platform] = workspace / f"grub-{platform}"
        await run(
            "grub-mkimage", "-O", platform, "-d", modules / platform, "-o", made[platform],
            "-p", "/boot/grub", "-c", early, *wanted, "linux", "echo", "test", "boot", "minicmd",
        )  # fmt: skip
    core = bytearray(made["i386-pc"].read_bytes())
    struct.pack_into("<Q", core, 0x1F4, BOOT_CODE // SECTOR + 1)
    boot = bytearray((modules / "i386-pc/boot.img").read_bytes()[:440])
    struct.pack_into("<Q", boot, 0x5C, BOOT_CODE // SECTOR)
    with image.open("r+b") as disk:
        disk.write(boot)
        disk.seek(BOOT_CODE)
        disk.write(core)
    esp = workspace / "esp.img"
    with esp.open("wb") as file:
        file.truncate(ROOT - ESP)
    await run("mkfs.vfat", "-i", ESP_SERIAL, "-n", "ESP", esp)
    await run("mmd", "-i", esp, "::EFI", "::EFI/BOOT")
    await run("mcopy", "-i", esp, made["x86_64-efi"], "::EFI/BOOT/BOOTX64.EFI")
    await run("dd", f"if={esp}", f"of={image}", "bs=1M", f"seek={ESP // MIB}", "conv=notrunc", "status=none")
