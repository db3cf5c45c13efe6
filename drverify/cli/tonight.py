"""`drverify tonight`: what runs, waits and has ended this night; run or cancel something now."""

import argparse
import json
import os
import pwd
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Literal

from rich.live import Live as Moving

from drverify.adapters.doors.durations import parse
from drverify.cli.places import settings_path
from drverify.cli.running import console_here
from drverify.cli.tonight_output import Tonight, as_json, lines, shown
from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk
from drverify.errors import Exit, InputError
from drverify.model.booking import Action, Booking, BookingId, BookingState
from drverify.model.duration import human
from drverify.operation.asking import asked_for
from drverify.operation.estate import Estate
from drverify.operation.opening import open_desk
from drverify.planning.tonight.staying import refusal

EXAMPLES = """\
examples:
  drverify tonight                                      what runs, waits and has ended
  drverify tonight --watch                              the same, kept up to date until Ctrl-C
  drverify tonight --json
  drverify tonight run shop                             drill this workload now, before what was planned
  drverify tonight run shop --agreement acme            where two agreements have a workload of that name
  drverify tonight cancel shop                          it takes everything back, and leaves no evidence
  drverify tonight cancel acme/shop/2026-11-23/drill    the same by the booking's id
  drverify tonight keep shop --for 2h                   once signed its sandbox stands, for a look
  drverify tonight release shop                         it may go now

Who asks for something is written down, and shown. Hosts get no more than they have room for, whoever asks.
"""
LOOK_BACK = timedelta(hours=18)
EVERY_S = 2.0
What = Literal["run now", "cancel", "keep the sandbox", "release the sandbox"]
_NUMBERS = 200
"""Drills of one workload that may be asked for in one night."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("--watch", action="store_true", help="go on until Ctrl-C")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    running = actions.add_parser("run", help="drill a workload now")
    running.add_argument("workload", metavar="WORKLOAD", help="a workload of the inventory")
    running.add_argument("--agreement", default="", metavar="ID", help="whose workload it is")
    ending = actions.add_parser("cancel", help="end a booking: what runs takes everything back")
    ending.add_argument(
        "booking", metavar="BOOKING", help="its id, or its workload where only one of that name is open"
    )
    keeping = actions.add_parser(
        "keep", help="let a running drill's sandbox stand for a look when the drill is done"
    )
    keeping.add_argument("--for", dest="span", default="1h", metavar="TIME", help="1m to 8h (default: 1h)")
    releasing = actions.add_parser("release", help="let a sandbox go that stands, or was to stand")
    for one in (keeping, releasing):
        one.add_argument("booking", metavar="BOOKING", help="its id, or its workload as above")
    for one in (running, ending, keeping, releasing):
        one.add_argument("--json", action="store_true", help="machine-readable")


def run(args: argparse.Namespace) -> int:
    """Show, run or cancel."""
    estate = Estate.open(settings_path(args))
    desk = open_desk(estate.main)
    if args.action == "run":
        return _run(estate, desk, args)
    if args.action == "cancel":
        return _cancel(desk, args.booking, as_data=args.json)
    if args.action in {"keep", "release"}:
        return _keep(desk, args.booking, args.span if args.action == "keep" else "0s", as_data=args.json)
    if args.json:
        print(json.dumps(as_json(tonight(desk, datetime.now(UTC))), indent=2, ensure_ascii=False))
    elif args.watch:
        _watch(desk)
    elif sys.stdout.isatty():
        console_here().print(shown(tonight(desk, datetime.now(UTC))))
    else:
        print("\n".join(lines(tonight(desk, datetime.now(UTC)))))
    return Exit.OK


def tonight(desk: Desk, now: datetime) -> Tonight:
    """Everything that runs, waits, or was to begin in the last hours."""
    found = desk.bookings(begins=now - LOOK_BACK, ends=now + timedelta(days=1), limit=10_000)
    running = {lease.booking: lease for lease in desk.leases()}
    old = [one for name in running if (one := desk.booking(name)) is not None]
    rows = {booking.id: (booking, state) for booking, state in [*found, *old]}
    return Tonight(
        now=now,
        bookings=tuple(rows.values()),
        leases=running,
        live={one.booking: one for one in desk.live()},
        attempts={
            name: tuple(desk.attempts(name))
            for name, (_, state) in rows.items()
            if state is not BookingState.WANTED
        },
        workers=tuple(desk.workers()),
    )


def _watch(desk: Desk) -> None:
    """Keep the picture up to date; without a terminal a line for everything that changed."""
    try:
        if not sys.stdout.isatty():
            _lines_that_change(desk)
        with Moving(console=console_here(), screen=True, auto_refresh=False) as picture:
            while True:
                picture.update(shown(tonight(desk, datetime.now(UTC))), refresh=True)
                time.sleep(EVERY_S)
    except KeyboardInterrupt:
        return


def _lines_that_change(desk: Desk) -> None:
    told: set[str] = set()
    while True:
        found = lines(tonight(desk, datetime.now(UTC)))
        for line in found:
            if line not in told:
                print(line, flush=True)
        told = set(found)
        time.sleep(EVERY_S)


# --- what a person asks for


def _run(estate: Estate, desk: Desk, args: argparse.Namespace) -> int:
    name, workshop = _whose(estate, args.workload, args.agreement)
    waiting = desk.bookings(
        states=(BookingState.WANTED, BookingState.RUNNING), agreement=name, workload=args.workload
    )
    if asked := [one.id for one, _ in waiting if one.asked_by]:
        raise InputError(f"{asked[0]} was asked for, and is not over yet", hint="drverify tonight")
    made = asked_for(
        workshop,
        args.workload,
        site=estate.operation.site,
        account=account(),
        now=datetime.now(UTC),
        nights=estate.main.settings.nights,
        window=timedelta(hours=estate.operation.hours_at_most),
    )
    booked = _published(desk, made)
    if args.json:
        print(json.dumps({"booking": booked.id}))
    else:
        print(f"booked     {booked.id}")
        print("watch it   drverify tonight --watch")
        if not desk.workers():
            print("drverify: no worker runs here: nothing begins before `drverify up`", file=sys.stderr)
    return Exit.OK


def _published(desk: Desk, made: Booking) -> Booking:
    for number in range(1, _NUMBERS + 1):
        booking = replace(made, id=BookingId(made.id if number == 1 else f"{made.id}.{number}"))
        if desk.booking(booking.id) is None:
            _note(desk, "run now", booking.id)
            if desk.publish([booking]):
                return booking
    raise InputError(f"{made.workload} was asked for {_NUMBERS} times in one night")


def _whose(estate: Estate, workload: str, agreement: str) -> tuple[str, Workshop]:
    if agreement and agreement not in estate.workshops:
        raise InputError(
            f"no agreement {agreement!r} at this site", hint=f"known are: {', '.join(estate.workshops)}"
        )
    found = [
        (name, workshop)
        for name, workshop in estate.workshops.items()
        if agreement in {"", name} and any(one.name == workload for one in workshop.workloads)
    ]
    if not found:
        known = sorted({one.name for shop in estate.workshops.values() for one in shop.workloads})
        raise InputError(f"no workload {workload!r}", hint=f"known are: {', '.join(known) or 'none'}")
    if len(found) > 1:
        named = ", ".join(name for name, _ in found)
        raise InputError(f"several agreements have a workload {workload!r}", hint=f"--agreement: {named}")
    return found[0]


_OPEN = (BookingState.WANTED, BookingState.RUNNING)


def _cancel(desk: Desk, named: str, *, as_data: bool) -> int:
    booking = _open_booking(desk, named)
    _note(desk, "cancel", booking)
    state = desk.cancel(booking, account(), datetime.now(UTC))
    if as_data:
        print(json.dumps({"booking": booking, "state": state}))
    elif state is BookingState.RUNNING:
        print(f"{booking}: asked to end; it takes everything back first")
    else:
        print(f"{booking}: {state}")
    return Exit.OK


def _keep(desk: Desk, named: str, asked: str, *, as_data: bool) -> int:
    try:
        span = parse(asked)
    except ValueError as error:
        raise InputError(f"--for: {error}") from error
    name = _open_booking(desk, named)
    found = desk.booking(name)
    if found is not None and (why := refusal(*found, span)):
        raise InputError(f"{name}: {why}")
    _note(desk, "keep the sandbox" if span else "release the sandbox", name)
    desk.keep(name, account(), datetime.now(UTC), span)
    if as_data:
        print(json.dumps({"booking": name, "seconds": int(span.total_seconds())}))
    elif span:
        print(f"{name}: its sandbox stands for {human(span)} when it is signed")
        print("get in     drverify tonight")
    else:
        print(f"{name}: its sandbox goes")
    return Exit.OK


def _open_booking(desk: Desk, named: str) -> BookingId:
    """The booking of that id, or the only open one of a workload. InputError when nothing of it is open."""
    found = desk.booking(BookingId(named))
    if found is not None and found[1] in _OPEN:
        return found[0].id
    if found is not None:
        raise InputError(f"{named} is {found[1]} already")
    open_ = [one.id for one, _ in desk.bookings(states=_OPEN, workload=named)]
    if len(open_) == 1:
        return open_[0]
    hint = "give one of " + ", ".join(open_) if open_ else "`drverify tonight --json` lists them"
    raise InputError(
        f"{len(open_)} bookings of {named} are open" if open_ else f"no open booking {named!r}", hint=hint
    )


def _note(desk: Desk, what: What, booking: BookingId) -> None:
    desk.note(
        Action(at=datetime.now(UTC), account=account(), what=what, booking=booking, detail="command line")
    )


def account() -> str:
    """The login name of who sits there, also behind sudo."""
    behind = os.environ.get("SUDO_USER", "") if os.geteuid() == 0 else ""
    try:
        return behind or pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"
