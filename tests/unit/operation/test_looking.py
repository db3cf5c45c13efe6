"""What is told of an estate when its sources are asked."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from drverify.model.standing import FailedBackup, ToldFailures
from drverify.operation import looking
from drverify.settings import Adapter

AT = datetime(2026, 11, 23, tzinfo=UTC)


class Telling:
    async def failures(self, since: datetime, now: datetime) -> ToldFailures:
        del since, now
        made = (
            FailedBackup(place="pve", host=host, at=AT, what="backup task", why="no space")
            for host in ("100", "9001", "9100", "9002", "")
        )
        return ToldFailures(failed=tuple(made), untold=("node pve2 is offline",))


async def test_a_drills_guest_that_could_not_be_dumped_is_no_failed_backup(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(looking, "TellingSource", Telling)
    hosts = {
        "cluster": Adapter(kind="proxmox", vmids=[9000, 9099]),
        "here": Adapter(kind="libvirt", vmids=[1, 9999]),
    }
    workshop: Any = SimpleNamespace(source=lambda _: Telling(), settings=SimpleNamespace(hosts=hosts))
    own: Any = [SimpleNamespace(name="odd", points=SimpleNamespace(host="9002"))]
    found = await looking._failures(workshop, "pve", own, (), AT)
    assert found.untold == ("node pve2 is offline",)
    assert [(one.host, one.workload) for one in found.failed] == [
        ("100", ""),
        ("9100", ""),
        ("9002", "odd"),
        ("", ""),
    ]
