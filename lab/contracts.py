"""``python -m lab.contracts [check]``: make the sample agreements' locks, or check that they are current.

Each agreement `NAME.md` lies beside the decisions about its reading, `NAME.review.yaml`, and the
lock that follows, `NAME.lock.yaml`: read, decided, accepted.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from drverify.adapters.doors.contract import LOCK, dump_contract, load_contract
from drverify.adapters.doors.decisions import load_decisions
from drverify.agreements.proposals import Opened, accepted, decided, propose, relinted
from drverify.errors import DrverifyError
from drverify.model.contract import Contract
from lab.settings import ROOT

REVIEWED = ".review.yaml"
FOLDERS = (ROOT / "contracts", ROOT / "lab" / "estate")
BY = "the authors of drverify, for its lab"
AT = datetime(2026, 11, 23, tzinfo=UTC)


def samples() -> tuple[Path, ...]:
    """The sample agreements that are read into locks."""
    reviews = (path for folder in FOLDERS for path in sorted(folder.glob(f"*{REVIEWED}")))
    return tuple(path.with_name(path.name.removesuffix(REVIEWED) + ".md") for path in reviews)


def lock_of(agreement: Path) -> Path:
    """Where the agreement's lock lies."""
    return agreement.with_suffix(LOCK)


def made(agreement: Path) -> Contract:
    """Read, decide and accept. DrverifyError when the decisions do not fit what was read."""
    proposal = propose([agreement])
    contract = decided(proposal, load_decisions(agreement.with_suffix(REVIEWED)))
    contract = relinted(Opened(contract=contract, texts=proposal.texts)).contract
    return accepted(contract, by=BY, at=AT)


def current(agreement: Path) -> bool:
    """Whether the lock is what reading and deciding gives today, by any version of drverify."""
    kept, fresh = load_contract(lock_of(agreement)), made(agreement)
    return replace(kept, reader=fresh.reader, accepted=None) == replace(fresh, accepted=None)


def main(argv: Sequence[str] | None = None) -> int:
    """Make or check every lock; 2 when one is not current."""
    parser = argparse.ArgumentParser(prog="python -m lab.contracts", description=__doc__)
    parser.add_argument("verb", nargs="?", choices=("make", "check"), default="make")
    verb = parser.parse_args(argv).verb
    stale = 0
    for agreement in samples():
        if verb == "make":
            lock_of(agreement).write_text(dump_contract(made(agreement)), encoding="utf-8")
            print(lock_of(agreement).relative_to(ROOT))
        elif not current(agreement):
            print(f"{lock_of(agreement).relative_to(ROOT)}: not what reading and deciding gives today")
            stale = 2
    return stale


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DrverifyError as error:
        print(f"{error}\n  -> {error.hint}", file=sys.stderr)
        sys.exit(error.exit_code)
