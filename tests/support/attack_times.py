"""What may be done with times and keys' times, in front of real time authorities (openssl's).

All of it happens around today, as the authorities tell no other time. Every function carries one attack out
below a directory, and gives what an auditor is handed then.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from drverify.auditing import layout
from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeAnswer, FreshToken
from drverify.model.drill import DrillPlan, LoggedStart
from drverify.model.evidence import Revocation, TrustedKey
from drverify.model.records import Period, PeriodId
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust
from drverify.transparency.stamping import stamped_bytes
from lab.authority.making import Authority, make_authority
from tests.support import records, series
from tests.support.attacks import POINTS, Files, Shown, revoking
from tests.support.authorities import dated, token_of, trusted_root
from tests.support.evidence import challenged
from tests.support.periods import KEYS, TRUST, Kept, MemoryBundle, slot

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
NOW = datetime.now(UTC).replace(microsecond=0)
LATER = (NOW - records.INCIDENT).days + 40
"""A day of `series` in the next months: authorities' certificates begin today."""
PERIOD = Period(id=PeriodId("about-now"), begins=NOW - 200 * DAY, ends=NOW + 200 * DAY)
AUDITED = NOW + 150 * DAY


def declared(day: int) -> datetime:
    """When the day's drill was declared."""
    return records.STARTED + day * DAY


def over(day: int) -> datetime:
    """When it ended, by its record; with a second for the rounding of tokens."""
    return declared(day) + timedelta(seconds=151)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A drill that runs."""

    day: int
    plan: DrillPlan
    start: LoggedStart
    answer: ChallengeAnswer


@dataclass(slots=True)
class Yard:
    """A provider whose log real authorities stamp."""

    root: Path
    authorities: tuple[Authority, ...]
    kept: Kept

    @classmethod
    def at(cls, root: Path, *authorities: Authority, days: tuple[int, ...] = ()) -> "Yard":
        """Both agreed; scheduled are those days (default: one in the next months), in a period around now."""
        made = cls(root, authorities, Kept(root / "state", points=POINTS))
        made.kept.register()
        made.kept.schedule([slot(day) for day in days or (LATER,)], PERIOD)
        return made

    @property
    def trust(self) -> Trust:
        """Everybody's keys, and all of the authorities."""
        return replace(TRUST, authorities=tuple(trusted_root(one) for one in self.authorities))

    def stamp(self, at: datetime | None = None, *by: Authority) -> int:
        """Have the newest checkpoint stamped, now or at another time; returns its size."""
        log = self.kept.log
        head = log.tiles.head()
        assert head is not None
        content = stamped_bytes(head[1], log.tiles.key)
        for folder in ("checkpoints", "timestamps"):
            (log.path / folder).mkdir(exist_ok=True)
        size = head[0].size
        (log.path / "checkpoints" / str(size)).write_bytes(content)
        for one in by or self.authorities:
            token = self.token(one, content, at)
            (log.path / "timestamps" / f"{size}.{one.name}.tsr").write_bytes(token)
        return size

    def token(self, by: Authority, content: bytes, at: datetime | None) -> bytes:
        """A token over some bytes."""
        return token_of(by, content, self.root) if at is None else dated(by, content, at, self.root)

    def begin(
        self, day: int, fresh: datetime | None = None, *by: Authority, planned: int | None = None
    ) -> Begun:
        """Begin the day's drill, for the slot of that or another day (-1: for none).

        `fresh`: its challenge is made of tokens that were fetched then.
        """
        plan, answer = challenged(series.planned(day))
        basis, tokens = plan.challenge_basis, dict[Sha256, bytes]()
        assert basis is not None
        if fresh is not None:
            made = {one.name: self.token(one, codec.encode(basis), fresh) for one in by or self.authorities}
            tokens = {sha256_of(token): token for token in made.values()}
            named = [FreshToken(authority=name, sha256=sha256_of(made[name])) for name in sorted(made)]
            basis = replace(basis, tokens=tuple(named))
        value = codec.digest(basis)
        of = day if planned is None else planned
        reference = None if of < 0 else self.kept.reference(slot(of), period=PERIOD)
        plan, begun = self.kept.start(day, challenge=value, challenge_basis=basis, slot=reference)
        for digest, token in tokens.items():
            (self.kept.root / "drills" / plan.drill_id / "artefacts" / "sha256" / digest).write_bytes(token)
        return Begun(day=day, plan=plan, start=begun, answer=replace(answer, observed=value))

    def end(self, begun: Begun) -> int:
        """Log its result; returns the entry."""
        return self.kept.result(begun.plan, begun.start, begun.day, challenge=begun.answer)

    def drill(self, day: int, fresh: datetime | None = None, **how: int) -> int:
        """A whole drill, stamped by nobody; returns the result's entry."""
        return self.end(self.begin(day, fresh, **how))

    @property
    def files(self) -> Files:
        """Its bundle."""
        return MemoryBundle.of(self.kept.gather(PERIOD)).files

    def shown(self, **changes: object) -> Shown:
        """To an auditor with the right keys."""
        return replace(Shown(files=self.files, trust=self.trust, at=AUDITED), **changes)  # type: ignore[arg-type]


