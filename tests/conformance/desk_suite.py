"""What every desk must do, whatever database is behind it.

Inherit `DeskSuite`, give the fixture `opened` (makes another desk on the same tables, as another process
would), and name the class `Test...`.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import update

from drverify.adapters.desk.desk import TableDesk
from drverify.adapters.desk.giving import rooms_left, tried
from drverify.adapters.desk.tables import ATTEMPTS
from drverify.errors import InputError
from drverify.model.booking import (
    Action,
    BookingId,
    BookingState,
    FailedSignIn,
    Keeping,
    Lease,
    Live,
    LivePhase,
    Worker,
    machine_of,
)
from drverify.model.drill import DrillId, PhaseName
from drverify.model.obligation import ObligationId
from drverify.model.records import SlotId
from drverify.model.verdict import Outcome
from drverify.planning.tonight.admission import choose
from drverify.planning.tonight.following import follow
from tests.support.bookings import MIN, MORNING, NIGHT, SEC, W1, W2, booking, ending, room

FOLLOW = partial(follow, at_most=3)
ROOMS = {"local": room()}
DIED = ending("died")
HALF = 30 * SEC
Opened = Callable[[], TableDesk]


def given(desk: TableDesk, *names: str) -> list[Lease]:
    """Publish and admit."""
    desk.publish([booking(name) for name in names])
    return list(desk.admit(W1, NIGHT, ROOMS, choose))


def states(desk: TableDesk) -> dict[str, str]:
    return {one.workload: state.value for one, state in desk.bookings()}


class DeskSuite:
    @pytest.fixture
    def desk(self, opened: Opened) -> TableDesk:
        return opened()

    # --- planning

    def test_a_booking_comes_back_as_it_was(self, desk: TableDesk) -> None:
        whole = booking(
            "β/é",
            not_before=NIGHT + timedelta(microseconds=1),
            takes=timedelta(microseconds=7),
            slot=SlotId("Q4/shop/1"),
            obligations=(ObligationId("7.1"), ObligationId("8")),
            asked_by="ann",
            kind="control",
            mode="instant",
            point="oldest",
            reads=1 << 45,
            elsewhere=("two", "three"),
            members=("β", "app"),
        )
        assert desk.publish([whole, booking("plain")]) == 2
        assert desk.booking(whole.id) == (whole, BookingState.WANTED)
        assert desk.booking(BookingId("none")) is None

    def test_a_known_id_stays_as_it_is(self, desk: TableDesk) -> None:
        assert desk.publish([booking("a")]) == 1
        assert desk.publish([booking("a", priority=1, why="another"), booking("b"), booking("b")]) == 1
        assert desk.booking(booking("a").id) == (booking("a"), BookingState.WANTED)
        assert desk.publish([]) == 0

    def test_whose_night_is_over_is_missed_and_named_once(self, desk: TableDesk) -> None:
        desk.publish([booking("a"), booking("b"), booking("next", not_after=MORNING + MIN)])
        desk.cancel(booking("b").id, "ann", NIGHT)
        assert [one.workload for one in desk.miss(MORNING)] == ["a"]
        assert desk.miss(MORNING) == []
        assert states(desk) == {"a": "missed", "b": "cancelled", "next": "wanted"}

    def test_what_was_tried_in_a_night_that_is_over_is_not_missed(self, desk: TableDesk) -> None:
        """Somebody ran it: it is done where that left evidence, and given up where it did not."""
        evidence, nothing = given(desk, "evidence", "nothing", "untried")
        ours = ending("concluded", Outcome.UNPROVEN, faults=("restore-host: disk full",))
        assert desk.end(evidence.booking, 1, ours, FOLLOW) is BookingState.WANTED
        assert desk.end(nothing.booking, 1, DIED, FOLLOW) is BookingState.WANTED
        assert [one.workload for one in desk.miss(MORNING)] == ["untried"]
        assert states(desk) == {"evidence": "done", "nothing": "given up", "untried": "missed"}

    # --- running

    def test_who_is_admitted_gets_the_first_attempt(self, desk: TableDesk) -> None:
        first, second = given(desk, "a", "b", "c")
        assert (first.attempt, first.worker, first.since, first.seen) == (1, W1, NIGHT, NIGHT)
        assert (first.deadline, first.load.memory_mib, first.cancelled_by) == (MORNING, 512, "")
        assert desk.leases() == [first, second]
        assert states(desk) == {"a": "running", "b": "running", "c": "wanted"}
        assert desk.admit(W2, NIGHT, ROOMS, choose) == []

    def test_what_was_read_tonight_does_not_come_back(self, desk: TableDesk) -> None:
        desk.publish([booking(name, reads=40) for name in "abc"])
        rooms = {"local": room(at_once=1, reads=100)}
        for _ in range(2):
            (lease,) = desk.admit(W1, NIGHT, rooms, choose)
            desk.end(lease.booking, 1, ending("concluded", Outcome.MET), FOLLOW)
        assert desk.admit(W1, NIGHT, rooms, choose) == []

    def test_two_that_admit_at_once_never_exceed_a_room(self, opened: Opened) -> None:
        desks = [opened() for _ in range(4)]
        desks[0].publish([booking(f"w{number}") for number in range(12)])
        start = threading.Barrier(len(desks))

        def admit(desk: TableDesk) -> list[Lease]:
            start.wait()
            return list(desk.admit(W1, NIGHT, {"local": room(at_once=5, memory_mib=2048)}, choose))

        with ThreadPoolExecutor(len(desks)) as pool:
            out = [lease for leases in pool.map(admit, desks) for lease in leases]
        assert len({lease.booking for lease in out}) == len(out) == 4
        assert len(desks[0].leases()) == 4

    def test_signs_of_life(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        told = Live(
            booking=lease.booking,
            attempt=1,
            drill=DrillId("20261123T210000Z-abcdef"),
            at=NIGHT + SEC,
            phases=(
                LivePhase(name=PhaseName.SELECT, began=NIGHT, ended=NIGHT + SEC),
                LivePhase(name=PhaseName.RESTORE, began=NIGHT + SEC),
            ),
            bytes_done=1 << 40,
            lines=("half\ud800 of it\x00",),
        )
        assert desk.live() == []
        assert desk.renew(lease.booking, 1, NIGHT + SEC, told, b"\x89PNG\x00") == replace(
            lease, seen=NIGHT + SEC
        )
        assert desk.live("acme") == desk.live() == [told]
        assert desk.live("other") == []
        assert desk.renew(lease.booking, 1, NIGHT + 2 * SEC) == replace(lease, seen=NIGHT + 2 * SEC)
        assert desk.live() == [told]
        assert desk.picture(lease.booking) == b"\x89PNG\x00"
        assert desk.renew(lease.booking, 2, NIGHT) is None

    def test_what_is_too_long_is_cut_and_too_large_left_out(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        told = Live(
            booking=lease.booking, attempt=1, drill=None, at=NIGHT, phases=(),
            lines=tuple(f"{number}" + "x" * 1000 for number in range(60)),
        )  # fmt: skip
        assert desk.renew(lease.booking, 1, NIGHT, told, b"p" * (256 * 1024))
        assert desk.renew(lease.booking, 1, NIGHT, None, b"q" * (256 * 1024 + 1))
        assert len(desk.picture(lease.booking)) == 256 * 1024
        (kept,) = desk.live()
        assert kept.lines[-1] == told.lines[-1]
        assert 1 <= len(kept.lines) < 17

    def test_an_attempt_ends_once(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        done = ending("concluded", Outcome.MET, Outcome.UNPROVEN)
        assert desk.still_mine(lease.booking, 1)
        assert desk.end(lease.booking, 1, done, FOLLOW) is BookingState.DONE
        assert desk.end(lease.booking, 1, done, FOLLOW) is None
        assert not desk.still_mine(lease.booking, 1)
        assert desk.renew(lease.booking, 1, NIGHT) is None
        (kept,) = desk.attempts(lease.booking)
        assert (kept.number, kept.worker, kept.began, kept.ending) == (1, W1, NIGHT, done)
        assert (desk.leases(), desk.live(), desk.picture(lease.booking)) == ([], [], b"")

    def test_a_fault_of_ours_is_wanted_again_as_the_next_attempt(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        ours = ending("concluded", Outcome.UNPROVEN, faults=("restore-host: disk full",))
        assert desk.end(lease.booking, 1, ours, FOLLOW) is BookingState.WANTED
        (again,) = desk.admit(W2, NIGHT + MIN, ROOMS, choose)
        assert (again.attempt, again.worker) == (2, W2)
        assert desk.end(lease.booking, 1, ours, FOLLOW) is None
        assert desk.end(lease.booking, 2, DIED, FOLLOW) is BookingState.WANTED

    # --- elsewhere

    def test_a_fault_of_ours_is_run_again_on_another_host_with_room(self, desk: TableDesk) -> None:
        """The other host's memory and slots count, the evidence of the first attempt stays, and why is kept."""
        rooms = {**ROOMS, "two": room(host="two", at_once=1, memory_mib=512)}
        desk.publish([booking("a", elsewhere=("two",)), booking("b", elsewhere=("two",))])
        first, second = desk.admit(W1, NIGHT, rooms, choose)
        assert (first.host, first.placed, second.host) == ("local", "", "local")
        ours = ending("concluded", Outcome.UNPROVEN, faults=("restore-host: disk full",))
        for lease in (first, second):
            desk.end(lease.booking, 1, ours, FOLLOW)
        (moved,) = desk.admit(W1, NIGHT + MIN, rooms, choose)
        assert (moved.host, moved.attempt) == ("two", 2)
        assert moved.placed == "another host, after a fault of ours on local"
        assert desk.admit(W1, NIGHT + 2 * MIN, rooms, choose) == []  # two is full, and is waited for
        assert desk.leases() == [moved]
        desk.end(moved.booking, 2, ending("concluded", Outcome.MET), FOLLOW)
        kept = desk.attempts(moved.booking)
        assert [(one.host, one.placed, one.ending.kind) for one in kept] == [
            ("local", "", "concluded"), ("two", moved.placed, "concluded")
        ]  # fmt: skip
        (other,) = desk.admit(W1, NIGHT + 3 * MIN, rooms, choose)
        assert other.host == "two"

    def test_what_was_read_counts_where_it_was_read(self, desk: TableDesk) -> None:
        rooms = {"local": room(reads=100), "two": room(host="two", reads=100)}
        desk.publish([booking("a", reads=60, elsewhere=("two",))])
        (lease,) = desk.admit(W1, NIGHT, rooms, choose)
        desk.end(lease.booking, 1, DIED, FOLLOW)
        (lease,) = desk.admit(W1, NIGHT + MIN, rooms, choose)
        desk.end(lease.booking, 2, ending("concluded", Outcome.MET), FOLLOW)
        desk.publish([booking("b", reads=60), booking("c", reads=60, host="two")])
        assert desk.admit(W1, NIGHT + MIN, rooms, choose) == []  # both have 40 left

    def test_an_attempt_that_an_older_drverify_wrote_ran_where_it_was_planned(self, desk: TableDesk) -> None:
        rooms = {"local": room(reads=100), "two": room(host="two", reads=100)}
        desk.publish([booking("a", reads=60, elsewhere=("two",))])
        (lease,) = desk.admit(W1, NIGHT, rooms, choose)
        desk.end(lease.booking, 1, DIED, FOLLOW)
        with desk._database.writing("write as before") as connection:
            connection.execute(update(ATTEMPTS).values(host=""))
            left = rooms_left(connection, rooms, [booking("a")])
            ((old,),) = tried(connection, [booking("a")]).values()
        assert (old.host, {host: one.reads for host, one in left.items()}) == (
            "local",
            {"local": 40, "two": 100},
        )

    def test_workers_with_hosts_of_their_own_share_one_queue(self, opened: Opened) -> None:
        """Each takes what it reaches, alone; a failed one goes to whoever reaches the other host."""
        a, b = opened(), opened()
        own = {W1: {"local": room()}, W2: {"two": room(host="two")}}
        for desk, name in ((a, W1), (b, W2)):
            desk.beat(
                Worker(id=name, site="fra1", machine=machine_of(name), pid=1, boot="", version="1",
                       seen=NIGHT, hosts=tuple(own[name]))
            )  # fmt: skip
        a.publish([booking("a", elsewhere=("two",)), booking("b", host="two"), booking("c", host="nobody")])
        (second,) = b.admit(W2, NIGHT, own[W2], choose)
        (first,) = a.admit(W1, NIGHT, own[W1], choose)
        assert [(one.booking, one.host) for one in (first, second)] == [
            (booking("a").id, "local"), (booking("b").id, "two")
        ]  # fmt: skip
        assert a.take_over(first, DIED, NIGHT + HALF, FOLLOW) is BookingState.WANTED
        assert a.admit(W1, NIGHT + HALF, own[W1], choose) == []  # b's worker lives, and reaches the other
        (again,) = b.admit(W2, NIGHT + HALF, own[W2], choose)
        assert (again.booking, again.attempt, again.host) == (first.booking, 2, "two")
        assert a.take_over(again, DIED, NIGHT + MIN, FOLLOW) is BookingState.WANTED
        b.gone(W2)
        (last,) = a.admit(W1, NIGHT + MIN + SEC, own[W1], choose)
        assert (last.host, last.placed) == ("local", "back to local: a fault of ours on every host that can")
        assert states(a) == {"a": "running", "b": "running", "c": "wanted"}

    # --- taking over

    def test_who_is_silent_is_taken_over_by_one_alone(self, opened: Opened) -> None:
        desk = opened()
        (lease,) = given(desk, "a")
        now = NIGHT + HALF
        start = threading.Barrier(3)

        def take(other: TableDesk) -> BookingState | None:
            start.wait()
            return other.take_over(lease, ending("lost"), now, FOLLOW)

        with ThreadPoolExecutor(3) as pool:
            moved = list(pool.map(take, [opened() for _ in range(3)]))
        assert sorted(moved, key=str) == [None, None, BookingState.WANTED]
        assert desk.leases() == []
        taken = list(desk.admit(W2, now, ROOMS, choose))
        assert [(one.attempt, one.worker, one.since) for one in taken] == [(2, W2, now)]
        assert desk.renew(lease.booking, 1, now) is None
        assert not desk.still_mine(lease.booking, 1)
        assert [one.ending.kind for one in desk.attempts(lease.booking)] == ["lost"]
        assert desk.leases() == taken

    def test_who_gives_a_sign_of_life_in_time_keeps_it(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        desk.renew(lease.booking, 1, NIGHT + HALF)
        assert desk.take_over(lease, ending("lost"), NIGHT + HALF, FOLLOW) is None
        assert desk.attempts(lease.booking) == []

    def test_who_concludes_is_taken_over_when_it_is_dead_alone(self, desk: TableDesk) -> None:
        first, second = given(desk, "a", "b")
        for lease in (first, second):
            assert desk.still_mine(lease.booking, 1)
            assert desk.take_over(lease, ending("lost"), NIGHT + HALF, FOLLOW) is None
        assert desk.take_over(first, DIED, NIGHT + HALF, FOLLOW) is BookingState.WANTED
        assert [one.attempt for one in desk.admit(W2, NIGHT + HALF, ROOMS, choose)] == [2]
        assert desk.take_over(second, DIED, MORNING, FOLLOW) is BookingState.WANTED
        assert not desk.admit(W2, MORNING, ROOMS, choose)  # its window is over
        assert states(desk) == {"a": "running", "b": "wanted"}

    def test_who_concludes_past_its_deadline_gets_no_other_beside_it(self, desk: TableDesk) -> None:
        """Frozen on another machine it may sign whenever it thaws; nobody waits for it for ever, either."""
        desk.publish([booking("a", not_after=NIGHT + timedelta(days=1))])
        (lease,) = desk.admit(W1, NIGHT, ROOMS, choose)
        assert desk.still_mine(lease.booking, 1)
        over = lease.deadline + SEC
        lost = ending("lost")
        assert desk.take_over(lease, lost, lease.deadline - SEC, FOLLOW) is None
        assert desk.leases() == [lease]
        assert desk.take_over(lease, lost, over, FOLLOW) is BookingState.GIVEN_UP
        assert states(desk) == {"a": "given up"}
        assert (desk.leases(), [one.ending.kind for one in desk.attempts(lease.booking)]) == ([], ["lost"])

    def test_who_died_too_often_is_given_up(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        for attempt in (2, 3):
            assert desk.take_over(lease, DIED, NIGHT + attempt * MIN, FOLLOW) is BookingState.WANTED
            (lease,) = desk.admit(W2, NIGHT + attempt * MIN, ROOMS, choose)
            assert lease.attempt == attempt
        assert desk.take_over(lease, DIED, NIGHT + 9 * MIN, FOLLOW) is BookingState.GIVEN_UP
        assert states(desk) == {"a": "given up"}
        assert [one.number for one in desk.attempts(lease.booking)] == [1, 2, 3]

    # --- looking into what was restored

    def test_what_is_asked_of_a_sandbox_is_of_the_running_attempt(self, desk: TableDesk) -> None:
        first, _ = given(desk, "a", "b", "waits")
        assert desk.keeping(first.booking, 1) is None
        desk.keep(first.booking, "ann", NIGHT + SEC, 2 * MIN)
        assert desk.keeping(first.booking, 1) == Keeping(by="ann", at=NIGHT + SEC, span=2 * MIN)
        desk.keep(first.booking, "bob", NIGHT + MIN, timedelta())
        assert desk.keeping(first.booking, 1) == Keeping(by="bob", at=NIGHT + MIN, span=timedelta())
        desk.end(first.booking, 1, DIED, FOLLOW)
        for name in ("a", "waits", "nobodys"):
            with pytest.raises(InputError, match="no drill of booking"):
                desk.keep(booking(name).id, "ann", NIGHT, MIN)
        (again,) = desk.admit(W2, NIGHT + HALF, ROOMS, choose)
        assert desk.keeping(again.booking, again.attempt) is None

    def test_what_stands_is_said_with_the_signs_of_life(self, desk: TableDesk) -> None:
        (lease,) = given(desk, "a")
        told = Live(
            booking=lease.booking,
            attempt=1,
            drill=DrillId("20261123T210000Z-abcdef"),
            at=NIGHT + SEC,
            phases=(),
            stands_until=NIGHT + MIN,
            ways_in=("ip netns exec drv-3f9c01aa bash", "é"),
        )
        desk.renew(lease.booking, 1, NIGHT + SEC, told)
        assert desk.live() == [told]

    # --- who fails to sign in

    def test_sign_ins_that_failed_are_seen_by_every_process(self, opened: Opened) -> None:
        one, other = opened(), opened()
        one.sign_in_failed("ann", "192.0.2.1", NIGHT)
        other.sign_in_failed("ann", "192.0.2.2", NIGHT + SEC)
        one.sign_in_failed("bob", "192.0.2.1", NIGHT + MIN)
        failed = (
            FailedSignIn(name="ann", place="192.0.2.1", at=NIGHT),
            FailedSignIn(name="ann", place="192.0.2.2", at=NIGHT + SEC),
            FailedSignIn(name="bob", place="192.0.2.1", at=NIGHT + MIN),
        )
        assert tuple(other.sign_ins_failed("ann", "192.0.2.1", NIGHT)) == failed
        assert tuple(other.sign_ins_failed("bob", "192.0.2.2", NIGHT + SEC)) == failed[1:]
        assert tuple(other.sign_ins_failed("ann", "192.0.2.9", NIGHT + SEC)) == failed[1:2]
        other.sign_in_passed("ann", "192.0.2.1", NIGHT)
        assert tuple(one.sign_ins_failed("ann", "192.0.2.1", NIGHT)) == failed[1:]
        one.sign_in_failed("cat", "192.0.2.3", NIGHT + timedelta(hours=2))
        assert tuple(one.sign_ins_failed("ann", "192.0.2.1", NIGHT)) == ()
        other.sign_in_passed("dan", "192.0.2.4", NIGHT + timedelta(hours=4))
        assert tuple(one.sign_ins_failed("cat", "192.0.2.3", NIGHT)) == (), "whoever comes in sweeps, too"

    # --- cancelling

    def test_cancelling(self, desk: TableDesk) -> None:
        first, second = given(desk, "a", "b", "c")
        assert desk.cancel(booking("c").id, "ann", NIGHT) is BookingState.CANCELLED
        assert desk.cancel(first.booking, "ann", NIGHT) is BookingState.RUNNING
        assert desk.cancel(first.booking, "bob", NIGHT) is BookingState.RUNNING
        told = desk.renew(first.booking, 1, NIGHT)
        assert told is not None
        assert told.cancelled_by == "ann"
        assert desk.end(first.booking, 1, DIED, FOLLOW) is BookingState.CANCELLED
        desk.cancel(second.booking, "ann", NIGHT)
        held = next(one for one in desk.leases() if one.booking == second.booking)
        assert desk.take_over(held, DIED, NIGHT, FOLLOW) is BookingState.CANCELLED
        assert states(desk) == dict.fromkeys("abc", "cancelled")
        with pytest.raises(InputError, match="no booking nobody"):
            desk.cancel(BookingId("nobody"), "ann", NIGHT)

    # --- looking

    def test_bookings_by_time_state_agreement_and_workload(self, desk: TableDesk) -> None:
        desk.publish(
            [
                booking(f"w{number}", not_before=NIGHT + number * MIN, agreement="ab"[number % 2])
                for number in range(6)
            ]
        )
        desk.cancel(booking("w2").id, "ann", NIGHT)

        def names(**asked: object) -> str:
            return "".join(one.workload[1:] for one, _ in desk.bookings(**asked))  # type: ignore[arg-type]

        assert names() == "012345"
        assert names(begins=NIGHT + MIN, ends=NIGHT + 3 * MIN) == "12"
        assert names(states=[BookingState.CANCELLED, BookingState.DONE]) == "2"
        assert names(agreement="a") == "024"
        assert names(workload="w5", agreement="b") == "5"
        assert names(limit=2, offset=3) == "34"
        assert desk.publish([booking("w7", not_before=MORNING, members=("w5", "W4"))]) == 1
        assert (names(workload="w5"), names(workload="w4"), names(workload="w7")) == ("57", "4", "7")

    def test_what_an_older_drverify_wrote_is_no_groups(self, opened: Opened) -> None:
        """Its tables are taken back to what they were before groups, and brought up by who opens them next."""
        old = opened()
        ended, runs = given(old, "a", "b")
        old.end(ended.booking, 1, ending("concluded", Outcome.MET), FOLLOW)
        at = f"{old._database.schema}." if old._database.schema else ""
        with old._database.writing("go back") as connection:
            since = [("bookings", "members"), ("leases", "slots"), ("attempts", "others")]
            since += [
                (table, name)
                for table in ("bookings", "leases")
                for name in ("vcpus", "disk_mib", "mib_per_s")
            ]
            for table, column in since:
                connection.exec_driver_sql(f"ALTER TABLE {at}{table} DROP COLUMN {column}")
            connection.exec_driver_sql(f"DROP TABLE {at}group_members")
            connection.exec_driver_sql(f"UPDATE {at}desk_version SET version = 4")
        old.close()
        desk = opened()
        assert [one for one, _ in desk.bookings()] == [booking("a"), booking("b")]
        assert [one.ending.drills for one in desk.attempts(ended.booking)] == [()]
        assert list(desk.leases()) == [runs]

    def test_a_group_takes_its_places_and_says_every_drill(self, desk: TableDesk) -> None:
        shop = booking("shop", members=("database", "app"), priority=10)
        desk.publish([shop, booking("mail")])
        (lease,) = desk.admit(W1, NIGHT, ROOMS, choose)
        assert (lease.booking, lease.slots) == (shop.id, 2)
        assert [one.slots for one in desk.leases()] == [2]
        drills = DrillId("a"), DrillId("b")
        boot = LivePhase(name=PhaseName.BOOT, began=NIGHT, member="app")
        told = Live(booking=shop.id, attempt=1, drill=drills[0], others=drills[1:], at=NIGHT, phases=(boot,))
        assert desk.renew(shop.id, 1, NIGHT, told) is not None
        assert list(desk.live()) == [told]
        ended = replace(ending("concluded", Outcome.MET), drill=drills[0], others=drills[1:])
        assert desk.end(shop.id, 1, ended, FOLLOW) is BookingState.DONE
        assert [one.ending.drills for one in desk.attempts(shop.id)] == [drills]

    def test_attempts_that_ended_since_then_are_oldest_first(self, desk: TableDesk) -> None:
        first, second = given(desk, "a", "b")
        desk.end(second.booking, 1, replace(DIED, at=NIGHT + 2 * MIN, left_behind=True), FOLLOW)
        desk.end(first.booking, 1, replace(DIED, at=NIGHT + 3 * MIN), FOLLOW)
        (again, _) = desk.admit(W2, NIGHT + 4 * MIN, ROOMS, choose)
        desk.end(again.booking, 2, replace(DIED, at=NIGHT + 5 * MIN), FOLLOW)
        ended = desk.ended_since(NIGHT)
        assert [(one.booking, one.number) for one in ended] == [
            (second.booking, 1), (first.booking, 1), (again.booking, 2)
        ]  # fmt: skip
        assert [one.ending.left_behind for one in ended] == [True, False, False]
        assert desk.ended_since(NIGHT + 3 * MIN) == ended[1:]
        assert desk.ended_since(NIGHT + 6 * MIN) == []

    def test_workers_beat_and_go(self, desk: TableDesk) -> None:
        one = Worker(
            id=W1, site="fra1", machine="one", pid=7, boot="b", version="1", seen=NIGHT, hosts=("a", "β")
        )
        desk.beat(one)
        desk.beat(replace(one, id=W2))
        later = replace(one, pid=8, seen=NIGHT + SEC)
        desk.beat(later)
        assert desk.workers() == [later, replace(one, id=W2)]
        desk.gone(W2)
        assert desk.workers() == [later]

    def test_the_audit_trail_is_newest_first(self, desk: TableDesk) -> None:
        done = [
            Action(at=NIGHT, account=name, what="cancel", booking=booking("a").id if name == "ann" else None, detail=name)
            for name in ("ann", "bob", "eve")
        ]  # fmt: skip
        for one in done:
            desk.note(one)
        assert desk.actions(limit=2) == done[:0:-1]
        assert desk.actions() == done[::-1]
