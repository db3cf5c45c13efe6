"""Disks of the tiny guest and places where QEMU's user can get at them."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.images.recipe import ensure_image
from lab.images.variant import tiny_variant

CACHE = Path("/var/lib/drverify/lab/images")


@contextmanager
def traversable() -> Iterator[Path]:
    """A temporary directory that everybody may pass through; pytest's own are closed."""
    with tempfile.TemporaryDirectory(prefix="drverify-test-", dir="/var/tmp") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


async def tiny_disk(into: Path) -> Path:
    """A copy of tiny as it is."""
    return await tiny_variant(await ensure_image("tiny", CACHE), into)


async def hostile_disk(into: Path) -> Path:
    """A copy of tiny that sends to everything."""
    return await tiny_variant(await ensure_image("tiny", CACHE), into, hostile=True)


async def dhcp_disk(into: Path) -> Path:
    """A copy of tiny that asks for its address."""
    return await tiny_variant(await ensure_image("tiny", CACHE), into, dhcp=True)
