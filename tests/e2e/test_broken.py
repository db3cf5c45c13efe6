"""Each known-bad estate gives the verdict that it must, blames whom it must, and is never green."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest

from lab.breaking.broken import Broken
from lab.breaking.kinds import KINDS, break_, mend
from lab.estate.layout import Estate
from tests.support.estates import Ran, kind_of, started, tell_acceleration

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(900),
]

RANK = {"MET": 0, "UNPROVEN": 1, "MISSED": 2}
AT_ONCE = 5
"""Drills of broken guests mostly wait for what will not come."""
LONGEST = (
    "missing-bootloader",
    "application-disabled",
    "database-emptied",
    "wrong-machine",
    "truncated-image",
)
"""What waits till its limit is broken first."""
AGAIN = frozenset({"pack-deleted", "wrong-machine"})
"""What is broken by itself in `test_lab_break`, found by `test_restic_faults` and by the probes' own tests, and
judged like `pack-bit-flip` and `database-emptied`; `make soak` only."""
NAMES = [pytest.param(kind, marks=pytest.mark.soak if kind in AGAIN else ()) for kind in sorted(KINDS)]


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """A broken estate and what its drill said."""

    broken: Broken
    ran: Ran


async def drilled(broken: Broken, places: asyncio.Semaphore) -> Drilled:
    async with places:
        process = await started(broken.estate.config, "drill", "run", "tiny", "--json")
        out, err = await asyncio.wait_for(process.communicate(), 400)
    ran = Ran(code=process.returncode or 0, out=out.decode(), err=err.decode())
    return Drilled(broken=broken, ran=ran)


async def all_of_them(tiny: Estate, kinds: Sequence[str]) -> dict[str, Drilled]:
    """Break one after another, drill some at once."""
    places = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = {}
        for kind in kinds:
            broken = await break_(kind, estate=tiny, workload="tiny")
            await tell_acceleration(broken.estate.state)
            tasks[kind] = group.create_task(drilled(broken, places))
    return {kind: task.result() for kind, task in tasks.items()}


@pytest.fixture(scope="module")
def outcomes(request: pytest.FixtureRequest, tiny: Estate) -> Iterator[dict[str, Drilled]]:
    specs = [spec for item in request.session.items if (spec := getattr(item, "callspec", None))]
    asked = {spec.params.get("kind") for spec in specs}
    kinds = [kind for kind in dict.fromkeys((*LONGEST, *KINDS)) if kind in asked]
    yield asyncio.run(all_of_them(tiny, kinds))
    asyncio.run(mend(tiny))


@pytest.mark.parametrize("kind", NAMES)
def test_the_verdict_and_whose_fault_it_is(outcomes: dict[str, Drilled], kind: str) -> None:
    broken, ran = outcomes[kind].broken, outcomes[kind].ran
    assert "Traceback" not in ran.err
    said = json.loads(ran.out)
    verdicts = {kind_of(one["obligation"]): one for one in said["verdicts"]}
    expected = broken.expected
    judged = {name: one for name, one in verdicts.items() if name != "retention"}
    worst = max((one["outcome"] for one in judged.values()), key=RANK.__getitem__)
    reasons = [one["reason"] for one in judged.values()]
    assert worst == expected.outcome, (reasons, ran.err)
    missed = {name for name, one in judged.items() if one["outcome"] == "MISSED"}
    assert set(expected.missed) <= missed, judged
    record = said["record"]
    assert bool(record["defects"]) == expected.defect, record["defects"]
    if expected.attribution:
        assert {fault["attribution"] for fault in record["faults"]} == {expected.attribution}
        assert missed == set()
        assert verdicts["rto"]["outcome"] == "UNPROVEN"
    else:
        assert record["faults"] == []
    assert ran.code == {"MISSED": 10, "UNPROVEN": 11, "MET": 11}[worst]  # retention is UNPROVEN throughout
    if expected.defect:
        words = " ".join(defect["what"] for defect in record["defects"])
        named = [kind, *(value[:8] for name, value in broken.facts if name in {"blob", "pack"})]
        assert any(one in words for one in named), words
