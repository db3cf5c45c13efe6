"""`drverify manifest make|show`: what a tree of files is like, to hold restored files against it later."""

import argparse
import os
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from drverify.adapters.filesets.making import Made, make
from drverify.adapters.filesets.mtree import Head, ManifestError, entries
from drverify.errors import Exit, InputError

EXAMPLES = """\
examples:
  drverify manifest make /srv/files -o /srv/files/MANIFEST.mtree   right before the backup, to lie in it
  drverify manifest make /srv/files -o /safe/files.mtree           to be kept beside it
  drverify manifest show /safe/files.mtree                         what is in it, and whether it is whole
  ssh web drverify manifest make /srv/files -o - > web.mtree       of another machine

In the inventory the workload's payload names it: `manifest: /srv/files/MANIFEST.mtree` (a path in the backup)
or `manifest: file:/safe/files.mtree` (a path here). One that lies in the backup
binds it: every difference is the backup's defect, but of a file that was modified during the backup. One that
lies beside it binds content alone: only a file with the same time of modification and another content is a
defect. Whatever was deleted, moved, added or given another mode or owner may have been so between manifest
and recovery point: it is reported, and the verdicts are UNPROVEN. What was modified between the two is left
out, and counted. Where less than half of the restored files can be compared, nothing is proven.

The format is mtree's, with SHA-256, and ACLs and extended attributes as go-mtree writes them. Manifests of
`bsdtar --format=mtree` are read as well; they have neither ACLs nor attributes.

exit codes: 0 everything is in it; 11 some files could not be read (they are named); 2 an argument is wrong.
"""

_STDOUT = "-"
_NAMED = 100
"""So many unread files are named on standard error; the manifest names them all."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `make` and `show`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    making = actions.add_parser(
        "make",
        help="read a tree and write its manifest",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    making.add_argument("tree", type=Path, metavar="PATH", help="the directory to read; no link is followed")
    making.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="FILE",
        help="where the manifest goes, or - for standard output",
    )
    showing = actions.add_parser("show", help="count what a manifest lists, and say whether it is whole")
    showing.add_argument("manifest", type=Path, metavar="FILE", help="a manifest of ours or of bsdtar's")


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    return _make(args.tree, args.output) if args.action == "make" else _show(args.manifest)


def _make(tree: Path, output: str) -> int:
    if not tree.is_dir():
        raise InputError(f"{tree} is no directory")
    if output == _STDOUT:
        made = _written(tree, sys.stdout.buffer, None)
        sys.stdout.buffer.flush()
    else:
        made = _into_file(tree, Path(output))
    print(f"{made.entries:,} entries, {made.size:,} bytes read", file=sys.stderr)
    if made.unread:
        print(f"drverify: {made.unread:,} could not be read and are not in it", file=sys.stderr)
        return Exit.UNPROVEN
    return Exit.OK


def _into_file(tree: Path, output: Path) -> Made:
    """Write beside the output and rename: a manifest that was cut off never has its name."""
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb", buffering=1 << 20) as file:
            made = _written(tree, file, partial)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(output)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise InputError(f"{output} cannot be written: {error.strerror or error}") from error
        raise
    return made


def _written(tree: Path, into: BinaryIO, partial: Path | None) -> Made:
    named = 0

    def complain(path: str, why: str) -> None:
        nonlocal named
        named += 1
        if named <= _NAMED:
            print(f"not read: {path.encode('utf-8', 'backslashreplace').decode()}: {why}", file=sys.stderr)

    own = partial.stat() if partial is not None else None
    return make(
        os.fsencode(tree),
        into,
        made_at=datetime.now(UTC),
        leave_out=None if own is None else (own.st_dev, own.st_ino),
        complain=complain,
        stop=threading.Event(),
    )


def _show(manifest: Path) -> int:
    head, kinds, size = Head(), dict[str, int](), 0
    digests = 0
    try:
        with manifest.open("rb", buffering=1 << 20) as file:
            for entry in entries(file, head):
                kinds[entry.kind] = kinds.get(entry.kind, 0) + 1
                size += entry.size or 0
                digests += entry.sha256 is not None
    except OSError as error:
        raise InputError(f"{manifest} cannot be read: {error.strerror or error}") from error
    except ManifestError as error:
        raise InputError(f"{manifest} is no whole manifest: {error}") from error
    print(f"manifest   {manifest}")
    print(f"made       {head.made or 'it does not say when'}")
    print(f"entries    {', '.join(f'{count:,} {kind}' for kind, count in sorted(kinds.items()))}")
    print(f"content    {size:,} bytes, {digests:,} files with SHA-256")
    print(f"ACLs       {'and extended attributes are recorded' if head.attributes else 'are not recorded'}")
    if head.unread:
        print(f"not read   {len(head.unread):,} files, which are not in it")
    return Exit.OK
