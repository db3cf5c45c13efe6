"""``make demo-night``: one night of a site, run by drverify alone, while its worker is killed twice."""

import argparse
import asyncio
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk
from drverify.errors import DeadlineError, DrverifyError, Exit, HostError
from drverify.model.booking import Booking, BookingState
from drverify.operation.estate import Estate as Site
from drverify.operation.opening import open_desk
from lab.demo import agree_on_drills, run, say, step
from lab.estate.layout import Estate
from lab.estate.machine import SHOP
from lab.estate.night import CUSTOMERS, DAMAGED, OVERDUE, Room, night_estate
from lab.pve.estate import life as pve
from lab.settings import lab
from lab.shots import ACCOUNT, PASSWORD, shots

WITHIN = timedelta(minutes=20)
"""For the whole night; then the demo has failed."""
LONG = timedelta(hours=10)
"""The night, and the window of each drill: nothing was ever measured, so half an hour is assumed for each."""
KILLS = 2
RUNS_FOR = 3.0
"""Seconds that a worker, and two drills beside each other, have run before it is killed."""
OPEN = frozenset({BookingState.WANTED, BookingState.RUNNING})


def main(argv: Sequence[str] = ()) -> int:
    """Run the demo; exit 0 when everything came out as it must and nothing is left."""
    parser = argparse.ArgumentParser(prog="python -m lab.demo_night", description=__doc__)
    parser.add_argument(
        "--without-pve", action="store_true", help="leave out the stand-in for a Proxmox cluster"
    )
    parser.add_argument("--shots", type=Path, default=None, metavar="DIR", help="where the pictures go")
    args = parser.parse_args(argv)
    began = time.monotonic()
    place = lab().root
    place.mkdir(mode=0o755, parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="night-", dir=place))
    root.chmod(0o755)
    good = False
    try:
        good = _night(root, pve_too=not args.without_pve, pictures=args.shots or place / "night-pictures")
    finally:
        for log in (root / "up.log", root / "web.log"):
            if not good and log.exists():
                print("\n".join(log.read_text(encoding="utf-8").splitlines()[-60:]))
        shutil.rmtree(root, ignore_errors=True)
    took = time.monotonic() - began
    print(f"\n{'the demo went as it must' if good else 'THE DEMO FAILED'}; it took {took:.0f} s")
    return 0 if good else Exit.UNPROVEN


def _night(root: Path, *, pve_too: bool, pictures: Path) -> bool:
    also = _cluster() if pve_too else ()
    step(2, "two customers with an agreement each, guests and file sets, backups with restic and as images")
    now = datetime.now(UTC)
    others = tuple({name for path in also for name in Workshop.open(path).settings.hosts})
    room = Room(begins=now.time(), ends=(now + LONG).time(), others=others)
    estates = asyncio.run(night_estate(root, room, also=also, say=say))
    config = str(estates[0].config)
    say(f"set up to fail: the newest point of {DAMAGED} is damaged, the backup job of {OVERDUE} is late")
    codes = [run("--config", config, "config", "check")]
    step(3, "both sides sign which drills are due tonight; the plan follows")
    for estate, customer in zip(estates, CUSTOMERS, strict=True):
        names = [f"{customer.name}-web-{number}" for number in range(1, customer.guests + 1)]
        codes += agree_on_drills(estate, [*names, *customer.file_sets], window=LONG)
    codes.append(run("--config", config, "plan", "--nights", "1"))
    if pve_too:
        say(f"{SHOP.name} on the cluster is not due yet: a person asks for it now")
        codes.append(run("--config", config, "tonight", "run", SHOP.name))
    step(4, f"the night: `drverify up`, whose process is killed {KILLS} times with kill -9")
    site = Site.open(estates[0].config)
    desk = open_desk(site.main)
    try:
        _run_it(estates[0], desk, root / "up.log")
        found_again = len(re.findall(r"process \d+$", (root / "up.log").read_text(), re.MULTILINE))
        say(f"drills that went on without their worker and were found again: {found_again}")
        step(5, "how it stands in the morning")
        run("--config", config, "status")
        good = _as_it_must(site, desk)
    finally:
        desk.close()
    step(6, "the evidence of every drill, checked offline; nothing is left")
    good &= _verified(site) and run("--config", config, "sandbox", "list") == Exit.OK
    step(7, "the page")
    _accounts(config)
    with _Up(estates[0], root / "web.log", "web"):
        _served(estates[0])
        taken = shots(estates[0].config, pictures)
    for path in taken:
        say(str(path))
    return good and set(codes) <= {Exit.OK, Exit.UNPROVEN}


def _cluster() -> Sequence[Path]:
    step(1, "a stand-in for a Proxmox VE cluster (not Proxmox) with a third customer's web shop")
    estate = asyncio.run(pve.up(lab(), say=say))
    asyncio.run(pve.backup(lab(), say=say))
    return (estate.files.config,)


