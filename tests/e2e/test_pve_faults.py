"""Every fault of a cluster, its guests and its archives under whole drills: verdict, whose fault, nothing left."""

import asyncio
import json
import os
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lab.pve.muscle.breaking import break_archive
from lab.pve.seam import MuscleError
from tests.support.estates import Ran, Seen
from tests.support.pve_lanes import CONFIG, NODE, QUICK, SILENT, Lane, PveEstate, packed, pve_estate

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(900)]

COPIES = range(9000, 10000)
BY_DRILL = ("rpo", "rto", "application-validation")
Strike = tuple[str, dict[str, Any]]
Injected = Callable[[Lane], Sequence[Strike]]


AT_ONCE = 6
"""Drills; most of them wait for what will not come."""
BOOTS = asyncio.Semaphore(2)
"""Guests that boot at the same time: two cores emulate them."""


def nothing(_: Lane) -> Sequence[Strike]:
    return []


@dataclass(frozen=True, kw_only=True)
class Case:
    """One fault and what must come of it."""

    faults: Injected = nothing
    guest: int = 100
    """Whose backup is drilled."""
    how: dict[str, Any] = field(default_factory=dict)
    """How the lane is furnished."""
    outcomes: str
    """Of rpo, rto, application: M(ET), x (MISSED), ? (UNPROVEN)."""
    whose: str = ""
    """Attribution of the fault; "backup" for a defect; empty: nobody's."""
    says: str = ""
    started: bool = False
    """Whether the copy may have been started."""
    after: Sequence[Strike] = ()
    """What an operator does before the reap that must then succeed; "regrant" gives the token back."""
    stays: str = ""
    """What the drill says that it could not take back; then `after` and a reap follow."""
    foreign: bool = False
    """Whether somebody else's guest stands in the lane's range when it is over."""
    meanwhile: Callable[[PveEstate, Lane], Awaitable[None]] | None = None
    """What happens while the drill runs."""
    alone: bool = False
    """Whether it needs the cluster for itself."""


def task(kind: str, name: str = "task-fail", /, **parameters: Any) -> Injected:
    return lambda lane: [(name, {"match": {"task": kind, "user": lane.token}, "parameters": parameters})]


def call(
    method: str,
    path: str,
    name: str = "http",
    /,
    *,
    nth: int = 1,
    times: int = 1,
    after: bool = False,
    **parameters: Any,
) -> Injected:
    def made(lane: Lane) -> Sequence[Strike]:
        match = {"method": method, "path": path, "user": lane.token} | ({"event": "after"} if after else {})
        return [(name, {"match": match, "nth": nth, "times": times, "parameters": parameters})]

    return made


def at_end_of(kind: str, name: str, parameters: Callable[[Lane], dict[str, Any]]) -> Injected:
    return lambda lane: [
        (name, {"match": {"task": kind, "user": lane.token}, "times": 1, "parameters": parameters(lane)})
    ]


def guest(name: str, /, **parameters: Any) -> Injected:
    return lambda lane: [(name, {"match": {"vmid": lane.vmid}, "parameters": parameters})]


def both(*parts: Injected) -> Injected:
    return lambda lane: [one for part in parts for one in part(lane)]


async def until_it_boots(one: PveEstate, lane: Lane) -> int:
    """Return the copy's process once something came out of its serial port."""
    console = one.node.guests.console(lane.vmid)
    while (pid := one.node.pid(lane.vmid)) is None or not console.stat().st_size:
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    return pid


async def stopped(one: PveEstate, lane: Lane) -> None:
    """Somebody with all rights stops the copy."""
    await until_it_boots(one, lane)
    await one.node.stop(lane.vmid, how="stop")


async def killed(one: PveEstate, lane: Lane) -> None:
    """The node's kernel kills QEMU, for want of memory."""
    os.kill(await until_it_boots(one, lane), signal.SIGKILL)


async def powered_off(one: PveEstate, lane: Lane) -> None:
    """The guest ends by itself."""
    await until_it_boots(one, lane)
    order = {"path": "/bin/sh", "arg": ["-c", "poweroff -f"]}
    while one.node.pid(lane.vmid) is not None:  # gone, it may not have lived to say that it goes
        with suppress(MuscleError):
            await one.node.agent(lane.vmid, "guest-exec", order, within=5.0)
            return
        await asyncio.sleep(0.5)


RESTORE, START = r"/qemu$", r"/status/start$"
RESTORING = {"nth": 2}
"""The first POST of that path claims the VMID."""
OURS_FAILED: dict[str, Any] = {"outcomes": "???", "whose": "restore-host"}
LOST = {"status": 596, "message": "Connection timed out"}

