"""Whether what was restored of a file set may count: was it compared as planned, and was it enough of it.

Nothing here makes a verdict MISSED: a difference that proves a defect is noted as a defect by the drill.
"""

from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.files import NAMED_STRATUM, FileComparison
from drverify.model.recovery import FileSet

FEWEST_DRAWN = 59
"""Files drawn by chance that show, when all are well, with 95 % confidence that at most 5 % are bad:
0.95 ** 59 < 1 / 20."""


def not_compared(plan: DrillPlan, record: DrillRecord) -> str:
    """Why the restored files are not shown to be those of the manifest; empty: they are, or none is owed."""
    payload, found = plan.workload.payload, record.comparison
    if not isinstance(payload, FileSet) or not (payload.manifest or payload.sample):
        return ""
    if found is None:
        failed = f": {record.faults[0].what}" if record.faults else ""
        return f"the files were not compared as planned{failed}"
    if found.differing:
        return f"{found.differing:,} files are not as the manifest has them, and may have changed between"
    of = _restored(found)
    if found.basis and (not found.compared or 2 * found.compared < of):
        return f"only {found.compared:,} of {of:,} restored files could be compared with the manifest"
    return ""


def too_small_a_sample(plan: DrillPlan, record: DrillRecord) -> str:
    """Why a sample shows too little of the files that were not restored; empty when it shows enough."""
    payload, found = plan.workload.payload, record.comparison
    if not isinstance(payload, FileSet) or payload.sample is None or found is None:
        return ""
    by_chance = sum(taken for name, _, taken in found.strata if name != NAMED_STRATUM)
    if _restored(found) == found.population or (found.at_most_ppm is not None and by_chance >= FEWEST_DRAWN):
        return ""
    if found.at_most_ppm is None:
        return "the sample bounds nothing: its files were not drawn by chance, or not all of them compared"
    return (
        f"a sample of {by_chance} of {found.population:,} files shows too little: {FEWEST_DRAWN} drawn "
        "by chance show with 95 % confidence that at most 5 % are bad"
    )


def _restored(found: FileComparison) -> int:
    return sum(taken for _, _, taken in found.strata) if found.strata else found.population
