"""A first boot on SATA, then one on virtio, of real guests: the way of a Windows, walked by the lab's Linux.

What only a Windows shows is whether it binds the driver of the spare disk; that its own disks stay the same
from one boot to the other, that it goes down in order and that both are measured apart, any system shows:
one of two disks, several that need each other, and one that is moved. One with UEFI is in
`test_staged_guests`.
"""

import asyncio
import json
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.estate.layout import Estate
from tests.support.dump_drills import dump_estate
from tests.support.estates import drverify, left_on_machine, traversable_directory
from tests.support.group_drills import GROUP, tiers
from tests.support.sshd import sshd

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.needs_lab,
    pytest.mark.soak,
    pytest.mark.timeout(900),
]
PROFILE = "version: 1\nname: kvm\nfirst_boot: sata\ndisk_bus: virtio\nadapt: false\n"


@pytest.fixture
def profile(tiny: Estate) -> Iterator[None]:
    """Also limits that a busy machine keeps."""
    folder = tiny.playbooks / "hardware"
    folder.mkdir(exist_ok=True)
    playbook = tiny.playbooks / "tiny.yaml"
    quick = playbook.read_text()
    slow = quick.replace("boot_stall: 45s", "boot_stall: 150s").replace("healthy: 75s", "healthy: 5m")
    assert slow != quick
    playbook.write_text(slow)
    (folder / "kvm.yaml").write_text(PROFILE)
    yield
    playbook.write_text(quick)


def came_up_twice(said: dict[str, Any], config: Path, state: Path) -> dict[str, Any]:
    """The drill of which both boots were measured, kept apart and signed; its record."""
    record: dict[str, Any] = said["record"]
    assert record["faults"] == record["defects"] == [], record["faults"]
    names = [one["name"] for one in record["phases"]]
    at = names.index("first-boot")
    assert names[at : at + 3] == ["first-boot", "shutdown", "boot"]
    assert all(one["tookMs"] > 0 for one in record["phases"][at : at + 3])
    assert [one["what"] for one in record["reworks"]] == ["first boot"]
    evidence = Path(said["evidence"]).parent
    kept = {one["name"]: (evidence / "artefacts" / "sha256" / one["sha256"]) for one in record["artefacts"]}
    for log in ("first-boot.log", "console.log"):
        shown = kept[log].read_text(errors="replace")
        assert (shown.count("tiny: up"), shown.count("no data disk")) == (1, 0), shown
    domain = kept["domain.xml"].read_text().replace("'", '"')
    assert 'bus="virtio"' in domain
    assert 'bus="sata"' not in domain
    checked = drverify(config, "verify", str(evidence), "--trust", str(state / "runner.trust.json"))
    assert checked.code == 0, checked.out + checked.err
    return record


@pytest.mark.usefixtures("profile")
def test_a_system_is_started_on_sata_and_then_on_virtio(config: Path, state: Path) -> None:
    ran = drverify(config, "drill", "run", "tiny", "--hardware", "kvm", "--json", within=500)
    came_up_twice(ran.json(), config, state)


@pytest.mark.usefixtures("profile")
def test_a_machine_of_two_disks_has_both_at_both_boots(tiny: Estate, state: Path) -> None:
    """Out of an archive: its disks were on virtio and SCSI, and boot in their order on either controller."""
    dumped = asyncio.run(dump_estate(tiny.root.parent / f"dumped-{secrets.token_hex(4)}", tiny))
    state.mkdir(parents=True, exist_ok=True)
    config = dumped.config(state)
    ran = drverify(config, "drill", "run", "tiny", "--hardware", "kvm", "--json", within=500)
    record = came_up_twice(ran.json(), config, state)
    assert [(one["name"], one["bus"]) for one in record["machine"]["shape"]["disks"]] == [
        ("virtio0", "virtio"),
        ("scsi1", "virtio"),
    ]
    assert left_on_machine(state) == []


def test_systems_that_need_each_other_are_each_started_twice_in_their_order(
    tiny: Estate, state: Path
) -> None:
    """Who waits begins its first boot when what it needs is healthy on its last hardware."""
    with traversable_directory("staged-group") as root:
        shop = asyncio.run(tiers(root / "tiers", tiny))
        config = shop.config(state, ["database", "app"])
        folder = config.parent / "playbooks" / "hardware"
        folder.mkdir()
        (folder / "kvm.yaml").write_text(PROFILE)
        words = ("drill", "run", "--group", GROUP, "--hardware", "kvm", "--json")
        ran = drverify(config, *words, within=800)
        found = {one["plan"]["workload"]["name"]: one for one in json.loads(ran.out)}
        records = {name: came_up_twice(one, config, state) for name, one in found.items()}
        begun = {name: _began(record, "first-boot") for name, record in records.items()}
        assert begun["app"] >= max(one["settledMs"] for one in records["database"]["probes"])
        assert len({one["plan"]["group"]["run"] for one in found.values()}) == 1
        assert left_on_machine(state) == []


def _began(record: dict[str, Any], phase: str) -> int:
    return next(int(one["startedMs"]) for one in record["phases"] if one["name"] == phase)


MOVE = """\
version: 1
name: staged-move
target: {{host: local, hardware: kvm}}
systems:
  - workload: tiny
    source:
      access: {{address: 127.0.0.1, port: {port}, user: {user}, key: "file:{key}", host_key: "file:{host_key}"}}
    target: {{via: agent}}
groups:
  - {{name: one, workloads: [tiny], window: 15m}}
rollback: {{host: local, within: 15m}}
stabilisation: 7d
drills: 1
"""


@pytest.mark.usefixtures("profile")
def test_a_system_that_is_moved_is_compared_on_its_last_hardware_and_goes_back(
    config: Path, state: Path, tmp_path: Path
) -> None:
    """The source is this machine; what is looked at here is the target and the way back, of its second boot."""
    plan = tmp_path / "plan.yaml"
    with sshd(tmp_path) as source:
        known = {"port": source.port, "user": source.user, "key": source.key}
        plan.write_text(MOVE.format(**known, host_key=tmp_path / "host.pub"))
        found = drverify(config, "migrate", "verify", str(plan), "--json", within=800).json()
    (system,) = found["facts"]["systems"]
    (drill,) = system["drills"]
    assert (drill["recovery"]["outcome"], drill["cleanedUp"]) == ("MET", True), drill
    names = [one["name"] for one in drill["phases"]]
    assert names.index("first-boot") < names.index("shutdown") < names.index("boot")
    assert drill["recovery"]["tookMs"] > sum(
        one["tookMs"] for one in drill["phases"] if one["name"] in {"first-boot", "shutdown", "boot"}
    )
    read = {one["part"]: one["notRead"] for one in system["target"]["parts"]}
    assert read["system"] == "", "the copy was looked at"
    back = system["rollback"]
    assert back["recovery"]["outcome"] == "MET", system["noRollback"]
    assert {"first-boot", "shutdown"}.isdisjoint(one["name"] for one in back["record"]["phases"])
    assert left_on_machine(state) == []