PUT_BACK = {"set": {"net0": "virtio=BC:24:11:00:00:10,bridge=vmbr0,firewall=1"}}
"""What a foreign hand makes of the copy's card."""
GOOD: dict[str, Any] = {"outcomes": "MMM", "started": True}
DEFECT: dict[str, Any] = {"whose": "backup", "how": {"limits": QUICK}}

WRITES = {
    "id": "writes",
    "kind": "command",
    "access": {"via": "agent"},
    "command": ["/bin/touch", "/data/written"],
}

CASES = {
    # -- tasks of the cluster
    "task-fails": Case(
        faults=task("qmrestore", at="50%", message="unheard of"), says="unheard of", **OURS_FAILED
    ),
    "task-hangs": Case(
        faults=task("qmrestore", "task-hang", at="30%"),
        how={"limits": QUICK},
        outcomes="???",
        whose="tool",
        says="4 s",
    ),
    "worker-killed": Case(
        faults=task("qmrestore", "kill-worker", at="50%"),
        stays="still there",
        after=[("unlock", {})],
        says="unexpected status",
        **OURS_FAILED,
    ),
    "start-fails": Case(
        faults=task("qmstart", message="start failed: QEMU exited with code 1"),
        says="QEMU exited",
        started=True,
        **OURS_FAILED,
    ),
    # -- calls
    "restore-595": Case(
        faults=call("POST", RESTORE, nth=2, status=595, message="No route to host"), says="595", **OURS_FAILED
    ),
    "restore-599": Case(
        faults=call("POST", RESTORE, nth=2, status=599, message="Too many redirections"),
        says="599",
        **OURS_FAILED,
    ),
    "start-596": Case(faults=call("POST", START, **LOST), says="596", **OURS_FAILED),
    "answers-lost": Case(  # all of them, and a disk that its destroy leaves
        faults=both(
            call("POST", RESTORE, "drop", after=True),
            call("POST", RESTORE, "hang", after=True, seconds=60),  # of the second
            call("POST", START, after=True, **LOST),
            call("POST", r"/status/stop$", "drop", after=True),
            call("DELETE", r"/qemu/\d+$", after=True, **LOST),
            call("GET", r"/tasks/.*/status$", "drop", nth=3, times=2),
            call("GET", r"/tasks/.*/log", status=595, message="Connection refused", nth=2),
            task("qmdestroy", "destroy-warning"),
        ),
        how={"host": {"within_s": "5"}},
        **GOOD,
    ),
    "forbidden-restore": Case(
        faults=call(
            "POST", RESTORE, "forbid", nth=2, path="/storage/drill", privilege="Datastore.AllocateSpace"
        ),
        says="Datastore.AllocateSpace",
        **OURS_FAILED,
    ),
    # -- rights
    "token-without-rights": Case(
        how={"rights": False}, outcomes="???", whose="source", says="the account sees no storage backup"
    ),
    "backups-not-shown": Case(
        faults=lambda lane: [("acl-remove", {"parameters": {"path": "/vms", "who": lane.token}})],
        outcomes="???",
        whose="source",
        says="VM.Backup",
    ),
    "token-revoked": Case(
        faults=at_end_of("qmrestore", "token-revoke", lambda lane: {"token": lane.token}),
        says="Authentication failed",
        stays="still there",
        after=[("regrant", {})],
        **OURS_FAILED,
    ),
    "acl-removed": Case(
        faults=at_end_of(
            "qmrestore", "acl-remove", lambda lane: {"path": "/pool/drverify", "who": lane.token}
        ),
        says="VM.Config.Network",
        stays="still there",
        after=[("allow", {})],
        **OURS_FAILED,
    ),
    # -- locks
    "locked-backup": Case(
        faults=at_end_of("qmrestore", "lock", lambda lane: {"vmid": lane.vmid, "kind": "backup"}),
        outcomes="???",
        whose="sandbox",
        says="lock: backup",
        stays="still there",
        after=[("unlock", {})],
    ),
    "locked-create": Case(
        faults=at_end_of("qmcreate", "lock", lambda lane: {"vmid": lane.vmid, "kind": "create"}),
        says="locked (create)",
        stays="still there",
        after=[("unlock", {})],
        **OURS_FAILED,
    ),
    "lock-held": Case(
        faults=lambda lane: [("flock-timeout", {"parameters": {"vmid": lane.vmid}})],
        says="got timeout",
        **OURS_FAILED,
    ),
    # -- VMIDs
    "ha-stale": Case(
        faults=lambda lane: [("ha-stale", {"parameters": {"vmid": lane.vmid}})], says="HA", **OURS_FAILED
    ),
    "raced": Case(faults=guest("nextid-race"), says="others took them", foreign=True, **OURS_FAILED),
    # -- isolation
    "changed-after-restore": Case(
        faults=at_end_of("qmrestore", "config-changed", lambda lane: {"vmid": lane.vmid, **PUT_BACK}),
        outcomes="???",
        whose="sandbox",
        says="net0",
    ),
    # -- agents
    "agent-absent": Case(faults=guest("agent-absent"), outcomes="???", how={"limits": QUICK}, started=True),
    "agent-hangs": Case(faults=guest("agent-hang"), outcomes="???", how={"limits": QUICK}, started=True),
    "agent-runs-nothing": Case(
        faults=guest("agent-exec-disabled"), outcomes="???", how={"limits": QUICK}, started=True
    ),
    "agent-truncates": Case(
        faults=guest("agent-truncated"), outcomes="???", how={"limits": QUICK}, started=True
    ),
    # -- guests
    "kernel-panics": Case(faults=guest("kernel-panic"), outcomes="xxx", how={"limits": SILENT}, started=True),
    "boots-for-ever": Case(  # it moves all the time, and a promise of an hour is not broken after seconds
        faults=guest("boot-loop"), outcomes="???", how={"limits": QUICK}, started=True
    ),
    "wants-fsck": Case(faults=guest("fsck-prompt"), outcomes="xxx", how={"limits": SILENT}, started=True),
    "comes-up-read-only": Case(
        faults=guest("read-only"), outcomes="xxx", how={"limits": QUICK, "more": [WRITES]}, started=True
    ),
    "clock-is-wrong": Case(faults=guest("wrong-clock"), **GOOD),
    # -- what others do to a running copy
    "stopped-by-others": Case(
        meanwhile=stopped, outcomes="???", whose="restore-host", says="ended by itself", started=True
    ),
    "killed-by-kernel": Case(
        meanwhile=killed, outcomes="???", whose="restore-host", says="ended by itself", started=True
    ),
    "powers-off": Case(meanwhile=powered_off, outcomes="xxx", started=True),
    "agent-may-not-be-asked": Case(
        faults=call("POST", r"/agent/ping$", "forbid", times=0, path="/vms", privilege="VM.GuestAgent.Audit"),
        outcomes="???",
        started=True,
        how={"limits": QUICK},
    ),
    # -- archives
    "truncated": Case(guest=111, outcomes="xxx", **DEFECT),
    "truncated-at-extent": Case(guest=112, outcomes="xxx", **DEFECT),
    "packed-bit-flip": Case(guest=115, outcomes="xxx", **DEFECT),
    "header-checksum": Case(guest=116, outcomes="xxx", **DEFECT),
    "missing-disk": Case(guest=118, outcomes="xxx", **DEFECT),
    "no-archive": Case(guest=119, outcomes="xxx"),
    "too-old": Case(guest=120, outcomes="xMM", started=True),
    "no-key": Case(
        guest=121,
        faults=lambda _: [("no-key", {"match": {"vmid": 121}})],
        outcomes="???",
        whose="source",
        says="key",
    ),
    # -- the whole cluster
    "target-full": Case(
        faults=lambda _: [("storage-full", {"parameters": {"storage": "drill-full", "at": 8 << 20}})],
        how={"host": {"storage": '"drill-full"'}},
        says="-28",
        **OURS_FAILED,
    ),
    "target-gone": Case(
        faults=lambda _: [("storage-offline", {"parameters": {"storage": "drill-gone"}})],
        how={"host": {"storage": '"drill-gone"'}},
        says="drill-gone",
        **OURS_FAILED,
    ),
    "source-gone": Case(
        faults=lambda _: [("storage-offline", {"parameters": {"storage": "backup"}})],
        outcomes="???",
        whose="source",
        says="backup",
        alone=True,
    ),
    "source-goes": Case(
        faults=task("qmrestore", at="40%", message="storage 'backup' is not online"),
        says="backup",
        **OURS_FAILED,
    ),
    "quorum-lost": Case(
        faults=at_end_of("qmcreate", "quorum-loss", lambda _: {}),
        says="quorum",
        stays="still there",
        after=[("quorum-back", {})],
        alone=True,
        **OURS_FAILED,
    ),
    "node-goes": Case(
        faults=both(
            task("qmrestore", "slow", rate=4096),
            call("GET", r"/tasks/[^/]*qmrestore[^/]*/status$", "node-down", nth=2, node=NODE),
        ),
        stays="still there",
        after=[("node-up", {"parameters": {"node": NODE}}), ("unlock", {})],
        alone=True,
        **OURS_FAILED,
    ),
    "node-dies": Case(
        faults=call("GET", r"/status/current$", "node-down", nth=4, node=NODE),
        started=True,
        stays="still there",
        after=[("node-up", {"parameters": {"node": NODE}})],
        alone=True,
        **OURS_FAILED,
    ),
}
AGAIN = frozenset(
    {
        "acl-removed", "agent-hangs", "agent-may-not-be-asked", "agent-runs-nothing", "agent-truncates", "boots-for-ever",
        "comes-up-read-only", "header-checksum", "killed-by-kernel", "locked-create", "node-goes", "packed-bit-flip",
        "restore-599", "source-goes", "start-596", "target-gone", "too-old", "truncated-at-extent", "wants-fsck",
    }
)  # fmt: skip
"""Other ways to what another case shows already; `make soak` only."""
NAMES = [pytest.param(name, marks=pytest.mark.soak if name in AGAIN else ()) for name in CASES]
DAMAGED = {name: case.guest for name, case in CASES.items() if 111 <= case.guest <= 117}


