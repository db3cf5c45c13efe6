"""From a storage's listing to recovery points."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from drverify.adapters.proxmox.points import Place, matching, point_of, read_name, tag_value, zone_named
from drverify.adapters.proxmox.values import Volume
from drverify.model.recovery import PointFilter

BERLIN = ZoneInfo("Europe/Berlin")
PLACE = Place(storage="local", node="pve1", asked="pve1", zone=BERLIN)
VOLUME = Volume(
    volid="local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst",
    content="backup",
    format="vma.zst",
    size=123_456,
    created=datetime(2026, 10, 19, 0, 0, tzinfo=UTC),
    vmid=100,
    kind="qemu",
    notes="shop",
    protected=True,
)


def test_a_file_backup() -> None:
    point = point_of(VOLUME, PLACE, "cluster")
    assert point is not None
    assert point.id == VOLUME.volid
    assert (point.source, point.host, point.size_bytes) == ("cluster", "100", 123_456)
    assert point.consistent_as_of == datetime(2026, 10, 19, 0, 0, tzinfo=UTC)
    assert point.as_of_origin == "source-time"
    assert set(point.tags) == {
        "kind=qemu",
        "storage=local",
        "format=vma.zst",
        "verification=none",
        "node=pve1",
        "protected",
        "notes=shop",
    }
    assert tag_value(point, "notes") == "shop"
    assert tag_value(point, "absent") == ""


def test_a_snapshot_of_a_backup_server() -> None:
    volume = replace(
        VOLUME,
        volid="pbs:backup/ct/101/2026-10-19T02:00:00Z",
        format="pbs-ct",
        kind="lxc",
        vmid=101,
        encrypted="ab:cd",
        verification="failed",
        protected=False,
        notes="",
        created=None,
    )
    point = point_of(volume, Place(storage="pbs", node="", asked="pve1", zone=BERLIN), "cluster")
    assert point is not None
    assert point.consistent_as_of == datetime(2026, 10, 19, 2, 0, tzinfo=UTC)
    assert point.host == "101"
    assert set(point.tags) == {"kind=lxc", "storage=pbs", "format=pbs-ct", "verification=failed", "encrypted"}


@pytest.mark.parametrize("size", [None, 0, 1])
def test_a_backup_that_is_not_finished_is_no_point(size: int | None) -> None:
    assert point_of(replace(VOLUME, size=size), PLACE, "cluster") is None


def test_a_local_time_that_came_twice_counts_as_the_earlier_one() -> None:
    volume = replace(VOLUME, volid="local:backup/vzdump-qemu-100-2026_10_25-02_30_00.vma.zst")
    point = point_of(volume, PLACE, "cluster")
    assert point is not None
    assert point.consistent_as_of == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert "as-of=ambiguous" in point.tags
    named = read_name(volume.volid, BERLIN)
    assert named is not None
    assert named.instants == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    )


def test_a_local_time_that_never_was_is_taken_for_the_earlier_one() -> None:
    named = read_name("local:backup/vzdump-qemu-100-2026_03_29-02_30_00.vma.zst", BERLIN)
    assert named is not None
    assert named.instants[0] == datetime(2026, 3, 29, 0, 30, tzinfo=UTC)


def test_without_a_zone_the_listing_nodes_reading_counts_and_is_marked() -> None:
    point = point_of(VOLUME, replace(PLACE, zone=None), "cluster")
    assert point is not None
    assert point.consistent_as_of == VOLUME.created
    assert "as-of=listed" in point.tags
    assert point_of(replace(VOLUME, created=None), replace(PLACE, zone=None), "cluster") is None


def test_a_name_of_somebody_elses_counts_with_what_the_api_says() -> None:
    volume = replace(VOLUME, volid="local:backup/before-the-upgrade.vma.zst")
    point = point_of(volume, PLACE, "cluster")
    assert point is not None
    assert (point.host, point.consistent_as_of) == ("100", VOLUME.created)
    assert point_of(replace(volume, vmid=None), PLACE, "cluster") is None


@pytest.mark.parametrize(
    "volid",
    [
        "local:iso/debian.iso",
        "local:backup/vzdump-qemu-100-2026_13_19-02_00_00.vma.zst",
        "local:backup/vzdump-qemu-0100-2026_10_19-02_00_00.vma.zst",
        "local:backup/vzdump-qemu-99-2026_10_19-02_00_00.vma.zst",
        "local:backup/vzdump-qemu-100-2026_10_19-02_00_00.vma.zst.notes",
        "pbs:backup/vm/100/2026-10-19T02:00:00",
        "pbs:backup/host/100/2026-10-19T02:00:00Z",
        "nonsense",
        "",
    ],
)
def test_names_that_vzdump_does_not_give(volid: str) -> None:
    assert read_name(volid, UTC and BERLIN) is None


def test_notes_are_bounded_and_printable() -> None:
    point = point_of(replace(VOLUME, notes="\x1b[31m" + "n" * 500), PLACE, "cluster")
    assert point is not None
    assert tag_value(point, "notes") == "[31m" + "n" * 116


def test_filters_order_and_duplicates() -> None:
    names = ("qemu-100-2026_10_19", "qemu-100-2026_10_20", "lxc-101-2026_10_18")
    volumes = [
        replace(
            VOLUME,
            volid=f"local:backup/vzdump-{name}-02_00_00.{'tar.zst' if 'lxc' in name else 'vma.zst'}",
            protected=name.endswith("20"),
        )
        for name in names
    ]
    points = [
        point for volume in [*volumes, volumes[0]] if (point := point_of(volume, PLACE, "c")) is not None
    ]
    assert [one.host for one in matching(points, PointFilter())] == ["100", "100", "101"]
    assert len(matching(points, PointFilter(host="100"))) == 2
    assert [one.consistent_as_of.day for one in matching(points, PointFilter(host="100"))] == [20, 19]
    assert len(matching(points, PointFilter(tags=("protected", "kind=qemu")))) == 1
    assert [one.host for one in matching(points, PointFilter(path="lxc/101"))] == ["101"]
    assert matching(points, PointFilter(host="102")) == ()


def test_zones() -> None:
    assert zone_named("Europe/Berlin") == BERLIN
    assert zone_named("") is None
    assert zone_named("Nowhere/Land") is None
    assert zone_named("../etc/passwd") is None
