"""`drverify vma info|verify|extract`: look at, check and unpack vzdump's VMA archives."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType

from drverify.adapters.vma import archive as reader
from drverify.adapters.vma.archive import Extracted, Target
from drverify.adapters.vma.configuration import find_disk, plain_name
from drverify.adapters.vma.defects import ArchiveDefect
from drverify.adapters.vma.files import config_files, write_configs
from drverify.adapters.vma.header import Header
from drverify.adapters.vma.qcow2 import Qcow2
from drverify.adapters.vma.stream import Archive
from drverify.cli.vma_output import (
    bar,
    defect_json,
    disk_text,
    dumped,
    found_json,
    header_text,
    info_json,
    unprotected,
)
from drverify.errors import DefectError, Exit, InputError

EXAMPLES = """\
examples:
  drverify vma info vzdump-qemu-100.vma.zst                        what is in it, from its header only
  drverify vma verify vzdump-qemu-100.vma.zst                      read all of it, write nothing
  drverify vma verify vzdump-qemu-100.vma.zst --expect scsi0=SHA256
  drverify vma extract vzdump-qemu-100.vma.zst --into DIR          DIR/scsi0.raw, DIR/qemu-server.conf
  restic dump latest /dump/vzdump-qemu-100.vma.zst | drverify vma verify -

Archives may be plain or packed by zstd, gzip or lzop: their first bytes tell, not their names. A disk's
file is named after its device without `drive-`: scsi0.raw, efidisk0.raw, tpmstate0-backup.raw. The
configuration becomes qemu-server.conf, the firewall's rules qemu-server.fw. No file is overwritten, and
none is left when the archive turns out to be damaged.

