"""Each known-bad estate gives the verdict that it must, blames whom it must, and is never green."""

import asyncio

import pytest

from lab.breaking.kinds import KINDS, break_, mend
from lab.estate.layout import Estate
from tests.support.estates import drverify

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_restic,
    pytest.mark.needs_libvirt,
    pytest.mark.timeout(420),
]

RANK = {"MET": 0, "UNPROVEN": 1, "MISSED": 2}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_verdict_and_whose_fault_it_is(tiny: Estate, kind: str) -> None:
    broken = asyncio.run(break_(kind, estate=tiny, workload="tiny"))
    try:
        ran = drverify(broken.estate.config, "drill", "run", "tiny", "--json", within=400)
        verdicts = ran.verdicts()
        expected = broken.expected
        judged = {name: one for name, one in verdicts.items() if name != "retention"}
        worst = max((one["outcome"] for one in judged.values()), key=RANK.__getitem__)
        assert worst == expected.outcome, (ran.err, judged)
        missed = {name for name, one in judged.items() if one["outcome"] == "MISSED"}
        assert set(expected.missed) <= missed, judged
        record = ran.json()["record"]
        assert bool(record["defects"]) == expected.defect, record["defects"]
        if expected.attribution:
            assert {fault["attribution"] for fault in record["faults"]} == {expected.attribution}
            assert "MISSED" not in {one["outcome"] for one in judged.values()}
            assert verdicts["rto"]["outcome"] == "UNPROVEN"
        else:
            assert record["faults"] == []
        if expected.outcome != "MET":
            assert ran.code in (10, 11)
        if expected.defect:
            said = " ".join(defect["what"] for defect in record["defects"])
            assert broken.fact("blob")[:8] in said or broken.fact("pack")[:8] in said, said
    finally:
        asyncio.run(mend(tiny))
