"""What lies where in a bundle: everything that an auditor of one period needs. Pure.

    bundle.json                 what is asked: agreement, period, log; and the digest of every file that is
                                not named by its own. It is signed by nobody, and everything in it is checked
    README.txt                  how to check it with other people's programs
    log/checkpoint              the newest one, with the signatures of cosigners
    log/tile/...                entries and hashes, as in https://c2sp.org/tlog-tiles
    log/checkpoints/<size>      earlier checkpoints, as they were stamped
    log/timestamps/<size>.<authority>.tsr
    envelopes.intoto.jsonl      one DSSE envelope a line, each with a line feed, in the log's order
    artifacts/sha256/<hex>      every file that is named by its digest, in an envelope or by such a file
    trust/...                   trust metadata; believed only as far as what the auditor brings signs it
    disclosures/..., annex.<x>, exports/..., schema/..., verifier/...

A bundle is a directory of these files, or the same as one uncompressed tar. Names are ASCII. The envelopes
of an earlier period's drills may be left out, and those that were logged after the period was closed: which
ones is said in `drverify.auditing.scope`.
"""

import re
from dataclasses import dataclass
from typing import Literal

from drverify.model.agreement import Sha256
from drverify.model.records import Period

VERSION = 1
INDEX = "bundle.json"
README = "README.txt"
ENVELOPES = "envelopes.intoto.jsonl"
CHECKPOINT = "log/checkpoint"
LOG, CHECKPOINTS, TIMESTAMPS, ARTEFACTS = "log/", "log/checkpoints/", "log/timestamps/", "artifacts/sha256/"
EXTRAS = ("trust/", "disclosures/", "exports/", "schema/", "verifier/", "annex.")
"""How the names begin of files that no log binds, besides README.txt."""

LONGEST_NAME = 100
"""Bytes; what the plainest header of a tar holds."""
MIB = 1024 * 1024
LARGEST_INDEX = 16 * MIB
LARGEST_TOKEN = MIB
LARGEST_LINE = 32 * MIB
LARGEST_FILE = 1024 * MIB
"""Of an artefact or an extra."""
LARGEST_LOADED = 64 * MIB
"""Of what is read whole: contracts, documents, texts."""
MOST_TOKENS = 100_000

_PART = r"[A-Za-z0-9_][A-Za-z0-9._@+-]*"
_NAME = re.compile(rf"{_PART}(/{_PART})*", re.ASCII)
_ARTEFACT = re.compile(rf"{ARTEFACTS}(?P<sha256>[0-9a-f]{{64}})", re.ASCII)
_OLDER = re.compile(rf"{CHECKPOINTS}(?P<size>[1-9][0-9]{{0,15}})", re.ASCII)
_TOKEN = re.compile(
    rf"{TIMESTAMPS}(?P<size>[1-9][0-9]{{0,15}})\.(?P<authority>[a-z0-9][a-z0-9-]{{0,39}})\.tsr", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file and its digest."""

    path: str
    sha256: Sha256
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """The content of `bundle.json`, in the one byte form of `sealing.codec`."""

    version: Literal[1] = 1
    agreement: str
    """Id of the agreement."""
    period: Period
    origin: str
    """Name of the log."""
    size: int
    """Entries in its newest tree."""
    files: tuple[Listed, ...]
    """All files for which `is_listed` holds, sorted by path."""


def is_name(path: str) -> bool:
    """Whether a file of a bundle may be called so: relative, no `..`, nothing hidden, ASCII, not too long."""
    return len(path) <= LONGEST_NAME and _NAME.fullmatch(path) is not None


def is_extra(path: str) -> bool:
    """Whether the file is one that no log binds."""
    return path == README or path.startswith(EXTRAS)


def is_listed(path: str) -> bool:
    """Whether the index lists the file: what no log binds, and what may hold signatures of strangers."""
    noted = path.startswith((CHECKPOINTS, TIMESTAMPS)) or path == CHECKPOINT
    return is_name(path) and (noted or is_extra(path))


def artefact(sha256: str) -> str:
    """Where the file of a digest lies."""
    return f"{ARTEFACTS}{sha256}"


def artefact_digest(path: str) -> Sha256 | None:
    """The digest that a file is named by; None for another file."""
    found = _ARTEFACT.fullmatch(path)
    return Sha256(found["sha256"]) if found else None


def checkpoint_size(path: str) -> int | None:
    """Of which size an earlier checkpoint is; None for another file."""
    found = _OLDER.fullmatch(path)
    return int(found["size"]) if found else None


def token(path: str) -> tuple[int, str] | None:
    """Which size a time stamp is over, and whose it is; None for another file."""
    found = _TOKEN.fullmatch(path)
    return (int(found["size"]), found["authority"]) if found else None
