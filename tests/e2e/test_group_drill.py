"""Whole drills of a group by the command line: one sandbox, one declaration, each in its turn."""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drverify.sealing.agreed import sha256_of
from lab.estate.layout import Estate
from tests.support.estates import Ran, Seen, drverify, kind_of, left_on_machine, traversable_directory
from tests.support.group_drills import GROUP, SETTINGS_FILE, Tiers, tiers

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def shop(tiny: Estate) -> Iterator[Tiers]:
    with traversable_directory("groups") as root:
        yield asyncio.run(tiers(root / "tiers", tiny))


@pytest.fixture
def state(shop: Tiers, seen_states: list[Path]) -> Path:
    made = shop.estate.root.parent / f"state-{secrets.token_hex(4)}"
    seen_states.append(made)
    return made


@pytest.fixture
def seen_states() -> list[Path]:
    return []


@pytest.fixture
def clean(state: Path) -> Iterator[Seen]:
    """Every sandbox that came to life; nothing may be left at the end."""
    with Seen(state) as watching:
        yield watching
    assert left_on_machine(state) == []
    assert watching.alive() == []


def drills(ran: Ran) -> dict[str, dict[str, Any]]:
    return {one["plan"]["workload"]["name"]: one for one in json.loads(ran.out)}


def outcomes(drill: dict[str, Any]) -> dict[str, str]:
    return {kind_of(one["obligation"]): one["outcome"] for one in drill["verdicts"]}


def phase(drill: dict[str, Any], name: str) -> dict[str, int]:
    return next(one for one in drill["record"]["phases"] if one["name"] == name)


def test_a_group_comes_back_in_its_order_in_one_sandbox(shop: Tiers, state: Path, clean: Seen) -> None:
    config = shop.config(state, ["database", "app"])
    ran = drverify(config, "drill", "run", "--group", GROUP, "--json")
    assert ran.code == 11, ran.err + ran.out
    found = drills(ran)
    database, app = found["database"], found["app"]
    assert database["record"]["startedAt"] == app["record"]["startedAt"]
    assert database["plan"]["group"] == app["plan"]["group"]
    for one in (database, app):
        assert one["record"]["faults"] == one["record"]["defects"] == []
        assert all(check["closed"] for check in one["record"]["isolation"]["checks"])
        assert all(control["status"] != "passed" for control in one["record"]["controls"])
        assert outcomes(one)["rto"] == "MET", one["verdicts"]
    reached = next(one for one in app["record"]["probes"] if one["probe"] == "reaches")
    assert reached["status"] == "passed", "the application's guest reaches the database's over the sandbox"
    settled = max(one["settledMs"] for one in database["record"]["probes"])
    assert phase(app, "boot")["startedMs"] >= settled
    assert phase(app, "await")["tookMs"] > 1000
    assert len(clean.ids) == 3, "one room for the group's network, one for each guest"

    steps = {one["step"]: one for one in app["record"]["steps"]}
    assert {name: one["status"] for name, one in steps.items()} == {
        "settings": "done",
        "volume": "done",
        "mapping": "done",
        "start": "done",
        "pause": "done",
        "rack": "allowed",
    }, steps
    assert steps["start"]["said"] == "begun"
    digest = sha256_of(SETTINGS_FILE.encode())
    assert digest in steps["settings"]["said"]
    assert app["plan"]["playbook"]["steps"][0]["sha256"] == digest
    rto = next(one for one in app["verdicts"] if kind_of(one["obligation"]) == "rto")
    assert "step rack 5 min" in rto["reason"]

    trust = state / "runner.trust.json"
    for one in (database, app):
        directory = Path(one["evidence"]).parent
        checked = drverify(config, "verify", str(directory), "--trust", str(trust))
        assert checked.code == 0, checked.err
    shown = drverify(config, "drill", "show", app["plan"]["drillId"])
    assert "together with database, started after database" in " ".join(shown.out.split())
    assert "step mapping: nobody owns it: the playbook names no party" in shown.out
