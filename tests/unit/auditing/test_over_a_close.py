"""A drill that is begun in one period and ends after its close: both verifiers know its start by its entry."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drverify.model.records import SlotId
from drverify.planning.period import period_of
from tests.support import records
from tests.support.periods import Kept, MemoryBundle, audited, codes, slot

NEXT = period_of("2026Q4")
DAY = (datetime(2026, 10, 20, tzinfo=UTC) - records.INCIDENT).days
AT = datetime(2027, 1, 15, tzinfo=UTC)


@pytest.mark.parametrize("other", [False, True], ids=["its own plan", "another plan"])
def test_its_result_belongs_to_a_start_whose_envelope_is_not_in_the_next_bundle(
    tmp_path: Path, other: bool
) -> None:
    kept = Kept(tmp_path / "state", points=9)
    kept.register()
    kept.schedule([slot(0), slot(1)])
    kept.drill(0)
    plan, begun = kept.start(1)
    kept.close()
    later = slot(DAY, id=SlotId("2026Q4/shop/00"))
    kept.schedule([later], NEXT)
    kept.result(replace(plan, slot=None) if other else plan, begun, 1)
    kept.drill(DAY, slot=kept.reference(later, period=NEXT))
    kept.close(NEXT)
    bundle = MemoryBundle.of(kept.gather(NEXT))
    found = audited(bundle, at=AT)  # which asks the second verifier, too, and compares
    assert found.complete is not other, found.findings
    assert ("other-plan" in codes(found)) is other
