"""``python -m lab.evaluation.anchor``: finds the labels' quotes again after the text of a sample changed.

Each label keeps its quote; its offsets become those of the quote's place nearest to the old one. A quote
that is gone is reported and its label left as it is: a person has to read the clause anew.
"""

import json
import sys
from pathlib import Path
from typing import Any

from lab.evaluation.labelled import OWN, TEST, text_of


def anchored(row: dict[str, Any], text: str) -> dict[str, Any] | None:
    """The label at the nearest place of its quote; None when the text no longer holds the quote."""
    if row["kind"] is None:
        return row
    places, at = [], text.find(row["quote"])
    while at >= 0:
        places.append(at)
        at = text.find(row["quote"], at + 1)
    if not places:
        return None
    start = min(places, key=lambda place: (abs(place - row["clause_start"]), place))
    return {**row, "clause_start": start, "clause_end": start + len(row["quote"])}


def _anchor(path: Path, folder: Path) -> int:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    lost = 0
    done = []
    for row in rows:
        found = anchored(row, text_of(folder / row["doc"]))
        if found is None:
            lost += 1
            print(f"{path.name}: gone from {row['doc']}: {row['quote'][:80]!r}")
        done.append(found or row)
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in done]
    path.write_text("".join(lines), encoding="utf-8")
    return lost


def main() -> int:
    """Anchor all label files; 1 when a quote is gone."""
    files = [(path, OWN) for path in sorted((OWN / "labels").glob("*.jsonl"))]
    return 1 if sum(_anchor(path, folder) for path, folder in [*files, (TEST / "labels.jsonl", TEST)]) else 0


if __name__ == "__main__":
    sys.exit(main())
