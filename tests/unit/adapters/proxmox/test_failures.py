"""Failed backups out of a cluster's task history, and what is not known without the right to see it."""

from datetime import UTC, datetime, timedelta

from drverify.adapters.proxmox.failures import LONGEST, PIECE, failures
from drverify.adapters.proxmox.tasks import PAGE
from drverify.adapters.proxmox.values import Node
from tests.support.pve_script import Said, client, said

NOW = datetime(2026, 10, 20, 6, tzinfo=UTC)
SINCE = NOW - timedelta(days=31)
RIGHTS = said("/access/permissions", {"/nodes/pve1": {"Sys.Audit": 1}}, path="/nodes/pve1")

PVE1 = Node(name="pve1", online=True)


def upid(number: int, vmid: str) -> str:
    return f"UPID:pve1:0000{number:04X}:00000001:{int(NOW.timestamp()) - number:08X}:vzdump:{vmid}:root@pam:"


def listed(*rows: tuple[int, str, str], **more: int) -> Said:
    made = [
        {"upid": upid(number, vmid), "endtime": int(NOW.timestamp()), "status": status}
        for number, vmid, status in rows
    ]
    since = int(SINCE.timestamp())
    return said("/nodes/pve1/tasks", made, source="all", limit=PAGE, typefilter="vzdump", since=since, **more)


def log(number: int, vmid: str, *lines: str, start: int = 0) -> Said:
    path = f"/nodes/pve1/tasks/{upid(number, vmid)}/log".replace(":", "%3A").replace("@", "%40")
    return said(path, [{"n": n, "t": line} for n, line in enumerate(lines, 1)], start=start, limit=PIECE)


async def test_each_guest_of_a_job_that_failed_is_told_with_the_clusters_words() -> None:
    pve = client(
        RIGHTS,
        listed((1, "", "job errors"), (2, "100", "OK"), (3, "105", "unexpected status")),
        log(
            1,
            "",
            "INFO: Starting Backup of VM 100 (qemu)",
            "INFO: Finished Backup of VM 100 (00:00:10)",
            "ERROR: Backup of VM 101 failed - no space left on device",
            "ERROR: Backup of CT 102 failed - CT is locked (snapshot)",
            "INFO: Backup job finished with errors",
        ),
        log(3, "105"),
    )
    told = await failures(pve, "cluster", [PVE1], SINCE)
    assert told.untold == ()
    found = told.failed
    assert {(one.host, one.why) for one in found} == {
        ("101", "no space left on device"),
        ("102", "CT is locked (snapshot)"),
        ("105", "unexpected status"),
    }
    assert {(one.place, one.what, one.at) for one in found} == {("cluster", "backup task on node pve1", NOW)}


async def test_an_account_that_is_shown_its_own_tasks_only_knows_of_no_failure() -> None:
    pve = client(said("/access/permissions", {"/nodes/pve1": {"VM.Backup": 1}}, path="/nodes/pve1"))
    told = await failures(pve, "cluster", [PVE1], SINCE)
    assert told.failed == ()
    assert "own tasks only: it needs Sys.Audit on /nodes/pve1" in told.untold[0]


async def test_a_node_that_cannot_be_asked_is_named_and_hides_no_other() -> None:
    pve = client(RIGHTS, listed((1, "101", "job errors")), log(1, "101"))
    nodes = [Node(name="pve0", online=False), PVE1, Node(name="pve2", online=True)]
    told = await failures(pve, "cluster", nodes, SINCE)
    assert [one.host for one in told.failed] == ["101"]
    assert [line.split(",")[0].split(" with")[0] for line in told.untold] == [
        "node pve0 is offline",
        "GET /access/permissions",
    ]


async def test_what_stands_behind_a_full_page_is_told_too() -> None:
    """A task came while the first page was read, and moved the others on."""
    first = [(number, "100", "OK") for number in range(PAGE)]
    pve = client(
        RIGHTS,
        listed(*first),
        listed(first[-1], (PAGE, "101", "job errors"), start=PAGE),
        log(PAGE, "101", "ERROR: Backup of VM 101 failed - full"),
    )
    told = await failures(pve, "cluster", [PVE1], SINCE)
    assert [(one.host, one.why) for one in told.failed] == [("101", "full")]
    assert told.untold == ()


async def test_a_node_that_does_not_page_is_not_believed() -> None:
    full = [(number, "100", "OK") for number in range(PAGE)]
    told = await failures(client(RIGHTS, listed(*full), listed(*full, start=PAGE)), "cluster", [PVE1], SINCE)
    assert told.failed == ()
    assert "the same 500 tasks again" in told.untold[0]


async def test_a_long_log_is_read_to_its_end_or_said_not_to_be() -> None:
    idle = ("INFO: 1%",) * PIECE
    job = listed((1, "", "job errors"))
    last = log(1, "", "ERROR: Backup of VM 101 failed - full", start=PIECE)
    told = await failures(client(RIGHTS, job, log(1, "", *idle), last), "cluster", [PVE1], SINCE)
    assert ([one.host for one in told.failed], told.untold) == (["101"], ())
    endless = [log(1, "", *idle, start=start) for start in range(0, LONGEST, PIECE)]
    told = await failures(client(RIGHTS, job, *endless), "cluster", [PVE1], SINCE)
    assert [one.host for one in told.failed] == [""]
    assert "its log is longer than 200000 lines" in told.untold[0]
