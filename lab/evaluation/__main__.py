"""``make eval``: how well agreements are read, against labels made by hand.

Ends with 1 only when an invariant is broken: a quote that is not the text at its span, a figure outside
its quote. How good the scores must be is for the tests to say.
"""

import argparse
import sys
from collections.abc import Sequence

from drverify.errors import DrverifyError
from lab.evaluation import table
from lab.evaluation.formats import compared, families
from lab.evaluation.labelled import SHARED, corpora
from lab.evaluation.read import read
from lab.evaluation.table import Outcome


def arguments(argv: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m lab.evaluation", description=__doc__)
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="list every miss, false alarm and wrong figure"
    )
    parser.add_argument(
        "--only", metavar="WORDS", default="", help="only documents whose name holds these words"
    )
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    """Read everything that is labelled and print the tables."""
    args = arguments(argv)
    everything: list[Outcome] = []
    seen: set[str] = set()
    rows = []
    for corpus in corpora():
        chosen = [one for one in corpus.documents if args.only in one.path.name]
        outcomes = [Outcome(one, read(one.path)) for one in chosen]
        rows += [table.score_row(f"  {one.reading.text.name}", one.score) for one in outcomes]
        rows.append(table.score_row(corpus.name, table.total(outcomes)))
        everything += [one for one in outcomes if one.labelled.path.name not in seen]
        seen |= {one.labelled.path.name for one in outcomes}
    rows.append(table.score_row("all, each once", table.total(everything)))
    print(table.layout(table.HEAD, rows), end="\n\n")
    if not SHARED.is_dir():
        print("the shared corpus does not lie beside this checkout: its documents were not read\n")
    print(table.layout(table.KIND_HEAD, list(table.kind_rows(everything))), end="\n\n")
    broken = _facts(everything)
    if args.verbose:
        print("\n".join(table.mistakes(everything)), end="\n\n")
    _formats(args.only)
    return 1 if broken else 0


def _facts(outcomes: Sequence[Outcome]) -> bool:
    inexact, unquoted = table.invariants(outcomes)
    print(f"spans not exact: {inexact}   figures outside their quote: {unquoted}")
    print(f"read where there is nothing to find: {table.traps(outcomes)}")
    print(f"statuses: {table.statuses(outcomes)}")
    print(f"processor time: {table.seconds(outcomes):.2f} s for {len(outcomes)} documents\n")
    return bool(inexact or unquoted)


def _formats(only: str) -> None:
    for family in families():
        if only not in family[0].name:
            continue
        lines = compared(family)
        print(f"{', '.join(path.name for path in family)}: {len(lines)} differences")
        for line in lines:
            print(f"  {line}")


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DrverifyError as error:
        sys.exit(str(error))
