"""Drills of one night through desk, durable engine and processes of their own, against the least they need.

The drills sleep: what remains is what a night costs by itself. The worker is the product's own; only the work
inside a drill's process is small: it gives signs of life, asks whether it counts, and says how it ended.

1. A lane of drills of the same length, against the engine's own workflows that sleep as long.
2. Guests of several sizes on one host, against the bound by its memory: the work's area over its MiB.

Alone: `python -m lab.bench.nightly`.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace

from rich.console import Console

from drverify.adapters.desk.opening import desk_for
from drverify.adapters.linux.processes import identify
from drverify.compose import Workshop
from drverify.model.booking import Booking, BookingId, BookingState, Ending, Live
from drverify.model.nights import Load
from drverify.model.obligation import ObligationId
from drverify.model.verdict import Outcome
from drverify.operation.jobs import JobDirectory, held
from drverify.operation.signs import SignsOfLife
from drverify.planning.tonight.following import follow
from lab.bench.rows import Row, Say, ratio, seconds, show
from lab.estate.layout import HOST, Estate, make_directories, write_inventory, write_settings, write_text
from lab.settings import ROOT

LASTS = timedelta(seconds=30)
"""A drill; the smallest real one here takes about as long."""
AT_ONCE, DRILLS = 4, 12
MEMORY = 8192
SIZES = (4096, 2048, 1024, 1024) * 4
"""MiB: what is packed without a gap only in the right order."""
_MODULE = "lab.bench.nightly"
_OPERATION = f"""
[nights]
zone = "UTC"
begins = 00:00:00
ends = 00:00:00

[nights.hosts.{HOST}]
at_once = %d
memory_mib = {MEMORY}

