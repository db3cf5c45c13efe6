"""What nightly work is run over. The contract of each method stands on the method.

Two things are kept apart. The *desk* holds bookings, leases and workers in tables of ours: who may run what,
and on which host there is room, is decided there in single transactions, and nowhere else. The *durable
engine* carries a lease that was given out to its end through crashes; with its whole database lost nothing is
run twice and nothing leaks, because it decides nothing.

All methods block; callers on an event loop go through a thread. Errors: HostError when the database cannot be
reached or its schema is of another version.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from drverify.model.booking import (
    Action,
    Attempt,
    Booking,
    BookingId,
    BookingState,
    Ending,
    FailedSignIn,
    Keeping,
    Lease,
    Live,
    Place,
    Worker,
    WorkerId,
)
from drverify.model.nights import Room
from drverify.planning.tonight.placing import Standpoint

Choose = Callable[
    [Sequence[Booking], Sequence[Lease], Mapping[str, Room], datetime, Standpoint], Mapping[BookingId, Place]
]
"""(waiting, given out, rooms by host, now, who chooses and what was tried) -> who is admitted, and where.

Pure: it is called inside a transaction."""
Follow = Callable[[Booking, Sequence[Attempt]], BookingState]
"""(booking, all its attempts, the ended one last) -> what becomes of it. Pure."""


class Desk(Protocol):
    """Bookings, leases, workers and the audit trail of one site. Each method is one transaction."""

    def close(self) -> None:
        """Close what was opened. Idempotent."""

    # --- planning
    def publish(self, bookings: Sequence[Booking]) -> int:
        """Enter those whose id is new, and say how many. A known one stays as it is, whatever is said now."""

    def miss(self, now: datetime) -> Sequence[Booking]:
        """Turn every waiting booking whose night is over into a missed one, and name them.

        One that was tried is not missed: it is done, or given up, and not named.
        """

    # --- running
    def admit(
        self, worker: WorkerId, now: datetime, rooms: Mapping[str, Room], choose: Choose
    ) -> Sequence[Lease]:
        """Give out leases for what `choose` picks; one admits at a time, so no limit is ever exceeded.

        `rooms`: of the hosts that this worker reaches; it takes nothing that is for others.
        """

    def renew(
        self, booking: BookingId, attempt: int, now: datetime, live: Live | None = None, picture: bytes = b""
    ) -> Lease | None:
        """Give a sign of life with what is going on; None when the lease is another's, or over.

        `picture`: PNG of the guest's console, empty for no newer one.
        """

    def still_mine(self, booking: BookingId, attempt: int) -> bool:
        """Fix that this attempt concludes the booking: asked once, right before evidence is signed.

        False when another attempt took its place. After True no other attempt will be given out, unless
        the process dies before it ends.
        """

    def end(self, booking: BookingId, attempt: int, ending: Ending, follow: Follow) -> BookingState | None:
        """Enter how an attempt ended, give back its room, and move the booking on: all or nothing.

        None, and nothing is entered, when the lease is another's, or over.
        """

    def take_over(self, lease: Lease, ending: Ending, now: datetime, follow: Follow) -> BookingState | None:
        """End a silent attempt in the name of its dead holder, and move its booking on: all or nothing.

        Who runs it again, and on which host, is for `admit` to say. None when somebody was quicker, or its
        holder gave a sign of life. One that concludes (`still_mine`) passes on as `died` only; past its
        deadline it is ended as whatever it is, and none is run beside it.
        """

    def cancel(self, booking: BookingId, account: str, now: datetime) -> BookingState:
        """Ask for the end of a booking; a waiting one is cancelled at once. InputError for an unknown one."""

    # --- looking into what was restored
    def keep(self, booking: BookingId, account: str, now: datetime, span: timedelta) -> None:
        """Ask that the sandbox of the running attempt stands for `span` when its drill is done.

        Zero: not any more. What is asked last counts. InputError when no attempt of it runs.
        """

    def keeping(self, booking: BookingId, attempt: int) -> Keeping | None:
        """What was asked last of that attempt's sandbox; None: nothing."""

    # --- workers
    def beat(self, worker: Worker) -> None:
        """Say that the worker lives."""

    def gone(self, worker: WorkerId) -> None:
        """Strike a worker out that ends in order."""

    # --- looking
    def workers(self) -> Sequence[Worker]:
        """Every worker that did not end in order."""

    def leases(self) -> Sequence[Lease]:
        """Everything that is given out."""

    def booking(self, booking: BookingId) -> tuple[Booking, BookingState] | None:
        """One booking and where it stands."""

    def bookings(
        self,
        *,
        begins: datetime | None = None,
        ends: datetime | None = None,
        states: Sequence[BookingState] = (),
        agreement: str | None = None,
        workload: str | None = None,
        limit: int = 1000,
        offset: int = 0,
    ) -> Sequence[tuple[Booking, BookingState]]:
        """Bookings whose `not_before` lies in [begins, ends), in its order.

        `workload`: alone, as a member of a group, or the name of a group.
        """

    def attempts(self, booking: BookingId) -> Sequence[Attempt]:
        """The attempts of a booking that ended, oldest first."""

    def ended_since(self, at: datetime) -> Sequence[Attempt]:
        """Attempts that ended since then, of whatever booking, oldest first."""

    def live(self, agreement: str | None = None) -> Sequence[Live]:
        """What running drills said last."""

    def picture(self, booking: BookingId) -> bytes:
        """The newest picture of its console, PNG; empty without one."""

    # --- people
    def note(self, action: Action) -> None:
        """Add to the audit trail."""

    def actions(self, limit: int = 200) -> Sequence[Action]:
        """The audit trail, newest first."""

    def sign_in_failed(self, name: str, place: str, at: datetime) -> None:
        """Note an attempt to sign in that failed; those of more than an hour before it are forgotten."""

    def sign_ins_failed(self, name: str, place: str, since: datetime) -> Sequence[FailedSignIn]:
        """Those since then, of that name or from that place, oldest first."""

    def sign_in_passed(self, name: str, place: str, at: datetime) -> None:
        """Forget those of that name from that place, and those of more than an hour before."""


