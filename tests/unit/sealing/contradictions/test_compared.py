"""What cannot be said of sampled and compared files, one refusal each, and the draw made again."""

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from drverify.errors import EvidenceError
from drverify.model.agreement import Sha256
from drverify.model.drill import Artefact, Defect, DrillPlan, DrillRecord, PhaseName
from drverify.model.files import AFTER, LISTING, Aspect, FileComparison, FileDifference, Sample
from drverify.model.recovery import FileSet
from drverify.planning.bound import at_most_ppm
from drverify.planning.drawing import NAMED, Census, Draw, Listed
from drverify.sealing.contradictions.compared import check_draw, comparison_contradictions
from tests.support import records

SEED = "5e" * 32
AS_OF = datetime(2026, 9, 14, tzinfo=UTC)
FILES = [Listed(f"d{n % 3}/f{n}", 10, int(AS_OF.timestamp()) - n * 3600 * 24) for n in range(300)]
OTHER = FileDifference(path="d0/f0", aspect=Aspect.CONTENT, expected="a", found="b")


def _drawn() -> tuple[list[list[Any]], tuple[tuple[str, int, int], ...]]:
    census = Census(AS_OF)
    for one in FILES[1:]:
        census.add(one)
    strata = census.strata(40)
    draw = Draw(strata, SEED)
    for one in FILES[1:]:
        draw.offer(one)
    drawn = set(draw.drawn())
    rows: list[list[Any]] = [[2, 10, FILES[0].modified, NAMED, FILES[0].path]]
    rows += [[int(one.path in drawn), 10, one.modified, strata.name(one), one.path] for one in FILES[1:]]
    return rows, ((NAMED, 1, 1), *((name, strata.sizes[name], strata.drawn[name]) for name in strata.sizes))


ROWS, STRATA = _drawn()
HEAD = {"format": "x", "seed": SEED, "asOf": "x", "wanted": 40, "hidden": False, "named": []}
LISTED = Artefact(name=LISTING, sha256=Sha256("0" * 64), size_bytes=1, media_type="application/gzip")
FOUND = FileComparison(
    basis="manifest m", seed=SEED, population=300, population_bytes=3000, compared=41, compared_bytes=410,
    strata=STRATA, aspects=tuple(Aspect), manifest_sha256="1" * 64,
    at_most_ppm=at_most_ppm([(files, drawn) for _, files, drawn in STRATA]),
)  # fmt: skip
PAYLOAD = FileSet(path="/srv", sample=Sample(files=40), manifest="/safe/m")


def plan(payload: FileSet = PAYLOAD) -> DrillPlan:
    return replace(records.plan(), workload=records.workload(payload=payload), challenge=SEED)


def record(found: FileComparison | None = FOUND, **other: Any) -> DrillRecord:
    made = records.record()
    return replace(made, comparison=found, artefacts=(*made.artefacts, LISTED), **other)


def said(found: FileComparison | None, payload: FileSet = PAYLOAD, **other: Any) -> list[str]:
    return list(comparison_contradictions(plan(payload), record(found, **other)))


def test_a_sample_that_is_as_it_should_be() -> None:
    assert said(FOUND) == []


DEFECT = Defect(phase=PhaseName.PROBE, what="1 of 41 files differs", at=records.MIN)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"seed": "ab" * 32}, "not drawn with the drill's challenge"),
        ({"seed": ""}, "not drawn with the drill's challenge"),
        ({"at_most_ppm": 1}, "the bound does not follow from the sample"),
        ({"compared": 40}, "a bound is claimed that no chance gives"),
        ({"compared": 42, "at_most_ppm": None}, "more files were compared than restored"),
        ({"changed_since": 1, "at_most_ppm": None}, "more files were compared than restored"),
        ({"population": 10**9, "strata": (("a", 10**9, 41),)}, "of at most 100000000 files"),
        ({"population": 301}, "the strata are not the population"),
        ({"strata": (*STRATA[:-1], (*STRATA[-1][:2], -1))}, "counts less than nothing"),
        ({"strata": (), "at_most_ppm": None, "population": 41}, "a sample was drawn, and none was planned"),
        ({"basis": ""}, "there was none, or the other way round"),
        ({"manifest_sha256": ""}, "there was none, or the other way round"),
        ({"differing": 1, "at_most_ppm": None}, "files differ, and none is named"),
        ({"differences": (OTHER,), "at_most_ppm": None}, "files differ, and none is named"),
        (
            {"differing": 1, "differences": (OTHER,), "at_most_ppm": None},
            "files differ, and there is no defect",
        ),
        ({"differing": 1, "differences": (OTHER,)}, "a bound is claimed that no chance gives"),
    ],
)
def test_what_cannot_be(changes: dict[str, Any], why: str) -> None:
    assert any(why in one for one in said(replace(FOUND, **changes))), said(replace(FOUND, **changes))


