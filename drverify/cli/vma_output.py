"""What `drverify vma` prints, as text and as JSON."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
from rich.progress import Progress as Bars

from drverify.adapters.vma.archive import ArchiveInfo, DiskContent, Extracted
from drverify.adapters.vma.configuration import plain_name
from drverify.adapters.vma.defects import ArchiveDefect

SAY_EVERY_S = 0.1
_KIB = 1024.0
_UNITS = ("KiB", "MiB", "GiB", "TiB")


@contextmanager
def bar(what: str) -> Iterator[Callable[[int, int], None] | None]:
    """Show a bar on a terminal while the context lasts; nothing elsewhere. Writes to stderr."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn(f"  {what}"),
        BarColumn(bar_width=28),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Bars(*columns, console=Console(file=sys.stderr), transient=True) as bars:
        task = bars.add_task(what, total=None)
        last = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal last
            now = time.monotonic()
            if now - last >= SAY_EVERY_S:
                last = now
                bars.update(task, completed=done, total=total)

        yield tell


def size(count: int) -> str:
    """Write bytes for people."""
    value, unit = float(count), "bytes"
    for larger in _UNITS:
        if value < _KIB:
            break
        value, unit = value / _KIB, larger
    return f"{count} bytes" if unit == "bytes" else f"{value:.1f} {unit}"


def header_text(info: ArchiveInfo) -> str:
    """Describe what the header says."""
    header = info.header
    packed = info.compression or "not packed"
    lines = [
        f"  made     {header.created_at:%Y-%m-%d %H:%M:%S} UTC",
        f"  uuid     {header.uuid}",
        f"  packed   {packed}" + ("" if info.packed_size is None else f", {size(info.packed_size)}"),
    ]
    lines += [f"  config   {name}, {len(data)} bytes" for name, data in header.configs.items()]
    for device in header.devices.values():
        what = "memory of the guest, is skipped" if device.is_memory else f"{device.size} bytes"
        lines.append(f"  device   {device.name}, {size(device.size)} ({what})")
    return "\n".join(lines)


def disk_text(disk: DiskContent, path: str | None = None) -> str:
    """Describe a disk that was read to its end."""
    lines = [
        f"  {plain_name(disk.name):<8} {size(disk.logical_bytes)}, {size(disk.stored_bytes)} of them stored"
    ]
    if disk.sha256 is not None:
        lines.append(f"           sha256 {disk.sha256}")
    if path is not None:
        lines.append(f"  wrote    {path}")
    return "\n".join(lines)


def unprotected(info: ArchiveInfo) -> str:
    """Say what was not checked."""
    known = f" (only {info.compression} may have had one)" if info.compression else ""
    return (
        f"The format itself has no checksum of contents{known}:\n"
        "a changed byte in a disk is found only by comparing, --expect DISK=SHA256."
    )


def info_json(info: ArchiveInfo) -> dict[str, object]:
    """Give the header as JSON values; configurations as text, what is not UTF-8 replaced."""
    header = info.header
    return {
        "uuid": str(header.uuid),
        "createdAt": header.created_at.isoformat().replace("+00:00", "Z"),
        "compression": info.compression,
        "packedBytes": info.packed_size,
        "configs": {name: data.decode("utf-8", "replace") for name, data in header.configs.items()},
        "devices": [
            {"id": one.id, "name": one.name, "bytes": one.size, "isMemory": one.is_memory}
            for one in header.devices.values()
        ],
    }


def found_json(found: Extracted, paths: dict[str, str] | None = None) -> dict[str, object]:
    """Give a complete and sound archive as JSON values."""
    disks = [
        {
            "name": disk.name,
            "logicalBytes": disk.logical_bytes,
            "storedBytes": disk.stored_bytes,
            "allocatedBytes": disk.allocated_bytes,
            "sha256": disk.sha256,
            "path": (paths or {}).get(disk.name),
        }
        for disk in found.disks
    ]
    return {"sound": True, **info_json(found.info), "readBytes": found.read_bytes, "disks": disks}


def defect_json(archive: str, defect: ArchiveDefect) -> dict[str, object]:
    """Give what is wrong with an archive as JSON values."""
    place = {"offset": defect.offset, "device": defect.device, "cluster": defect.cluster}
    return {"sound": False, "archive": archive, "kind": defect.kind, "message": str(defect), **place}


def dumped(value: dict[str, object]) -> str:
    """Write JSON."""
    return json.dumps(value, indent=2, ensure_ascii=True)
