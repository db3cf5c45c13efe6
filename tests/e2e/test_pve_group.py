"""A group of a cluster's guests drilled as one by the command line: on one drill bridge, behind one tunnel."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.estates import Ran, Seen, kind_of
from tests.support.group_drills import GROUP
from tests.support.pve_groups import adopt_tiers, grouped
from tests.support.pve_lanes import PveEstate, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_lab, pytest.mark.timeout(400)]
TIERS = ("database", "app")


@dataclass(frozen=True, kw_only=True)
class Grouped:
    """A run of the group, what others say of its evidence, and what was left."""

    ran: Ran
    drills: dict[str, dict[str, Any]]
    verified: list[int]
    starts: int
    """Guests that the cluster started."""
    sandboxes: int
    left: list[str]

    def outcome(self, name: str, kind: str) -> str:
        verdicts = self.drills[name]["verdicts"]
        return next(str(one["outcome"]) for one in verdicts if kind_of(one["obligation"]) == kind)


async def run(one: PveEstate, *, on_libvirt: bool = False) -> Grouped:
    async with one.lane(vmids=len(TIERS)) as lane:
        grouped(lane, TIERS, on_libvirt=on_libvirt)
        with Seen(lane.state) as seen:
            ran = await one.run(lane, "drill", "run", "--group", GROUP, "--json", within=300)
        drills = {found["plan"]["workload"]["name"]: found for found in json.loads(ran.out)}
        trust = str(lane.state / "runner.trust.json")
        folders = [str(Path(found["evidence"]).parent) for found in drills.values()]
        return Grouped(
            ran=ran,
            drills=drills,
            verified=[(await one.run(lane, "verify", folder, "--trust", trust)).code for folder in folders],
            starts=len(one.tasks(lane, "qmstart")),
            sandboxes=len(seen.ids),
            left=[*await one.left(lane), *seen.alive()],
        )


async def test_it_comes_back_in_its_order_on_one_drill_bridge() -> None:
    async with pve_estate(lanes=1) as one:
        await adopt_tiers(one, TIERS)
        good = await run(one)
        leaks = await one.node.sentinel.leaks(range(9000, 9100))
    assert {name: good.outcome(name, "rto") for name in TIERS} == dict.fromkeys(TIERS, "MET"), good.ran.err
    database, app = (good.drills[name]["record"] for name in TIERS)
    assert database["startedAt"] == app["startedAt"]
    for record in (database, app):
        assert record["faults"] == record["defects"] == []
        assert all(check["closed"] for check in record["isolation"]["checks"])
    reached = next(one for one in app["probes"] if one["probe"] == "reaches")
    assert reached["status"] == "passed", "the application reaches the database over the drill bridge"
    settled = max(one["settledMs"] for one in database["probes"])
    boot = next(one for one in app["phases"] if one["name"] == "boot")
    assert boot["startedMs"] >= settled
    assert good.sandboxes == 3, "one room for the group's ground, one for each guest"
    assert good.verified == [0, 0]
    assert good.left == []
    assert leaks == ()


@pytest.mark.soak  # tests/unit/engine/drills/test_group_of_machines.py has such a run in memory
async def test_a_damaged_backup_of_the_second_is_its_own_breach_and_the_first_is_taken_back() -> None:
    async with pve_estate(lanes=1) as one:
        archives = await adopt_tiers(one, TIERS)
        whole = archives["app"].read_bytes()
        archives["app"].write_bytes(whole[: len(whole) * 2 // 3])
        damaged = await run(one)
    assert damaged.outcome("database", "rto") == "MET"
    assert damaged.outcome("app", "rto") == "MISSED"
    assert damaged.drills["app"]["record"]["defects"]
    assert damaged.drills["app"]["record"]["faults"] == []
    assert damaged.starts == 1
    assert damaged.verified == [0, 0]
    assert damaged.left == []


@pytest.mark.soak
@pytest.mark.needs_libvirt
async def test_the_same_backups_come_back_together_under_libvirt() -> None:
    async with pve_estate(lanes=1) as one:
        await adopt_tiers(one, TIERS)
        found = await run(one, on_libvirt=True)
    assert {name: found.outcome(name, "rto") for name in TIERS} == dict.fromkeys(TIERS, "MET"), found.ran.err
    reached = next(probe for probe in found.drills["app"]["record"]["probes"] if probe["probe"] == "reaches")
    assert reached["status"] == "passed"
    assert found.sandboxes == 3
    assert (found.starts, found.verified, found.left) == (0, [0, 0], [])
