"""Tasks: submitted once, followed to the end, found again, stopped."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from drverify.adapters.proxmox.errors import (
    DamagedArchive,
    LockTimeout,
    NodeUnreachable,
    NotThere,
    OutcomeUnknown,
    TaskFailed,
)
from drverify.adapters.proxmox.tasks import PAGE, Following, Submission, TaskResult, Upid
from drverify.adapters.proxmox.upids import KEPT_LINES, TaskProgress
from drverify.errors import DeadlineError
from tests.support.pve_script import Said, lost, refused, said, scripted, tasks

UPID = Upid("UPID:pve1:00000001:00000001:6553F100:qmrestore:9100:drill@pve!one:")
OLDER = Upid("UPID:pve1:00000002:00000001:6553F000:qmrestore:9100:drill@pve!one:")
QUOTED = UPID.replace(":", "%3A").replace("@", "%40").replace("!", "%21")
TASK = f"/nodes/pve1/tasks/{QUOTED}"
RESTORE = Submission(
    node="pve1",
    method="POST",
    path=("nodes", "pve1", "qemu"),
    params={"vmid": 9100},
    kind="qmrestore",
    id="9100",
)


def listed(*upids: str) -> Said:
    rows = [{"upid": upid, "starttime": 1_700_000_000, "status": ""} for upid in upids]
    return said("/nodes/pve1/tasks", rows, source="all", limit=PAGE, vmid=9100, typefilter="qmrestore")


def post(data: Any = UPID) -> Said:
    return said("/nodes/pve1/qemu", data, method="POST", vmid=9100)


def state(status: str, exit_status: str = "") -> Said:
    return said(f"{TASK}/status", {"status": status, **({"exitstatus": exit_status} if exit_status else {})})


def log(*lines: str, start: int = 0) -> Said:
    rows = [{"n": start + turn, "t": line} for turn, line in enumerate(lines, 1)]
    return said(f"{TASK}/log", rows, start=start, limit=PAGE)


def ended(exit_status: str, *lines: str) -> tuple[Said, ...]:
    return state("stopped", exit_status), log(*lines)


class Heard:
    """What the callbacks were told."""

    def __init__(self) -> None:
        self.upids: list[Upid] = []
        self.lines: list[str] = []
        self.progress: list[TaskProgress] = []

    def following(self, **more: Any) -> Following:
        return Following(
            announce=self.upids.append,
            on_lines=self.lines.extend,
            on_progress=self.progress.append,
            **more,
        )


async def test_a_task_is_followed_to_its_end() -> None:
    wire = scripted(
        listed(),
        post(),
        state("running"),
        state("running"),
        state("stopped", "OK"),
        log("new volume ID is 'drill:vm-9100-disk-0'"),
        log("progress 50% (read 512 bytes, duration 1 sec)", "progress 51% (read 520 bytes, duration 1 sec)", start=1),
        log("TASK OK", start=3),
        log(start=4),
    )  # fmt: skip
    heard = Heard()
    result = await tasks(wire).run(RESTORE, heard.following())
    assert (result.upid, result.outcome, result.found_again) == (UPID, "ok", False)
    assert heard.upids == [UPID]
    assert tuple(heard.lines) == result.log
    assert result.log[0].startswith("new volume")
    assert result.log[-1] == "TASK OK"
    assert heard.progress == [TaskProgress(percent=51, done=520, seconds=1)]


async def test_an_empty_log_has_no_lines() -> None:
    wire = scripted(listed(), post(), state("stopped", "OK"), log("no content"))
    assert (await tasks(wire).run(RESTORE)).log == ()


async def test_warnings_are_an_outcome_of_their_own() -> None:
    wire = scripted(listed(), post(), *ended("WARNINGS: 1", "WARN: a disk was left", "TASK WARNINGS: 1"))
    result = await tasks(wire).run(RESTORE)
    assert result.outcome == "warnings"
    assert result.warnings == ("WARN: a disk was left",)


@pytest.mark.parametrize(
    ("exit_status", "lines", "kind"),
    [
        ("can't lock file '/var/lock/qemu-server/lock-9100.conf' - got timeout", (), LockTimeout),
        ("command 'set -o pipefail' failed: exit code 1", ("vma: short vma extent",), DamagedArchive),
        ("unexpected status", (), TaskFailed),
        ("", (), TaskFailed),
        ("start failed: QEMU exited with code 1", (), TaskFailed),
    ],
)
async def test_a_failed_task_raises_with_id_and_log(
    exit_status: str, lines: tuple[str, ...], kind: type[TaskFailed]
) -> None:
    wire = scripted(listed(), post(), *ended(exit_status, *lines, "TASK ERROR"))
    with pytest.raises(kind) as caught:
        await tasks(wire).run(RESTORE)
    assert caught.value.upid == UPID
    assert caught.value.log == (*lines, "TASK ERROR")
    assert caught.value.__notes__[-1] == "TASK ERROR"


async def test_what_the_api_refuses_makes_no_task() -> None:
    wire = scripted(
        listed(), refused("/nodes/pve1/qemu", 500, "VM 9100 does not exist", method="POST", vmid=9100)
    )
    heard = Heard()
    with pytest.raises(NotThere):
        await tasks(wire).run(RESTORE, heard.following())
    assert heard.upids == []
    assert [one.method for one in wire.asked] == ["GET", "POST"]


@pytest.mark.parametrize(
    "answer",
    [
        lost("/nodes/pve1/qemu", method="POST", vmid=9100),
        refused("/nodes/pve1/qemu", 596, "Connection timed out", method="POST", vmid=9100),
        refused("/nodes/pve1/qemu", 504, "Gateway Time-out", method="POST", vmid=9100),
    ],
    ids=["broken", "596", "504"],
)
async def test_a_lost_answer_is_made_good_by_the_task_list(answer: Said) -> None:
    wire = scripted(listed(OLDER), answer, listed(OLDER), listed(UPID, OLDER), *ended("OK", "TASK OK"))
    heard = Heard()
    result = await tasks(wire, find=5).run(RESTORE, heard.following())
    assert (result.upid, result.found_again) == (UPID, True)
    assert heard.upids == [UPID]
    assert [one.method for one in wire.asked].count("POST") == 1


async def test_a_lost_answer_without_a_task_stays_unknown() -> None:
    wire = scripted(listed(OLDER), lost("/nodes/pve1/qemu", method="POST", vmid=9100), listed(OLDER))
    with pytest.raises(OutcomeUnknown, match="no task qmrestore for 9100 appeared on pve1"):
        await tasks(wire).run(RESTORE)
    assert [one.method for one in wire.asked].count("POST") == 1


async def test_a_task_of_another_guest_or_kind_is_not_taken_for_ours() -> None:
    others = (UPID.replace(":9100:", ":9101:"), UPID.replace("qmrestore", "qmstart"), "UPID:broken")
    wire = scripted(listed(), lost("/nodes/pve1/qemu", method="POST", vmid=9100), listed(*others))
    with pytest.raises(OutcomeUnknown):
        await tasks(wire).run(RESTORE)


async def test_nothing_is_sent_to_a_node_that_does_not_answer() -> None:
    wire = scripted(
        lost("/nodes/pve1/tasks", source="all", limit=PAGE, vmid=9100, typefilter="qmrestore"), post()
    )
    with pytest.raises(NodeUnreachable):
        await tasks(wire).run(RESTORE)
    assert [one.method for one in wire.asked] == ["GET"] * 3


async def test_a_change_that_was_certainly_not_sent_is_not_looked_for() -> None:
    wire = scripted(listed(), lost("/nodes/pve1/qemu", method="POST", kind="NodeUnreachable", vmid=9100))
    with pytest.raises(NodeUnreachable):
        await tasks(wire).run(RESTORE)
    assert [one.method for one in wire.asked] == ["GET", "POST"]


async def test_a_node_may_be_out_of_reach_for_a_while() -> None:
    silent = [lost(f"{TASK}/status")] * 7
    wire = scripted(listed(), post(), state("running"), *silent, *ended("OK", "TASK OK"))
    assert (await tasks(wire).run(RESTORE)).outcome == "ok"


async def test_a_node_that_stays_out_of_reach_ends_the_following() -> None:
    wire = scripted(listed(), post(), state("running"), lost(f"{TASK}/status"), log())
    with pytest.raises(NodeUnreachable):
        await tasks(wire, lost=0.05).run(RESTORE)


async def test_a_task_without_a_sign_of_life_is_stopped() -> None:
    wire = scripted(
        listed(), post(), *[state("running")] * 4, state("stopped", "unexpected status"),
        log("progress 3% (read 9 bytes, duration 1 sec)"), log(start=1), said(TASK, None, method="DELETE"),
    )  # fmt: skip
    with pytest.raises(DeadlineError, match="progress 3%"):
        await tasks(wire).run(RESTORE, Following(stall=timedelta(seconds=0.015)))
    assert [one.path for one in wire.asked if one.method == "DELETE"] == [TASK]


async def test_cancelling_stops_the_task_if_asked_to_and_waits_for_its_end() -> None:
    wire = scripted(
        listed(), post(), *[state("running")] * 20, state("stopped", "unexpected status"), log(),
        said(TASK, None, method="DELETE"),
    )  # fmt: skip
    heard = Heard()
    running = asyncio.create_task(tasks(wire).run(RESTORE, heard.following(stop_when_cancelled=True)))
    while not heard.upids:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    asked = [(one.method, one.path) for one in wire.asked]
    assert asked.count(("DELETE", TASK)) == 1
    assert asked[-1] == ("GET", f"{TASK}/status")


async def test_cancelling_leaves_the_task_alone_otherwise() -> None:
    wire = scripted(listed(), post(), state("running"), log())
    heard = Heard()
    running = asyncio.create_task(tasks(wire).run(RESTORE, heard.following()))
    while not heard.upids:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert "DELETE" not in {one.method for one in wire.asked}


async def test_cancelling_while_submitting_still_hears_of_the_task() -> None:
    wire = scripted(
        listed(), post(), state("stopped", "unexpected status"), said(TASK, None, method="DELETE")
    )
    heard = Heard()
    running = asyncio.create_task(tasks(wire).run(RESTORE, heard.following(stop_when_cancelled=True)))
    while "POST" not in {one.method for one in wire.asked}:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert heard.upids == [UPID]
    assert ("DELETE", TASK) in {(one.method, one.path) for one in wire.asked}


async def test_a_long_log_is_read_in_pages_and_kept_in_part() -> None:
    many = [f"line {turn}" for turn in range(KEPT_LINES + 700)]
    pages = [log(*many[at : at + PAGE], start=at) for at in range(0, len(many), PAGE)]
    wire = scripted(listed(), post(), state("stopped", "OK"), *pages, log(start=len(many)))
    heard = Heard()
    result = await tasks(wire).run(RESTORE, heard.following())
    assert heard.lines == many
    assert len(result.log) == KEPT_LINES
    assert (result.log[0], result.log[-1]) == ("line 0", many[-1])


async def test_a_log_that_was_rotated_away_is_no_failure() -> None:
    gone = refused(f"{TASK}/log", 500, "unable to open file - no such file or directory", start=0, limit=PAGE)
    result: TaskResult = await tasks(scripted(listed(), post(), state("stopped", "OK"), gone)).run(RESTORE)
    assert (result.outcome, result.log) == ("ok", ())


async def test_a_task_that_does_not_end_when_told_to_is_said_so() -> None:
    wire = scripted(said(TASK, None, method="DELETE"), state("running"))
    with pytest.raises(DeadlineError, match="did not end"):
        await tasks(wire).stop(UPID, within=timedelta(seconds=0.05))
