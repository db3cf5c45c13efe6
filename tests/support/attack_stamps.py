"""What may be done with time stamps when an auditor demands them, in front of real time authorities (openssl's).

One honest drill, whose start was stamped when it was declared and its result when it was over; each function
gives what an auditor is handed by somebody who changes something about that.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from drverify.auditing import layout
from lab.authority.making import Authority, make_authority
from tests.support.attack_times import DAY, LATER, Yard, declared, over
from tests.support.attacks import Files, Shown, indexed
from tests.support.authorities import trusted_root
from tests.support.periods import TRUST

STAMPED = ("--stamped",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Honest:
    """A bundle in which every start and every result was stamped at once, by the first authority alone."""

    root: Path
    shown: Shown
    start: str
    """The name of the token over the start."""
    result: str
    late: Shown
    """The same drill, its result stamped an hour after it was over."""
    by: Authority


Way = Callable[[Honest, Authority], Shown]


def honest(root: Path, by: Authority) -> Honest:
    """Agreed, a drill, its start and its result stamped."""
    shown = _drilled(root / "honest", by, over(LATER)).shown(words=STAMPED)
    late = _drilled(root / "late", by, over(LATER) + timedelta(hours=1)).shown(words=STAMPED)
    start, result = sorted(name for name in shown.files if name.startswith(layout.TIMESTAMPS))
    return Honest(root=root, shown=shown, start=start, result=result, late=late, by=by)


def _drilled(root: Path, by: Authority, at: datetime, *, days: tuple[int, ...] = (LATER,)) -> Yard:
    """A drill, the first of these days, whose start is stamped at once and whose result is stamped then."""
    yard = Yard.at(root, by, days=days)
    begun = yard.begin(days[0])
    yard.stamp(declared(days[0]))
    yard.end(begun)
    yard.stamp(at)
    return yard


def _without(files: Files, *names: str) -> Files:
    return indexed({name: content for name, content in files.items() if name not in names})


def nothing(made: Honest, by: Authority) -> Shown:
    """Everybody is honest."""
    return made.shown


def stripped_of_the_result(made: Honest, by: Authority) -> Shown:
    """The stamp over the result is taken away, and the list of files made again."""
    return replace(made.shown, files=_without(made.shown.files, made.result))


def stripped_not_demanded(made: Honest, by: Authority) -> Shown:
    """The same, and the auditor did not ask."""
    return replace(stripped_of_the_result(made, by), words=())


def stripped_of_the_start(made: Honest, by: Authority) -> Shown:
    """The stamp over the start is taken away: the one over the result is over the start as well, but late."""
    return replace(made.shown, files=_without(made.shown.files, made.start))


def stripped_of_the_start_patiently(made: Honest, by: Authority) -> Shown:
    """The same, and the auditor has patience: late stamps are not none."""
    return replace(stripped_of_the_start(made, by), words=(*STAMPED, "--within", "10m"))


def stripped_of_all(made: Honest, by: Authority) -> Shown:
    names = [name for name in made.shown.files if name.startswith(layout.TIMESTAMPS)]
    return replace(made.shown, files=_without(made.shown.files, *names))


def of_another_tree(made: Honest, by: Authority) -> Shown:
    """The stamp over the tree with the start in place of the one over the tree with the result."""
    files = made.shown.files
    return replace(made.shown, files=indexed({**files, made.result: files[made.start]}))


def of_nobody_trusted(made: Honest, by: Authority) -> Shown:
    """The auditor trusts another authority than the one that stamped."""
    return replace(made.shown, trust=replace(TRUST, authorities=(trusted_root(by),)))


def of_nobody_trusted_renamed(made: Honest, by: Authority) -> Shown:
    """The same, and the tokens are said to be that authority's."""
    files, name = made.shown.files, trusted_root(by).name
    renamed = {
        path.replace(".first.", f".{name}.") if path.startswith(layout.TIMESTAMPS) else path: content
        for path, content in files.items()
    }
    return replace(of_nobody_trusted(made, by), files=indexed(renamed))


def granted_with_changes(made: Honest, by: Authority) -> Shown:
    """The status around a token, which nobody signs, says that the authority changed what it was asked for."""
    token = made.shown.files[made.result]
    assert 0 < token.find(b"\x02\x01\x00") < 12
    changed = token.replace(b"\x02\x01\x00", b"\x02\x01\x01", 1)
    return replace(made.shown, files=indexed({**made.shown.files, made.result: changed}))


def too_late(made: Honest, by: Authority) -> Shown:
    """The result lay about for an hour before it was stamped."""
    return made.late


