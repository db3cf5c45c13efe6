"""Whose an archive is, by its notes, its time, and what tasks say; and when a volume is known to be gone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from drverify.adapters.proxmox import gone
from drverify.adapters.proxmox.archived import Archived
from drverify.adapters.proxmox.errors import StorageOffline
from drverify.adapters.proxmox.tasks import PAGE
from drverify.adapters.proxmox.values import Volume
from drverify.errors import TeardownError
from tests.support.pve_script import ACCESS, Said, client, said

ASKED = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
AT = int(ASKED.timestamp())
MARK = "drverify:0a1b2c3d 00"
FACTS = {
    "host": "pve", "node": "pve1", "vmid": "9000", "mark": MARK, "storage": "back",
    "asked": "2026-11-23T23:59:00Z",
}  # fmt: skip
OURS = "vzdump-qemu-9000-2026_11_23-23_59_02.vma.zst"
THEIRS = "vzdump-qemu-9000-2026_11_23-23_59_40.vma.zst"


def upid(start: int, user: str = "drill@pve!one") -> str:
    return f"UPID:pve1:00000001:00000001:{start:08X}:vzdump:9000:{user}:"


def tasks(*upids: str) -> Said:
    rows = [{"upid": one, "endtime": AT + 60, "status": "OK"} for one in upids]
    return said("/nodes/pve1/tasks", rows, source="all", limit=PAGE, vmid=9000, since=AT - 1)


def log(of: str, *lines: str) -> Said:
    path = f"/nodes/pve1/tasks/{of}/log".replace(":", "%3A").replace("@", "%40").replace("!", "%21")
    return said(path, [{"n": n, "t": line} for n, line in enumerate(lines, 1)], start=0, limit=PAGE)


def wrote(of: str, name: str) -> Said:
    return log(
        of,
        "INFO: Starting Backup of VM 9000 (qemu)",
        f"INFO: creating vzdump archive '/mnt/back/dump/{name}'",
    )


def holds(*volumes: tuple[str, str, int]) -> tuple[Said, Said]:
    made = [
        {"volid": f"back:backup/{name}", "notes": notes, "ctime": at, "vmid": 9000}
        for name, notes, at in volumes
    ]
    return (
        said("/nodes/pve1/storage/back/content", made, content="backup", vmid=9000),
        said("/nodes/pve1/storage/back/status", {"active": 1, "enabled": 1}),
    )


async def found(*answers: Said, **facts: str) -> list[str]:
    archived = Archived.of("pve:9000", FACTS | facts)
    volumes = await archived.volumes(client(*answers), ACCESS)
    return [one.volid.rpartition("/")[2] for one in volumes]


async def test_without_notes_the_file_that_our_task_wrote_is_ours_and_no_other_one() -> None:
    both = holds((OURS, "", AT + 2), (THEIRS, "", AT + 40))
    assert await found(*both, tasks(upid(AT + 2)), wrote(upid(AT + 2), OURS)) == [OURS]


async def test_a_task_counts_by_its_id_or_by_account_and_time() -> None:
    both = holds((OURS, "", AT + 2), (THEIRS, "", AT + 40))
    later, root = upid(AT + 40), upid(AT + 41, "root@pam")
    two = tasks(upid(AT + 2), later, root)
    said_so = (wrote(upid(AT + 2), OURS), wrote(later, THEIRS))
    assert await found(*both, two, *said_so, task=upid(AT + 2)) == [OURS]
    late = tasks(upid(AT + 400))
    with pytest.raises(TeardownError, match="nobody can tell"):
        await found(*both, late)


@pytest.mark.parametrize("answers", [(tasks(),), (tasks(upid(AT + 2)),)])
async def test_what_no_task_tells_of_any_more_is_left_alone_and_not_passed_over(
    answers: tuple[Said, ...],
) -> None:
    with pytest.raises(TeardownError, match=f"nobody can tell whether back:backup/{OURS} "):
        await found(*holds((OURS, "", AT + 2)), *answers)


async def test_a_task_that_wrote_nothing_has_no_archive() -> None:
    assert await found(*holds((THEIRS, "", AT + 40)), tasks(upid(AT)), log(upid(AT), "ERROR: full")) == []


async def test_what_was_there_before_or_has_notes_of_others_is_theirs_without_a_question() -> None:
    assert await found(*holds((THEIRS, "", AT - 7200), (OURS, MARK, AT))) == [OURS]
    hers = holds((OURS, "keep this one", AT + 2), (THEIRS, "nightly", AT + 40))
    with pytest.raises(TeardownError, match="nobody can tell"):
        await found(*hers, tasks(upid(AT + 2)), wrote(upid(AT + 2), OURS))


async def test_an_entry_of_an_earlier_version_knows_the_mark_alone() -> None:
    assert await found(*holds((THEIRS, "", AT + 40), (OURS, MARK, AT)), asked="") == [OURS]


async def test_an_empty_listing_of_a_storage_that_is_away_is_no_answer() -> None:
    answers = [holds()[0], said("/nodes/pve1/storage/back/status", {"active": 0, "enabled": 1})]
    with pytest.raises(StorageOffline, match="what lies on it is not known"):
        await found(*answers)


VOLUME = Volume(
    volid="back:backup/x", content="backup", format="", size=None, created=None, vmid=None, kind=None
)


@pytest.mark.parametrize(
    ("looks", "told", "left", "asked"),
    [
        ("..", True, (), 2),
        (".x..", True, (), 3),  # what was seen and removed needs no second look
        (".x..", False, (), 4),
        ("x.", True, (), 2),
        ("x.x..", False, (), 5),
        (".x.x.", False, ("back:backup/x",), 5),
        ("xxxxx", True, ("back:backup/x",), 5),
    ],
)
async def test_gone_is_what_the_node_removed_or_two_looks_did_not_find(
    monkeypatch: pytest.MonkeyPatch, looks: str, told: bool, left: tuple[str, ...], asked: int
) -> None:
    monkeypatch.setattr(gone, "PAUSE", 0)
    monkeypatch.setattr(gone, "APART", 0)
    seen = iter(looks)
    count = 0

    async def ours() -> Sequence[Volume]:
        nonlocal count
        count += 1
        return [VOLUME] if next(seen) == "x" else []

    class Storages:
        async def remove(self, node: str, volid: str) -> bool:
            return told

    class Pve:
        storages = Storages()

    pve: Any = Pve()
    assert (await gone.cleared(pve, "pve1", ours), count) == (left, asked)
