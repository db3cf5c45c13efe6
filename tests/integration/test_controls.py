"""Negative controls over a real restic: every kind turns red, the original stays, a blind gate is named."""

import asyncio
import base64
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest

from drverify.adapters.storage.controls import FILE, controls, last_caught
from drverify.adapters.storage.drills import EVIDENCE
from drverify.compose import Workshop
from drverify.engine.wiring import Fence
from drverify.errors import InputError, SupersededError
from drverify.model.controls import ControlKind, ControlOutcome
from drverify.model.nights import Night
from drverify.operation.controls import NoGoodPointError, Signed, control, due, kinds_of, run_control
from drverify.operation.trials import trials_of
from tests.support.controlled import WORKLOAD, FileEstate, file_estate
from tests.support.estates import drverify
from tests.support.memory import Silent
from tests.support.rest_server import served
from tests.support.restic import PASSWORD

pytestmark = [pytest.mark.needs_restic, pytest.mark.needs_root]


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> FileEstate:
    made = file_estate(tmp_path_factory.mktemp("controls"))
    with pytest.raises(NoGoodPointError, match="was never drilled"):
        asyncio.run(run(made, "stale"))
    made.drill()
    return made


async def run(estate: FileEstate, kind: ControlKind, fence: Fence | None = None) -> Signed:
    return await control(Workshop.open(estate.config), WORKLOAD, kind, Silent(), fence=fence)


KINDS = ["flipped-bit", "emptied", "other-content", "stale"]
LONG = pytest.param("missing-part", marks=pytest.mark.soak)
"""restic asks for a pack that is gone again and again."""


@pytest.mark.parametrize("kind", [*KINDS, LONG])
async def test_each_kind_is_caught_and_the_original_stays(estate: FileEstate, kind: ControlKind) -> None:
    before, drills = estate.everything(), sorted((estate.state / "drills").iterdir())
    logged = estate.logged()
    assert logged
    done = await run(estate, kind)
    assert done.result.outcome is ControlOutcome.CAUGHT, done.result.why
    assert done.result.damage is not None
    assert estate.everything() == before
    assert sorted((estate.state / "drills").iterdir()) == drills, "a control is no drill"
    assert estate.logged() == logged
    assert not list(estate.state.glob("sandboxes/*"))
    assert kind in {one.kind for one in last_caught(estate.state) if one.caught_at}


def test_kinds_and_what_is_due(estate: FileEstate) -> None:
    workshop = Workshop.open(estate.config)
    possible = kinds_of(workshop, workshop.workload(WORKLOAD))
    assert possible == ("flipped-bit", "missing-part", "emptied", "other-content", "stale")
    assert {one.kind for one in due(workshop)} == set(possible)


async def test_a_kind_that_cannot_be_made_is_wrong_input(estate: FileEstate) -> None:
    with pytest.raises(InputError, match="no control of kind no-boot-code"):
        await run(estate, "no-boot-code")


async def test_a_superseded_control_signs_nothing(estate: FileEstate) -> None:
    before = [one.id for one in controls(estate.state)]

    async def lost() -> bool:
        return False

    with pytest.raises(SupersededError):
        await run(estate, "stale", lost)
    assert [one.id for one in controls(estate.state)] == before
    assert not list(estate.state.glob("sandboxes/*"))


async def test_no_verifier_takes_a_control_for_a_drill_and_a_changed_one_counts_for_nothing(
    estate: FileEstate,
) -> None:
    done = await run(estate, "stale")
    directory, content = done.statement.parent, done.statement.read_bytes()
    assert done.statement == estate.state / "controls" / done.result.id / FILE
    evidence = directory / EVIDENCE
    evidence.write_bytes(content)
    trust = estate.state / "runner.trust.json"
    verified = drverify(estate.config, "verify", str(directory), "--trust", str(trust))
    evidence.unlink()
    assert verified.code == 12, verified.out
    assert done.result.id not in {one.drill_id for one in Workshop.open(estate.config).drills.entries()}

    envelope = json.loads(content)
    envelope["signatures"][0]["sig"] = base64.b64encode(bytes(64)).decode()
    done.statement.write_text(json.dumps(envelope, separators=(",", ":")))
    assert done.result.id not in {one.id for one in controls(estate.state)}
    done.statement.write_bytes(content)
    assert done.result.id in {one.id for one in controls(estate.state)}


async def test_a_remote_repository_is_copied_and_not_written_to(estate: FileEstate) -> None:
    """The server refuses every write; a lock would be one."""
    settings = estate.config.read_text()
    with served(estate.repository.path) as server:
        address = f"rest:http://backup:{quote(server.password)}@127.0.0.1:{server.port}/"
        estate.config.write_text(settings.replace(str(estate.repository.path), address))
        try:
            done = await run(estate, "flipped-bit")
        finally:
            estate.config.write_text(settings)
    assert done.result.outcome is ControlOutcome.CAUGHT, done.result.why
    assert "pack" in dict(done.result.damage.facts)  # type: ignore[union-attr]
    assert PASSWORD not in done.statement.read_text()


def test_a_blind_gate_is_an_alarm_until_it_sees_again(estate: FileEstate) -> None:
    """The playbook asks for nothing but time stamps: files that hold zeros pass, and the alarm says so."""
    estate.use("shallow")
    ran = drverify(estate.config, "control", "run", WORKLOAD, "--kind", "other-content")
    assert ran.code == 10, ran.err
    assert "NOT CAUGHT" in ran.out
    assert "is doubtful" in ran.out
    (doubtful,) = [one for one in last_caught(estate.state) if one.doubtful]
    assert doubtful.kind == "other-content"
    assert drverify(estate.config, "control", "list").code == 10
    estate.use("strict")
    assert drverify(estate.config, "control", "run", WORKLOAD, "--kind", "other-content").code == 0
    assert not any(one.doubtful for one in last_caught(estate.state))


async def test_after_a_drill_that_failed_nothing_is_shown(estate: FileEstate) -> None:
    """A red control could then be that drill's own red."""
    summary = next((estate.state / "drills").glob("*/summary.json"))
    content = summary.read_text()
    summary.write_text(content.replace('"recovered"', '"failed"'))
    try:
        with pytest.raises(NoGoodPointError, match="did not come back in its newest drill"):
            await run(estate, "stale")
        assert list(due(Workshop.open(estate.config))) == []
    finally:
        summary.write_text(content)


async def test_a_night_books_one_control_of_each_workload_and_its_process_runs_it(estate: FileEstate) -> None:
    workshop = Workshop.open(estate.config)
    now = datetime.now(UTC)
    night = Night(evening=now.date(), begins=now, ends=now + timedelta(days=30))
    (booking,) = trials_of(workshop, night, site="local", agreement="acme")
    assert (booking.workload, booking.kind, booking.host) == (WORKLOAD, "control", "local")
    owed = next(due(workshop, [WORKLOAD]))
    before = {one.id for one in controls(estate.state)}

    async def mine() -> bool:
        return True

    ending = await run_control(workshop, booking, Silent(), mine)
    assert ending.kind == "concluded", ending.why
    assert (ending.drill, ending.verdicts) == (None, ())
    (made,) = [one for one in controls(estate.state) if one.id not in before]
    assert made.kind == owed.kind
    nothing = await run_control(workshop, replace(booking, workload="nobody"), Silent(), mine)
    assert (nothing.kind, nothing.drill, nothing.faults) == ("concluded", None, ())
    assert "nothing to break now" in nothing.why
