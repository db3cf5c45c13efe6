"""A first boot on SATA, then one on virtio, of a real guest: the way of a Windows, walked by the lab's Linux.

What only a Windows shows is whether it binds the driver of the spare disk; that its own disk stays the same
from one boot to the other, that it goes down in order and that both are measured apart, any system shows.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.estate.layout import Estate
from tests.support.estates import drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.soak,
    pytest.mark.timeout(600),
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


@pytest.mark.usefixtures("profile")
def test_a_system_is_started_on_sata_and_then_on_virtio(config: Path, state: Path) -> None:
    ran = drverify(config, "drill", "run", "tiny", "--hardware", "kvm", "--json", within=500)
    said = ran.json()
    record = said["record"]
    assert record["faults"] == record["defects"] == [], record["faults"]
    names = [one["name"] for one in record["phases"]]
    at = names.index("first-boot")
    assert names[at : at + 3] == ["first-boot", "shutdown", "boot"]
    assert all(one["tookMs"] > 0 for one in record["phases"][at : at + 3])
    assert [one["what"] for one in record["reworks"]] == ["first boot"]
    evidence = Path(said["evidence"]).parent
    kept = {one["name"]: (evidence / "artefacts" / "sha256" / one["sha256"]) for one in record["artefacts"]}
    first = kept["first-boot.log"].read_text(errors="replace")
    assert first.count("tiny: up") == kept["console.log"].read_text(errors="replace").count("tiny: up") == 1
    assert 'bus="virtio"' in kept["domain.xml"].read_text().replace("'", '"')
    assert 'bus="sata"' not in kept["domain.xml"].read_text().replace("'", '"')
    checked = drverify(config, "verify", str(evidence), "--trust", str(state / "runner.trust.json"))
    assert checked.code == 0, checked.out + checked.err
