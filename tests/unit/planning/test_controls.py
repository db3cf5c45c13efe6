"""When negative controls are owed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from drverify.model.agreement import Agreement, AgreementId, Sha256
from drverify.model.controls import Catch
from drverify.model.files import Sample
from drverify.model.obligation import Obligation, ObligationId, Register, Rpo
from drverify.model.recovery import DiskImage, FileSet, GuestShape, WholeMachine
from drverify.planning.controls import AGAIN, due_controls, due_probe, kinds_for, stale_age

DAY = timedelta(days=1)
T = datetime(2026, 11, 1, tzinfo=UTC)
WEEK = 7 * DAY
REGISTER = Register(
    agreement=Agreement(
        id=AgreementId("a"), title="", documents=(), provider="", customer="", effective=None, clauses=()
    ),
    contract=Sha256("0" * 64),
    look_back=WEEK,
    obligations=(),
)


def owed(*catches: Catch, since: datetime | None = T):  # type: ignore[no-untyped-def]
    started = {} if since is None else {"shop": since}
    return list(due_controls({"shop": ("flipped-bit", "stale")}, catches, started, every=WEEK))


def catch(**times: datetime | None) -> Catch:
    return Catch(workload="shop", kind="stale", **{"caught_at": None, **times})  # type: ignore[arg-type]


def test_none_is_owed_before_a_drill_recovered_it() -> None:
    assert owed(since=None) == []


def test_what_was_never_tried_is_owed_since_the_first_recovery() -> None:
    assert [(one.kind, one.due) for one in owed()] == [("flipped-bit", T), ("stale", T)]


def test_a_caught_one_is_owed_again_after_its_time_and_comes_after_the_others() -> None:
    found = owed(catch(caught_at=T + DAY, tried_at=T + DAY))
    assert [(one.kind, one.due) for one in found] == [("flipped-bit", T), ("stale", T + DAY + WEEK)]


def test_one_that_stayed_green_is_owed_the_next_night_until_it_is_caught() -> None:
    missed = catch(caught_at=T, missed_at=T + 3 * DAY, tried_at=T + 3 * DAY)
    assert missed.doubtful
    assert owed(missed)[-1].due == T + 3 * DAY + AGAIN
    again = catch(caught_at=T + 4 * DAY, missed_at=T + 3 * DAY, tried_at=T + 4 * DAY)
    assert not again.doubtful
    assert owed(again)[-1].due == T + 4 * DAY + WEEK


def test_one_that_could_not_be_run_delays_nothing_for_long() -> None:
    never = catch(tried_at=T + DAY)
    assert owed(never)[-1].due == T + DAY + AGAIN
    late = catch(caught_at=T, tried_at=T + WEEK)
    assert owed(late)[-1].due == T + WEEK + AGAIN


def test_probes() -> None:
    assert due_probe(None, None, T, every=WEEK) == T
    assert due_probe(T, T, T + DAY, every=WEEK) == T + WEEK


def test_a_probe_that_showed_nothing_is_owed_again_the_next_night() -> None:
    assert due_probe(None, T, T, every=WEEK) == T + AGAIN
    assert due_probe(T, T + DAY, T + DAY, every=WEEK) == T + WEEK  # what was shown before still counts
    late = T + 2 * WEEK
    assert due_probe(T, late, late, every=WEEK) == late + AGAIN


def test_kinds_of_what_and_where_a_workload_is() -> None:
    newest = Obligation(
        id=ObligationId("rpo"), clause="1", scope=("shop",), objective=Rpo(limit=timedelta(hours=1))
    )
    register = replace(REGISTER, obligations=(newest,))
    files = FileSet(path="/srv")
    assert kinds_for(files, "restic", register, "shop") == (
        "flipped-bit", "missing-part", "emptied", "other-content", "stale",
    )  # fmt: skip
    assert "missing-part" not in kinds_for(replace(files, sample=Sample(files=3)), "restic", register, "shop")
    assert kinds_for(files, "elsewhere", REGISTER, "shop") == ("emptied", "other-content")
    image = DiskImage(path="/d", guest=GuestShape(memory_mib=1, vcpus=1))
    assert kinds_for(image, "images", register, "shop") == ("truncated", "no-boot-code", "stale")
    uefi = replace(image, guest=replace(image.guest, firmware="uefi"))
    assert "no-boot-code" not in kinds_for(uefi, "images", register, "shop")
    assert kinds_for(WholeMachine(), "vzdump", register, "shop") == ("flipped-bit", "truncated", "stale")
    assert kinds_for(WholeMachine(), "proxmox", register, "shop") == ("stale",)
    assert stale_age(register, "shop") == timedelta(hours=1) + DAY
