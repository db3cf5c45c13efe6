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


Way = Callable[[Honest, Authority], Shown]


def honest(root: Path, by: Authority) -> Honest:
    """Agreed, a drill, its start and its result stamped."""
    shown = _drilled(root / "honest", by, over(LATER)).shown(words=STAMPED)
    late = _drilled(root / "late", by, over(LATER) + timedelta(hours=1)).shown(words=STAMPED)
    start, result = sorted(name for name in shown.files if name.startswith(layout.TIMESTAMPS))
    return Honest(root=root, shown=shown, start=start, result=result, late=late)


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


def nobody_could_stamp(made: Honest, by: Authority) -> Shown:
    """The auditor asks for stamps, and trusts no authority: that says nothing of the bundle."""
    return replace(made.shown, trust=TRUST)


def within_what(made: Honest, by: Authority) -> Shown:
    """The auditor says how late stamps may be, and does not ask for any."""
    return replace(made.shown, words=("--within", "2h"))


def within_no_time(made: Honest, by: Authority) -> Shown:
    return replace(made.shown, words=(*STAMPED, "--within", "soon"))
