"""`drverify bundle`: everything that an auditor of one period needs, in one file."""

import argparse
from pathlib import Path

from drverify.adapters.bundle.gathering import Gathered, Place, extras_in, gather
from drverify.adapters.bundle.writing import write_directory, write_tar
from drverify.cli.places import settings_path
from drverify.cli.trusted import KEYRING, TARGETS, root_files
from drverify.compose import Workshop
from drverify.errors import Exit, InputError
from drverify.planning.period import period_of

EXAMPLES = """\
examples:
  drverify bundle --period 2026Q4                        writes evidence-2026Q4.tar
  drverify bundle --period 2026-11 -o november.tar
  drverify bundle --period 2026Q4 --directory -o q4/     the same files in a directory
  drverify bundle --period 2026Q4 --trust acme.trust/    and the root that both parties pinned
  drverify bundle --period 2026Q4 --with annex/          and the annex, exports and disclosures made before

The same log, drills and files give the same archive, byte for byte.
The auditor checks it with `drverify audit`.

exit codes: 0 written; 11 written, but envelopes of the log are not at hand, and an audit will miss them.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the period and where to write."""
    parser.add_argument(
        "--period", required=True, metavar="NAME", help="a year, quarter or month: 2026, 2026Q4, 2026-11"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="FILE", help="where to write (default: evidence-<period>.tar)"
    )
    parser.add_argument("--directory", action="store_true", help="write a directory, not a tar")
    parser.add_argument(
        "--trust", type=Path, metavar="DIR", help="put in the root of trust and what it leads to, from there"
    )
    parser.add_argument(
        "--with",
        dest="extras",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="put in the files of this directory, too: annex.*, exports/, disclosures/, trust/ (repeatable)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the bundle, and say what is in it."""
    workshop = Workshop.open(settings_path(args))
    period = period_of(args.period)
    target = args.output or Path(f"evidence-{period.id}" + ("" if args.directory else ".tar"))
    if args.trust is not None and not (args.trust.is_dir() and root_files(args.trust)):
        raise InputError(f"{args.trust}: no root in it", hint="name a directory of `drverify trust`")
    gathered = gather(_place(workshop, args.extras, args.trust), period)
    (write_directory if args.directory else write_tar)(gathered.files, target)
    return _said(target, gathered)


def _place(workshop: Workshop, directories: list[Path], trust: Path | None) -> Place:
    log = workshop.log()
    if log is None:
        raise InputError("the settings name no log: without it nothing shows that no drill is missing")
    extras = {"trust/provider.trust.json": workshop.trust_file()}
    if trust is not None:
        named = (*root_files(trust), trust / TARGETS, trust / KEYRING)
        extras |= {f"trust/{path.name}": path for path in named if path.is_file()}
    for directory in directories:
        if not directory.is_dir():
            raise InputError(f"{directory}: not a directory")
        extras.update(extras_in(directory))
    return Place(
        log=log.tiles,
        drills=workshop.drills.path,
        records=workshop.state_dir / "records",
        agreement=workshop.agreed.contract.id,
        agreed=tuple(workshop.agreed.blobs()),
        extras=extras,
    )


def _said(target: Path, gathered: Gathered) -> int:
    print(f"{target}: {gathered.index.origin}, {gathered.index.size} entries, {len(gathered.files)} files")
    for one in gathered.missing:
        print(f"  not at hand: {one}")
    return Exit.UNPROVEN if gathered.missing else Exit.OK