@dataclass(frozen=True, kw_only=True)
class Drilled:
    """What a drill said, and what was left: at once, and after a reap."""

    ran: Ran
    tasks: Sequence[str]
    """Kinds of the lane's tasks, oldest first."""
    left: Sequence[str]
    sandboxes: Sequence[str]
    reaped: Ran | None
    left_then: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class All:
    """Every case's drill, and every frame of a copy that production saw."""

    drills: Mapping[str, Drilled]
    leaks: Sequence[object]
    """By what the sentinel counted."""


async def broken(one: PveEstate) -> None:
    """Backups of other guests with something wrong."""
    folder = one.root / "broken"
    folder.mkdir()
    for kind, vmid in DAMAGED.items():
        await asyncio.to_thread(break_archive, kind, one.archive, folder / kind)
        one.adopt(vmid, folder / kind)
    disk = one.root / "tiny.raw"
    two = CONFIG + "scsi1: local:100/vm-100-disk-1.raw,size=3M\n#qmdump#map:scsi1:drive-scsi1:local:raw:\n"
    one.adopt(118, await asyncio.to_thread(packed, folder / "two", two, {"drive-virtio0": disk}))
    one.adopt(120, one.archive, age=timedelta(hours=3))
    time = f"{datetime.now(UTC) - timedelta(minutes=2):%Y-%m-%dT%H:%M:%SZ}"
    facts = {"encrypted": "d3:ad:be:ef", "size": 58720256}
    one.cluster.add_snapshot(NODE, "pbs", one.archive, vmid=121, time=time, facts=facts)


