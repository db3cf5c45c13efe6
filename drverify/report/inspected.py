"""What was read out of restored disks, in plain words."""

from collections.abc import Iterator, Sequence

from rich.markup import escape

from drverify.model.inspection import DiskFacts, FileSystemFacts, Inspection, SystemFacts, VolumeFacts

_WHOSE = {
    "backup": "[bold red]the backup's[/]",
    "hardware": "[yellow]not for this machine[/]",
    "inventory": "[yellow]perhaps on a disk that the inventory does not name[/]",
}
_FEW = 4
_MIB = 1 << 20


def lines(found: Inspection | None) -> Iterator[str]:
    """For the head of a report, which begins each line with a word and a column of blanks."""
    if found is None:
        return
    if not found.disks:
        yield f"inspected  [yellow]not read[/]: {escape(found.not_read)}"
        return
    yield f"disks      {escape(', '.join(map(_disk, found.disks)))}"
    if found.volumes:
        yield f"volumes    {escape('; '.join(map(_volume, found.volumes)))}"
    if found.file_systems:
        yield f"on them    {escape(', '.join(map(_file_system, found.file_systems)))}"
    yield f"system     {escape(_system(found.system))}"
    if found.system is not None and found.system.network:
        yield f"network    {escape(_few(found.system.network))}"
    if found.not_read:
        yield f"inspected  [yellow]not to the end[/]: {escape(found.not_read)}"


def remarks(found: Inspection | None) -> Iterator[str]:
    """The findings, one a line."""
    for one in found.findings if found is not None else ():
        where, what = escape(one.where), escape(one.what)
        yield f"inspection finds {one.trouble} ({_WHOSE[one.fault]}) at {where}: {what}"


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
    return ", ".join(names[:_FEW]) + more


def _disk(disk: DiskFacts) -> str:
    table = {"gpt": "GPT", "mbr": "MBR", "none": "no table", "unknown": "an unreadable table"}[disk.table]
    code = f", starts with {disk.boot_code}" if disk.boot_code else ""
    count = len(disk.partitions)
    return f"{disk.device} ({disk.size_bytes // _MIB} MiB, {table}, {count} partitions{code})"


def _volume(volume: VolumeFacts) -> str:
    kind = {"lvm": "LVM", "raid": "RAID", "luks": "encrypted"}[volume.kind]
    return f"{kind} {volume.name}: {volume.detail or ('whole' if volume.complete else 'damaged')}"


def _file_system(one: FileSystemFacts) -> str:
    state = {True: "sound", False: "damaged", None: "not checked"}[one.sound]
    return f"{one.kind} on {one.device} {state}"


def _system(system: SystemFacts | None) -> str:
    if system is None:
        return "none was found"
    parts = [system.product, *([f"called {system.hostname}"] if system.hostname else [])]
    if system.kernels:
        parts.append(f"kernel {_few([one.version for one in system.kernels])}")
    if system.bootloader:
        parts.append(f"started by {system.bootloader}")
    if system.mounts:
        there = sum(one.found for one in system.mounts)
        parts.append(f"{there} of {len(system.mounts)} lines of fstab found")
    if system.services:
        parts.append(f"{len(system.services)} services")
    return "; ".join(parts)