class _Up:
    """A process of drverify that the demo started."""

    def __init__(self, estate: Estate, log: Path, *words: str) -> None:
        self._argv = [sys.executable, "-m", "drverify", "--config", str(estate.config), *words]
        self._log = log

    def __enter__(self) -> Self:
        with self._log.open("ab") as file:
            self.process = subprocess.Popen(self._argv, stdout=file, stderr=file, start_new_session=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """As a machine that loses its power would, for this process alone."""
        self.process.kill()
        self.process.wait()


def _run_it(estate: Estate, desk: Desk, log: Path) -> None:
    """Run the night to its end; each kill comes while a drill runs, and the drill goes on by itself."""
    last = time.monotonic() + WITHIN.total_seconds()
    for number in range(1, KILLS + 1):
        with _Up(estate, log, "up", "--no-web") as up:
            time.sleep(RUNS_FOR)
            running = _until(lambda: _long_enough(desk), last, up)
            up.kill()
            say(f"kill -9 number {number}, beside running drills: {', '.join(running)}")
    with _Up(estate, log, "up", "--no-web") as up:
        _until(lambda: _all_over(desk), last, up)


def _until(asked: Callable[[], Sequence[str]], last: float, up: _Up) -> Sequence[str]:
    while time.monotonic() < last:
        if found := asked():
            return found
        if up.process.poll() is not None:
            raise HostError(f"drverify ended by itself with {up.process.returncode}")
        time.sleep(0.5)
    raise DeadlineError(f"the night was not over within {WITHIN}")


def _long_enough(desk: Desk) -> Sequence[str]:
    now = datetime.now(UTC)
    found = [one.booking for one in desk.leases() if (now - one.since).total_seconds() > RUNS_FOR]
    return found if len(found) > 1 else ()


def _all_over(desk: Desk) -> Sequence[str]:
    states = [state for _, state in desk.bookings(limit=10_000)]
    return ["all"] if states and not OPEN & set(states) else ()


def _as_it_must(site: Site, desk: Desk) -> bool:
    """Whether every drill that was planned is done once, red where it must be, and nowhere else."""
    found = desk.bookings(limit=10_000)
    attempts = {booking.id: desk.attempts(booking.id) for booking, _ in found}
    states = Counter(state.value for _, state in found)
    again = sum(len(each) > 1 for each in attempts.values())
    say(f"{len(found)} drills: {dict(states)}; {again} of them took a second attempt")
    red = {booking.workload for booking, _ in found if _missed(desk, booking)}
    say(f"red: {', '.join(sorted(red)) or 'nothing'}")
    planned = {
        (name, one.name)
        for name, workshop in site.workshops.items()
        for one in workshop.workloads
        if workshop in list(site.workshops.values())[: len(CUSTOMERS)]
    }
    drilled = {(booking.agreement, booking.workload) for booking, _ in found if booking.kind == "drill"}
    caught = [one.ending.why for each in attempts.values() for one in each if "caught" in one.ending.why]
    say(f"broken on purpose, and caught: {len(caught)}")
    once = all(sum(one.ending.kind == "concluded" for one in each[-1:]) == 1 for each in attempts.values())
    return planned <= drilled and set(states) == {"done"} and once and red == {DAMAGED, OVERDUE}


def _missed(desk: Desk, booking: Booking) -> bool:
    return any(
        outcome.value == "MISSED" for one in desk.attempts(booking.id) for _, outcome in one.ending.verdicts
    )


def _verified(site: Site) -> bool:
    """Whether the evidence of every drill of the night holds, by a verifier that trusts nothing else."""
    sealed = 0
    for workshop in site.workshops.values():
        trust = workshop.trust_file()
        for entry in workshop.drills.entries():
            if entry.outcome == "interrupted":
                continue
            done = subprocess.run(
                [sys.executable, "-m", "drverify", "verify", str(entry.directory), "--trust", str(trust)],
                capture_output=True,
                check=False,
            )
            if done.returncode not in {Exit.OK, Exit.MISSED, Exit.UNPROVEN}:
                print(done.stdout.decode(), done.stderr.decode(), sep="\n")
                return False
            sealed += 1
    say(f"{sealed} drills' evidence holds")
    return sealed > 0


def _served(estate: Estate) -> None:
    """Wait until the page answers; OSError when it does not within two minutes."""
    host, _, port = Site.open(estate.config).operation.web.listen.rpartition(":")
    last = time.monotonic() + 120
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if time.monotonic() > last:
                raise
            time.sleep(0.3)
        else:
            return


def _accounts(config: str) -> None:
    """Somebody who may look and act, with a password of chance that ends with the demo."""
    subprocess.run(
        [
            *(sys.executable, "-m", "drverify", "--config", config),
            *("account", "add", ACCOUNT, "--role", "operator"),
        ],
        input=os.environ.setdefault(PASSWORD, secrets.token_urlsafe(18)).encode(),
        check=True,
        stdout=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        print(f"drverify: {error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
