"""The tiny guest: a kernel, BusyBox and the QEMU guest agent, all in an initramfs.

Two ext4 partitions: ``tinyboot`` (kernel, initramfs, GRUB's configuration; the guest never
mounts it, so it can be edited offline at any time) and ``tinydata`` (the heartbeat).
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lab.images.cache import Build, Say
from lab.images.command import CONTAINED, run
from lab.images.disk import MIB, Partition, make_disk
from lab.images.distro import Release, host_sources
from lab.images.errors import LabError
from lab.images.initramfs import pack, with_dependencies

# depmod opens packed modules with these two libraries, and without them silently sees no dependencies.
PACKAGES = ("busybox-static", "qemu-guest-agent", "radvd", "liblzma5", "libzstd1")
MODULES = [
    "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "virtio_console", "virtio_rng",
    "ahci", "ata_piix", "sd_mod", "e1000", "e1000e", "ext4", "crc32c_generic", "af_packet", "button", "evdev",
]  # fmt: skip
PROGRAMS = ("usr/sbin/qemu-ga", "usr/sbin/radvd")
BOOT_UUID = "74696e79-0001-4000-8000-647276657269"
DATA_UUID = "74696e79-0002-4000-8000-647276657269"
DISK_SIGNATURE = 0x74696E79
BOOT_BYTES = 47 * MIB
DATA_BYTES = 8 * MIB
_HERE = Path(__file__).parent / "tiny"


def builder(release: Release) -> Build:
    """Return the function that builds this guest of the given release."""

    async def build(workspace: Path, say: Say) -> None:
        tree = workspace / "packages"
        await _extract(tree, release, workspace, say)
        stage = workspace / "initramfs"
        await _programs(tree, stage)
        _own_files(stage)
        say("tiny: packing the initramfs and the disk")
        boot = _made(workspace / "boot-tree/boot")
        (boot / "base.img").write_bytes(pack(stage))
        for name, version in _kernels(tree).items():
            shutil.copyfile(tree / "boot" / f"vmlinuz-{version}", _made(boot / name) / "vmlinuz")
            modules = await _kernel_modules(tree, workspace / f"modules-{name}", version)
            (boot / name / "modules.img").write_bytes(pack(modules))
        await _disk(workspace, boot)

    return build


def _kernels(tree: Path) -> dict[str, str]:
    """Return the kernels' versions: "any" for all hardware, "virtual" for virtio only."""
    versions = sorted(path.name for path in (tree / "lib/modules").iterdir())
    kernels = {"virtual" if "-cloud-" in version else "any": version for version in versions}
    if "any" not in kernels or len(kernels) != len(versions):
        raise LabError(f"tiny: unexpected kernels: {versions}")
    return kernels


async def _extract(tree: Path, release: Release, workspace: Path, say: Say) -> None:
    sources = workspace / "host.sources"
    sources.write_text(host_sources(release))
    packages = ",".join((release.kernel_package, *release.small_kernel_packages, *PACKAGES))
    say(f"tiny: fetching {packages} of {release.codename}")
    await run(
        *CONTAINED, "mmdebstrap", "--variant=extract", "--mode=root", "--quiet", f"--include={packages}",
        release.codename, tree, sources,
    )  # fmt: skip
    _merge_usr(tree)


def _merge_usr(tree: Path) -> None:
    """Make the links of a merged /usr. From Debian 13 on base-files has them, which tiny does not need."""
    for name in ("bin", "sbin", "lib", "lib64"):
        if not (tree / name).is_symlink() and not (tree / name).exists():
            (tree / name).symlink_to(f"usr/{name}")


async def _kernel_modules(tree: Path, stage: Path, version: str) -> Path:
    """Copy the modules we want to ``stage``, uncompressed, with fresh indexes."""
    await run("chroot", tree, "/sbin/depmod", version)
    source, target = tree / "lib/modules" / version, stage / "lib/modules" / version
    listed = (source / "modules.dep").read_text()
    if not re.search(r": \S", listed):
        raise LabError(f"tiny: depmod found no module of {version} that needs another one")
    for name in with_dependencies(MODULES, listed):
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / name, copy)
        if copy.suffix in {".zst", ".xz"}:
            tool = {".zst": "zstd", ".xz": "xz"}[copy.suffix]
            await run(tool, "-d", "-q", *(["--rm"] if tool == "zstd" else []), copy)
    for index in ("modules.builtin", "modules.order"):
        shutil.copyfile(source / index, target / index)
    inside = tree / "tmp" / version
    shutil.copytree(target, inside / "lib/modules" / version)
    await run("chroot", tree, "/sbin/depmod", "-b", f"/tmp/{version}", version)
    for index in ("modules.dep", "modules.alias"):
        shutil.copyfile(inside / "lib/modules" / version / index, target / index)
    return stage


async def _programs(tree: Path, stage: Path) -> None:
    """Copy BusyBox, and the dynamic programs with the libraries ld.so names for them."""
    (stage / "bin").mkdir(parents=True)
    busybox = next(path for path in (tree / "bin/busybox", tree / "usr/bin/busybox") if path.exists())
    shutil.copy(busybox, stage / "bin/busybox")
    for program in PROGRAMS:
        target = stage / program
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(tree / program, target)
        listed = await run("chroot", tree, "/lib64/ld-linux-x86-64.so.2", "--list", f"/{program}")
        for library in re.findall(r"(/\S+) \(0x", listed):
            copy = stage / library.lstrip("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tree / library.lstrip("/"), copy)
    shutil.copy(tree / "lib64/ld-linux-x86-64.so.2", _made(stage / "lib64") / "ld-linux-x86-64.so.2")


def _own_files(stage: Path) -> None:
    for name in ("init", "hostile", "shutdown", "radvd.conf", "udhcpc"):
        shutil.copyfile(_HERE / name, stage / name)
        (stage / name).chmod(0o755)
    for directory in ("proc", "sys", "dev", "run", "tmp", "etc", "data", "www", "sbin", "var/run"):
        _made(stage / directory)
    (stage / "www/index.html").write_text("<!doctype html><title>tiny</title><p>tiny: ok</p>\n")
    (stage / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
    (stage / "etc/group").write_text("root:x:0:\n")


async def _disk(workspace: Path, boot: Path) -> None:
    shutil.copyfile(_HERE / "grub.cfg", _made(boot / "grub") / "grub.cfg")
    (boot / "grub/variant.cfg").write_text('set variant=""\n')
    data = _made(workspace / "data-tree")
    await make_disk(
        workspace / "image.raw",
        [
            Partition(tree=boot.parent, size_bytes=BOOT_BYTES, uuid=BOOT_UUID, label="tinyboot"),
            Partition(tree=data, size_bytes=DATA_BYTES, uuid=DATA_UUID, label="tinydata"),
        ],
        boot_uuid=BOOT_UUID,
        disk_signature=DISK_SIGNATURE,
    )


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory
