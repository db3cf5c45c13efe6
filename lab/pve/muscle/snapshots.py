"""Snapshots as a backup server has them: written by the lab, read by a node's restore.

<store>/.chunks/                                   chunks of all snapshots
<store>/.../vm/100/2026-10-19T02:00:00Z/           index.json.blob, qemu-server.conf.blob, fw.conf.blob,
                                                   drive-scsi0.img.fidx, ...
"""

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lab.pve.muscle.chunks import CHUNK, DamagedError, Index, blob, get, pieces, put, read_blob, read_index
from lab.pve.seam import ArchiveHead

MANIFEST, CONFIG, FIREWALL = "index.json.blob", "qemu-server.conf.blob", "fw.conf.blob"
IMAGE = ".img.fidx"
_ZEROS = bytes(CHUNK)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What came out of one image: bytes, and how many of them lay in chunks of nothing but zeros."""

    size: int
    zeroes: int


def snapshot_at(archive: Path) -> Path | None:
    """Return the snapshot's directory when an archive's path means one; none for a file of vzdump's."""
    for place in (archive, archive.parent):
        if (place / CONFIG).exists():
            return place
    return None


def write(place: Path, store: Path, *, config: str, firewall: str | None, disks: Mapping[str, Path]) -> None:
    """Write a snapshot of raw disks by device name into the new directory `place`, chunks into `store`.

    `place` ends with `vm/<id>/<time>`, as `2026-10-19T02:00:00Z`. The manifest comes last.
    """
    place.mkdir(parents=True, exist_ok=True)
    kind, vmid, time = place.parts[-3:]
    created = int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    files = [_blob(place, CONFIG, config)]
    files += [_blob(place, FIREWALL, firewall)] if firewall is not None else []
    for name, disk in disks.items():
        digests = tuple(put(store, data) for data in pieces(disk))
        index = Index(uuid=uuid.uuid4(), ctime=created, size=disk.stat().st_size, digests=digests)
        (place / f"{name}{IMAGE}").write_bytes(index.written())
        files.append(_listed(f"{name}{IMAGE}", index.size, index.checksum))
    manifest = {
        "backup-type": kind,
        "backup-id": vmid,
        "backup-time": created,
        "files": files,
        "signature": None,
        "unprotected": {},
    }
    (place / MANIFEST).write_bytes(blob(json.dumps(manifest).encode()))


def _blob(place: Path, name: str, text: str) -> dict[str, Any]:
    data = blob(text.encode())
    (place / name).write_bytes(data)
    return _listed(name, len(data), hashlib.sha256(data).digest())


def _listed(name: str, size: int, checksum: bytes) -> dict[str, Any]:
    return {"filename": name, "size": size, "csum": checksum.hex(), "crypt-mode": "none"}


def head(place: Path) -> ArchiveHead:
    """Read what a restore must know before it begins. DamagedError."""
    manifest = _manifest(place)
    names = [str(one["filename"]) for one in manifest["files"]]
    images = [name for name in names if name.endswith(IMAGE)]
    return ArchiveHead(
        config=read_blob(place / CONFIG).decode(),
        firewall=read_blob(place / FIREWALL).decode() if FIREWALL in names else None,
        devices={name.removesuffix(IMAGE): read_index(place / name).size for name in images},
        ctime=int(manifest["backup-time"]),
    )


def _manifest(place: Path) -> dict[str, Any]:
    try:
        found = json.loads(read_blob(place / MANIFEST))
    except ValueError as error:
        raise DamagedError(f"manifest of '{place.name}': {error}") from error
    if not isinstance(found, dict) or not {"files", "backup-time"} <= found.keys():
        raise DamagedError(f"manifest of '{place.name}': wrong form")
    return found


def store_of(place: Path) -> Path:
    """Find the chunks that a snapshot is made of. DamagedError when there are none."""
    for above in place.parents:
        if (above / ".chunks").is_dir():
            return above / ".chunks"
    raise DamagedError("no chunk store")


def restore(place: Path, device: str, into: int, step: Callable[[int, int], None]) -> Read:
    """Write one image into an open file, sparse. Each chunk is checked; `step` gets bytes done and of all.

    DamagedError names what is broken; OSError when the file cannot be written. What `step` raises ends it.
    """
    index, store = read_index(place / f"{device}{IMAGE}"), store_of(place)
    listed = {one["filename"]: one["csum"] for one in _manifest(place)["files"]}
    if listed.get(f"{device}{IMAGE}") != index.checksum.hex():
        raise DamagedError(f"index '{device}{IMAGE}': not the one of the manifest")
    os.ftruncate(into, 0)
    os.ftruncate(into, index.size)
    zeroes = 0
    for number, digest in enumerate(index.digests):
        data = get(store, digest)
        offset = number * CHUNK
        if len(data) != min(CHUNK, index.size - offset):
            raise DamagedError(f"chunk '{digest.hex()}': unexpected length")
        if data == _ZEROS[: len(data)]:
            zeroes += len(data)
        else:
            _write(into, data, offset)
        step(offset + len(data), index.size)
    return Read(size=index.size, zeroes=zeroes)


def _write(into: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        done = os.pwrite(into, view, offset)
        view, offset = view[done:], offset + done
