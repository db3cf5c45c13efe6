"""Restored files count when they were compared as planned; a sample when it is large enough, and never for time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drverify.judging.objectives import judge_all, recovered
from drverify.judging.restored_files import not_compared, too_small_a_sample
from drverify.model.drill import DrillPlan, DrillRecord, Fault, PhaseName
from drverify.model.files import Aspect, FileComparison, FileDifference, Sample
from drverify.model.obligation import Rto
from drverify.model.recovery import FileSet
from drverify.model.verdict import Outcome, Verdict
from drverify.planning.drawing import NAMED
from tests.support import second
from tests.support.records import plan, record, register, workload

LIKE_IT = FileComparison(
    basis="manifest m", seed="5e" * 32, population=400, population_bytes=4000, compared=60, compared_bytes=600,
    strata=((NAMED, 1, 1), ("a", 399, 59)), at_most_ppm=49_000, aspects=tuple(Aspect), manifest_sha256="1" * 64,
)  # fmt: skip
WHOLE = replace(LIKE_IT, seed="", strata=(), compared=400, at_most_ppm=None)
OTHER = FileDifference(path="a", aspect=Aspect.MISSING, expected="file", found="not restored")
SAMPLE = Sample(files=59, named=("x",))
FAULT = Fault(
    phase=PhaseName.PROBE, attribution="host", what="the manifest cannot be read", at=timedelta(days=9)
)


def planned(sample: Sample | None, manifest: str) -> DrillPlan:
    payload = FileSet(path="/srv", sample=sample, manifest=manifest)
    drilled = plan(workload=workload(payload=payload))
    return replace(drilled, playbook=replace(drilled.playbook, applies_to="file-set"))


def verdicts(drilled: DrillPlan, found: DrillRecord) -> dict[str, Verdict]:
    of = register()
    kinds = {one.id: type(one.objective).__name__ for one in of.obligations}
    return {kinds[one.obligation]: one for one in judge_all(of, drilled, found)}


def rto_of(
    sample: Sample | None, comparison: FileComparison | None, limit: timedelta | None = None
) -> Verdict:
    """The verdict on recovery time of a drill in which everything is well."""
    of = register()
    at, promise = next((at, one) for at, one in enumerate(of.obligations) if isinstance(one.objective, Rto))
    if limit is not None and isinstance(promise.objective, Rto):
        one = replace(promise, objective=replace(promise.objective, limit=limit))
        of = replace(of, obligations=(*of.obligations[:at], one, *of.obligations[at + 1 :]))
    drilled = planned(sample, "/safe/m" if comparison else "")
    return judge_all(of, drilled, record(comparison=comparison))[at]


def test_the_time_of_a_sample_is_no_recovery_time() -> None:
    assert rto_of(None, None).outcome is Outcome.MET
    found = rto_of(SAMPLE, LIKE_IT)
    assert found.outcome is Outcome.UNPROVEN
    assert found.achieved is None
    assert found.reason.startswith("only a sample of the files was restored")


def test_a_sample_that_alone_takes_too_long_breaks_the_promise() -> None:
    assert rto_of(SAMPLE, LIKE_IT, timedelta(seconds=1)).outcome is Outcome.MISSED
    one = replace(LIKE_IT, strata=(("a", 400, 1),), compared=1)
    assert rto_of(Sample(files=1), one, timedelta(seconds=1)).outcome is Outcome.MISSED
    assert rto_of(SAMPLE, replace(LIKE_IT, compared=1), timedelta(seconds=1)).outcome is Outcome.UNPROVEN


CASES: list[tuple[Sample | None, str, FileComparison | None, str]] = [
    (None, "", None, ""),
    (None, "/safe/m", WHOLE, ""),
    (SAMPLE, "/safe/m", LIKE_IT, ""),
    (SAMPLE, "", replace(LIKE_IT, basis="", compared=0), ""),
    (None, "/safe/m", None, "the files were not compared as planned"),
    (SAMPLE, "", None, "the files were not compared as planned"),
    (
        None,
        "/safe/m",
        replace(WHOLE, differing=1, differences=(OTHER,)),
        "1 files are not as the manifest",
    ),
    (
        None,
        "/safe/m",
        replace(WHOLE, population=1, compared=0, changed_since=1),
        "only 0 of 1 restored files",
    ),
    (None, "/safe/m", replace(WHOLE, compared=199, changed_since=201), "only 199 of 400 restored files"),
    (None, "/safe/m", replace(WHOLE, compared=200, changed_since=200), ""),
]


@pytest.mark.parametrize(("sample", "manifest", "found", "why"), CASES)
def test_files_count_when_they_were_compared(
    sample: Sample | None, manifest: str, found: FileComparison | None, why: str
) -> None:
    drilled, seen = planned(sample, manifest), record(comparison=found)
    assert why in not_compared(drilled, seen)
    assert (
        bool(not_compared(drilled, seen)) == bool(why) == bool(asked(sample, manifest, found)._uncompared())
    )
    outcomes = {name: one.outcome for name, one in verdicts(drilled, seen).items()}
    assert recovered(drilled, seen) is not bool(why)
    assert (Outcome.UNPROVEN if why else Outcome.MET) is outcomes["ApplicationValidation"]


def test_a_comparison_that_failed_on_our_side_after_the_probes_proves_nothing() -> None:
    drilled, seen = planned(None, "file:/safe/m"), record(comparison=None, faults=(FAULT,))
    found = verdicts(drilled, seen)
    for kind in ("Rpo", "Rto", "RestoreTestFrequency", "ApplicationValidation"):
        assert found[kind].outcome is Outcome.UNPROVEN, kind
    assert found["Rto"].reason.endswith("not compared as planned: the manifest cannot be read")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({}, ""),
        ({"strata": (("a", 400, 58),)}, "a sample of 58 of 400 files shows too little"),
        ({"strata": ((NAMED, 9, 9), ("a", 391, 58))}, "a sample of 58 of 400 files shows too little"),
        ({"at_most_ppm": None}, "the sample bounds nothing"),
        ({"strata": ((NAMED, 400, 9),), "at_most_ppm": None, "seed": ""}, "the sample bounds nothing"),
        ({"strata": (("a", 20, 20),), "population": 20}, ""),
    ],
)
def test_a_sample_speaks_for_the_rest_when_it_is_large_enough(changes: dict[str, Any], why: str) -> None:
    found = replace(LIKE_IT, basis="", compared=0, **changes)
    drilled, seen = planned(SAMPLE, ""), record(comparison=found)
    assert why in too_small_a_sample(drilled, seen)
    assert bool(too_small_a_sample(drilled, seen)) == bool(why)
    assert asked(SAMPLE, "", found)._sample_too_small() is bool(why)
    assert recovered(drilled, seen) is not bool(why)
    outcomes = {name: one.outcome for name, one in verdicts(drilled, seen).items()}
    for kind in ("Rpo", "RestoreTestFrequency", "ApplicationValidation"):
        assert outcomes[kind] is (Outcome.UNPROVEN if why else Outcome.MET), kind


def asked(sample: Sample | None, manifest: str, found: FileComparison | None) -> Any:
    """The second verifier's drill, of what it reads for these rules."""
    drill = second._PROGRAM.Drill.__new__(second._PROGRAM.Drill)
    payload = {"kind": "file-set", "sample": sample and {"files": sample.files}, "manifest": manifest}
    drill.plan = {"workload": {"payload": payload}}
    drill.record = {
        "comparison": found
        and {
            "differing": found.differing,
            "strata": [list(one) for one in found.strata],
            "population": found.population,
            "compared": found.compared,
            "atMostPpm": found.at_most_ppm,
        }
    }
    return drill
