"""Known-bad guests: offline edits of a COPY of an image (or of a restored disk) of the lab.

The originals in an image cache are refused. shop is mounted through a loop device for the time of
an edit (its journal is replayed if the copy is crash-consistent); tiny is edited without mounting.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lab.images.cache import is_cached
from lab.images.command import run
from lab.images.disk import FIRST_PARTITION
from lab.images.errors import LabError

OTHER_MACHINE_ID = "6f746865726d616368696e656c616230"
OTHER_NAME = "intranet"
KEPT_PART = 0.5
_TABLES = ("order_lines", "orders", "products", "heartbeat")


async def empty_database(path: Path) -> None:
    """Leave the shop's database whole but without a row: products, orders, lines, heartbeats.

    PostgreSQL itself does it, in single-user mode, after its own crash recovery. After boot the
    shop answers with 0 orders, and ``heartbeat_restored`` stays empty.
    """
    async with mounted(path) as root:
        await single_user(root, f"TRUNCATE {', '.join(_TABLES)}")


async def single_user(root: Path, statement: str) -> str:
    """Run one SQL statement in the database of a mounted shop, by the guest's own PostgreSQL.

    Recovers from a crash first, as a start would. Returns what the server printed: rows as
    ``name = "value"``. Raises LabError.
    """
    version = next((root / "usr/lib/postgresql").iterdir()).name
    data = f"/var/lib/postgresql/{version}/main"
    (root / data.lstrip("/") / "postmaster.pid").unlink(missing_ok=True)
    return await run(
        "chroot", root, "/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
        f"/usr/lib/postgresql/{version}/bin/postgres", "--single", "-D", data,
        "-c", f"config_file=/etc/postgresql/{version}/main/postgresql.conf",
        "-c", "dynamic_shared_memory_type=mmap", "-c", "exit_on_error=on", "shop",
        stdin=f"{statement}\n".encode(),
    )  # fmt: skip


async def disable_application(path: Path) -> None:
    """Mask nginx and the shop: the server boots, its application does not come."""
    async with mounted(path) as root:
        for unit in ("nginx.service", "shop.service"):
            link = root / "etc/systemd/system" / unit
            link.unlink(missing_ok=True)
            link.symlink_to("/dev/null")


async def wrong_machine(path: Path) -> None:
    """Make it another server: name, identity, machine-id and SSH host key, at the same address."""
    async with mounted(path) as root:
        (root / "etc/hostname").write_text(f"{OTHER_NAME}\n")
        (root / "etc/drverify-lab/identity").write_text(f"{OTHER_NAME}\n")
        (root / "etc/machine-id").write_text(f"{OTHER_MACHINE_ID}\n")
        key = root / "etc/ssh/ssh_host_ed25519_key"
        for old in (key, key.with_suffix(".pub")):
            old.unlink()
        await run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", OTHER_NAME, "-f", key)


async def truncate_image(path: Path, *, kept: float = KEPT_PART) -> None:
    """Cut the disk off after its first part; ``kept`` is between 0 and 1, of the virtual size."""
    _own_copy(path)
    with path.open("r+b") as disk:
        disk.truncate(int(path.stat().st_size * kept) // 512 * 512)
        os.fsync(disk.fileno())


@asynccontextmanager
async def mounted(path: Path) -> AsyncIterator[Path]:
    """Mount the root file system of a copy of shop; unmounted and detached whatever happens.

    Raises LabError if it is an original, or not shop's.
    """
    _own_copy(path)
    with tempfile.TemporaryDirectory(prefix="drverify-lab-") as directory:
        point = Path(directory)
        try:
            await _to_its_end(run("mount", "-t", "ext4", "-o", f"loop,offset={FIRST_PARTITION}", path, point))
            if not (point / "etc/drverify-lab/identity").is_file():
                raise LabError(f"{path} is not a disk of the lab's shop")
            yield point
        finally:
            if os.path.ismount(point):
                await _to_its_end(run("umount", point))


def _own_copy(path: Path) -> None:
    if is_cached(path):
        raise LabError(f"{path} is an original of the image cache", hint="edit a copy of it")


async def _to_its_end(work: Coroutine[Any, Any, str]) -> None:
    """Await ``work`` to its end even if we are cancelled meanwhile; then be cancelled."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait({task})
        except asyncio.CancelledError as error:
            cancelled = error
    task.result()
    if cancelled is not None:
        raise cancelled
