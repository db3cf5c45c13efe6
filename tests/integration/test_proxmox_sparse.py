"""A raw disk as qcow2 without its holes: QEMU's own tool says that it is whole, and the same disk."""

import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from drverify.adapters.proxmox.sparse import CLUSTER, SparseImage

MIB = 1 << 20


@pytest.mark.parametrize(
    ("size", "filled", "least", "most"),
    [
        (MIB, [(0, MIB)], MIB, MIB + 6 * CLUSTER),
        (100 * MIB, [], 0, 6 * CLUSTER),
        (3 << 30, [(0, 70_000), (1 << 30, 300_000), ((3 << 30) - 5000, 5000)], 370_000, MIB),
        (5 * MIB + 700, [(5 * MIB + 600, 100)], 100, 6 * CLUSTER),
    ],
    ids=["full", "empty", "large", "odd"],
)
def test_qemu_reads_the_same_disk(
    tmp_path: Path, size: int, filled: Sequence[tuple[int, int]], least: int, most: int
):
    raw, image = tmp_path / "disk.raw", tmp_path / "disk.qcow2"
    with raw.open("wb") as file:
        file.truncate(size)
        for at, length in filled:
            file.seek(at)
            file.write(secrets.token_bytes(length))
    made = SparseImage(raw)
    with image.open("wb") as file:
        for piece in made:
            file.write(piece)
    assert image.stat().st_size == made.size
    assert least <= made.size <= most
    assert made.disk_size == -(-size // 512) * 512
    subprocess.run(["qemu-img", "check", "-q", "-f", "qcow2", image], check=True)
    compare = ["qemu-img", "compare", "-q", "-f", "raw", "-F", "qcow2", raw, image]
    subprocess.run(compare, check=True)


def test_a_disk_that_became_shorter_is_no_disk(tmp_path: Path):
    raw = tmp_path / "disk.raw"
    raw.write_bytes(secrets.token_bytes(3 * MIB))
    made = SparseImage(raw)
    with raw.open("r+b") as file:
        file.truncate(MIB)
    with pytest.raises(OSError, match="became shorter"):
        list(made)
