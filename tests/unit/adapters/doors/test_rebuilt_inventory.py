"""A machine that is rebuilt from its files, as an inventory states it: read, written, or refused."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_inventory
from drverify.errors import InputError
from drverify.model.layout import Layout, PlannedFileSystem
from drverify.model.recovery import SystemFiles
from lab.estate.layout import Estate, make_directories, write_inventory
from lab.estate.metal import workloads

GOOD = """\
version: 1
workloads:
  - name: web02
    source: main
    points: {host: web02}
    payload:
      kind: system-files
      guest:
        memory_mib: 2048
        vcpus: 2
        firmware: uefi
        disks: [{name: disk0, bus: virtio, size_bytes: 21474836480}]
        networks:
          - {name: lan, subnet: 10.20.0.0/24, gateway: 10.20.0.1, dns: 10.20.0.2, address: 10.20.0.12}
      layout:
        file_systems:
          - {at: /boot/efi, kind: vfat, size_bytes: 268435456}
          - {at: /}
    playbook: linux-server
    protected_since: 2026-01-05T00:00:00Z
"""


def test_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text(GOOD)
    (found,) = load_inventory(tmp_path / "i.yaml")
    assert isinstance(found.payload, SystemFiles)
    assert found.payload.path == "/"
    assert found.payload.layout == Layout(
        file_systems=(
            PlannedFileSystem(at="/boot/efi", kind="vfat", size_bytes=1 << 28),
            PlannedFileSystem(at="/"),
        )
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{at: /}", "{at: /srv}", "i.yaml:15: workloads[0].payload.layout: expected a file system at /"),
        ("kind: vfat, ", "", "expected a partition of kind vfat at /boot/efi for UEFI firmware"),
        (
            "{at: /}",
            "{at: /}\n          - {at: /srv}",
            "one file system at most without a size, found /, /srv",
        ),
        (", size_bytes: 21474836480", "", "expected the guest's disks with their sizes"),
        (
            "address: 10.20.0.12",
            "address: 10.9.0.1",
            "payload.guest.networks[0].address: expected an address in",
        ),
    ],
)
def test_what_cannot_be_laid_out_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    (tmp_path / "i.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_inventory(tmp_path / "i.yaml")
    assert said in str(caught.value)


def test_the_labs_comes_back_as_it_was(tmp_path: Path) -> None:
    estate = Estate(root=tmp_path, register=tmp_path / "r", playbooks=tmp_path / "p")
    make_directories(estate)
    written = workloads(estate, since=datetime(2026, 11, 23, tzinfo=UTC))
    write_inventory(estate, written)
    assert load_inventory(estate.inventory) == written
