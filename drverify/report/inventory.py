"""A look at the estate in words."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from drverify.judging.standing import failures, troubles
from drverify.model.duration import human
from drverify.model.standing import BackupStanding, EstateSurvey


def show(
    console: Console, survey: EstateSurvey, since: Mapping[str, datetime], changed: Sequence[str]
) -> None:
    """Print it for a person; `since` says from when on each workload's backups are owed."""
    console.print(
        f"as of {survey.at:%Y-%m-%d %H:%M:%S} UTC; listed, not restored: only a drill proves a backup"
    )
    if survey.standings:
        console.print(_table(survey, since))
    for line in _lines(survey, changed):
        console.print(line, highlight=False)


def _table(survey: EstateSurvey, since: Mapping[str, datetime]) -> Table:
    table = Table(title="Workloads", title_justify="left", title_style="bold")
    for name in ("workload", "source", "points", "newest", "oldest", "largest gap", "what is wrong"):
        table.add_column(
            name, overflow="fold", justify="right" if name in {"points", "newest", "oldest"} else "left"
        )
    for one in survey.standings:
        wrong = "; ".join(troubles(one, since.get(one.workload, survey.at), survey.at))
        table.add_row(
            escape(one.workload),
            escape(one.source),
            str(one.points),
            _age(one.newest, survey.at),
            _age(one.oldest, survey.at),
            _gap(one),
            f"[bold red]{escape(wrong)}[/]" if wrong else "[green]as promised[/]" if _promised(one) else "",
        )
    return table


def _promised(one: BackupStanding) -> bool:
    return one.allowed_gap is not None or one.kept_for is not None


def _gap(one: BackupStanding) -> str:
    gap = human(one.largest_gap) if one.largest_gap is not None else "none"
    return f"{gap} of {human(one.allowed_gap)}" if one.allowed_gap is not None else gap


def _age(instant: datetime | None, now: datetime) -> str:
    return f"{human(now - instant)} old" if instant is not None else "none"


def _lines(survey: EstateSurvey, changed: Sequence[str]) -> Iterator[str]:
    for one in survey.unread:
        yield f"[yellow]not asked[/]   {escape(one.place)}: {escape(one.why)}"
    for one in survey.untold:
        yield f"[yellow]not told[/]    {escape(one.place)}: whether backups failed: {escape(one.why)}"
    for line in failures(survey):
        yield f"[bold red]failed[/]      {escape(line)}"
    if good := sum(one.made_good_at is not None for one in survey.failed):
        yield f"            {good} more failed in the last month, and a later one made them good: --json"
    for stray in survey.unknown:
        yield (
            f"[yellow]nobody's[/]    {stray.points} points of {escape(stray.host or 'no host')} in "
            f"{escape(stray.source)} ({escape(', '.join(stray.paths[:3]))}): no workload of the inventory"
        )
    for guest in survey.guests:
        if guest.backed_up is not True:
            state = "" if guest.running is None else ", running" if guest.running else ", not running"
            said = "no backup" if guest.backed_up is False else "no workload of the inventory"
            detail = f": {guest.detail}" if guest.detail else ""
            where = f"{escape(guest.name)} on {escape(guest.place)}{state}"
            yield f"[yellow]unprotected[/] {where}: {said}{escape(detail)}"
    yield from (f"changed     {escape(line)}" for line in changed)


def history(console: Console, looks: Sequence[EstateSurvey], workload: str) -> None:
    """Print how the points of one workload stood in each look, the newest first."""
    table = Table(title=f"Points of {workload}", title_justify="left", title_style="bold")
    table.add_column("looked at (UTC)")
    for name in ("points", "newest", "oldest"):
        table.add_column(name, justify="right")
    table.add_column("largest gap")
    table.add_column("failed since the look before", overflow="fold")
    for number, survey in enumerate(looks):
        before = looks[number + 1].at if number + 1 < len(looks) else None
        for one in survey.standings:
            if one.workload == workload:
                failed = [
                    each
                    for each in survey.failed
                    if each.workload == workload and (before is None or each.at > before)
                ]
                table.add_row(
                    f"{survey.at:%Y-%m-%d %H:%M}",
                    str(one.points),
                    _age(one.newest, survey.at),
                    _age(one.oldest, survey.at),
                    _gap(one),
                    escape("; ".join(f"{each.at:%d %H:%M} {each.why}" for each in failed)),
                )
    console.print(table)
