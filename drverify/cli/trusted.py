"""What `--trust` names: a trust file, or the root that both parties of an agreement pinned."""

import argparse
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drverify.adapters.storage.plain import plain_content
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.agreement import Sha256
from drverify.sealing.agreed import sha256_of
from drverify.sealing.contradictions.consistency import is_digest
from drverify.sealing.keys import Trust, read_trust
from drverify.sealing.strict_json import MAX_BYTES, parse

if TYPE_CHECKING:
    from drverify.sealing.roots import Resolved

ROOT_FILE = re.compile(r"([1-9][0-9]{0,5})\.root\.json", re.ASCII)
TARGETS, KEYRING = "targets.json", "keyring.json"
_BY_DIGEST = "sha256:"


def trust_of(path: Path, at: datetime, *, beside: Path | None = None) -> Trust:
    """Whom to believe, as known at the instant `at`.

    `path` is a trust file, a root (`N.root.json`), a directory with roots, of which the oldest counts as
    pinned, or `sha256:HEX` of a root. Roots, targets and keyring are looked for beside the root and in the
    directory `beside`, such as the one of a bundle: the newest that follow from the pinned root count.
    Keys come with their time and revocation: `sealing.keyring.usable` is to be asked.
    InputError for what is missing or wrong in what the caller named; EvidenceError for metadata that does
    not follow from the pinned root.
    """
    if str(path).startswith(_BY_DIGEST) or path.is_dir():
        return resolved_of(path, at, beside=beside).trust
    content = own_file(path, MAX_BYTES)
    if _is_root(content):
        return _newest([_around(path, content), beside], sha256_of(content), at).trust
    return read_trust(content, what=str(path))


def resolved_of(path: Path, at: datetime, *, beside: Path | None = None) -> "Resolved":
    """As `trust_of`, for a directory or a digest, with the metadata that it follows from."""
    pinned = pinned_of(path)
    if path.is_dir():
        return _newest([path, beside], pinned, at)
    if beside is None or not (beside / TARGETS).exists():
        raise InputError(
            f"there is no root of trust that {_BY_DIGEST}{pinned[:16]} could be followed to",
            hint="name the directory with the root, or ask for a bundle of `drverify bundle --trust`",
        )
    return _newest([beside], pinned, at)


def pinned_of(path: Path) -> Sha256:
    """The digest of the root that a directory, or `sha256:HEX`, pins. InputError when it pins none."""
    if path.is_dir():
        roots = root_files(path)
        if not roots:
            raise InputError(
                f"{path}: no root in it", hint="a directory of `drverify trust`, or a trust file"
            )
        return sha256_of(own_file(roots[0], MAX_BYTES))
    digest = str(path).removeprefix(_BY_DIGEST)
    if not is_digest(digest):
        raise InputError(f"{path}: not a sha256", hint="`drverify trust show` prints it, of 64 digits")
    return Sha256(digest)


def root_files(directory: Path) -> list[Path]:
    """Its roots, the oldest first."""
    found = [
        (int(match.group(1)), one) for one in directory.iterdir() if (match := ROOT_FILE.fullmatch(one.name))
    ]
    return [path for _, path in sorted(found)]


def own_file(path: Path, limit: int) -> bytes:
    """What the caller gives us, be it a pipe; InputError when it cannot be read or has more bytes."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise InputError(f"{path}: larger than {limit} bytes")
    return content


def instant(text: str) -> datetime:
    """A time of the command line: RFC 3339 with its offset, or a date for its first instant in UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2027-01-15T08:00:00Z") from error
    if found.tzinfo is None and len(text) > len("2027-01-15"):
        raise argparse.ArgumentTypeError(f"{text!r} does not say its time zone; add Z for UTC")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _is_root(content: bytes) -> bool:
    try:
        value = parse(content, what="trust")
    except EvidenceError:
        return False  # the reader of trust files says what is wrong with it
    return isinstance(value, dict) and "signed" in value


def _around(path: Path, content: bytes) -> Path:
    """The directory of a root file; InputError when it is not among that directory's roots."""
    if content not in [own_file(one, MAX_BYTES) for one in root_files(path.parent)]:
        raise InputError(f"{path}: a root is a file N.root.json", hint="or name the directory that it is in")
    return path.parent


def _newest(places: Iterable[Path | None], pinned: Sha256, at: datetime) -> "Resolved":
    """The newest of what the places hold.

    What does not follow from the pinned root counts for nothing, and is an error only when nothing else is
    there: it may be a bundle's, or ours that has expired since.
    """
    found: list[Resolved] = []
    wrong: list[EvidenceError] = []
    for place in places:
        if place is not None and (place / TARGETS).exists():
            try:
                found.append(_resolved(place, pinned, at))
            except EvidenceError as error:
                wrong.append(error)
    if wrong and not found:
        raise wrong[0]
    if not found:
        raise InputError(f"no {TARGETS} beside the root", hint="name a directory of `drverify trust`")
    newest = max(found, key=_age)
    for one in found:
        if _age(one) == _age(newest) and one.targets.sha256 != newest.targets.sha256:
            raise EvidenceError(f"trust: both parties signed two targets of version {one.targets.version}")
    return newest


def _age(one: "Resolved") -> tuple[int, int]:
    return one.root.version, one.targets.version


def _resolved(directory: Path, pinned: Sha256, at: datetime) -> "Resolved":
    roots: Any = import_module("drverify.sealing.roots")  # TUF's library, which only a root needs
    try:
        chain = [plain_content(one, MAX_BYTES) for one in root_files(directory)]
        targets, keyring = (plain_content(directory / name, MAX_BYTES) for name in (TARGETS, KEYRING))
    except (OSError, HostError) as error:
        raise InputError(f"{directory}: cannot be read: {error}") from error
    found: Resolved = roots.resolved(chain, pinned, targets, keyring, at)
    return found
