"""What a drill prints of its slot, its challenge, and a result that is not in the log."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from drverify.cli.drill_ending import not_logged
from drverify.engine.drills.drill import Concluded
from drverify.errors import EvidenceError, Exit, HostError
from drverify.judging.objectives import judge_all
from drverify.model.agreement import Sha256
from drverify.model.challenge import ChallengeStatus
from drverify.model.records import SlotId, SlotReference
from drverify.report import terminal
from tests.support import records
from tests.support.evidence import challenged

PLAN, ANSWER = challenged(records.plan())


def printed(plan=PLAN, answer=ANSWER) -> str:
    register = records.agreed().register(records.INCIDENT)
    record = replace(records.record(), challenge=answer)
    done = Concluded(
        register=register,
        plan=plan,
        record=record,
        verdicts=judge_all(register, plan, record),
        evidence=Path("/nowhere"),
    )
    console = Console(width=200, record=True, file=StringIO())
    terminal.show(console, done)
    return console.export_text()


def test_slot_and_challenge_are_shown() -> None:
    reference = SlotReference(schedule=Sha256("5" * 64), slot=SlotId("2026Q4/[shop]/03"), attempt=2)
    shown = printed(replace(PLAN, slot=reference))
    assert "slot       2026Q4/[shop]/03, attempt 2\n" in shown
    assert "challenge  returned (SMBIOS OEM string, agent)\n" in shown


def test_a_drill_without_them_says_nothing_of_them() -> None:
    shown = printed(records.plan(), None)
    assert "slot  " not in shown
    assert "challenge  " not in shown


def test_a_guest_that_does_not_know_it_is_why_nothing_is_proven() -> None:
    wrong = replace(ANSWER, status=ChallengeStatus.WRONG, observed="", why="it was started without one")
    shown = printed(answer=wrong)
    assert "challenge  wrong (SMBIOS OEM string, agent): it was started without one\n" in shown
    assert "UNPROVEN" in shown
    assert "was not started by this drill" in " ".join(shown.split())


@pytest.mark.parametrize(
    ("error", "code", "ends"),
    [
        (HostError("no space left"), Exit.OK, Exit.UNPROVEN),
        (HostError("no space left"), Exit.MISSED, Exit.UNPROVEN),
        (EvidenceError("not whole"), Exit.OK, Exit.EVIDENCE_INVALID),
        (HostError("no space left"), Exit.LEFT_BEHIND, Exit.LEFT_BEHIND),
    ],
)
def test_a_result_that_is_not_in_the_log_is_never_a_success(error, code, ends, capsys) -> None:
    assert not_logged(error, code) == ends
    assert f"the result is sealed, and not in the log: {error}" in capsys.readouterr().err
