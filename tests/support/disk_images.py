"""Disk images as backup programs leave them, made on the spot by qemu-img, zstd, gzip, xz and split."""

import hashlib
import os
import random
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.directory import DirectoryStore
from drverify.adapters.images.source import ImagesSource
from drverify.engine.sources import Restored
from drverify.model.recovery import PointFilter
from tests.support.restic import STALL, Watched

SIZE = 6 << 20
OLDER, NEWER = "20261121T030000Z", "20261122T030000Z"
FORMATS = {
    "raw": ("raw", ""),
    "qcow2": ("qcow2", ""),
    "vmdk": ("vmdk", "subformat=monolithicSparse"),
    "stream.vmdk": ("vmdk", "subformat=streamOptimized"),
    "vhdx": ("vhdx", ""),
}
PACKING = {"zst": ["zstd", "-qc"], "gz": ["gzip", "-c"], "xz": ["xz", "-c0"]}


def content(seed: int, size: int = SIZE) -> bytes:
    """A disk with a partition table, data at both ends and a hole of more than 2 MiB between them."""
    data = bytearray(size)
    for at in (1024, size - (1 << 20)):
        data[at : at + (1 << 20)] = random.Random(seed + at).randbytes(1 << 20)
    struct.pack_into("<8BII", data, 446, 0x80, 0, 0, 0, 0x83, 0, 0, 0, 2048, size // 512 - 2048)
    data[510:512] = b"\x55\xaa"
    return bytes(data)


def settle(path: Path, age: timedelta = timedelta(hours=1)) -> Path:
    """Make a file look as if nobody had written to it for a while."""
    then = datetime.now(UTC).timestamp() - age.total_seconds()
    os.utime(path, (then, then))
    return path


def formatted(directory: Path, name: str, data: bytes, form: str = "raw") -> Path:
    """The image `name` in one of FORMATS."""
    path, raw = directory / name, directory / ".raw"
    raw.write_bytes(data)
    driver, option = FORMATS[form]
    words = ["-o", option] if option else []
    subprocess.run(["qemu-img", "convert", "-f", "raw", "-O", driver, *words, raw, path], check=True)
    raw.unlink()
    return settle(path)


def packed(path: Path, packing: str) -> Path:
    """The same, packed; the image itself is removed."""
    into = path.with_name(f"{path.name}.{packing}")
    done = subprocess.run([*PACKING[packing], path], capture_output=True, check=True)
    into.write_bytes(done.stdout)
    path.unlink()
    return settle(into)


def split(path: Path, size: int = 1 << 20, prefix: str = ".", first: int = 0) -> list[Path]:
    """Parts of it; the whole file is removed."""
    argv = ["split", f"--numeric-suffixes={first}", "-a", "3" if prefix == "." else "2", "-b", str(size)]
    subprocess.run([*argv, path, f"{path}{prefix}"], check=True)
    path.unlink()
    return [settle(part) for part in sorted(path.parent.glob(f"{path.name}{prefix}*"))]


def record(path: Path, *others: Path) -> Path:
    """What sha256sum writes of these files, beside the first."""
    sidecar = path.with_name(path.name + ".sha256")
    lines = [f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in (path, *others)]
    sidecar.write_text("".join(lines))
    return settle(sidecar)


def source_of(directory: Path) -> ImagesSource:
    """A source over a directory."""
    return ImagesSource("disks", DirectoryStore(directory), None)


async def restored(directory: Path, into: Path, path: str = "*") -> Restored:
    """Restore the newest image of a directory."""
    source = source_of(directory)
    (point, *_) = await source.points(PointFilter())
    return await source.restore_image(point, path, into=into, stall=STALL, progress=Watched())
