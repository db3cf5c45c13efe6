"""Hardware profiles: the shipped ones, and what is wrong with others."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from drverify.adapters.doors import schema
from drverify.adapters.doors.hardware import HardwareShelf, load_hardware
from drverify.adapters.doors.yaml import load
from drverify.errors import InputError

SHIPPED = {
    "virtio-q35",
    "sata-pc",
    "scsi-server",
    "proxmox-scsi",
    "uefi-virtio",
    "small-host",
    "windows-virtio",
}


def test_the_shipped_ones_load_and_validate(checkout: Path) -> None:
    validator = Draft202012Validator(json.loads((schema.FOLDER / "hardware.schema.json").read_text()))
    paths = sorted((checkout / "playbooks" / "hardware").glob("*.yaml"))
    assert {path.stem for path in paths} == SHIPPED
    for path in paths:
        assert load_hardware(path).description
        assert not list(validator.iter_errors(load(path).data))


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("disk_bus: usb", "disk_bus"),
        ("disk_sizes: [1000001]", "disk_sizes"),
        ("memory_mib: 0", "memory_mib"),
        ("cpu_model: Nehalem,+vmx", "cpu_model"),
        ("first_boot: sata", "first_boot: expected another controller as disk_bus"),
        ("first_boot: sata\ndisk_bus: sata", "first_boot: expected another controller as disk_bus"),
        ("first_boot: usb\ndisk_bus: virtio", "first_boot"),
        ("disk_bus: sata\nscsi_controller: lsi", "expected none beside disk_bus: sata"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: str, complaint: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(f"version: 1\nname: mine\n{line}\n")
    with pytest.raises(InputError, match=complaint) as refused:
        load_hardware(path)
    assert "mine.yaml:" in str(refused.value)


def test_the_operators_own_come_first_and_have_the_name_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "sata-pc.yaml").write_text("version: 1\nname: sata-pc\nvcpus: 3\n")
    (tmp_path / "mine.yaml").write_text("version: 1\nname: other\n")
    shelf = HardwareShelf(tmp_path)
    assert shelf.files().keys() == SHIPPED | {"mine"}
    assert shelf.load("sata-pc").vcpus == 3
    with pytest.raises(InputError, match="expected the file's own name, mine"):
        shelf.all()
    with pytest.raises(InputError, match="no hardware profile 'toaster'") as refused:
        shelf.load("toaster")
    assert "scsi-server" in refused.value.hint