async def strike(one: PveEstate, strikes: Sequence[Strike]) -> list[str]:
    return [(await one.cluster.inject(name, **how)).id for name, how in strikes]


async def drill(one: PveEstate, lane: Lane, case: Case) -> Ran:
    """Run the drill and what happens meanwhile; few guests at a time boot, whatever they do then."""
    async with AsyncExitStack() as stack:
        if case.started:
            await stack.enter_async_context(BOOTS)
        running = asyncio.create_task(one.run(lane, "drill", "run", "tiny", "--json"))
        beside = asyncio.create_task(case.meanwhile(one, lane)) if case.meanwhile else None
        spoke = asyncio.create_task(until_it_boots(one, lane))
        await asyncio.wait({running, spoke}, return_when=asyncio.FIRST_COMPLETED)
        spoke.cancel()
    ran = await running
    if beside is not None:
        await asyncio.wait_for(beside, 5)  # it did what it is there for
    return ran


async def repaired(one: PveEstate, lane: Lane, case: Case) -> Ran:
    """What an operator does, and then the reap."""
    for name, how in case.after:
        if name == "regrant":
            one.grant(lane)
        elif name == "allow":
            one.allow(lane)
        else:
            await one.cluster.inject(name, **{"parameters": {"vmid": lane.vmid}, **how})
    return await one.run(lane, "sandbox", "reap")


