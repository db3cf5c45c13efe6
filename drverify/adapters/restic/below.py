"""Asks restic what lies below a path of a point, one node after the other."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from typing import TypeVar

from drverify.adapters.restic.cli import ResticCli
from drverify.adapters.restic.errors import NotInPoint, recognise, translate
from drverify.adapters.restic.order import SHORT
from drverify.model.recovery import PointId

T = TypeVar("T")


async def nodes_below(
    cli: ResticCli, point: PointId, path: str, read: Callable[[bytes], T | None]
) -> AsyncGenerator[T, None]:
    """What `read` makes of each line of `restic ls` that is about a node; None of every other.

    NotInPoint when there is no such path, SourceError of its kind when restic fails or falls silent.
    """
    doing = f"listing {path} in {point[:SHORT]}"
    met = False
    async with cli.started(["ls", "--json", "--recursive", point, path]) as process:
        lines = process.lines()
        while True:
            try:
                async with asyncio.timeout(cli.settings.answer_within.total_seconds()):
                    line = await anext(lines, None)
            except TimeoutError:
                raise cli.silent(process, doing=doing, file=path, after=cli.settings.answer_within) from None
            if line is None:
                break
            node = read(line)
            if node is not None:
                met = True
                yield node
        await process.wait()
    failure = cli.failure(process, doing=doing, file=path)
    if failure.exit_code != 0:
        raise translate(failure, await cli.abilities())
    if not met:
        raise recognise(failure) or NotInPoint(
            f"point {point[:SHORT]} does not hold {path}", hint="compare the workload's path with `restic ls`"
        )
