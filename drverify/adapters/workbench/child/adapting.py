"""The verb `mounted`: the file systems of a restored system mounted as the system itself mounts them.

Written to, unlike anything that `inspect` mounts: what follows makes the system ready for other hardware.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from drverify.adapters.workbench.child.bench import Bench, BenchError

_KINDS = {"ext2", "ext3", "ext4", "xfs", "btrfs"}
_OURS = ("/boot", "/boot/efi", "/efi", "/usr", "/var")
"""Where programs that make an initramfs read or write; nothing else is mounted."""
_FIELDS = 2


def mounted(bench: Bench, asked: Mapping[str, Any]) -> dict[str, Any]:
    """Mount the root that is found and what its fstab names below it.

    Answers `root`, its device (empty: none was found, or more than one, and nothing is mounted), and
    `loaders`, the EFI programs. BenchError of kind `mounts` when something of it cannot be mounted.
    """
    del asked
    roots = [device for device in _candidates(bench) if _is_root(bench, device)]
    if len(roots) != 1:
        return {"root": "", "loaders": []}
    bench.guestfs.mount(roots[0], "/")
    for device, at in sorted(_wanted(bench.text("/etc/fstab")), key=lambda one: one[1]):
        found = _device(bench, device)
        if not found or not _mounted(bench, found, at):
            raise BenchError(f"{device} cannot be mounted at {at}", kind="mounts")
    places = ("/boot/efi/[Ee][Ff][Ii]/*/*.[Ee][Ff][Ii]", "/efi/[Ee][Ff][Ii]/*/*.[Ee][Ff][Ii]")
    return {"root": roots[0], "loaders": [path for place in places for path in bench.matching(place)]}


def _candidates(bench: Bench) -> Sequence[str]:
    found = bench.tried(bench.guestfs.list_filesystems, otherwise={})
    return [device for device, kind in sorted(found.items()) if kind in _KINDS]


def _is_root(bench: Bench, device: str) -> bool:
    if bench.tried(lambda: bench.guestfs.mount_ro(device, "/") or True) is None:
        return False
    try:
        return bool(bench.text("/etc/fstab", 1)) and bool(
            bench.text("/etc/os-release", 1) or bench.text("/usr/lib/os-release", 1)
        )
    finally:
        bench.guestfs.umount_all()


def _wanted(fstab: str) -> list[tuple[str, str]]:
    lines = [line.split() for line in fstab.splitlines() if not line.lstrip().startswith("#")]
    return [(one[0], one[1]) for one in lines if len(one) >= _FIELDS and one[1].rstrip("/") in _OURS]


def _device(bench: Bench, written: str) -> str:
    """The device that a line of fstab names; empty when there is none."""
    kind, _, value = written.replace('"', "").partition("=")
    if written.startswith("/dev/disk/by-uuid/"):
        kind, value = "UUID", written.rpartition("/")[2]
    find = {"UUID": bench.guestfs.findfs_uuid, "LABEL": bench.guestfs.findfs_label}.get(kind)
    if find is not None:
        return str(bench.tried(lambda: find(value), otherwise=""))
    if kind in {"PARTUUID", "PARTLABEL"} and value.replace("-", "").isalnum():
        return bench.sh(f"blkid -c /dev/null -t {kind}={value} -o device").strip().partition("\n")[0]
    known = bench.tried(bench.guestfs.list_filesystems, otherwise={})
    named = _named(bench, written)
    return named if named in known else ""


def _named(bench: Bench, written: str) -> str:
    return str(bench.tried(lambda: bench.guestfs.canonical_device_name(written), otherwise=""))


def _mounted(bench: Bench, device: str, at: str) -> bool:
    def mount() -> bool:
        bench.guestfs.mkdir_p(at)  # as systemd does, where it is missing
        bench.guestfs.mount(device, at)
        return True

    return bool(bench.tried(mount, otherwise=False))
