"""Whether what is said of sampled and compared files can be, and follows from chance. Pure.

The draw is made again from the listing that is kept with the evidence (for its form see
`adapters.filesets.drawing`): of each stratum those files were restored whose digests with the challenge are
the lowest. The bound is computed again from the strata.
"""

import gzip
import heapq
import io
import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillPlan, DrillRecord
from drverify.model.files import AFTER, LISTING, MOST_DIFFERENCES, FileComparison
from drverify.model.recovery import BESIDE, FileSet, manifest_below
from drverify.planning.bound import MOST_FILES, at_most_ppm
from drverify.planning.drawing import NAMED, digest_of, rank

Load = Callable[[Sha256, str], bytes]
"""(digest, what it is) -> content. EvidenceError when it is not there."""
_LONGEST = 1 << 20
_DRAWN, _NAMED = 1, 2


def comparison_contradictions(plan: DrillPlan, record: DrillRecord) -> Iterator[str]:
    """Everything that cannot be, one sentence each."""
    found, payload = record.comparison, plan.workload.payload
    if not isinstance(payload, FileSet):
        if found is not None:
            yield "files were compared, and the workload is no file set"
        return
    if found is None:
        owed = payload.manifest or payload.sample is not None
        if owed and record.probes and not record.faults and not record.defects:
            yield "files were to be compared or drawn, nothing failed, and nothing is said of it"
        return
    yield from _planned(plan, payload, found)
    yield from _differences(record, payload, found)
    if wrong := [*_counts(found)]:
        yield from wrong
    elif found.at_most_ppm is not None:
        yield from _bound(payload, found)
    if found.strata and LISTING not in {one.name for one in record.artefacts}:
        yield "a sample was drawn, and the listing is not among the artefacts"


def _planned(plan: DrillPlan, payload: FileSet, found: FileComparison) -> Iterator[str]:
    if bool(found.basis) != bool(payload.manifest) or bool(found.basis) != bool(found.manifest_sha256):
        yield "files were compared with a manifest, and there was none, or the other way round"
    if (payload.sample is not None) != bool(found.strata):
        yield "a sample was drawn, and none was planned, or the other way round"
    by_chance = payload.sample is not None and payload.sample.files > 0
    if found.seed != (plan.challenge if by_chance else ""):
        yield "the sample was not drawn with the drill's challenge"


def _counts(found: FileComparison) -> Iterator[str]:
    counts = (
        found.population,
        found.population_bytes,
        found.compared,
        found.compared_bytes,
        found.changed_since,
        found.differing,
        *(count for _, files, drawn in found.strata for count in (drawn, files - drawn)),
    )
    if min(counts) < 0:
        yield "the comparison counts less than nothing"
    if found.strata and found.population > MOST_FILES:
        yield f"a sample is drawn of at most {MOST_FILES} files"
    restored = sum(drawn for _, _, drawn in found.strata) if found.strata else found.population
    if found.strata and sum(files for _, files, _ in found.strata) != found.population:
        yield "the strata are not the population"
    if found.compared + found.changed_since > restored:
        yield "more files were compared than restored"
    if not found.basis and (found.compared or found.differing or found.aspects):
        yield "files were compared with nothing"


def _differences(record: DrillRecord, payload: FileSet, found: FileComparison) -> Iterator[str]:
    paths = {one.path for one in found.differences}
    if len(found.differences) > MOST_DIFFERENCES or len(paths) > found.differing:
        yield "more differences are written out than files differ"
    if bool(found.differing) != bool(found.differences):
        yield "files differ, and none is named, or the other way round"
    changed = any(one.found.endswith(AFTER) for one in found.differences)
    if found.differing and not (record.defects or changed or payload.manifest.startswith(BESIDE)):
        yield "files differ, and there is no defect"


def _bound(payload: FileSet, found: FileComparison) -> Iterator[str]:
    """A bound needs chance, and every file of the sample compared, but for a manifest that lies in it."""
    missing = sum(drawn for _, _, drawn in found.strata) - found.compared if found.basis else 0
    if not found.seed or found.differing or missing > bool(manifest_below(payload)):
        yield "a bound is claimed that no chance gives"
    elif found.at_most_ppm != at_most_ppm([(files, drawn) for _, files, drawn in found.strata]):
        yield "the bound does not follow from the sample"


def check_draw(plan: DrillPlan, record: DrillRecord, load: Load) -> tuple[str, ...]:
    """Draw again from the listing: what held. EvidenceError when it leads to another sample."""
    found, payload = record.comparison, plan.workload.payload
    if found is None or not isinstance(payload, FileSet) or payload.sample is None:
        return ()
    kept = next((one.sha256 for one in record.artefacts if one.name == LISTING), Sha256(""))
    try:
        lines = _lines(load(kept, "the listing"), found.population)
        head = next(lines)
        if (head["seed"], head["wanted"]) != (plan.challenge, payload.sample.files):
            raise EvidenceError("files: the listing is of another draw")
        _redrawn(head, lines, found)
    except (ValueError, KeyError, TypeError, IndexError, OSError, EOFError, zlib.error) as error:
        raise EvidenceError(f"files: the listing cannot be read: {error!r:.200}") from error
    drawn = sum(taken for _, _, taken in found.strata)
    return (f"the sample was drawn again from the listing: the same {drawn} of {found.population} files",)


def _lines(packed: bytes, files: int) -> Iterator[Any]:
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
        for _ in range(files + 1):
            yield json.loads(file.readline(_LONGEST))
        if file.read(1):
            raise EvidenceError("files: the listing is longer than the population")


def _redrawn(head: Mapping[str, Any], lines: Iterator[Any], found: FileComparison) -> None:
    drawn = {name: taken for name, _, taken in found.strata if name != NAMED}
    lowest: dict[str, list[int]] = {name: [] for name in drawn}
    marked: dict[str, list[int]] = {name: [] for name in drawn}
    sizes = dict.fromkeys((name for name, _, _ in found.strata), 0)
    for mark, _size, _modified, stratum, path in lines:
        sizes[stratum] += 1
        if (mark == _NAMED) != (stratum == NAMED):
            raise EvidenceError("files: a named file is drawn, or the other way round")
        if mark == _NAMED:
            continue
        place = -rank(str(head["seed"]), path if head["hidden"] else digest_of(path))
        heapq.heappush(lowest[stratum], place)
        if len(lowest[stratum]) > drawn[stratum]:
            heapq.heappop(lowest[stratum])
        if mark == _DRAWN:
            marked[stratum].append(place)
    if sizes != {name: files for name, files, _ in found.strata}:
        raise EvidenceError("files: the strata are not those of the listing")
    if any(sorted(lowest[name]) != sorted(marked[name]) for name in drawn):
        raise EvidenceError("files: the restored files were not drawn with the challenge")