Way = Callable[[Path, Authority, Authority], Shown]


def _honest(root: Path, *by: Authority) -> Yard:
    """Agreed and stamped in time; a drill with a fresh challenge, its start and its result stamped at once."""
    yard = Yard.at(root, *by)
    yard.stamp()
    begun = yard.begin(LATER, declared(LATER) - 20 * timedelta(seconds=1))
    yard.stamp(declared(LATER))
    yard.end(begun)
    yard.stamp(over(LATER))
    return yard


def nothing(root: Path, first: Authority, second: Authority) -> Shown:
    """Everybody is honest."""
    return _honest(root, first, second).shown()


def slow_authority(root: Path, first: Authority, second: Authority) -> Shown:
    """Everybody is honest: between the stamp over the start and the declaration, another one was waited for."""
    yard = Yard.at(root, first)
    begun = yard.begin(LATER)
    yard.stamp(declared(LATER) - 2 * MINUTE)
    yard.end(begun)
    yard.stamp(over(LATER))
    return yard.shown()


# 9: dates


def dated_back(root: Path, first: Authority, second: Authority) -> Shown:
    """A drill of last month that was made today; its challenge is made of what authorities said today."""
    day = LATER - 60
    yard = Yard.at(root, first, second, days=(day,))
    yard.drill(day, datetime.now(UTC))
    yard.stamp()
    return yard.shown()


def dated_back_unchallenged(root: Path, first: Authority, second: Authority) -> Shown:
    """The same with a challenge of nothing fresh: no clock contradicts, and none confirms it."""
    day = LATER - 60
    yard = Yard.at(root, first, second, days=(day,))
    yard.drill(day)
    yard.stamp()
    return yard.shown()


def dated_back_after_another(root: Path, first: Authority, second: Authority) -> Shown:
    """The same, in a log in which a drill stands before it whose challenge is of today."""
    yard = Yard.at(root, first, second, days=(LATER - 60, LATER))
    yard.drill(LATER, declared(LATER))
    yard.drill(LATER - 60)
    return yard.shown()


def dated_back_by_an_accomplice(root: Path, first: Authority, second: Authority) -> Shown:
    """One of two authorities stamps whatever time it is asked to; the other is honest."""
    day = LATER - 20
    yard = Yard.at(root, first, second, days=(day,))
    begun = yard.begin(day)
    yard.end(begun)
    yard.stamp(over(day), first)
    yard.stamp(over(LATER), second)
    return yard.shown()


def dated_back_by_an_accomplice_challenged(root: Path, first: Authority, second: Authority) -> Shown:
    """The same with a challenge that both have stamped, as every runner does that knows two."""
    day = LATER - 20
    yard = Yard.at(root, first, second, days=(day,))
    basis = yard.begin(day, declared(LATER))
    yard.end(basis)
    yard.stamp(over(day), first)
    return yard.shown()


def dated_ahead(root: Path, first: Authority, second: Authority) -> Shown:
    """The stamp shows that the result was there before the drill is said to have been over."""
    yard = Yard.at(root, first)
    yard.drill(LATER)
    yard.stamp(declared(LATER) - HOUR)
    return yard.shown()


def early_for_its_slot(root: Path, first: Authority, second: Authority) -> Shown:
    """A slot of tomorrow is drilled today, while the machines are known to work."""
    yard = Yard.at(root, first, days=(LATER,))
    begun = yard.begin(LATER - 1, planned=LATER)
    yard.stamp(declared(LATER - 1))
    yard.end(begun)
    return yard.shown()


def late_for_its_slot(root: Path, first: Authority, second: Authority) -> Shown:
    """A slot that was let pass is drilled later and dated right, then another record says otherwise."""
    yard = Yard.at(root, first, days=(LATER - 20, LATER))
    yard.drill(LATER, declared(LATER))
    yard.begin(LATER - 20)
    return yard.shown(at=declared(LATER - 20) + HOUR)


