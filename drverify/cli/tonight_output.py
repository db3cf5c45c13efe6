"""A night in a table, in lines, and as data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from drverify.model.booking import (
    Attempt,
    Booking,
    BookingId,
    BookingState,
    Lease,
    Live,
    LivePhase,
    Worker,
)
from drverify.model.duration import human
from drverify.model.verdict import Outcome
from drverify.planning.tonight.following import flips

MIB = 1 << 20
NEWEST = 5
"""Lines of each running drill that are shown."""
SILENT = timedelta(seconds=15)
_SECOND = timedelta(seconds=1)
_ORDER = (
    BookingState.RUNNING,
    BookingState.WANTED,
    BookingState.DONE,
    BookingState.MISSED,
    BookingState.GIVEN_UP,
    BookingState.CANCELLED,
)
_STYLES: Mapping[BookingState, str] = {
    BookingState.RUNNING: "bold cyan",
    BookingState.WANTED: "",
    BookingState.DONE: "green",
    BookingState.MISSED: "bold red",
    BookingState.GIVEN_UP: "bold yellow",
    BookingState.CANCELLED: "dim",
}
_OUTCOMES: Mapping[Outcome, str] = {
    Outcome.MISSED: "bold red",
    Outcome.UNPROVEN: "yellow",
    Outcome.MET: "green",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tonight:
    """Everything about this night that a desk knows."""

    now: datetime
    bookings: tuple[tuple[Booking, BookingState], ...]
    leases: Mapping[BookingId, Lease]
    live: Mapping[BookingId, Live]
    attempts: Mapping[BookingId, tuple[Attempt, ...]]
    """Of those that began, oldest first."""
    workers: tuple[Worker, ...]


def shown(night: Tonight) -> RenderableType:
    """The night as a person looks at it."""
    if not night.bookings:
        return Group(Text("nothing runs, waits or has ended this night"), *_remarks(night))
    several = len({booking.agreement for booking, _ in night.bookings}) > 1
    table = Table(title=_title(night), title_justify="left", title_style="bold", expand=True)
    names = ("state", *(("agreement",) if several else ()), "workload", "host", "attempt", "what happens")
    for name in names:
        last = name == "what happens"
        table.add_column(name, overflow="fold", no_wrap=name == "state", ratio=1 if last else None)
    for booking, state in _sorted(night):
        table.add_row(
            f"[{_STYLES[state]}]{state}[/]" if _STYLES[state] else str(state),
            *((escape(booking.agreement),) if several else ()),
            escape(booking.workload) + _of_what(booking),
            escape(_where(night, booking)),
            str(_attempt(night, booking)),
            _coloured(night, booking, state),
        )
    return Group(table, *_newest_lines(night), *_remarks(night))


def _of_what(booking: Booking) -> str:
    """The members of a group, or what else than a drill it is."""
    if booking.members:
        return f" [dim]({escape(' + '.join(booking.members))})[/]"
    return "" if booking.kind == "drill" else f" [dim]({booking.kind})[/]"


def lines(night: Tonight) -> Sequence[str]:
    """The night for a pipe: one line for each booking, and the newest ones of what runs."""
    return tuple(_lines(night))


def _lines(night: Tonight) -> Iterator[str]:
    for booking, state in _sorted(night):
        attempt, happens = _attempt(night, booking), _happens(night, booking, state)
        yield f"{state:<9}  {booking.id}  {_where(night, booking)}  attempt {attempt}  {happens}"
        live = night.live.get(booking.id)
        if live is not None and state is BookingState.RUNNING:
            yield from (f"           get in: {line}" for line in live.ways_in)
            yield from (f"           {line}" for line in live.lines[-NEWEST:])
    if not night.bookings:
        yield "nothing runs, waits or has ended this night"
    for remark in _remarks(night):
        yield remark.plain


def as_json(night: Tonight) -> dict[str, object]:
    """The night as data; instants are RFC 3339, spans are seconds."""
    return {
        "at": night.now.isoformat(),
        "bookings": [_row(night, booking, state) for booking, state in _sorted(night)],
        "workers": [
            {
                "id": one.id,
                "machine": one.machine,
                "version": one.version,
                "seen": one.seen.isoformat(),
                "hosts": list(one.hosts),
            }
            for one in night.workers
        ],
    }


def _row(night: Tonight, booking: Booking, state: BookingState) -> dict[str, object]:
    live, lease = night.live.get(booking.id), night.leases.get(booking.id)
    row: dict[str, object] = {
        "booking": booking.id,
        "state": state,
        "agreement": booking.agreement,
        "workload": booking.workload,
        "members": list(booking.members),
        "kind": booking.kind,
        "host": _where(night, booking),
        "planned_on": booking.host,
        "elsewhere": list(booking.elsewhere),
        "not_before": booking.not_before.isoformat(),
        "not_after": booking.not_after.isoformat(),
        "why": booking.why,
        "asked_by": booking.asked_by,
        "attempt": _attempt(night, booking),
        "flipping": flips(night.attempts.get(booking.id, ())),
        "attempts": [
            {
                "number": one.number,
                "worker": one.worker,
                "host": one.host,
                "placed": one.placed,
                "began": one.began.isoformat(),
                "ended": one.ending.at.isoformat(),
                "kind": one.ending.kind,
                "drill": one.ending.drill,
                "others": list(one.ending.others),
                "verdicts": {name: str(outcome) for name, outcome in one.ending.verdicts},
                "faults": list(one.ending.faults),
                "left_behind": one.ending.left_behind,
                "why": one.ending.why,
            }
            for one in night.attempts.get(booking.id, ())
        ],
    }
    if lease is not None:
        row |= {
            "worker": lease.worker,
            "placed": lease.placed,
            "seen": lease.seen.isoformat(),
            "deadline": lease.deadline.isoformat(),
            "cancelled_by": lease.cancelled_by,
        }
    if live is not None and state is BookingState.RUNNING:
        row["live"] = _live_row(live)
    return row


def _live_row(live: Live) -> dict[str, object]:
    return {
        "drill": live.drill,
        "others": list(live.others),
        "at": live.at.isoformat(),
        "phases": [
            {
                "name": str(one.name),
                "member": one.member,
                "began": one.began.isoformat(),
                "ended": one.ended.isoformat() if one.ended else None,
            }
            for one in live.phases
        ],
        "bytes_done": live.bytes_done,
        "bytes_total": live.bytes_total,
        "lines": list(live.lines),
        "stands_until": live.stands_until.isoformat() if live.stands_until else None,
        "ways_in": list(live.ways_in),
    }


# --- words


def _title(night: Tonight) -> str:
    counted = [
        f"{number} {state}" for state in _ORDER if (number := sum(one is state for _, one in night.bookings))
    ]
    return f"Tonight, {night.now:%Y-%m-%d %H:%M:%S} UTC: " + ", ".join(counted)


def _sorted(night: Tonight) -> Sequence[tuple[Booking, BookingState]]:
    return sorted(
        night.bookings,
        key=lambda one: (_ORDER.index(one[1]), one[0].not_before, one[0].agreement, one[0].workload),
    )


def _attempt(night: Tonight, booking: Booking) -> int:
    lease = night.leases.get(booking.id)
    return lease.attempt if lease is not None else len(night.attempts.get(booking.id, ()))


def _where(night: Tonight, booking: Booking) -> str:
    """The host that it runs on, or ran on last; else the one that it is planned for."""
    lease, attempts = night.leases.get(booking.id), night.attempts.get(booking.id, ())
    if lease is not None:
        return lease.host
    return attempts[-1].host if attempts else booking.host


def _happens(night: Tonight, booking: Booking, state: BookingState) -> str:
    if state is BookingState.RUNNING:
        placed = night.leases[booking.id].placed if booking.id in night.leases else ""
        return _running(night, booking) + (f"; {placed}" if placed else "")
    if state is BookingState.WANTED:
        return _waits(night, booking)
    if state is BookingState.MISSED:
        return "nobody had room for it before its night ended"
    attempts = night.attempts.get(booking.id, ())
    if not attempts:
        return "cancelled before it began" if state is BookingState.CANCELLED else ""
    last = attempts[-1]
    told = (
        last.ending.why
        if last.ending.kind in {"concluded", "cancelled"}
        else f"{last.ending.kind}: {last.ending.why}"
    )
    if flips(attempts):
        told = f"flipping: attempts judged the same promise differently; {told}"
    left = "; something was left behind: drverify sandbox reap" if last.ending.left_behind else ""
    return f"{told}, in {_span(last.ending.at - last.began)}{left}"


def _coloured(night: Tonight, booking: Booking, state: BookingState) -> str:
    said = escape(_happens(night, booking, state))
    for outcome, style in _OUTCOMES.items():
        said = said.replace(f" {outcome.value}", f" [{style}]{outcome.value}[/]")
    return said


def _waits(night: Tonight, booking: Booking) -> str:
    asked = f", asked for by {booking.asked_by}" if booking.asked_by else ""
    again = "again, after an attempt that failed; " if night.attempts.get(booking.id) else ""
    if booking.not_before > night.now:
        return f"{again}from {booking.not_before:%a %H:%M} UTC on{asked}: {booking.why}"
    return f"{again}for room on host {booking.host}{asked}: {booking.why}"


def _running(night: Tonight, booking: Booking) -> str:
    lease, live = night.leases.get(booking.id), night.live.get(booking.id)
    if lease is None:
        return ""
    if live is None:
        return f"starts, {_span(night.now - lease.since)} so far"
    if live.stands_until is not None:
        return f"signed; its sandbox stands for a look until {live.stands_until:%H:%M} UTC"
    parts = [_phase(live.phases, night.now)]
    if live.bytes_done:
        parts.append(_bytes(live))
    parts.append(f"{_span(night.now - lease.since)} in all")
    if lease.cancelled_by:
        parts.append(f"cancelled by {lease.cancelled_by}")
    silent = night.now - lease.seen
    if silent > SILENT:
        parts.append(f"no sign of life for {_span(silent)}")
    return ", ".join(part for part in parts if part)


def _phase(phases: Sequence[LivePhase], now: datetime) -> str:
    open_ = [one for one in phases if one.ended is None]
    if open_:
        return " and ".join(f"{_named(one)} {_span(now - one.began)}" for one in open_[-2:])
    return f"{_named(phases[-1])} done" if phases else "prepares"


def _named(phase: LivePhase) -> str:
    return f"{phase.member} {phase.name}" if phase.member else str(phase.name)


def _bytes(live: Live) -> str:
    done = f"{live.bytes_done / MIB:.1f}"
    if not live.bytes_total:
        return f"{done} MiB"
    return f"{done} of {live.bytes_total / MIB:.1f} MiB ({100 * live.bytes_done // live.bytes_total} %)"


def _newest_lines(night: Tonight) -> Iterator[RenderableType]:
    for booking, state in _sorted(night):
        live = night.live.get(booking.id)
        if state is not BookingState.RUNNING or live is None or not (live.lines or live.ways_in):
            continue
        yield Text(f"\n{booking.workload}", style="bold cyan")
        for line in live.ways_in:
            yield Text(f"  get in: {line}", overflow="fold")
        for line in live.lines[-NEWEST:]:
            yield Text(f"  {line}", style="dim", overflow="ellipsis", no_wrap=True)


def _remarks(night: Tonight) -> Iterator[Text]:
    alive = [one for one in night.workers if night.now - one.seen <= SILENT]
    if not alive:
        yield Text("no worker runs: nothing begins before `drverify up`", style="bold yellow")
    for one in night.workers:
        if one not in alive:
            yield Text(f"worker {one.id} has been silent for {_span(night.now - one.seen)}", style="yellow")


def _span(span: timedelta) -> str:
    """A time span as it is looked at while it grows: in whole seconds."""
    return human(max(span, timedelta()) // _SECOND * _SECOND)
