"""What a cluster knows about its guests' backups, as facts."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from drverify.adapters.proxmox.inventory import covers, facts, kept_for, survey
from drverify.adapters.proxmox.settings import SourceSettings
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.adapters.proxmox.values import BackupJob, GuestEntry
from drverify.model.quantity import Quantity
from tests.support.pve_script import ACCESS, Said, no_secret, refused, said, scripted

JOB = BackupJob(
    id="nightly", enabled=True, everything=True, vmids=frozenset(), excluded=frozenset({103}), pool="", node="",
    storage="nas", schedule="02:00", next_run=None, mode="snapshot", keep="keep-daily=7,keep-weekly=4",
)  # fmt: skip
GUEST = GuestEntry(vmid=100, kind="qemu", node="pve1", name="shop", status="running", pool="prod")


def guest(vmid: int, name: str, **more: Any) -> dict[str, Any]:
    return {"vmid": vmid, "name": name, "type": "qemu", "node": "pve1", "status": "running", **more}


def backup(vmid: int, day: int, **more: Any) -> dict[str, Any]:
    return {
        "volid": f"nas:backup/vzdump-qemu-{vmid}-2026_10_{day:02}-02_00_00.vma.zst",
        "format": "vma.zst", "content": "backup", "size": 1000, "vmid": vmid, "ctime": 1, **more,
    }  # fmt: skip


GUESTS = said(
    "/cluster/resources",
    [
        guest(100, "shop.example.org"),
        guest(101, "broken"),
        guest(102, "forgotten"),
        guest(103, "excluded"),
        guest(104, "secret"),
        guest(109, "template", template=1),
        {"type": "storage", "id": "storage/nas"},
    ],
    type="vm",
)
JOBS = said(
    "/cluster/backup",
    [
        {
            "id": "nightly",
            "all": 1,
            "exclude": "103",
            "schedule": "02:00",
            "prune-backups": {"keep-daily": "7"},
        }
    ],
)
ENTRIES: tuple[Said, ...] = (
    GUESTS,
    JOBS,
    said("/cluster/backup-info/not-backed-up", [{"vmid": vmid, "type": "qemu"} for vmid in (102, 103)]),
    said("/nodes", [{"node": "pve1", "status": "online"}]),
    said("/nodes/pve1/time", {"time": 1, "timezone": "UTC"}),
    said("/nodes/pve1/storage", [{"storage": "nas", "active": 1, "shared": 1}], content="backup"),
    said("/access/permissions", {"/storage/nas": {"Datastore.AllocateSpace": 1}}, path="/storage/nas"),
    *(
        said("/access/permissions", {f"/vms/{vmid}": {"VM.Backup": 1}}, path=f"/vms/{vmid}")
        for vmid in (100, 101, 102, 103)
    ),
    said("/access/permissions", {"/vms/104": {"VM.Audit": 1}}, path="/vms/104"),
    said(
        "/nodes/pve1/storage/nas/content",
        [
            backup(100, 18),
            backup(100, 19),
            backup(100, 20, verification={"state": "failed"}),
            backup(101, 19, verification={"state": "failed"}),
        ],
        content="backup",
    ),
)


def source(*entries: Said) -> ProxmoxSource:
    return ProxmoxSource(SourceSettings(name="cluster", access=ACCESS), no_secret, wire=scripted(*entries))


async def test_guests_with_their_backups_and_jobs() -> None:
    found = {one.guest.name: one for one in await survey(source(*ENTRIES))}
    assert set(found) == {"shop.example.org", "broken", "forgotten", "excluded", "secret"}
    shop = found["shop.example.org"]
    assert shop.newest is not None
    assert shop.newest.consistent_as_of.day == 19
    assert shop.bad == 1
    assert [job.id for job in shop.jobs or ()] == ["nightly"]
    assert found["broken"].newest is None
    assert found["excluded"].jobs == ()
    assert found["forgotten"].jobs == ()  # the cluster itself says so
    assert "VM.Backup on /vms/104 is missing" in found["secret"].unknown
    assert found["forgotten"].unknown == ""


async def test_facts_say_what_is_known_and_no_more() -> None:
    found = {one.name: one for one in await facts(source(*ENTRIES))}
    shop = found["shop.example.org"]
    assert (shop.kind, shop.backed_up, shop.schedule) == ("vm", True, "02:00")
    assert shop.aliases == ("shop", "VM 100")
    assert shop.interval == Quantity(value=Decimal(1), unit="day")
    assert shop.retention == Quantity(value=Decimal(7), unit="day")
    assert "1 found damaged" in shop.description
    assert found["broken"].backed_up is False
    assert found["forgotten"].backed_up is False
    assert found["secret"].backed_up is None
    assert (found["excluded"].interval, found["excluded"].schedule) == (None, "")
    assert "in no backup job" in found["excluded"].description


async def test_without_the_right_to_see_jobs_no_schedule_is_claimed() -> None:
    denied = refused("/cluster/backup", 403, "Permission check failed (/, Sys.Audit)")
    found = await facts(source(denied, *(one for one in ENTRIES if one["path"] != "/cluster/backup")))
    assert {one.interval for one in found} == {None}
    assert "backup jobs could not be looked at" in found[0].description
    assert found[0].backed_up is True


@pytest.mark.parametrize(
    ("job", "covered"),
    [
        ({}, True),
        ({"enabled": False}, False),
        ({"node": "pve2"}, False),
        ({"node": "pve1"}, True),
        ({"excluded": frozenset({100})}, False),
        ({"everything": False}, False),
        ({"everything": False, "vmids": frozenset({100})}, True),
        ({"everything": False, "pool": "prod"}, True),
        ({"everything": False, "pool": "test"}, False),
    ],
)
def test_which_guests_a_job_covers(job: dict[str, Any], covered: bool) -> None:
    values = {name: getattr(JOB, name) for name in JOB.__slots__}
    assert covers(BackupJob(**{**values, **job}), GUEST) is covered


@pytest.mark.parametrize(
    ("keep", "every", "reach"),
    [
        ("keep-daily=7,keep-weekly=4", timedelta(days=1), timedelta(days=28)),
        ("keep-last=3", timedelta(hours=6), timedelta(hours=18)),
        ("keep-last=3", None, None),
        ("keep-last=90,keep-daily=7", timedelta(days=1), timedelta(days=90)),
        ("keep-monthly=12", None, timedelta(days=336)),
        ("keep-all=1", timedelta(days=1), None),
        ("keep-all=0,keep-yearly=2", None, timedelta(days=730)),
        ("keep-daily=0", timedelta(days=1), None),
        ("", timedelta(days=1), None),
    ],
)
def test_how_far_back_backups_reach(keep: str, every: timedelta | None, reach: timedelta | None) -> None:
    assert kept_for(keep, every) == reach
