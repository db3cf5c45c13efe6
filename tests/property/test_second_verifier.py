"""What the first verifier accepts of a drill, the second accepts too: no honest provider is refused by one of them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings

from drverify.errors import EvidenceError
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.planning.selection import select
from drverify.sealing.agreed import Agreed
from drverify.sealing.verification import verify
from tests.support import records, second
from tests.support.evidence import Sealed, resigned, sealed, signer, trusted

PROGRAM: Any = second._PROGRAM
KEYS = (trusted(signer()),)


def refused(made: Sealed) -> str:
    """Why the second verifier refuses a result, shown to it without a log; empty when it does not."""
    files = second._Files({f"artifacts/sha256/{digest}": content for digest, content in made.files.items()})
    trust = PROGRAM.Trust.__new__(PROGRAM.Trust)
    trust.keys, trust.authorities = [], {}
    try:
        PROGRAM.Drill(files, PROGRAM.Known(), PROGRAM.Envelope(made.envelope), None, trust).check(None)
    except PROGRAM.Refused as error:
        return str(error)
    return ""


def test_the_good_drill_is_accepted() -> None:
    assert refused(sealed()) == ""


def test_of_a_further_copy_neither_takes_a_breach() -> None:
    lagging = records.hourly()[24:]
    recorded = records.record(selection=select(lagging, "copy", records.INCIDENT, records.STARTED))
    made = sealed(records.plan(requested_point="copy"), recorded)
    assert refused(made) == ""
    assert "MISSED" not in {one["verdict"] for one in made.statement["predicate"]["obligations"]}

    def breach(statement: Any) -> None:
        said = statement["predicate"]
        one = next(one for one in said["obligations"] if one["metric"] == "rpo")
        one["verdict"] = "MISSED"
        said["warnedTests"].remove(one["id"])
        said["failedTests"], said["result"] = [one["id"]], "FAILED"

    forged = resigned(made, breach)
    assert "by a drill of a further copy" in refused(forged)
    with pytest.raises(EvidenceError):
        verify(forged.envelope, forged.load, KEYS)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(records.agreed_drills())
def test_what_the_first_accepts_the_second_accepts(drill: tuple[Agreed, DrillPlan, DrillRecord]) -> None:
    promised, plan, record = drill
    try:
        made = sealed(plan, record, promised)
        verify(made.envelope, made.load, KEYS)
    except (ValueError, EvidenceError):
        assume(False)
    assert refused(made) == ""
