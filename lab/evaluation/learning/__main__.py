"""``python -m lab.evaluation.learning SET... [--check] [-o FILE]``: learn the reader's weights from labels.

The sets (folders, see `examples`) are not part of the project: their documents are other people's. So the
weights are shipped as they were learned, and can be learned again only by somebody who has the sets; the same
sets give the same weights. `--check` holds back every document once and prints what the weights would have
changed: of what the rules said of documents that nobody had read yet, and of what they did not say.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from math import isnan
from pathlib import Path

from drverify.reading.learned import Weights
from lab.evaluation.learning.examples import Example, examples
from lab.evaluation.learning.training import ASK, KEEP, Case, believing, cases, folds, leaning
from lab.settings import ROOT

WEIGHTS = ROOT / "drverify/reading/tables/learned.json"


def main(argv: Sequence[str] | None = None) -> int:
    """Learn, and write the weights or print what they are worth."""
    parser = argparse.ArgumentParser(prog="python -m lab.evaluation.learning", description=__doc__)
    parser.add_argument("sets", nargs="+", type=Path, metavar="SET")
    parser.add_argument("--check", action="store_true", help="write nothing; hold back every document once")
    parser.add_argument("-o", "--output", type=Path, default=WEIGHTS)
    told = parser.parse_args(argv)
    found = [one for folder in told.sets for one in examples(folder)]
    asked = held_back(found)
    if told.check:
        print(_worth(found, asked))
        return 0
    learned = believing(leaning(found), _settled(asked))
    told.output.write_text(written(learned), encoding="utf-8")
    print(f"{told.output}: {len(learned.words)} features of words, {len(learned.evidence)} of evidence")
    return 0


def held_back(found: Sequence[Example]) -> list[Case]:
    """What is in question, by leanings that were learned without the document itself."""
    asked: list[Case] = []
    for rest, back in folds(found):
        words = leaning(rest)
        asked.extend(case for example in back if example.said is not None for case in cases(example, words))
    return asked


def written(learned: Weights) -> str:
    """The weights as text, one feature a line, so that a change can be read."""
    words = ",\n".join(
        f"{json.dumps(name)}:{json.dumps(row, separators=(',', ':'))}"
        for name, row in sorted(learned.words.items())
    )
    evidence = ",\n".join(f"{json.dumps(name)}:{one}" for name, one in sorted(learned.evidence.items()))
    bias = json.dumps(learned.bias, separators=(",", ":"))
    return (
        f'{{"keep":{learned.keep},"ask":{learned.ask},"rest":{learned.rest},"bias":{bias},\n'
        f'"evidence":{{\n{evidence}\n}},\n"words":{{\n{words}\n}}}}\n'
    )


def _settled(asked: Sequence[Case]) -> list[Case]:
    return [case for case in asked if not isnan(_truth(case))]


def _truth(case: Case) -> float:
    return case.example.labels[case.at].get(case.kind, 0.0)


def _worth(found: Sequence[Example], asked: Sequence[Case]) -> str:
    """What would go and what would be asked, right and wrong, by weights of the other documents."""
    counts = {"gone, rightly": 0, "gone, wrongly": 0, "asked, rightly": 0, "asked, wrongly": 0}
    words = Weights(bias=(), words={}, rest=0, evidence={}, keep=0, ask=0)
    for rest, back in folds([one for one in found if one.said is not None]):
        kept, names = {id(one) for one in rest}, {id(one) for one in back}
        learned = believing(words, [case for case in _settled(asked) if id(case.example) in kept])
        for case in _settled(asked):
            if id(case.example) not in names:
                continue
            total = learned.verdict({name: round(100 * one) for name, one in case.row.items()})
            if case.said and total < KEEP:
                counts["gone, wrongly" if _truth(case) else "gone, rightly"] += 1
            if not case.said and total >= ASK:
                counts["asked, rightly" if _truth(case) else "asked, wrongly"] += 1
    return "\n".join(f"{name:16}{count:5}" for name, count in counts.items())


if __name__ == "__main__":
    sys.exit(main())
