"""How long the pages of an annex take, for as many workloads as are asked for.

    python -m lab.bench.annex_pages --workloads 400
    drverify report annex --period 2026Q4 --json -o annex.json
    python -m lab.bench.annex_pages --of annex.json

An annex is drawn out of an audited bundle of a few drills; its workloads and drills are repeated under other
names until there are enough. Nothing is asserted; seconds of processor time, as others may work on this
machine too.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import TypeVar

from rich.console import Console

from drverify.adapters.annex import html, pdf
from drverify.adapters.annex.view import view
from drverify.adapters.bundle.reading import opened
from drverify.annex.model import Annex
from drverify.cli.report_gathering import from_bundle
from drverify.model.drill import DrillId
from drverify.sealing import codec
from lab.bench import evidence_year
from lab.bench.rows import Row, Say, seconds, show

T = TypeVar("T")
WORKLOADS, DRILLS = 400, 4
"""Drills of each workload: a quarter's, one a month and one again."""
FORMS = ("JSON", "JSON, read strictly", "HTML", "PDF with the JSON inside")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Seconds of processor time by form, and how large it is."""

    took: float
    size: int


def rows(scratch: Path, rounds: int, say: Say, *, workloads: int = WORKLOADS) -> list[Row]:
    """Draw the annex of a bundle, grown, in every form."""
    return _rows(grown(audited(scratch), workloads), rounds, say)


def _rows(annex: Annex, rounds: int, say: Say) -> list[Row]:
    found = []
    for number in range(1, rounds + 1):
        found.append(drawn(annex))
        say(f"annex {number}/{rounds}: " + ", ".join(f"{n} {d.took:.1f} s" for n, d in found[-1].items()))
    what = f"annex of {len(annex.workloads)} workloads, {len(annex.drills):,} drills"
    return [
        Row(
            what=f"{what}: {form}, CPU",
            ours=seconds(median(one[form].took for one in found)),
            reference=f"{found[0][form].size:,} bytes",
        )
        for form in FORMS
    ]


def audited(scratch: Path) -> Annex:
    """The annex of a small bundle, as an auditor has it drawn, of its drilled workloads."""
    with tempfile.TemporaryDirectory(prefix="annex-", dir=scratch) as name:
        place = Path(name)
        evidence_year.main([name, "--drills", str(DRILLS)])
        at = datetime(evidence_year.YEAR + 1, 1, 15, tzinfo=UTC)
        with opened(place / evidence_year.BUNDLE) as bundle:
            annex = from_bundle(bundle, place / evidence_year.TRUST, at, earlier=(), held=()).annex
    return replace(annex, workloads=tuple(one for one in annex.workloads if one.drills))


def grown(annex: Annex, workloads: int) -> Annex:
    """The annex with so many workloads, and the drills of each."""
    rows, drills = [], []
    for number in range(workloads):
        like = annex.workloads[number % len(annex.workloads)]
        name = f"{like.name}-{number:04}"
        rows.append(replace(like, name=name))
        drills += [
            replace(one, workload=name, drill=DrillId(f"{one.drill}-{number:04}"))
            for one in annex.drills
            if one.workload == like.name
        ]
    scope = tuple(one.name for one in rows)
    obligations = tuple(replace(one, scope=scope) for one in annex.obligations)
    return replace(annex, workloads=tuple(rows), drills=tuple(drills), obligations=obligations)


def drawn(annex: Annex) -> dict[str, Drawn]:
    """Draw every form once; the words that HTML and PDF show count for both."""
    content, took = _timed(lambda: codec.encode(annex))
    done = {"JSON": Drawn(took=took, size=len(content))}
    _, took = _timed(lambda: codec.decode(content, Annex, what="annex"))
    done["JSON, read strictly"] = Drawn(took=took, size=len(content))
    page, words = _timed(lambda: {**view(annex, signed=""), "pictures": []})
    made, took = _timed(lambda: html.draw(page, {}))
    done["HTML"] = Drawn(took=words + took, size=len(made))
    made, took = _timed(lambda: pdf.draw(page, content, {}, at=annex.basis.at))
    done["PDF with the JSON inside"] = Drawn(took=words + took, size=len(made))
    return done


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.process_time()
    done = work()
    return done, time.process_time() - began


def main(argv: Sequence[str]) -> int:
    """Measure only this, once, and print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m lab.bench.annex_pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--of", type=Path, metavar="ANNEX", help="what `report annex --json` wrote")
    parser.add_argument("--workloads", type=int, default=WORKLOADS)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="drverify-bench-") as name:
        small = (
            codec.decode(args.of.read_bytes(), Annex, what=str(args.of)) if args.of else audited(Path(name))
        )
    found = _rows(grown(small, args.workloads), 1, lambda text: print(f"    {text}", file=sys.stderr))
    show(Console(width=128), [], found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
