"""A site of several small guests: one image, many workloads, one agreement for all of them.

What a loss of the whole site asks of a restore host can be tried with it in a minute.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.adapters.doors.contract import dump_contract
from drverify.adapters.doors.decisions import load_decisions
from drverify.agreements.proposals import Opened, accepted, decided, propose, relinted
from drverify.model.recovery import DiskImage, PointFilter, Workload
from lab.estate import restic, tiny
from lab.estate.layout import Estate, write_inventory, write_text

BY = "the authors of drverify, for its lab"
AGE = timedelta(minutes=2)


async def site_estate(
    root: Path,
    number: int,
    *,
    cache: Path | None = None,
    now: datetime | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Estate:
    """Build an estate of `number` guests, `tiny-1` and on, in the new or empty directory `root`.

    The caller owns the directory. Every guest has the same address, in a sandbox of its own.
    """
    end = now or datetime.now(UTC)
    estate = await tiny.tiny_estate(root, cache=cache, ages=(AGE,), now=end, say=say)
    since = end - AGE
    first = tiny.workload(estate, protected_since=since)
    workloads = [_named(first, f"{tiny.WORKLOAD}-{at}") for at in range(1, number + 1)]
    for one in workloads:
        await restic.backup(tiny.repository_of(estate), tiny.disk_of(estate), workload=one.name, as_of=since)
    write_inventory(estate, workloads)
    agree(estate, [one.name for one in workloads], end)
    say(f"a site of {number} guests")
    return estate


def _named(like: Workload, name: str) -> Workload:
    if not isinstance(like.payload, DiskImage):
        raise TypeError("tiny is a disk image")
    points = PointFilter(host=name, tags=(f"workload={name}",), path=like.payload.path)
    return replace(like, name=name, points=points)


def agree(estate: Estate, names: Sequence[str], at: datetime) -> None:
    """Write the tiny agreement, accepted for all of them."""
    folder = Path(tiny.__file__).parent
    papers = estate.root / "agreed"
    papers.mkdir(exist_ok=True)
    agreement = papers / "tiny-agreement.md"
    for copy in (agreement, estate.register.parent / agreement.name):
        shutil.copy(folder / agreement.name, copy)
    review = papers / "tiny-agreement.review.yaml"
    text = (folder / review.name).read_text()
    write_text(review, text.replace("systems: tiny", f'systems: "{", ".join(names)}"'))
    proposal = propose([agreement])
    contract = decided(proposal, load_decisions(review))
    contract = relinted(Opened(contract=contract, texts=proposal.texts)).contract
    write_text(estate.register, dump_contract(accepted(contract, by=BY, at=at)))
