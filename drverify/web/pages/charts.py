"""Where the parts of a chart lie. Pure: templates draw what stands here, in lengths of the drawing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from drverify.adapters.annex.words import count, joined, name, span
from drverify.model.board import Day
from drverify.model.booking import LivePhase
from drverify.model.drill import PhaseRecord
from drverify.model.duration import human
from drverify.model.obligation import ObligationId
from drverify.model.result import Judged, Result
from drverify.model.verdict import Outcome

WIDE, HIGH = 720, 180
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 12, 12, 28
_NOTHING = timedelta(0)
_NICE = tuple(
    timedelta(seconds=one)
    for one in (
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800,
        604800, 1209600, 2592000, 7776000, 31536000,
    )
)  # fmt: skip
_LINES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One drill on a chart."""

    x: float
    y: float
    outcome: str
    drill: str
    label: str
    changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across, or a mark below, with its words."""

    at: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What drills achieved, against the limit."""

    dots: tuple[Dot, ...]
    """Drills that measured nothing lie on the ground line."""
    line: str
    """Points of the line through what was measured of the workload's own points."""
    limits: tuple[tuple[float, float, float], ...]
    """Left, right and height of each piece of the limit."""
    across: tuple[Tick, ...]
    below: tuple[Tick, ...]
    summary: str
    width: int = WIDE
    height: int = HIGH
    left: int = _LEFT
    ground: int = HIGH - _BOTTOM


def history(results: Sequence[Result], obligation: ObligationId) -> History | None:
    """The chart of one promise over drills, oldest first; None when nothing was measured."""
    found = [
        (one, verdict) for one in results for verdict in one.verdicts if verdict.obligation == obligation
    ]
    measured = [verdict.achieved + verdict.allowance for _, verdict in found if verdict.achieved is not None]
    granted = max((verdict.allowance for _, verdict in found), default=timedelta())
    if not measured:
        return None
    limits = [verdict.limit for _, verdict in found if verdict.limit is not None]
    top = max([*measured, *limits, timedelta(seconds=1)]) * 1.1
    begins, ends = found[0][0].started_at, found[-1][0].started_at

    def across(at: datetime) -> float:
        share = (at - begins) / (ends - begins) if ends > begins else 0.5
        return round(_LEFT + 8 + share * (WIDE - _LEFT - _RIGHT - 16), 1)

    def up(value: timedelta) -> float:
        return round(HIGH - _BOTTOM - value / top * (HIGH - _TOP - _BOTTOM), 1)

    dots = []
    for one, verdict in found:
        value = verdict.achieved + verdict.allowance if verdict.achieved is not None else None
        dots.append(
            Dot(
                x=across(one.started_at),
                y=up(value) if value is not None else HIGH - _BOTTOM,
                outcome=verdict.outcome.value,
                drill=one.drill,
                label=f"{one.started_at:%Y-%m-%d}: {verdict.outcome.value}, {span(value)}"
                + (f", of the copy in {name(copy)}" if (copy := _copy(one)) is not None else "")
                + (", another verdict than before" if verdict.changed else ""),
                changed=verdict.changed,
            )
        )
    known = [
        dot
        for dot, (one, verdict) in zip(dots, found, strict=True)
        if verdict.achieved is not None and _copy(one) is None
    ]
    return History(
        dots=tuple(dots),
        line=" ".join(f"{dot.x},{dot.y}" for dot in known),
        limits=_limits([(dot.x, verdict.limit) for dot, (_, verdict) in zip(dots, found, strict=True)], up),
        across=tuple(Tick(at=up(value), text=joined(human(value))) for value in _steps(top)),
        below=tuple(_dates(begins, ends, across)),
        summary=_summary(found, granted),
    )


def _copy(one: Result) -> str | None:
    """Source of the further copy that was drilled; None: none was."""
    return one.taken.copy if one.taken is not None else None


def _limits(
    points: Sequence[tuple[float, timedelta | None]], up: Callable[[timedelta], float]
) -> tuple[tuple[float, float, float], ...]:
    """One piece for each stretch with the same limit."""
    pieces: list[tuple[float, float, float]] = []
    begins = float(_LEFT)
    for number, (x, limit) in enumerate(points):
        last = number + 1 == len(points)
        if last or points[number + 1][1] != limit:
            ends = float(WIDE - _RIGHT) if last else (x + points[number + 1][0]) / 2
            if limit is not None:
                pieces.append((begins, round(ends, 1), up(limit)))
            begins = round(ends, 1)
    return tuple(pieces)


