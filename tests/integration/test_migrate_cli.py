"""A migration of the tiny guest, verified by the command line: drilled on other hardware, and back.

The source is this machine, asked over a real sshd of its own: what it has and the tiny guest has not must come
out as differences, and what the tiny guest lacks programs for as not read. So it can never be a GO.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.estates import drverify
from tests.support.sshd import Sshd, sshd

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(300),
]

PLAN = """\
version: 1
name: tiny-move
target: {{host: local, hardware: sata-pc}}
systems:
  - workload: tiny
    source:
      access: {{address: 127.0.0.1, port: {port}, user: {user}, key: "file:{key}", host_key: "file:{host_key}"}}
    target: {{via: agent}}
    expected:
      - {{part: system, why: another system altogether}}
groups:
  - {{name: one, workloads: [tiny], window: 5m}}
rollback: {{host: local, within: 5m}}
stabilisation: 7d
drills: 1
"""


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Sshd]:
    with sshd(tmp_path) as serving:
        yield serving


@pytest.fixture
def plan(source: Sshd, tmp_path: Path) -> Path:
    path = tmp_path / "plan.yaml"
    known = {"port": source.port, "user": source.user, "key": source.key, "host_key": tmp_path / "host.pub"}
    path.write_text(PLAN.format(**known))
    return path


def test_a_migration_is_drilled_there_and_back_and_what_was_not_read_is_no_go(
    config: Path, plan: Path
) -> None:
    ran = drverify(config, "migrate", "verify", str(plan), "--json")
    assert ran.code == 11, ran.err
    found = ran.json()
    (system,) = found["facts"]["systems"]
    read = {one["part"]: one for one in system["source"]["parts"]}
    assert [read[part]["notRead"] for part in ("system", "mounts", "packages")] == ["", "", ""]
    assert len(read["packages"]["items"]) > 50
    theirs = {one["part"]: one for one in system["target"]["parts"]}
    assert theirs["system"]["notRead"] == ""
    assert "lsblk is not there" in theirs["disks"]["notRead"]
    (drill,) = system["drills"]
    assert (drill["recovery"]["outcome"], drill["logged"], drill["cleanedUp"]) == ("MET", True, True)
    back = system["rollback"]
    assert back["recovery"]["outcome"] == "MET", system["noRollback"]
    assert back["plan"]["hardware"] is None
    assert back["record"]["cleanedUp"]
    assert found["decided"]["decision"] == "UNDECIDED"
    open_ones = [one["what"] for one in found["decided"]["reasons"] if one["weight"] == "open"]
    assert any("disks not read on the target" in one for one in open_ones)
    assert any("one run says nothing of the next" in one for one in open_ones)

    migration = found["facts"]["id"]
    shown = drverify(config, "migrate", "show", migration, "--json")
    assert (shown.code, shown.json()) == (11, found), shown.err
    listed = json.loads(drverify(config, "drill", "list", "--json").out)
    assert [one["drill"] for one in listed] == [drill["drill"]], "the way back is no drill of a backup"
    assert drill["start"]["index"] == 0
    evidence = Path(listed[0]["directory"])
    trust = evidence.parents[1] / "runner.trust.json"
    assert drverify(config, "verify", str(evidence), "--trust", str(trust)).code == 0

    directory = evidence.parents[1] / "migrations" / migration
    assert "UNDECIDED" in (directory / "decision.html").read_text()
    with (directory / "plan.yaml").open("a") as kept:
        kept.write("# and nobody noticed\n")
    changed = drverify(config, "migrate", "show", str(directory), "--trust", str(trust))
    assert changed.code == 12
    assert "is not the plan that was verified" in changed.err


def test_a_plan_that_does_not_fit_is_refused_before_anything_begins(config: Path, plan: Path) -> None:
    plan.write_text(plan.read_text().replace("target: {host: local,", "target: {host: moon,"))
    refused = drverify(config, "migrate", "verify", str(plan))
    assert refused.code == 2, refused.out
    assert "no host 'moon' in the settings" in refused.err
