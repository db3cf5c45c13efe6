"""Publishes the coming night: planned anew each evening, and when what it rests on has changed.

Only the next night is booked; the nights after it are kept as a forecast, since what tonight shows changes
them. What was booked stays booked: it is run, or it is missed.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.adapters.storage.durable import inner_directory, state_access, write_durably
from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk
from drverify.errors import DrverifyError
from drverify.model.booking import Booking
from drverify.model.nights import NightPlan
from drverify.operation.alternatives import Alternatives
from drverify.operation.estate import Estate
from drverify.operation.forecasts import keep
from drverify.operation.planner import plan_site
from drverify.operation.rooms import nights_of
from drverify.operation.trials import trials_of
from drverify.operation.watching import WatchedEstate, print_of
from drverify.planning.nights.calendar import nights
from drverify.planning.tonight.booking import bookings_of

AHEAD = 30
"""Evenings that are planned; one of them is booked."""
AGAIN = timedelta(minutes=5)
"""After which what could not be planned or booked is tried again, for as long as its night lasts."""
_LOOK_AHEAD = 15
"""Evenings within which there is a night, whatever the weekdays."""

Say = Callable[[str], None]


class Scheduler:
    """Books the coming night of every agreement of a site."""

    def __init__(self, watched: WatchedEstate, desk: Desk, say: Say) -> None:
        self._watched, self._desk, self._say = watched, desk, say
        self._done: dict[str, object] = {}
        """What the plan of each agreement rested on when all of it went through."""
        self._failed: dict[str, str] = {}
        self._again = datetime.min.replace(tzinfo=UTC)
        self._rests_on: object = None
        self._told = ""

    def tick(self, now: datetime) -> None:
        """Plan and publish unless that was done for this night and these files.

        What fails for an agreement is tried again until it goes through, or the night is over.
        Settings that are wrong now change nothing: it is said once, and the drills that are booked go on.
        """
        estate = self._watched.now()
        if self._told != self._watched.problem:
            self._told = self._watched.problem
            self._say(
                f"the settings as they were count on: {self._told}"
                if self._told
                else "the settings are right again"
            )
        chosen = nights_of(estate.main)
        coming = next(iter(nights(chosen.rule(), after=now, number=_LOOK_AHEAD)), None)
        rests_on = coming.evening if coming else None, print_of(estate)
        if rests_on != self._rests_on:
            self._rests_on, self._again = rests_on, now
        wanted = tuple(name for name in estate.workshops if self._done.get(name) != rests_on)
        if wanted and now >= self._again:
            self._again = now + AGAIN
            self._done |= dict.fromkeys(self.publish(estate, now, wanted), rests_on)

    def publish(self, estate: Estate, now: datetime, wanted: Sequence[str]) -> Sequence[str]:
        """Plan for all agreements at once, publish for those wanted, and name those that went through.

        One that cannot be planned for keeps no other from it; why is said once.
        """
        site = plan_site(estate, now, number=AHEAD, seed=_seed(estate))
        done: list[str] = []
        for agreement in wanted:
            try:
                if agreement in site.failed:
                    raise site.failed[agreement]
                self._publish(estate, agreement, estate.workshops[agreement], site.of(agreement), now)
            except DrverifyError as error:
                if self._failed.get(agreement) != str(error):
                    self._failed[agreement] = str(error)
                    self._say(f"{agreement}: not all could be planned, and is tried again: {error}")
            else:
                self._failed.pop(agreement, None)
                done.append(agreement)
        return done

    def _publish(
        self, estate: Estate, agreement: str, workshop: Workshop, plan: NightPlan, now: datetime
    ) -> None:
        """The drills first: nothing that a control or a probe lacks keeps them from being booked."""
        name = estate.operation.site
        others = Alternatives(workshop, nights_of(estate.main))
        booked = _elsewhere(_tonight(plan, name, agreement), others)
        new = self._desk.publish(booked)
        keep(estate, agreement, plan, now)
        if plan.nights and (trials := trials_of(workshop, plan.nights[0], site=name, agreement=agreement)):
            trials = _elsewhere(trials, others)
            booked += trials
            new += self._desk.publish(trials)
        for lone in plan.apart:
            self._say(f"{agreement}: group {lone.group} is drilled one by one: {lone.why}")
        evening = plan.nights[0].evening.isoformat() if plan.nights else "no evening"
        self._say(f"{agreement}: planned for {evening}: {len(booked)}, booked newly: {new}")


def _elsewhere(booked: Sequence[Booking], others: Alternatives) -> tuple[Booking, ...]:
    """The same bookings with the hosts on which they can be run again after a fault of ours."""
    return tuple(replace(one, elsewhere=others.of(one)) for one in booked)


def _tonight(plan: NightPlan, site: str, agreement: str) -> tuple[Booking, ...]:
    if not plan.nights:
        return ()
    evening = plan.nights[0].evening
    return tuple(one for one in bookings_of(plan, site=site, agreement=agreement) if one.evening == evening)


def _seed(estate: Estate) -> str:
    """What chance is drawn from at this site: made once, kept, and known to nobody beforehand."""
    path = estate.state_dir / "seed"
    with state_access(f"read {path}"):
        inner_directory(path.parent)
        if not path.exists():
            write_durably(path, secrets.token_hex(16).encode())
        return path.read_text(encoding="ascii")