exit codes: 0 the archive is complete and sound (info: its header is); 10 it is damaged, truncated or not
what was expected; 11 this machine could not read or write; 2 an argument is wrong.
"""

_EXPECTED = re.compile(r"([^=]+)=([0-9a-fA-F]{64})")
_STDIN = "-"


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `info`, `verify` and `extract`."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    info = actions.add_parser("info", help="show what the header says; the rest is not read")
    verify = actions.add_parser("verify", help="read all of it and write nothing: is it complete and sound?")
    extract = actions.add_parser(
        "extract", help="write its disks, sparse, and its configuration, checking all of it"
    )
    for action in (info, verify, extract):
        action.add_argument("archive", metavar="ARCHIVE", help="a VMA archive, or - for standard input")
    extract.add_argument(
        "--into", type=Path, default=Path(), metavar="DIR", help="directory for the files (default: .)"
    )
    extract.add_argument(
        "--disk", action="append", default=[], metavar="DISK", help="only this disk, as scsi0; repeatable"
    )
    extract.add_argument("--format", choices=("raw", "qcow2"), default="raw", help="of disks (default: raw)")
    for action in (verify, extract):
        action.add_argument(
            "--expect",
            action="append",
            default=[],
            metavar="DISK=SHA256",
            help="what a disk's content must be, as scsi0=eebe...; repeatable",
        )
        action.add_argument(
            "--no-digest", action="store_true", help="compute no sha256 of the disks, which is quicker"
        )
    for action in (info, verify, extract):
        action.add_argument("--json", action="store_true", help="print the result as JSON")


def run(args: argparse.Namespace) -> int:
    """Do it; InputError when the archive is not there, DefectError when it is damaged."""
    archive = _archive(args.archive)
    with _sigterm_interrupts():
        try:
            if args.action == "info":
                return _info(archive, args)
            return _verify(archive, args) if args.action == "verify" else _extract(archive, args)
        except ArchiveDefect as defect:
            if args.json:
                print(dumped(defect_json(args.archive, defect)))
                return defect.exit_code
            raise DefectError(f"{args.archive} is DEFECTIVE: {defect}") from defect


def _archive(name: str) -> Archive:
    if name == _STDIN:
        return sys.stdin.fileno()
    path = Path(name)
    if not path.exists() or path.is_dir():
        raise InputError(f"{path} is a directory" if path.is_dir() else f"{path} is not there")
    return path


def _info(archive: Archive, args: argparse.Namespace) -> int:
    info = reader.inspect(archive)
    if args.json:
        print(dumped(info_json(info)))
        return Exit.OK
    print(args.archive)
    print(header_text(info))
    print("\nOnly the header was read; `drverify vma verify` reads all of it.")
    return Exit.OK


def _verify(archive: Archive, args: argparse.Namespace) -> int:
    expected = _expected(args.expect)
    with bar("verifying") as progress:
        found = reader.verify(
            archive,
            expected=lambda header: _by_device(header, expected),
            hashing=not args.no_digest,
            progress=progress,
        )
    if args.json:
        print(dumped(found_json(found)))
    else:
        _say(args, found)
    return Exit.OK


def _extract(archive: Archive, args: argparse.Namespace) -> int:
    into: Path = args.into
    expected = _expected(args.expect)

    def targets(header: Header) -> Mapping[str, Target]:
        chosen = _targets(header, args)
        for path in (*map(_path, chosen.values()), *config_files(header, into).values()):
            if path is not None and os.path.lexists(path):
                raise InputError(f"{path} already exists", hint="nothing is ever overwritten")
        return chosen

    with _directory(into), bar("extracting") as progress:
        found = reader.extract(
            archive,
            targets,
            expected=lambda header: _by_device(header, expected),
            hashing=not args.no_digest,
            progress=progress,
        )
        write_configs(found.info.header, into)
    paths = {disk.name: str(_path(disk.target)) for disk in found.disks if disk.target is not None}
    if args.json:
        print(dumped(found_json(found, paths)))
    else:
        written = [str(path) for path in config_files(found.info.header, into).values()]
        _say(args, found, paths, written)
    return Exit.OK


@contextmanager
def _directory(into: Path) -> Iterator[None]:
    """Make the directory when it is not there; one that we made goes again when nothing came of it."""
    made = not into.exists()
    try:
        into.mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{into} cannot be the directory for the files: {error.strerror}") from error
    try:
        yield
    except BaseException:
        if made:
            with suppress(OSError):  # it is not empty: images are whole, only a configuration failed
                into.rmdir()
        raise


def _say(
    args: argparse.Namespace,
    found: Extracted,
    paths: Mapping[str, str] = MappingProxyType({}),
    written: Sequence[str] = (),
) -> None:
    print(f"The archive is COMPLETE and SOUND: {args.archive}")
    print(header_text(found.info))
    for disk in found.disks:
        print(disk_text(disk, paths.get(disk.name)))
    for path in written:
        print(f"  wrote    {path}")
    if not args.expect:
        print(f"\n{unprotected(found.info)}")


def _targets(header: Header, args: argparse.Namespace) -> dict[str, Target]:
    chosen = [_device(header, name) for name in args.disk] or [disk.name for disk in header.disks]
    targets: dict[str, Target] = {}
    for name in chosen:
        path = args.into / f"{_file_name(plain_name(name))}.{args.format}"
        if path in {_path(target) for target in targets.values()}:
            raise InputError(f"two disks of the archive would be {path}", hint="choose with --disk")
        targets[name] = Qcow2(path=path) if args.format == "qcow2" else path
    return targets


def _path(target: Target | None) -> Path | None:
    return target.path if isinstance(target, Qcow2) else target if isinstance(target, Path) else None


def _file_name(name: str) -> str:
    """Replace what a careful person would not have in a file's name."""
    return re.sub(r"[^A-Za-z0-9._-]|^[.-]", "_", name)


def _expected(words: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        match = _EXPECTED.fullmatch(word)
        if match is None:
            raise InputError(f"--expect {word}: write it as scsi0= and 64 hexadecimal digits")
        found[match[1]] = match[2].lower()
    return found


def _by_device(header: Header, expected: Mapping[str, str]) -> dict[str, str]:
    return {_device(header, name): digest for name, digest in expected.items()}


def _device(header: Header, name: str) -> str:
    disk = find_disk(header, name)
    if disk is None:
        there = ", ".join(plain_name(one.name) for one in header.disks) or "none"
        raise InputError(f"the archive has no disk {name}; its disks: {there}")
    return disk.name


@contextmanager
def _sigterm_interrupts() -> Iterator[None]:
    """Let SIGTERM end the work as Ctrl-C does, so that nothing is left behind."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
