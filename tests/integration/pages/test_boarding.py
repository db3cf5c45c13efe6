"""The read model follows from evidence, agreements and journals, and from nothing else."""

import json
import os
import shutil
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from drverify.adapters.board import reading, results, writing
from drverify.adapters.board.database import FILE, Database
from drverify.adapters.board.tables import COURSES, DETAILS, DRILLS, MARKS, METADATA, VERSION
from drverify.adapters.storage.findings import FindingJournal
from drverify.adapters.storage.surveys import SurveyDirectory
from drverify.errors import HostError
from drverify.model.board import Counts, Course, Tried
from drverify.model.controls import ControlOutcome
from drverify.model.finding import Assigned, FindingState
from drverify.model.result import Stands
from drverify.model.standing import BackupStanding, EstateSurvey, SeenGuest, Unread
from drverify.model.verdict import Outcome
from drverify.operation.board_drills import LATE, YOUNG
from drverify.operation.boarding import SELDOM, open_board, project
from drverify.operation.estate import Estate
from drverify.web.pages.overview import gate
from tests.support import boards
from tests.support.boards import NOW, Place, Site
from tests.support.databases import postgres, programs
from tests.support.evidence import signer
from tests.support.records import DAY, HOUR, MIN


def everything(board: Database) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, but for when it was verified."""
    with board.reading() as connection:
        return {
            name: sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
            for name, table in METADATA.tables.items()
        }


@pytest.fixture
def own(tmp_path: Path) -> tuple[Place, Estate]:
    """A small agreement that a test may change."""
    place = boards.place(
        tmp_path, boards.contract_for("acme-1", "Hosting", "Acme AG", ["acme-mail", "acme-shop"])
    )
    return place, Estate.open(tmp_path / "drverify.toml")


_LATER = {
    DRILLS: ("body", ("taken",)),
    DETAILS: ("examined", ("taken",)),
    COURSES: ("body", ("allowanceMs", "taken", "copies")),
}
"""What the rows of version 4 did not say."""


def age(board: Database) -> None:
    """Make it one of version 4."""
    with board.writing() as connection:
        for table, (column, names) in _LATER.items():
            for row in connection.execute(select(table)).mappings().all():
                if row[column]:
                    told = json.loads(row[column])
                    assert all(name in told for name in names)
                    old = json.dumps(
                        {name: one for name, one in told.items() if name not in names},
                        separators=(",", ":"),
                        ensure_ascii=False,
                    )
                    keys = [each == row[each.name] for each in table.primary_key]
                    connection.execute(update(table).where(*keys).values({column: old}))
        connection.execute(update(MARKS).where(MARKS.c.name == "version").values(value="4"))


def kept_but_unknown(board: Database, before: Database) -> None:
    """Every drill, promise and finding is still there, and of none is it known what was taken."""
    with board.reading() as ours, before.reading() as theirs:
        mine, known = results.drills(ours, None, limit=99), results.drills(theirs, None, limit=99)
        assert mine == [replace(one, taken=None) for one in known]
        assert any(one.taken for one in known)
        examined = [one for each in known for one in results.examined(theirs, each.agreement, each.workload)]
        assert [one for each in mine for one in results.examined(ours, each.agreement, each.workload)] == [
            replace(one, taken=None) for one in examined
        ]
        assert reading.standings(ours, None, NOW) == [
            replace(one, allowance=timedelta(0), taken=None, copies=())
            for one in reading.standings(theirs, None, NOW)
        ]
        assert results.marked(ours, "", "version") == str(VERSION)


def test_rows_of_the_version_before_are_kept_and_unknown(site: Site, tmp_path: Path) -> None:
    old = Database.of_file(tmp_path / FILE)
    project(site.estate, old, now=NOW, desk=site.desk)
    age(old)
    old.close()
    board = Database.of_file(tmp_path / FILE)
    kept_but_unknown(board, site.board)
    assert project(site.estate, board, now=NOW, desk=site.desk).drills == 0, "no drill is read again"
    board.close()


def counts(board: Database) -> Counts:
    with board.reading() as connection:
        return reading.counts(connection, None, NOW)["acme-1"]


def drills(board: Database) -> dict[str, str]:
    with board.reading() as connection:
        return {one.drill: one.state for one in results.drills(connection, None)}


def test_each_promise_stands_as_its_drills_show(site: Site) -> None:
    with site.board.reading() as connection:
        found = reading.courses(connection, "acme-1", ["acme-mail", "acme-shop", "acme-erp"])
        stands = {
            name: {one.obligation.removesuffix("-shop"): one.stands(NOW) for one in ones}
            for name, ones in found.items()
        }
        assert set(stands["acme-shop"].values()) == {Stands.MET, Stands.UNPROVEN}
        assert stands["acme-shop"]["retention"] is Stands.UNPROVEN, "no drill restored the oldest point"
        assert set(stands["acme-erp"].values()) == {Stands.OVERDUE, Stands.UNPROVEN}
        assert {one.obligation for one in found["acme-mail"] if one.flipping} == {
            "rpo-shop",
            "backup_frequency-shop",
        }
        zenith = reading.courses(connection, "zenith-7", ["zenith-pos"])["zenith-pos"]
        assert {one.stands(NOW) for one in zenith if one.obligation in {"rpo-shop", "rto-shop"}} == {
            Stands.OVERDUE
        }, "an open sandbox proves nothing, and so is no test"
        states = {one.workload: one.state for one in results.drills(connection, {"zenith-7"})}
    assert states == {"zenith-pos": "concluded", "zenith-crm": "without result", "zenith-dms": "refused"}


def test_the_database_counts_as_the_model_does(site: Site) -> None:
    for now in (NOW, NOW + 40 * DAY, NOW + 120 * DAY, NOW + 500 * DAY):
        with site.board.reading() as connection:
            told = reading.counts(connection, None, now)
            courses = reading.standings(connection, None, now, limit=1000)
            listed = {one: reading.standings(connection, None, now, stands=one, limit=1000) for one in Stands}
        for name, share in told.items():
            mine = [one.stands(now) for one in courses if one.agreement == name]
            assert (share.missed, share.overdue, share.unproven, share.met) == tuple(
                mine.count(one) for one in (Stands.MISSED, Stands.OVERDUE, Stands.UNPROVEN, Stands.MET)
            )
        assert all(one.stands(now) is stands for stands, ones in listed.items() for one in ones)
        assert sum(map(len, listed.values())) == len(courses)
    assert told["acme-1"].met == 0, "no green outlives its interval"


def test_deleted_it_is_made_again_the_same(site: Site, tmp_path: Path) -> None:
    again = Database.of_file(tmp_path / FILE)
    project(site.estate, again, now=NOW, desk=site.desk)
    assert everything(again) == everything(site.board)
    assert project(site.estate, again, now=NOW, desk=site.desk).drills == 0
    (tmp_path / FILE).unlink()
    with again.reading() as connection:
        assert reading.agreements(connection, None) == []
    project(site.estate, again, now=NOW, desk=site.desk)
    assert everything(again) == everything(site.board)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    again.close()


@pytest.mark.skipif(programs() is None, reason="PostgreSQL is not installed")
def test_on_postgresql_it_is_the_same(site: Site) -> None:
    with postgres() as server:
        url = f"postgresql+psycopg://postgres@/postgres?host={server.socket}&port={server.port}"
        board = Database.of_url(url, "drv_local")
        project(site.estate, board, now=NOW, desk=site.desk)
        assert everything(board) == everything(site.board)
        assert project(site.estate, board, now=NOW, desk=site.desk).drills == 0
        with board.reading() as ours, site.board.reading() as theirs:
            for visible in (None, {"acme-1"}, set()):
                assert reading.counts(ours, visible, NOW) == reading.counts(theirs, visible, NOW)
                assert results.drills(ours, visible, limit=7) == results.drills(theirs, visible, limit=7)
                assert reading.standings(ours, visible, NOW, flipping=True) == reading.standings(
                    theirs, visible, NOW, flipping=True
                )
                assert reading.named_workloads(ours, visible, "SHOP", 9) == reading.named_workloads(
                    theirs, visible, "SHOP", 9
                )
        age(board)
        board.close()
        board = Database.of_url(url, "drv_local")
        kept_but_unknown(board, site.board)
        board.close()


def test_new_drills_are_seen_and_late_ones_too(own: tuple[Place, Estate]) -> None:
    place, estate = own
    board = open_board(estate)
    newest = place.drill("acme-shop", NOW - 2 * HOUR)
    assert project(estate, board, now=NOW).drills == 1
    older = place.drill("acme-mail", NOW - 2 * HOUR - LATE / 2)
    assert project(estate, board, now=NOW).drills == 1
    assert drills(board) == {newest: "concluded", older: "concluded"}
    assert counts(board).met == 10
    late = place.drill("acme-shop", NOW - HOUR, age=3 * HOUR)
    project(estate, board, now=NOW)
    with board.reading() as connection:
        found = results.drill(connection, None, "acme-1", late)
        findings = {one.obligation: one.state for one in results.mends(connection, None)}
    assert found is not None
    assert {one.obligation for one in found[0].verdicts if one.changed} == {
        "rpo-shop",
        "backup_frequency-shop",
    }
    assert counts(board).missed == 2
    assert findings["rpo-shop"] is FindingState.OPEN
    board.close()


def test_a_copy_that_is_well_mends_nothing_that_the_points_before_it_missed(
    own: tuple[Place, Estate],
) -> None:
    place, estate = own
    place.drill("acme-shop", NOW - 3 * DAY, age=3 * HOUR)
    copy = place.drill("acme-shop", NOW - 2 * DAY, copy="tape")
    place.drill("acme-mail", NOW - 3 * DAY - HOUR)
    slow = place.drill("acme-mail", NOW - 2 * DAY - HOUR, slow=200, copy="tape")
    board = open_board(estate)

    def told(workload: str) -> dict[str, Course]:
        project(estate, board, now=NOW)
        with board.reading() as connection:
            courses = reading.courses(connection, "acme-1", [workload])[workload]
        return {one.obligation.removesuffix("-shop"): one for one in courses}

    shop, mail = told("acme-shop"), told("acme-mail")
    assert {shop[one].stands(NOW) for one in ("rpo", "backup_frequency")} == {Stands.MISSED}
    assert (shop["rpo"].copies, [one.drill for one in shop["rto"].copies]) == ((), [copy])
    with board.reading() as connection:
        (seen,) = [one for one in results.mends(connection, None) if one.obligation == "rpo-shop"]
        (late,) = [one for one in results.mends(connection, None) if one.obligation == "rto-shop"]
    assert (seen.state, seen.retests) == (FindingState.OPEN, 0)
    assert late.reason.startswith("shown of a further copy alone")
    assert mail["rto"].stands(NOW) is Stands.MET, "what a copy lacks breaks no promise"
    assert [(one.copy, one.drill) for one in mail["rto"].lacking] == [("tape", slow)]
    place.drill("acme-shop", NOW - DAY)
    assert told("acme-shop")["rpo"].stands(NOW) is Stands.MET
    with board.reading() as connection:
        assert [one.retests for one in results.mends(connection, None) if one.obligation == "rpo-shop"] == [1]
    board.close()


def test_a_copy_that_is_named_later_gives_its_turn_at_once(own: tuple[Place, Estate]) -> None:
    place, estate = own
    place.drill("acme-shop", NOW - DAY)
    board = open_board(estate)

    def lasts(estate: Estate) -> timedelta:
        project(estate, board, now=NOW)
        with board.reading() as connection:
            found = reading.courses(connection, "acme-1", ["acme-shop"])["acme-shop"]
        return next(one.lapses_at - one.since for one in found if one.obligation == "backup_frequency-shop")

    before = lasts(estate)
    with (place.root / "inventory.yaml").open("a") as inventory:
        inventory.write("copies:\n  - {workload: acme-shop, source: tape}\n")
    assert lasts(Estate.open(place.root / "drverify.toml")) == 2 * before, (
        "every second drill takes the points"
    )
    board.close()


def test_a_drill_that_runs_is_waited_for_and_one_without_result_counts_as_failed(
    own: tuple[Place, Estate],
) -> None:
    place, estate = own
    board = open_board(estate)
    place.drill("acme-shop", NOW - 5 * DAY)
    begun = place.begun("acme-shop", NOW - 3 * DAY)
    directory = place.drills / begun
    young = (NOW - YOUNG / 2).timestamp()
    os.utime(directory, (young, young))
    project(estate, board, now=NOW)
    assert begun not in drills(board), "it may be about to be signed"
    assert counts(board).met == 5
    project(estate, board, now=NOW + YOUNG)
    assert drills(board)[begun] == "without result"
    assert counts(board).met == 0
    shutil.rmtree(directory)
    sealed = place.drill("acme-shop", NOW - 3 * DAY, tail="0000ff")
    assert sealed == begun
    project(estate, board, now=NOW + YOUNG)
    assert drills(board)[begun] == "concluded", "its evidence came after all"
    assert counts(board).met == 5
    board.close()


def test_people_and_looks_are_read_when_they_say_something_new(own: tuple[Place, Estate]) -> None:
    place, estate = own
    board = open_board(estate)
    place.drill("acme-shop", NOW - DAY, age=3 * HOUR)
    project(estate, board, now=NOW)
    with board.reading() as connection:
        (rpo,) = [one for one in results.mends(connection, None) if one.obligation == "rpo-shop"]
    assert rpo.owner == ""
    workshop = estate.main
    journal = FindingJournal(workshop.state_dir / "findings")
    subject = next(one.subject for one in _sightings(board) if one.subject.obligation == "rpo-shop")
    due = NOW.date() - DAY
    journal.append([Assigned(at=NOW, subject=subject, owner="B. Keeper", action="hourly backups", due=due)])
    standing = BackupStanding(
        workload="acme-shop", source="vault", points=3, newest=NOW - 9 * HOUR, oldest=NOW - DAY,
        largest_gap=9 * HOUR, size_bytes=1, allowed_gap=HOUR, kept_for=None,
    )  # fmt: skip
    survey = EstateSurvey(
        at=NOW, standings=(standing,), unknown=(), unread=(Unread(place="pve", why="no answer"),),
        guests=tuple(
            SeenGuest(place="kvm", name=guest, running=True, backed_up=backed_up)
            for guest, backed_up in (("forgotten", None), ("bare", False), ("kept", True))
        ),
    )  # fmt: skip
    SurveyDirectory(workshop.state_dir / "surveys").keep(survey)
    project(estate, board, now=NOW + SELDOM)
    with board.reading() as connection:
        (rpo,) = [one for one in results.mends(connection, None) if one.obligation == "rpo-shop"]
        assert (rpo.owner, rpo.overdue(NOW.date())) == ("B. Keeper", True)
        assert results.mend_counts(connection, None, NOW.date())["overdue"] == 1
        assert [one.workload for one in reading.late_backups(connection, None)] == ["acme-shop"]
        assert {(one.kind, one.place, one.name) for one in reading.strays(connection, None)} == {
            ("not asked", "pve", ""),
            ("guest without workload", "kvm", "forgotten"),
            ("guest without backup", "kvm", "bare"),
        }
    board.close()


def _sightings(board: Database) -> list[object]:
    with board.reading() as connection:
        return [seen for one in results.examined(connection, "acme-1", "acme-shop") for seen in one.sightings]  # type: ignore[misc]


def test_what_cannot_be_read_is_told_and_hides_nothing_else(own: tuple[Place, Estate]) -> None:
    place, estate = own
    board = open_board(estate)
    place.drill("acme-shop", NOW - DAY)
    (place.root / "state" / "findings").mkdir()
    (place.root / "state" / "findings" / "journal.jsonl").write_bytes(b"no event\n")
    told = project(estate, board, now=NOW)
    assert [(one.what, "damaged" in one.why) for one in told.unseen] == [("findings", True)]
    assert counts(board).met == 5
    with board.reading() as connection:
        assert [one.what for one in reading.unseen(connection, None)] == ["findings"]
    board.close()


def test_keys_that_may_not_be_read_do_not_blind_the_pages(own: tuple[Place, Estate]) -> None:
    place, estate = own
    place.drill("acme-shop", NOW - DAY)
    estate.main.trust_file()
    (place.root / "runner.key").unlink()
    blind = Estate.open(place.root / "drverify.toml")
    board = open_board(blind)
    assert project(blind, board, now=NOW).unseen == ()
    assert counts(board).met == 5
    board.close()


def test_controls_and_probes_tell_whether_the_gate_holds(own: tuple[Place, Estate]) -> None:
    place, estate = own
    board = open_board(estate)
    estate.main.trust_file()
    place.control("acme-shop", NOW - 3 * DAY, ControlOutcome.CAUGHT)
    place.control("acme-shop", NOW - 2 * DAY, ControlOutcome.NOT_RUN)
    place.probe(NOW - DAY, Outcome.MET)
    project(estate, board, now=NOW)

    def shown() -> dict[str, object]:
        with board.reading() as connection:
            return gate(connection, None, NOW)

    assert (shown()["passed"], shown()["rare"]) == (None, False)
    with board.reading() as connection:
        assert [(one.kind, one.caught) for one in reading.trials(connection, None)] == [
            ("immutability", True),
            ("control", None),
            ("control", True),
        ]
    place.control("acme-mail", NOW - HOUR, ControlOutcome.NOT_CAUGHT)
    place.control("acme-mail", NOW - MIN, ControlOutcome.CAUGHT, signer=signer(77))
    project(estate, board, now=NOW)
    passed = shown()["passed"]
    assert isinstance(passed, Tried)
    assert passed.workload == "acme-mail", "a catch that somebody else signed is none"
    assert (shown()["uncaught"], shown()["kinds"]) == ([passed], (1, 2))
    place.control("acme-shop", NOW, ControlOutcome.CAUGHT)
    project(estate, board, now=NOW)
    assert shown()["passed"] == passed, "a catch of another workload's damage takes nothing back"
    later = [
        replace(passed, name=f"n{n}", workload="acme-shop", at=NOW + n * MIN, caught=True) for n in range(600)
    ]
    with board.writing() as connection:
        writing.put_trials(connection, "acme-1", [passed, *later])
    assert shown()["passed"] == passed, "however much is caught elsewhere"
    unclear = replace(passed, name="unclear", at=NOW + MIN, caught=None)
    with board.writing() as connection:
        writing.put_trials(connection, "acme-1", [passed, unclear])
    assert (shown()["passed"], shown()["caught"]) == (passed, None), "what decided nothing takes nothing back"
    with board.writing() as connection:
        writing.put_trials(connection, "acme-1", [passed, replace(unclear, caught=True)])
    assert shown()["passed"] is None
    board.close()


def test_an_agreement_that_is_gone_is_forgotten(site: Site, tmp_path: Path) -> None:
    board = Database.of_file(tmp_path / FILE)
    project(site.estate, board, now=NOW)
    only = replace(site.estate, workshops={"zenith-7": site.estate.workshops["zenith-7"]})
    project(only, board, now=NOW)
    kept = {name: {row[0] for row in rows} for name, rows in everything(board).items()}
    assert all(found <= {"zenith-7", ""} for found in kept.values()), kept
    board.close()


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"something else entirely" * 1000)
    with pytest.raises(HostError, match="failed: DatabaseError") as raised:
        Database.of_file(tmp_path / FILE)
    assert "deleted at any time" in raised.value.hint
