"""How long the pages of an annex take, for as many workloads as are asked for.

    drverify report annex --period 2026Q4 --json -o annex.json
    python -m lab.bench.annex_pages annex.json --workloads 400

The workloads and drills of a real annex are repeated under other names until there are enough. Nothing is
asserted; seconds of processor time, as others may work on this machine too.
"""

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from drverify.adapters.annex import html, pdf
from drverify.adapters.annex.view import view
from drverify.annex.model import Annex
from drverify.model.drill import DrillId
from drverify.sealing import codec

T = TypeVar("T")


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


def timed(what: str, work: Callable[[], T]) -> T:
    """Do it, and print what it took."""
    began = time.process_time()
    done = work()
    size = f", {len(done):,} bytes" if isinstance(done, bytes) else ""
    print(f"{what:<24}{time.process_time() - began:6.2f} s{size}")
    return done


def main(argv: Sequence[str]) -> int:
    """Draw every form once."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench.annex_pages", description=__doc__)
    parser.add_argument("annex", type=Path, help="what `report annex --json` wrote")
    parser.add_argument("--workloads", type=int, default=400)
    args = parser.parse_args(argv)
    small = codec.decode(args.annex.read_bytes(), Annex, what=str(args.annex))
    annex = grown(small, args.workloads)
    print(f"{len(annex.workloads)} workloads, {len(annex.drills)} drills")
    content = timed("JSON", lambda: codec.encode(annex))
    timed("JSON, read strictly", lambda: codec.decode(content, Annex, what="annex"))
    page = timed("words", lambda: {**view(annex, signed=""), "pictures": []})
    timed("HTML", lambda: html.draw(page, {}))
    timed("PDF, its JSON inside", lambda: pdf.draw(page, content, {}, at=annex.basis.at))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