async def drilled(one: PveEstate, case: Case) -> Drilled:
    """Run one case in a lane of its own."""
    world = one.cluster.world
    async with one.lane(**{"guest": case.guest, **case.how}) as lane:
        with Seen(lane.state) as seen:
            ids = await strike(one, case.faults(lane))
            ran = await drill(one, lane, case)
            for id_ in filter(None, ids):
                await one.cluster.clear(id_)
            left = await one.left(lane)
            reaped = await repaired(one, lane, case) if case.stays else None
            found = Drilled(
                ran=ran,
                tasks=[str(one["type"]) for one in reversed(one.tasks(lane))],
                left=left,
                sandboxes=seen.alive(),
                reaped=reaped,
                left_then=await one.left(lane),
            )
        world.store.drop("ha", f"vm:{lane.vmid}")
        if case.foreign:
            world.guests.drop(NODE, "qemu", lane.vmid)
        return found


async def all_of(cases: Mapping[str, Case]) -> All:
    """Those that meet one drill alone at once; beside them, on a cluster of their own, the others one by one."""
    shared, single = await asyncio.gather(
        at_once({name: case for name, case in cases.items() if not case.alone}),
        one_by_one({name: case for name, case in cases.items() if case.alone}),
    )
    return All(drills={**shared.drills, **single.drills}, leaks=(*shared.leaks, *single.leaks))


async def at_once(cases: Mapping[str, Case]) -> All:
    async with pve_estate(lanes=AT_ONCE) as one:
        await broken(one)
        async with asyncio.TaskGroup() as group:
            tasks = {name: group.create_task(drilled(one, case)) for name, case in cases.items()}
        found = {name: made.result() for name, made in tasks.items()}
        return All(drills=found, leaks=await one.node.sentinel.leaks(COPIES))


async def one_by_one(cases: Mapping[str, Case]) -> All:
    async with pve_estate(lanes=1) as one:
        found = {name: await drilled(one, case) for name, case in cases.items()}
        return All(drills=found, leaks=await one.node.sentinel.leaks(COPIES))


@pytest.fixture(scope="module")
def everything(request: pytest.FixtureRequest) -> All:
    specs = [spec for item in request.session.items if (spec := getattr(item, "callspec", None))]
    asked = {spec.params.get("name") for spec in specs} | {"clock-is-wrong"}
    return asyncio.run(all_of({name: case for name, case in CASES.items() if name in asked}))


def record_of(found: Drilled) -> dict[str, Any]:
    record = found.ran.json()["record"]
    assert isinstance(record, dict)
    return record


@pytest.mark.parametrize("name", NAMES)
def test_the_verdict_and_whose_fault_it_is(everything: All, name: str) -> None:
    case, found = CASES[name], everything.drills[name]
    verdicts, record = found.ran.verdicts(), record_of(found)
    letters = {"MET": "M", "MISSED": "x", "UNPROVEN": "?"}
    said = (
        record["faults"],
        record["defects"],
        [(one["probe"], one["observed"]) for one in record["probes"]],
        {verdicts[kind]["reason"] for kind in BY_DRILL},
    )
    assert "".join(letters[verdicts[kind]["outcome"]] for kind in BY_DRILL) == case.outcomes, (
        said,
        found.ran.err,
    )
    blamed = {fault["attribution"] for fault in record["faults"] if fault["phase"] != "teardown"}
    if record["defects"]:
        blamed.add("backup")
    assert blamed == ({case.whose} if case.whose else set()), said
    assert case.says in json.dumps(said[:3])
    assert found.ran.code == (13 if case.stays else 10 if "x" in case.outcomes else 11), found.ran.err


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_left_and_nothing_was_done_twice(everything: All, name: str) -> None:
    case, found = CASES[name], everything.drills[name]
    done = {kind: found.tasks.count(kind) for kind in ("qmcreate", "qmrestore", "qmstart")}
    assert max(done.values()) <= 1, found.tasks
    assert bool(done["qmstart"]) <= case.started, "a copy was started that must not run"
    assert found.sandboxes == []
    foreign = [one for one in found.left if one.startswith("guest ")] if case.foreign else []
    assert len(foreign) == case.foreign
    if case.stays:
        assert case.stays in found.ran.err
        assert not record_of(found)["cleanedUp"]
        assert any(one.startswith("ledger") for one in found.left)
        assert found.reaped is not None
        assert found.reaped.code == 0, found.reaped.out + found.reaped.err
    else:
        assert record_of(found)["cleanedUp"]
        assert found.left == foreign
    assert found.left_then == foreign


def test_production_saw_no_frame_of_any_copy(everything: All) -> None:
    assert everything.leaks == ()


def test_a_clock_that_is_wrong_shows(everything: All) -> None:
    skew = timedelta(milliseconds=record_of(everything.drills["clock-is-wrong"])["guestClockSkewMs"])
    assert abs(skew) > timedelta(days=365)