def _steps(top: timedelta) -> Sequence[timedelta]:
    step = next((one for one in _NICE if top / one <= _LINES), _NICE[-1])
    return [step * number for number in range(int(top / step) + 1)]


def _dates(begins: datetime, ends: datetime, across: Callable[[datetime], float]) -> list[Tick]:
    if begins.date() == ends.date():
        return [Tick(at=across(begins), text=f"{begins:%Y-%m-%d}")]
    parts = [begins + (ends - begins) * number / 3 for number in range(4)]
    return [Tick(at=across(one), text=f"{one:%Y-%m-%d}") for one in parts]


def _summary(found: Sequence[tuple[Result, Judged]], granted: timedelta) -> str:
    """In words; further copies are counted apart, as what they take is nothing that was promised."""
    own = [verdict for one, verdict in found if _copy(one) is None]
    measured = [one.achieved + one.allowance for one in own if one.achieved is not None]
    said = [f"{len(measured)} of {len(own)} drills measured it"] if own else []
    if measured:
        counted = f", with the {span(granted)} that is allowed for what no drill does" if granted else ""
        said.append(f"longest {span(max(measured))}, last {span(measured[-1])}{counted}")
    if len(own) < len(found):
        said.append(f"{count(len(found) - len(own), 'drill')} of a further copy")
    return "; ".join(said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One phase of a drill."""

    name: str
    x: float
    width: float
    took: str
    share: str
    going: bool = False


def phases(found: Sequence[PhaseRecord]) -> tuple[Bar, ...]:
    """The phases of a drill on its own clock."""
    whole = max((one.started + one.took for one in found), default=_NOTHING)
    if not whole:
        return ()
    return tuple(
        Bar(
            name=one.name.value,
            x=round(one.started / whole * WIDE, 1),
            width=round(one.took / whole * WIDE, 1),
            took=span(one.took),
            share=f"{one.took / whole:.0%}",
        )
        for one in found
    )


def live_phases(found: Sequence[LivePhase], now: datetime) -> tuple[Bar, ...]:
    """The phases of a drill that runs."""
    if not found:
        return ()
    begins = found[0].began
    whole = max(now - begins, timedelta(seconds=1))
    return tuple(
        Bar(
            name=one.name.value,
            x=round((one.began - begins) / whole * WIDE, 1),
            width=round(((one.ended or now) - one.began) / whole * WIDE, 1),
            took=span(timedelta(seconds=round(((one.ended or now) - one.began).total_seconds()))),
            share="",
            going=one.ended is None,
        )
        for one in found
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The drills of one day, from the ground up: kept, unproven, missed."""

    x: float
    width: float
    parts: tuple[tuple[str, float, float], ...]
    """Outcome, top and height."""
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Drills by day."""

    columns: tuple[Column, ...]
    most: int
    begins: date
    ends: date
    summary: str
    width: int = WIDE
    height: int = 90


def columns(found: Sequence[Day], until: date, *, number: int) -> Columns:
    """The last days, all agreements of the page together."""
    shares: dict[date, list[int]] = {}
    for one in found:
        sums = shares.setdefault(one.day, [0, 0, 0])
        for place, value in enumerate((one.met, one.unproven, one.missed)):
            sums[place] += value
    most = max((sum(one) for one in shares.values()), default=0)
    begins, wide, high = until - timedelta(days=number - 1), WIDE / number, 70
    made = []
    for place in range(number):
        day = begins + timedelta(days=place)
        sums, ground, parts = shares.get(day, [0, 0, 0]), float(high), []
        for outcome, value in zip((Outcome.MET, Outcome.UNPROVEN, Outcome.MISSED), sums, strict=True):
            height = value / most * high if most else 0.0
            ground -= height
            if value:
                parts.append((outcome.value, round(ground, 1), round(height, 1)))
        label = f"{day}: {sum(sums)} drills, {sums[0]} kept everything, {sums[1]} unproven, {sums[2]} missed"
        made.append(
            Column(x=round(place * wide + 1, 1), width=round(wide - 2, 1), parts=tuple(parts), label=label)
        )
    total = [sum(one[place] for one in shares.values()) for place in range(3)]
    return Columns(
        columns=tuple(made),
        most=most,
        begins=begins,
        ends=until,
        summary=f"{sum(total):,} drills in {number} days: {total[0]:,} kept everything, {total[1]:,} left "
        f"something unproven, {total[2]:,} missed something",
    )