def test_a_difference_with_its_defect_is_fine() -> None:
    found = replace(FOUND, differing=1, differences=(OTHER,), at_most_ppm=None)
    assert said(found, defects=(DEFECT,)) == []


def test_a_difference_that_proves_nothing_needs_no_defect() -> None:
    found = replace(FOUND, differing=1, differences=(OTHER,), at_most_ppm=None)
    assert said(found, replace(PAYLOAD, manifest="file:/safe/m")) == []
    late = replace(OTHER, aspect=Aspect.MODIFIED, found=f"1{AFTER}")
    assert said(replace(found, differences=(late, OTHER))) == []


def test_a_manifest_inside_the_sample_need_not_list_itself() -> None:
    payload = replace(PAYLOAD, manifest="/srv/m")
    assert said(replace(FOUND, compared=40), payload) == []
    assert said(replace(FOUND, compared=39), payload) == ["a bound is claimed that no chance gives"]


def test_no_bound_for_files_that_were_named() -> None:
    payload = replace(PAYLOAD, sample=Sample(named=("a",)))
    found = replace(FOUND, seed="", strata=((NAMED, 41, 41),), population=41)
    assert said(found, payload) == ["a bound is claimed that no chance gives"]
    assert said(replace(found, at_most_ppm=None), payload) == []


def test_a_comparison_that_is_left_out_or_out_of_place() -> None:
    assert said(None) == ["files were to be compared or drawn, nothing failed, and nothing is said of it"]
    machine = replace(records.plan(), challenge=SEED)
    assert list(comparison_contradictions(machine, record())) == [
        "files were compared, and the workload is no file set"
    ]


def test_a_listing_that_was_left_out() -> None:
    bare = replace(record(), artefacts=())
    assert list(comparison_contradictions(plan(), bare)) == [
        "a sample was drawn, and the listing is not among the artefacts"
    ]


def redrawn(rows: list[list[Any]], **head: Any) -> tuple[str, ...]:
    text = "\n".join(json.dumps(one) for one in ({**HEAD, **head}, *rows)) + "\n"
    return check_draw(plan(), record(), lambda _digest, _what: gzip.compress(text.encode()))


def test_the_draw_is_made_again() -> None:
    assert redrawn(ROWS) == ("the sample was drawn again from the listing: the same 41 of 300 files",)


def _swapped() -> list[list[Any]]:
    """Another file of the same stratum takes the place of a drawn one."""
    rows = [list(row) for row in ROWS]
    left = next(row for row in rows if row[0] == 0)
    taken = next(row for row in rows if row[0] == 1 and row[3] == left[3])
    taken[0], left[0] = 0, 1
    return rows


@pytest.mark.parametrize(
    "rows",
    [
        _swapped(),
        ROWS[:-1],
        [*ROWS, ROWS[-1]],
        [[0, *ROWS[0][1:]], *ROWS[1:]],
        [ROWS[0], [2, *ROWS[1][1:]], *ROWS[2:]],
        [ROWS[0], [*ROWS[1][:3], "elsewhere", "x"], *ROWS[2:]],
        [["x"], *ROWS[1:]],
    ],
)
def test_another_draw_is_refused(rows: list[list[Any]]) -> None:
    with pytest.raises(EvidenceError, match="files: "):
        redrawn(rows)


def test_a_listing_of_another_drill_is_refused() -> None:
    for other in ({"seed": "ab" * 32}, {"wanted": 41}):
        with pytest.raises(EvidenceError, match="of another draw"):
            redrawn(ROWS, **other)
    with pytest.raises(EvidenceError, match="cannot be read"):
        check_draw(plan(), record(), lambda _digest, _what: b"no gzip")