def late_and_allowed(made: Honest, by: Authority) -> Shown:
    """The same, and two hours were allowed."""
    return replace(made.late, words=(*STAMPED, "--within", "2h"))


def expired_when_it_stamped(made: Honest, by: Authority) -> Shown:
    """The authority's certificate was over for months when the result is said to have been stamped."""
    brief = make_authority(made.root / "brief", "brief", lasting=10 * DAY)
    return _drilled(made.root / "expired", brief, over(LATER)).shown(words=STAMPED)


def begun_and_never_stamped(made: Honest, by: Authority) -> Shown:
    """One more start, which no checkpoint that was stamped has in it; its window is open."""
    yard = _drilled(made.root / "begun", by, over(LATER), days=(LATER, LATER + 1))
    yard.begin(LATER + 1)
    return yard.shown(words=STAMPED, at=declared(LATER + 1))


# two authorities, of which one fails or lies

BOTH = (*STAMPED, "--by", "2")
When = tuple[datetime, datetime] | None
"""When an authority says that it stamped the start and the result; None: it was not reached."""


def _by_two(made: Honest, other: Authority, first: When, second: When, *, day: int = LATER) -> Shown:
    """A drill in front of both, of whom the auditor demands nothing more than a stamp of one."""
    place = made.root / f"two-{len(list(made.root.iterdir()))}"
    yard = Yard.at(place, made.by, other, days=(day,))
    begun = yard.begin(day)
    for number, end in enumerate((False, True)):
        if end:
            yard.end(begun)
        for one, when in ((made.by, first), (other, second)):
            if when is not None:
                yard.stamp(when[number], one)
    return yard.shown(words=STAMPED)


def _in_time(day: int = LATER) -> When:
    return declared(day), over(day)


def _later(by: timedelta) -> When:
    return declared(LATER) + by, over(LATER) + by


def both_stamped(made: Honest, other: Authority) -> Shown:
    """Nobody attacks, and the auditor demands both."""
    return replace(_by_two(made, other, _in_time(), _in_time()), words=BOTH)


def one_failed(made: Honest, other: Authority) -> Shown:
    """One of two was not to be reached for the whole night."""
    return _by_two(made, other, _in_time(), None)


def the_other_failed(made: Honest, other: Authority) -> Shown:
    return _by_two(made, other, None, _in_time())


def one_failed_and_both_demanded(made: Honest, other: Authority) -> Shown:
    return replace(one_failed(made, other), words=BOTH)


def one_lies_late(made: Honest, other: Authority) -> Shown:
    """One of two says that everything was an hour later."""
    return _by_two(made, other, _in_time(), _later(timedelta(hours=1)))


def one_lies_late_and_both_demanded(made: Honest, other: Authority) -> Shown:
    return replace(one_lies_late(made, other), words=BOTH)


def one_lies_early(made: Honest, other: Authority) -> Shown:
    """One of two says that everything was an hour earlier: before it can have been."""
    return _by_two(made, other, _in_time(), _later(timedelta(hours=-1)))


def one_helps_to_date_back(made: Honest, other: Authority) -> Shown:
    """A drill that was made up 20 days later: one of two stamps whatever it is asked to, the other is honest."""
    day = LATER - 20
    return _by_two(made, other, _in_time(day), _in_time(), day=day)


def one_helps_to_date_back_and_both_demanded(made: Honest, other: Authority) -> Shown:
    return replace(one_helps_to_date_back(made, other), words=BOTH)


def one_helps_and_the_other_is_not_shown(made: Honest, other: Authority) -> Shown:
    """The same, and the honest one's stamps are left out."""
    day = LATER - 20
    return replace(_by_two(made, other, _in_time(day), None, day=day), words=BOTH)


def of_more_than_are_trusted(made: Honest, other: Authority) -> Shown:
    """More are demanded than the auditor trusts: that says nothing of the bundle."""
    return replace(made.shown, words=BOTH)


def by_whom(made: Honest, other: Authority) -> Shown:
    """The auditor says how many, and does not ask for any."""
    return replace(made.shown, words=("--by", "1"))


def by_no_number(made: Honest, other: Authority) -> Shown:
    return replace(made.shown, words=(*STAMPED, "--by", "0"))


def nobody_could_stamp(made: Honest, by: Authority) -> Shown:
    """The auditor asks for stamps, and trusts no authority: that says nothing of the bundle."""
    return replace(made.shown, trust=TRUST)


def within_what(made: Honest, by: Authority) -> Shown:
    """The auditor says how late stamps may be, and does not ask for any."""
    return replace(made.shown, words=("--within", "2h"))


def within_no_time(made: Honest, by: Authority) -> Shown:
    return replace(made.shown, words=(*STAMPED, "--within", "soon"))