def schedule_afterwards(root: Path, first: Authority, second: Authority) -> Shown:
    """What had to be drilled is agreed when it is known what was."""
    yard = Yard.at(root, first, days=(LATER,))
    yard.drill(LATER, declared(LATER))
    week = [slot(LATER - 7)]
    period = Period(id=PeriodId("past"), begins=PERIOD.begins - DAY, ends=PERIOD.begins)
    opens = period.begins + HOUR
    yard.kept.schedule([replace(one, opens=opens, closes=opens + HOUR) for one in week], period)
    return yard.shown()


# 12: tokens


def swapped_tokens(root: Path, first: Authority, second: Authority) -> Shown:
    """The stamp over the start for the one over the result, and the other way."""
    yard = _honest(root, first)
    files = yard.files
    names = sorted(name for name in files if name.startswith(layout.TIMESTAMPS))
    one, other = names[-2:]
    return yard.shown(files={**files, one: files[other], other: files[one]})


def another_authoritys_token(root: Path, first: Authority, second: Authority) -> Shown:
    yard = Yard.at(root, first, second)
    yard.drill(LATER)
    size = yard.stamp(over(LATER))
    files = yard.files
    names = [f"{layout.TIMESTAMPS}{size}.{one.name}.tsr" for one in (first, second)]
    return yard.shown(files={**files, names[0]: files[names[1]]})


# 17: stolen keys


def _runner(**time: object) -> TrustedKey:
    return replace(KEYS[0], **time)  # type: ignore[arg-type]


def _revoked(yard: Yard, at: datetime) -> Shown:
    stolen = _runner(revoked=Revocation(at=at, why="stolen"))
    return yard.shown(trust=revoking(stolen, trust=yard.trust))


def stolen_key(root: Path, first: Authority, second: Authority) -> Shown:
    """The thief dates a drill to before the theft; the log is stamped after it."""
    yard = Yard.at(root, first)
    yard.drill(LATER)
    yard.stamp(over(LATER) + 10 * DAY)
    return _revoked(yard, over(LATER) + 5 * DAY)


def stolen_key_unstamped(root: Path, first: Authority, second: Authority) -> Shown:
    """The same, and nothing shows when it was logged."""
    yard = Yard.at(root, first)
    yard.drill(LATER)
    return _revoked(yard, over(LATER) + 5 * DAY)


def stolen_key_later(root: Path, first: Authority, second: Authority) -> Shown:
    """Nobody is attacked: what the runner signed before the theft is shown to be older."""
    return _revoked(_honest(root, first, second), over(LATER) + 5 * DAY)


def key_before_its_time(root: Path, first: Authority, second: Authority) -> Shown:
    yard = _honest(root, first)
    young = _runner(valid_from=over(LATER) + DAY)
    return yard.shown(trust=revoking(young, trust=yard.trust))


def old_key_that_comes_back(root: Path, first: Authority, second: Authority) -> Shown:
    """A key that was rotated out signs a drill which an entry before it shows to be younger."""
    yard = Yard.at(root, first, days=(LATER, LATER + 2))
    yard.drill(LATER, declared(LATER))
    yard.drill(LATER + 2)
    old = _runner(valid_until=declared(LATER) - HOUR)
    return yard.shown(trust=revoking(old, trust=yard.trust))


# 19: authorities that grow old


def expired_authority(root: Path, first: Authority, second: Authority) -> Shown:
    """Nobody is attacked: stamped in its time, audited nine years after that."""
    yard = _honest(root, first, second)
    return yard.shown(at=NOW + 9 * 365 * DAY)


def token_of_an_expired_authority(root: Path, first: Authority, second: Authority) -> Shown:
    """Whoever breaks an authority's key years later stamps with it; its certificate was over by then."""
    brief = make_authority(root / "brief", "brief", lasting=10 * DAY)
    yard = Yard.at(root, brief)
    yard.drill(LATER)
    yard.stamp(over(LATER))
    return yard.shown()


def broken_authority(root: Path, first: Authority, second: Authority) -> Shown:
    """One of two is not trusted any more: the other's stamps still show when."""
    yard = _honest(root, first, second)
    return yard.shown(trust=replace(TRUST, authorities=(trusted_root(second),)))


def own_authority(root: Path, first: Authority, second: Authority) -> Shown:
    """The provider makes an authority of the same name."""
    own = make_authority(root / "own", first.name)
    yard = Yard.at(root, own)
    yard.drill(LATER)
    yard.stamp(over(LATER))
    return yard.shown(trust=replace(TRUST, authorities=(trusted_root(first),)))
