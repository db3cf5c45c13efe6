"""File systems, checked without repair: what the disks hold is never changed, a copy of it may be.

A disk that is not writable lies below an overlay of libguestfs's own. So a journal is written back first,
as the system itself would do it: a backup of a running system is sound, and its journal full.
"""

from collections.abc import Sequence
from shlex import quote

from drverify.adapters.workbench.child.bench import Bench
from drverify.adapters.workbench.child.volumes import members
from drverify.model.inspection import FileSystemFacts

WITHIN_S = 600
"""For one check."""
_REPLAYED = "mount -o ro{options} {device} /tmp/checked >/dev/null 2>&1 && umount /tmp/checked; "
"""The kernel's own way: `e2fsck -E journal_only` repairs the rest, too, when the journal is damaged."""
_CHECKS = {
    "ext2": "e2fsck -fn {device}",
    "ext3": _REPLAYED + "e2fsck -fn {device}",
    "ext4": _REPLAYED + "e2fsck -fn {device}",
    "xfs": _REPLAYED + "xfs_repair -n {device}",
    "btrfs": "btrfs check --readonly {device}",
    "vfat": "fsck.fat -n {device}",
}
_QUIET = (
    "e2fsck ",
    "fsck.fat ",
    "Pass ",
    "Phase ",
    "        ",
    "Opening filesystem",
    "Checking filesystem",
    "UUID:",
)
_DIRTY_ONLY = "Dirty bit"
_BETWEEN = {"LVM2_member", "linux_raid_member", "crypto_LUKS"}
_MISSING, _LATE = 127, 124
_DAMAGE = {"ext2": range(1, 8), "ext3": range(1, 8), "ext4": range(1, 8)}
"""Exit codes that say so; of the other kinds it is 1."""


def file_systems_of(bench: Bench) -> list[FileSystemFacts]:
    """Every file system and swap space, checked where a program for it is there."""
    bench.sh("mkdir -p /tmp/checked")
    appliance = bench.sh("findmnt -n -o SOURCE /").strip()
    found = []
    for device, kind in sorted(members(bench).items()):
        if device != appliance and kind not in _BETWEEN:
            bench.note(f"checking {kind} on {device}")
            found.append(_checked(bench, device, kind))
    return found


def _checked(bench: Bench, device: str, kind: str) -> FileSystemFacts:
    sound, detail = None, ""
    if kind in _CHECKS:
        options = ",nouuid" if kind == "xfs" else ""
        line = _CHECKS[kind].format(device=quote(device), options=options)
        said = bench.sh(f"timeout {WITHIN_S} sh -c {quote(line)}; echo exit $?")
        body, _, code = said.rpartition("exit ")
        sound, detail = _judged(kind, int(code) if code.strip().isdigit() else _MISSING, body.splitlines())
    values = dict(
        line.split("=", 1)
        for line in bench.sh(f"blkid -p -s UUID -s LABEL -o export {quote(device)}").splitlines()
        if "=" in line
    )
    return FileSystemFacts(
        device=device.removeprefix("/dev/"),
        kind=kind,
        uuid=values.get("UUID", ""),
        label=values.get("LABEL", ""),
        sound=sound,
        detail=detail,
    )


def _judged(kind: str, code: int, lines: Sequence[str]) -> tuple[bool | None, str]:
    """Exit codes: e2fsck(8): 0 sound, 1 to 7 not; fsck.fat(8), xfs_repair(8), btrfs-check(8): 1 damage.

    All others, 137 of a check that was killed among them, say that the check itself failed: nothing is known.
    """
    complaints = [line.strip() for line in lines if line.strip() and not line.startswith(_QUIET)]
    if code == 0:
        return True, ""
    if code in {_MISSING, _LATE}:
        return None, "not checked: its program is not there" if code == _MISSING else "not checked in time"
    if code not in _DAMAGE.get(kind, range(1, 2)) or any("unsupported" in one.lower() for one in complaints):
        return None, f"not checked: its check ended with {code}" + "".join(
            f": {one}" for one in complaints[:1]
        )
    if kind == "vfat" and not [
        line for line in complaints[:-1] if _DIRTY_ONLY not in line and "automatically" not in line
    ]:
        return True, ""
    return False, next(iter(complaints), f"its check ended with {code}")
