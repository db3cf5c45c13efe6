from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.adapters.doors.inventory import load_copies, load_inventory
from drverify.errors import InputError
from drverify.model.recovery import DiskImage, FileSet, PointFilter, WholeMachine, as_copied

GOOD = """\
version: 1
workloads:
  - name: shop
    source: depot
    points: {host: shop, tags: [nightly]}
    payload:
      kind: disk-image
      path: /shop.raw
      guest:
        memory_mib: 1024
        vcpus: 1
        networks:
          - {name: prod, subnet: 10.20.0.0/24, gateway: 10.20.0.1, dns: 10.20.0.1, address: 10.20.0.10}
    playbook: postgres-web.yaml
    protected_since: 2025-01-01T00:00:00Z
    variables: {address: 10.20.0.10, port: 5432}
  - name: files
    source: depot
    points: {}
    payload: {kind: file-set, path: /srv}
    playbook: file-set.yaml
    protected_since: 2025-01-01T00:00:00+01:00
  - name: vm
    source: cluster
    host: cluster
    points: {host: "100"}
    payload: {kind: machine}
    playbook: postgres-web.yaml
    protected_since: 2025-01-01T00:00:00Z
"""


def complaints(folder: Path, old: str, new: str) -> str:
    assert old in GOOD
    (folder / "i.yaml").write_text(GOOD.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_inventory(folder / "i.yaml")
    return str(caught.value).replace(f"{folder}/", "")


def test_reads_workloads(tmp_path: Path) -> None:
    (tmp_path / "i.yaml").write_text(GOOD)
    shop, files, machine = load_inventory(tmp_path / "i.yaml")
    assert isinstance(shop.payload, DiskImage)
    assert shop.payload.guest.networks[0].address == "10.20.0.10"
    assert shop.variables == (("address", "10.20.0.10"), ("port", "5432"))
    assert isinstance(files.payload, FileSet)
    assert (machine.payload, machine.host) == (WholeMachine(), "cluster")
    assert files.protected_since == datetime(2024, 12, 31, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("name: files", "name: shop", "i.yaml:17: workloads[1].name: expected each name once, found shop again"),
        ("address: 10.20.0.10}", "address: 10.21.0.10}", "i.yaml:13: workloads[0].payload.guest.networks[0].address: expected an address in 10.20.0.0/24, found 10.21.0.10"),
        ("10.20.0.0/24", "10.20.0.1/24", "i.yaml:13: workloads[0].payload.guest.networks[0].subnet: expected a network such as"),
        ("kind: file-set", "kind: fileset", "i.yaml:20: workloads[1].payload: expected a kind out of disk-image, file-set, machine, system-files; found fileset (did you mean file-set?)"),
        ("2025-01-01T00:00:00Z", "2025-01-01", "i.yaml:15: workloads[0].protected_since: expected an instant such as 2025-01-31T12:00:00Z, found the date 2025-01-01"),
        ("2025-01-01T00:00:00Z", "2025-01-01T00:00:00", "i.yaml:15: workloads[0].protected_since: expected an instant with a zone"),
        ("memory_mib: 1024", "memory: 1024", "i.yaml:10: workloads[0].payload.guest.memory: unknown key memory (did you mean memory_mib?)"),
        ('host: "100"', "host: web", "i.yaml:26: workloads[2].points.host: expected the number of the machine (its VMID), as text"),
        ("vcpus: 1", "vcpus: 1\n        disks: [{name: a, bus: scsi}, {name: b, bus: scsi}]", "i.yaml:12: workloads[0].payload.guest.disks: expected one disk at most"),
        ("port: 5432}", "port: true}", "i.yaml:16: workloads[0].variables.port: expected text, found true"),
    ],
)  # fmt: skip
def test_says_where(tmp_path: Path, old: str, new: str, line: str) -> None:
    assert line in complaints(tmp_path, old, new)


def test_further_copies_by_workload_and_what_is_wrong_with_them(tmp_path: Path) -> None:
    path = tmp_path / "i.yaml"
    text = (
        GOOD
        + "copies:\n  - {workload: shop, source: vault}\n  - {workload: shop, source: tape, points: {host: s}}\n"
    )
    path.write_text(text)
    found = load_copies(path)
    assert [one.source for one in found["shop"]] == ["vault", "tape"]
    shop = load_inventory(path)[0]
    first, second = (as_copied(shop, one) for one in found["shop"])
    assert (first.source, first.points, first.payload) == ("vault", shop.points, shop.payload)
    assert second.points == PointFilter(host="s")
    for old, new, said in (
        (
            "workload: shop, source: vault",
            "workload: shap, source: vault",
            "expected a workload of this inventory",
        ),
        ("source: tape", "source: vault", "expected another source"),
    ):
        path.write_text(text.replace(old, new))
        with pytest.raises(InputError, match=said):
            load_copies(path)
