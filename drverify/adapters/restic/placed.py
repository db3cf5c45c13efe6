"""Restores one disk image with `restic restore --sparse`, which restic 0.15 and newer have.

restic writes the file itself and knows from the blobs which of them are zero: no pipe, and no second
look at the data. Measured with 0.18 on an image of 2 GiB with 700 MiB of data: 1.8 to 2.6 s against
2.8 s for `restic dump`.
"""

import asyncio
import os
import shutil

from drverify.adapters.restic.files import literal
from drverify.adapters.restic.listing import Node
from drverify.adapters.restic.order import RestoreOrder, beside, known_size
from drverify.adapters.restic.watch import STOP, follow
from drverify.engine.pacing import finish
from drverify.engine.sources import Restored


async def placed(order: RestoreOrder) -> Restored:
    """Restore into a new file; nothing is left under either name when it fails."""
    order.refuse_to_overwrite()
    try:
        order.partial.mkdir(mode=0o700)
    except OSError as error:
        raise order.cannot_write(error) from error
    try:
        read_bytes, node = await _fill(order)
        keeping = asyncio.to_thread(_keep, order, node, read_bytes)
        return await finish(keeping, within=STOP, what="keeping the image")
    finally:
        clearing = asyncio.to_thread(shutil.rmtree, order.partial, ignore_errors=True)
        await finish(clearing, within=STOP, what=f"removing {order.partial}")


async def _fill(order: RestoreOrder) -> tuple[int | None, Node]:
    arguments = ["restore", order.point, "--sparse", "--target", str(order.partial)]
    arguments += ["--include", literal(order.path)]
    async with beside(order.node()) as listing:
        async with order.cli.started(arguments) as process:
            read_bytes = await follow(
                process, order.watch(process), order.progress, lambda: known_size(listing)
            )
        return read_bytes, await listing


def _keep(order: RestoreOrder, node: Node, read_bytes: int | None) -> Restored:
    image = order.partial / order.path.lstrip("/")
    try:
        target = os.open(image, os.O_RDWR | os.O_NOFOLLOW)
    except OSError as error:
        raise order.cannot_write(error) from error
    try:
        os.fchown(target, os.geteuid(), os.getegid())  # not who owned it in production
        os.fchmod(target, 0o600)
        return order.keep(image, target, node, read_bytes)
    except OSError as error:
        raise order.cannot_write(error) from error
    finally:
        os.close(target)
