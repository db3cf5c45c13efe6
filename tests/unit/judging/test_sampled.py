"""A sample of files shows that they come back, never how long all of them take."""

from dataclasses import replace

from drverify.judging.objectives import judge_all
from drverify.model.files import Sample
from drverify.model.obligation import Rto
from drverify.model.recovery import FileSet
from drverify.model.verdict import Outcome, Verdict
from tests.support.records import plan, record, register, workload


def rto_of(sample: Sample | None) -> Verdict:
    """The verdict on recovery time of a drill in which everything is well."""
    of = register()
    drilled = plan(workload=workload(payload=FileSet(path="/srv", sample=sample)))
    drilled = replace(drilled, playbook=replace(drilled.playbook, applies_to="file-set"))
    verdicts = {one.obligation: one for one in judge_all(of, drilled, record())}
    return next(verdicts[one.id] for one in of.obligations if isinstance(one.objective, Rto))


def test_the_time_of_a_sample_is_no_recovery_time() -> None:
    assert rto_of(None).outcome is Outcome.MET
    found = rto_of(Sample(files=300))
    assert found.outcome is Outcome.UNPROVEN
    assert found.achieved is None
    assert found.reason.startswith("only a sample of the files was restored")