class LeftRunning(BaseException):
    """Raised by what carries out an attempt when its worker stops: the attempt goes on without it.

    Not an Exception, for nothing has failed: whoever comes next attaches to the process that drills.
    """


class DurableEngine(Protocol):
    """Carries attempts to their end through crashes. Holds no facts that are not in the desk, too."""

    def submit(self, lease: Lease) -> None:
        """Hand an attempt over to be carried out by a worker of this site. Idempotent."""

    def unfinished(self) -> Sequence[tuple[BookingId, int]]:
        """Attempts that were handed over and have not come to an end."""

    def take_over(self, dead: WorkerId) -> int:
        """Have the unfinished attempts of a dead worker carried on by living ones; how many."""

    def run(self, carry_out: Callable[[BookingId, int], None], stop: Callable[[], bool]) -> None:
        """Carry out what is handed over, as this process's worker, until `stop()`; may be called once.

        `carry_out` is idempotent: after a crash it is called again for the same attempt.
        """


class DrillProcess(Protocol):
    """The process of one attempt; it outlives the worker that started it."""

    def alive(self) -> bool:
        """Whether it runs (a stopped one does)."""

    def ended(self) -> Ending | None:
        """How it ended, by its own word; None: it still runs, or died without one."""

    def cancel(self) -> None:
        """Ask it to take everything back and end."""

    def kill(self) -> None:
        """End it at once; what it leaves is taken back by the next reap."""


class Launcher(Protocol):
    """Starts the processes of attempts, and finds them again."""

    def start_or_attach(self, booking: Booking, lease: Lease) -> DrillProcess:
        """Find the living process of this attempt, or start it: never two of the same."""
