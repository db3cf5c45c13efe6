"""One machine on two kinds of hardware: one that it can drive, and one that it cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.estate.layout import Estate
from tests.support.estates import Ran, drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.soak,
    pytest.mark.timeout(900),
]
PC = """version: 1
name: pc
disk_bus: sata
nic_model: e1000e
cpu_model: Nehalem
disk_sizes: [268435456, 16777216]
adapt: false
"""
SERVER = """version: 1
name: server
disk_bus: scsi
scsi_controller: lsi
adapt: false
"""
UNKNOWN = "version: 1\nname: unknown\ncpu_model: Nehalum\nadapt: false\n"


@pytest.fixture
def profiles(tiny: Estate) -> Iterator[None]:
    """Also limits that a busy machine keeps: without KVM this hardware takes a multiple of virtio's time."""
    folder = tiny.playbooks / "hardware"
    folder.mkdir(exist_ok=True)
    playbook = tiny.playbooks / "tiny.yaml"
    quick = playbook.read_text()
    slow = quick.replace("boot_stall: 45s", "boot_stall: 150s").replace("healthy: 75s", "healthy: 5m")
    assert slow != quick
    playbook.write_text(slow)
    for name, text in (("pc", PC), ("server", SERVER), ("unknown", UNKNOWN)):
        (folder / f"{name}.yaml").write_text(text)
    yield
    playbook.write_text(quick)


def drill(config: Path, *words: str) -> Ran:
    return drverify(config, "drill", "run", "tiny", *words, within=800)


@pytest.mark.usefixtures("profiles")
def test_a_table_says_on_which_it_worked(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "220")
    ran = drill(config, "--hardware", "pc", "--hardware", "server", "--hardware", "unknown")
    assert ran.code == 11, ran.out + ran.err
    assert "MISSED" not in ran.out
    head, _, table = ran.out.rpartition("On other hardware")
    rows = {line.split()[1]: line for line in table.splitlines() if "│" in line and line.split()[1:]}
    assert "yes" in rows["pc"]
    assert "no: probe" in rows["server"]
    assert "Nehalum" in table
    assert "disks: disk grown from 56 to 256 MiB" in table
    assert head.count("hardware   ") == 3
    assert "on hardware server, which is not the system's own" in " ".join(head.split())


@pytest.mark.usefixtures("profiles")
def test_its_evidence_verifies_and_names_the_hardware(config: Path, state: Path) -> None:
    said = drill(config, "--hardware", "pc", "--json").json()
    assert said["plan"]["hardware"]["name"] == "pc"
    assert {one["what"] for one in said["record"]["reworks"]} == {"disks"}
    evidence = Path(said["evidence"]).parent
    checked = drverify(config, "verify", str(evidence), "--trust", str(state / "runner.trust.json"))
    assert checked.code == 0, checked.out + checked.err


@pytest.mark.usefixtures("profiles")
def test_a_kernel_without_the_disks_driver_is_named_and_nobodys_breach(tiny: Estate, config: Path) -> None:
    playbook = tiny.playbooks / "tiny.yaml"
    given = playbook.read_text()
    playbook.write_text(given.replace("boot_stall: 150s", "boot_stall: 60s") + "inspect: true\n")
    try:
        ran = drill(config, "--hardware", "server", "--json")
    finally:
        playbook.write_text(given)
    assert ran.code == 11, ran.err
    record = ran.json()["record"]
    (found,) = record["inspection"]["findings"]
    assert (found["trouble"], found["fault"]) == ("kernel-without-the-disks-driver", "hardware")
    assert "sym53c8xx is not in its initramfs nor in itself" in found["what"]
    assert record["faults"] == record["defects"] == []
    assert {ran.verdicts()[name]["outcome"] for name in ("rto", "application-validation")} == {"UNPROVEN"}


@pytest.mark.usefixtures("profiles")
def test_what_makes_no_sense_is_refused_before_anything_is_begun(config: Path) -> None:
    for words, said in (
        (("--hardware", "toaster"), "no hardware profile 'toaster'"),
        (("--hardware", "pc", "--hardware", "pc"), "named twice"),
        (("--hardware", "pc", "--slot", "2026Q4/tiny/01"), "for the workload on its own hardware"),
        (("--hardware", "pc", "--mode", "instant"), "--mode full only"),
        (("--hardware", "pc", "--hardware", "server", "--keep"), "leaves one sandbox"),
    ):
        ran = drill(config, *words)
        assert (ran.code, said in ran.err) == (2, True), ran.err
    listed = drverify(config, "hardware", "list")
    assert listed.code == 0
    assert {"pc", "server", "scsi-server"} <= {line.split()[0] for line in listed.out.splitlines()[1:]}
    assert "Nehalem" in drverify(config, "hardware", "show", "pc").out
