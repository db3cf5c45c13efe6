"""What the first verifier accepts of a drill, the second accepts too: no honest provider is refused by one of them."""

from typing import Any

from hypothesis import HealthCheck, assume, given, settings

from drverify.errors import EvidenceError
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.sealing.agreed import Agreed
from drverify.sealing.verification import verify
from tests.support import records, second
from tests.support.evidence import Sealed, sealed, signer, trusted

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
