"""Whole drills of a group by the command line: one sandbox, one declaration, each in its turn."""

import asyncio
import json
import os
import secrets
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drverify.sealing.agreed import sha256_of
from lab.estate.layout import Estate
from tests.support.estates import (
    Ran,
    Seen,
    drverify,
    kind_of,
    left_on_machine,
    started,
    tell_acceleration,
    traversable_directory,
)
from tests.support.group_drills import GROUP, RACK, SETTINGS_FILE, Tiers, tiers

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
    asyncio.run(tell_acceleration(made))
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


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_three_tiers_and_what_waits_for_a_bad_one_is_not_started(
    shop: Tiers, state: Path, clean: Seen
) -> None:
    config = shop.config(state, ["database", "app", "front"], broken="app")
    ran = drverify(config, "drill", "run", "--group", GROUP, "--json", within=900)
    assert ran.code == 10, ran.err
    found = drills(ran)
    assert outcomes(found["database"])["rto"] == "MET"
    assert {outcomes(found[name])["rto"] for name in ("app", "front")} == {"MISSED"}
    front = found["front"]["record"]
    assert (front["gaveUpBy"], front["probes"], front["faults"]) == ("predecessor", [], [])
    assert "not started: app, which it needs," in found["front"]["verdicts"][1]["reason"]
    trust = state / "runner.trust.json"
    for one in found.values():
        directory = Path(one["evidence"]).parent
        assert drverify(config, "verify", str(directory), "--trust", str(trust)).code == 0


def test_a_dry_run_refuses_what_a_run_would_refuse(shop: Tiers, state: Path) -> None:
    config = shop.config(state, ["database", "app", "front"])
    said = drverify(config, "drill", "run", "--group", GROUP, "--dry-run")
    assert said.code == 0, said.err
    assert "started after database" in said.out
    playbook = config.parent / "playbooks" / "app.yaml"
    playbook.write_text(playbook.read_text().replace("  - {id: pause,", f"{RACK}  - {{id: pause,"))
    refused = drverify(config, "drill", "run", "--group", GROUP, "--dry-run")
    assert refused.code == 2, refused.out
    assert "app: an unattended question in a system that others wait for" in refused.err
    assert not (state / "drills").exists()


PC = "version: 1\nname: pc\ndisk_bus: sata\nnic_model: e1000e\nmemory_mib: 256\nadapt: false\n"


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_a_group_comes_back_on_other_hardware(shop: Tiers, state: Path, clean: Seen) -> None:
    config = shop.config(state, ["database", "app", "front"])
    folder = config.parent / "playbooks" / "hardware"
    folder.mkdir()
    (folder / "pc.yaml").write_text(PC)
    ran = drverify(config, "drill", "run", "--group", GROUP, "--hardware", "pc", "--json", within=900)
    found = drills(ran)
    for one in found.values():
        assert one["record"]["faults"] == one["record"]["defects"] == [], one["record"]
        assert one["plan"]["hardware"]["name"] == "pc"
        assert one["plan"]["slot"] is None
        assert outcomes(one)["application-validation"] == "MET", one["verdicts"]
    assert len({one["plan"]["group"]["run"] for one in found.values()}) == 1
    trust = state / "runner.trust.json"
    for one in found.values():
        directory = Path(one["evidence"]).parent
        assert drverify(config, "verify", str(directory), "--trust", str(trust)).code == 0
    several = drverify(config, "drill", "run", "--group", GROUP, "--hardware", "pc", "--hardware", "pc")
    assert (several.code, "one --hardware at a time" in several.err) == (2, True)


async def signalled(config: Path, line: str, number: signal.Signals) -> int:
    """Run the group until a line with this is said, and send the signal."""
    process = await started(config, "drill", "run", "--group", GROUP)
    assert process.stderr is not None
    seen = b""
    async for said in process.stderr:
        seen += said
        if line.encode() in said:
            break
    else:
        raise AssertionError(f"the drill ended before {line}: {seen.decode()}")
    await asyncio.sleep(0.3)
    os.kill(process.pid, number)
    await asyncio.wait_for(process.communicate(), 90)
    assert process.returncode is not None
    return process.returncode


@pytest.mark.parametrize(
    "line",
    [
        "database: boot ...",
        pytest.param("app: provision ...", marks=pytest.mark.soak),
        pytest.param("app: restore ...", marks=pytest.mark.soak),
        pytest.param("app: boot ...", marks=pytest.mark.soak),
        pytest.param("app: configure ...", marks=pytest.mark.soak),
        pytest.param("database: teardown ...", marks=pytest.mark.soak),
    ],
)
def test_killed_in_the_middle_everything_of_the_group_is_found_and_removed(
    shop: Tiers, state: Path, clean: Seen, line: str
) -> None:
    config = shop.config(state, ["database", "app"])
    assert asyncio.run(signalled(config, line, signal.SIGKILL)) == -signal.SIGKILL
    assert left_on_machine(state) != [] or "teardown" in line
    reaped = drverify(config, "sandbox", "reap")
    assert reaped.code == 0, reaped.out + reaped.err
    assert len(clean.ids) >= (2 if "provision" in line else 3)


@pytest.mark.soak  # in memory at any moment in `test_grouping`; a real group that is killed is above
@pytest.mark.parametrize("line", ["app: await ...", "app: boot ..."])
def test_interrupted_the_group_takes_everything_back_itself(
    shop: Tiers, state: Path, clean: Seen, line: str
) -> None:
    config = shop.config(state, ["database", "app"])
    assert asyncio.run(signalled(config, line, signal.SIGINT)) == 130
    assert len(clean.ids) == 3
    assert clean.alive() == []
    assert drverify(config, "sandbox", "list").out == "no sandbox exists\n"
