"""The scorer follows the corpus's rules, and gives the same figures as the corpus's own."""

import itertools
import json
import math
import subprocess
import sys

import pytest

from lab.evaluation.labelled import SHARED, TEST, corpora
from lab.evaluation.read import read
from lab.evaluation.score import Claim, Label, Score, Share, canonical, f1, match, overlap, score

NOT_HERE = "the shared corpus is not beside this checkout"


def label(start=0, end=10, kind="rpo", value=None, unit=None, **more) -> Label:
    return Label(doc="a", start=start, end=end, kind=kind, value=value, unit=unit, **more)


def claim(start=0, end=10, kind="rpo", value=None, unit=None, **more) -> Claim:
    return Claim(doc="a", start=start, end=end, kind=kind, value=value, unit=unit, **more)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((24, "hour"), (1, "day"), True),
        ((1, "calendar_day"), (1, "day"), True),
        ((30, "day"), (1, "month"), False),
        ((0.5, "year"), (6, "month"), True),
        ((3, "working_day"), (3, "business_day"), True),
        ((1, "business_day"), (1, "day"), False),
        (("AES-256", None), ("aes-256", None), True),
        ((0, "second"), (None, None), False),
        ((99.9, "percent"), (99.90001, "percent"), True),
    ],
)
def test_values_are_equal_only_after_exact_conversion(one, other, same) -> None:
    assert (canonical(*one) == canonical(*other)) is same


def test_half_of_the_shorter_span_is_enough() -> None:
    assert overlap(claim(0, 100), claim(95, 105)) == 0.5
    assert match([claim(0, 100)], [label(95, 105)]).missed == ()
    assert match([claim(0, 100)], [label(96, 106)]).missed == (label(96, 106),)


def test_a_right_value_is_paired_before_a_wrong_one() -> None:
    labels = [label(value=1, unit="hour"), label(value=4, unit="hour")]
    said = [claim(value=4, unit="hour"), claim(value=60, unit="minute")]
    assert {(one.value, due.value) for one, due in match(said, labels).pairs} == {(4, 4), (60, 1)}


def test_an_optional_label_is_neither_missed_nor_a_false_alarm() -> None:
    labels = [label(optional=True), label(start=50, end=60)]
    assert score([], labels).kind_recall == Share(0, 1)
    assert score([claim()], labels).kind_precision.all == 0
    assert score([claim()], labels).clause_precision.all == 0


def test_a_double_of_a_right_reading_is_no_false_alarm_and_its_figure_right() -> None:
    figures = score([claim(value=1, unit="hour")] * 2, [label(value=60, unit="minute")])
    assert figures.kind_precision == Share(1, 1)
    assert figures.value_precision == Share(2, 2)
    assert figures.value_recall == Share(1, 1)


def test_the_clause_does_not_ask_for_the_kind() -> None:
    figures = score([claim(kind="rto")], [label(kind="rpo")])
    assert figures.clause_precision == figures.clause_recall == Share(1, 1)
    assert figures.kind_precision == figures.kind_recall == Share(0, 1)


def test_kinds_around_the_core_do_not_count() -> None:
    figures = score([claim(kind="severity")], [label(kind="severity")])
    assert (figures.labels, figures.predictions) == (0, 0)


def test_agreement_is_counted_where_both_say_something() -> None:
    labels = [label(value=1, unit="hour", comparator="<=", party="provider", vague=False)]
    figures = score([claim(value=1, unit="hour", comparator=None, party="client", vague=False)], labels)
    assert (figures.comparator, figures.party, figures.vague) == (Share(0, 1), Share(0, 1), Share(1, 1))
    assert score([claim()], [label(party="unknown")]).party.all == 0


def test_nothing_to_count_is_no_number() -> None:
    assert math.isnan(Share().value)
    assert f1(0.0, 0.0) == 0.0
    assert Score() + Score() == Score()


def written(figures: Score, predictions: int) -> str:
    """As the corpus's scorer prints."""
    clause, kind = (
        (one.value, other.value)
        for one, other in (
            (figures.clause_precision, figures.clause_recall),
            (figures.kind_precision, figures.kind_recall),
        )
    )
    value, found = figures.value_precision, figures.value_recall
    return (
        f"documents {figures.documents}  labels {figures.labels}  predictions {predictions}\n"
        f"clause     P {clause[0]:.3f}  R {clause[1]:.3f}  F {f1(*clause):.3f}\n"
        f"kind       P {kind[0]:.3f}  R {kind[1]:.3f}  F {f1(*kind):.3f}\n"
        f"value      P {value.value:.3f} ({value.good}/{value.all})  R {found.value:.3f} ({found.good}/{found.all})\n"
        f"comparator {figures.comparator.value:.3f}  vague {figures.vague.value:.3f}"
        f"  party {figures.party.value:.3f}\n"
    )


def row(one: Claim) -> dict[str, object]:
    return {name: getattr(one, name) for name in Claim.__slots__}


def bent(labels) -> list[Claim]:
    """Readings that are wrong in every way, made from labels without chance."""
    done = []
    for at, one in zip(itertools.cycle(range(11)), labels, strict=False):
        more = row(one)
        if at == 1:
            more["start"] = more["end"] - 3
        elif at == 2:
            more |= {"kind": "rto"}
        elif at == 3:
            more |= {"value": 7, "unit": "hour"}
        elif at == 4:
            more |= {"start": one.end + 1, "end": one.end + 40}
        elif at == 5:
            more |= {"comparator": ">", "party": "both", "vague": not one.vague}
        elif at == 6:
            done.append(Claim(**more))
        elif at == 7:
            continue
        done.append(Claim(**more))
    return done


@pytest.fixture(scope="module")
def shared():
    if not SHARED.is_dir():
        pytest.skip(NOT_HERE)
    return next(one for one in corpora() if one.name == "shared")


@pytest.mark.parametrize("bend", [False, True])
def test_the_corpus_s_own_scorer_says_the_same(shared, tmp_path, bend) -> None:
    labels = [one for document in shared.documents for one in document.labels]
    some = [document for document in shared.documents if (TEST / document.path.name).is_file()]
    said = bent(labels) if bend else [one for document in some for one in read(document.path).claims]
    predicted = tmp_path / "predicted.jsonl"
    predicted.write_text("".join(json.dumps(row(one)) + "\n" for one in said))
    command = [sys.executable, SHARED / "score.py", SHARED / "gold.jsonl", predicted]
    theirs = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert written(score(said, labels), len(said)) == theirs