[operation]
at_once = 64
"""


def rows(scratch: Path, say: Say, *, lasts: timedelta = LASTS) -> list[Row]:
    """Run both nights, on SQLite."""
    span = lasts.total_seconds()
    alone = _alone(scratch / "alone", lasts, DRILLS, AT_ONCE)
    say(f"nightly: {DRILLS} workflows of the engine alone, {AT_ONCE} at once: {alone:.1f} s")
    ours = _night(scratch / "lane", lasts, [512] * DRILLS, AT_ONCE)
    say(f"nightly: {DRILLS} drills, {AT_ONCE} at once: {ours:.1f} s")
    idle = _alone(scratch / "idle", timedelta(), DRILLS, AT_ONCE)
    ours_idle = _night(scratch / "lane-idle", timedelta(), [512] * DRILLS, AT_ONCE)
    say(f"nightly: the same of nothing: {idle:.1f} s, {ours_idle:.1f} s")
    mixed = _night(scratch / "mixed", lasts, SIZES, len(SIZES))
    say(f"nightly: {len(SIZES)} drills of several sizes: {mixed:.1f} s")
    bound = sum(SIZES) * span / MEMORY
    return [
        Row(
            what=f"{DRILLS} drills of {span:.0f} s, {AT_ONCE} at once, over the engine's own workflows",
            ours=seconds(ours),
            reference=seconds(alone),
            ratio=ratio(ours, alone),
            goal="<= 1.2",
        ),
        Row(
            what=f"{DRILLS} drills that do nothing, the same way",
            ours=seconds(ours_idle),
            reference=seconds(idle),
            ratio=ratio(ours_idle, idle),
            goal="<= 1.2",
        ),
        Row(
            what=f"{len(SIZES)} drills of {span:.0f} s in {MEMORY} MiB, over what memory allows",
            ours=f"{len(SIZES) * 3600 / mixed:.0f}/h",
            reference=f"{len(SIZES) * 3600 / bound:.0f}/h",
            ratio=ratio(bound, mixed),
            goal=">= 0.9",
        ),
    ]


def _night(root: Path, lasts: timedelta, sizes: Sequence[int], at_once: int) -> float:
    """Seconds from publishing until the last one is done, by one worker that runs already."""
    estate = Estate(
        root=root, register=ROOT / "contracts/acme-managed-hosting.lock.yaml", playbooks=ROOT / "playbooks"
    )
    make_directories(estate)
    write_settings(estate)
    write_inventory(estate, ())
    write_text(estate.config, estate.config.read_text() + _OPERATION % at_once)
    desk = desk_for(_settings(), estate.state / "operation", _no_secret)
    agreement = Workshop.open(estate.config).agreed.contract.id
    with _process("worker", estate.config, log=root / "worker.log"):
        while not desk.workers():
            time.sleep(0.1)
        time.sleep(2)
        began = time.monotonic()
        desk.publish([_booking(agreement, number, mib, lasts) for number, mib in enumerate(sizes)])
        while desk.bookings(states=(BookingState.WANTED, BookingState.RUNNING)):
            time.sleep(0.1)
        took = time.monotonic() - began
    states = [state for _, state in desk.bookings()]
    desk.close()
    if set(states) != {BookingState.DONE}:
        raise RuntimeError(f"not every drill was done: {states}")
    return took


def _booking(agreement: str, number: int, mib: int, lasts: timedelta) -> Booking:
    now = datetime.now(UTC)
    return Booking(
        id=BookingId(f"{agreement}/w{number}/{now:%Y-%m-%d}/drill"),
        site="local",
        agreement=agreement,
        workload=f"w{number}",
        kind="drill",
        evening=date.today(),  # noqa: DTZ011 - any
        not_before=now,
        not_after=now + timedelta(hours=2),
        due=now + timedelta(hours=2),
        priority=10,
        host=HOST,
        load=Load(memory_mib=mib),
        reads=0,
        takes=lasts,
        mode="full",
        point="latest",
        slot=None,
        obligations=(ObligationId("7.1"),),
        why="",
    )


def _settings() -> SimpleNamespace:
    return SimpleNamespace(site="local", database=None, hours_at_most=12)


def _no_secret(_: object) -> bytes:
    raise AssertionError("a file needs no secret")


@contextmanager
def _process(*words: str | Path, log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", _MODULE, *words], cwd=ROOT, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        running.terminate()
        running.wait()


# --- what runs in processes of its own


def _alone(root: Path, lasts: timedelta, number: int, at_once: int) -> float:
    """Seconds of the engine's own workflows that sleep, as many at once."""
    root.mkdir()
    words = ["alone", str(root), str(lasts.total_seconds()), str(number), str(at_once)]
    done = subprocess.run(
        [sys.executable, "-m", _MODULE, *words], cwd=ROOT, check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def alone(root: Path, lasts: float, number: int, at_once: int) -> None:
    """Print how long the engine alone takes; it is launched before the clock starts."""
    from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415 - in this process only

    from drverify.adapters.desk.wal import write_ahead  # noqa: PLC0415

    write_ahead(root / "engine.sqlite")
    DBOS(
        config={
            "name": "bench",
            "system_database_url": f"sqlite:///{root}/engine.sqlite",
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "CRITICAL",
        }
    )

    @DBOS.step()  # type: ignore[untyped-decorator, unused-ignore]
    def sleep() -> None:
        time.sleep(lasts)

    @DBOS.workflow()  # type: ignore[untyped-decorator, unused-ignore]
    def drill() -> None:
        sleep()

    DBOS.launch()
    DBOS.register_queue("bench", worker_concurrency=at_once)
    time.sleep(2)
    began = time.monotonic()
    handles = [DBOS.enqueue_workflow("bench", drill) for _ in range(number)]
    for handle in handles:
        handle.get_result(polling_interval_sec=0.1)
    print(time.monotonic() - began)
    sys.stdout.flush()
    os._exit(0)


def worker(path: Path) -> int:
    """Be the product's worker, with small drills."""
    from drverify.operation import launching  # noqa: PLC0415 - what its child is not to import
    from drverify.operation.worker import Parts, Site, to_standard_error  # noqa: PLC0415

    launching._CHILD = _MODULE  # noqa: SLF001 - the seam
    return Site(path, Parts(scheduler=False), to_standard_error).run(lambda *_: ((), ()))


def child(path: Path, handle: int) -> int:
    """Be the process of one attempt, which sleeps."""
    directory, who = JobDirectory(path), identify(os.getpid())
    job = directory.job()
    if not held(handle) or job is None or who is None or directory.process() is not None:
        return 11
    os.set_inheritable(handle, False)  # noqa: FBT003
    directory.enter(who)
    desk = desk_for(_settings(), path.parents[1], _no_secret)
    lease = job.lease
    told = partial(Live, booking=lease.booking, attempt=lease.attempt, drill=None, phases=())
    life = SignsOfLife(desk, lease, live=lambda now: told(at=now), picture=lambda: b"", end=lambda _: None)
    life.start()
    time.sleep(job.booking.takes.total_seconds())
    mine = desk.still_mine(lease.booking, lease.attempt)
    life.stop()
    ending = Ending(
        kind="concluded" if mine else "lost",
        at=datetime.now(UTC),
        verdicts=((ObligationId("7.1"), Outcome.MET),),
    )
    directory.conclude(ending)
    desk.end(lease.booking, lease.attempt, ending, partial(follow, at_most=3))
    return 0


def main(words: Sequence[str]) -> int:
    """Print the rows, or be one of the processes that they need."""
    match words:
        case []:
            with tempfile.TemporaryDirectory(prefix="drverify-bench-") as name:
                made = rows(Path(name), lambda line: print(line, file=sys.stderr))
            show(Console(width=128), ["a night's own cost"], made)
            return 0
        case ["alone", root, lasts, number, at_once]:
            alone(Path(root), float(lasts), int(number), int(at_once))
            return 0
        case ["worker", path]:
            return worker(Path(path))
        case _:
            return child(Path(words[0]), int(words[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
