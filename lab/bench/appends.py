"""Appending to an evidence log against nothing but the syncs that this takes.

One by one, as drills do it: entry, tiles and checkpoint written to their own files, each synced before the
next, and their directories, the checkpoint signed. Batched: 256 entries under one checkpoint. The reference
appends a byte to a file and syncs it, by hand, as often as the append synced files: what no log of these
files that survives power loss can do without.

Alone: `python -m lab.bench.appends`.
"""

import os
import stat
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from rich.console import Console

from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.log import LogDirectory
from drverify.model.evidence import PAYLOAD_TYPE, Envelope, Signature, TrustedKey
from drverify.sealing import envelope
from drverify.sealing.logged import leaf_of, note_key
from drverify.transparency import leaf
from drverify.transparency.note import NoteKey
from lab.bench.rows import Row, Say, ratio, show

SINGLE, BATCH, BATCHES = 300, 256, 20
"""Entries one by one, and batches of so many: more than one tile of either."""
ORIGIN = "provider.example/drverify/bench"


def rows(scratch: Path, rounds: int, say: Say, *, single: int = SINGLE, batches: int = BATCHES) -> list[Row]:
    """Append one by one and in batches, to a new log each time."""
    took: dict[str, list[tuple[float, float, int]]] = {"single": [], "batched": []}
    for number in range(1, rounds + 1):
        took["single"].append(_round(scratch, lambda path: _one_by_one(path, single)))
        took["batched"].append(_round(scratch, lambda path: _batched(path, batches)))
        say(f"log {number}/{rounds}: " + ", ".join(f"{n} {t[-1][0]:.2f} s" for n, t in took.items()))
    return [
        _row(f"evidence log: {single} entries one by one", single, took["single"]),
        _row(
            f"evidence log: {batches} batches of {BATCH} entries, a checkpoint each",
            batches * BATCH,
            took["batched"],
        ),
    ]


def _row(what: str, entries: int, took: list[tuple[float, float, int]]) -> Row:
    ours, bare = median(one[0] for one in took), median(one[1] for one in took)
    syncs = took[0][2]
    return Row(
        what=f"{what}, against {syncs:,} syncs of files alone",
        ours=f"{entries / ours:,.0f} appends/s",
        reference=f"{entries / bare:,.0f} appends/s",
        ratio=ratio(median(one[0] / one[1] for one in took), 1),
    )


def _round(scratch: Path, append: Callable[[Path], float]) -> tuple[float, float, int]:
    """Seconds of ours, of the syncs alone, and how many these are."""
    with tempfile.TemporaryDirectory(prefix="log-", dir=scratch) as name:
        with _counted() as syncs:
            ours = append(Path(name) / "log")
        return ours, _bare(Path(name) / "bare", syncs[0]), syncs[0]


def _key(signer: KeyfileSigner) -> NoteKey:
    return note_key(TrustedKey(role="log", public_der=signer.public_der, name=ORIGIN))


def _one_by_one(path: Path, count: int) -> float:
    signer = KeyfileSigner(Ed25519PrivateKey.generate())
    log = DirectoryLog(path, _key(signer), signer)
    envelopes = [_envelope() for _ in range(count)]
    began = time.monotonic()
    for one in envelopes:
        log.add("drill-started", one)
    return time.monotonic() - began


def _batched(path: Path, count: int) -> float:
    signer = KeyfileSigner(Ed25519PrivateKey.generate())
    tiles = LogDirectory(path, _key(signer))
    entries = [leaf.encode(leaf_of("drill-started", _envelope())) for _ in range(BATCH * count)]
    began = time.monotonic()
    for at in range(0, len(entries), BATCH):
        tiles.append(entries[at : at + BATCH], signer.sign)
    return time.monotonic() - began


def _envelope() -> bytes:
    """An envelope like no other; a log asks for its form, and not for who signed what."""
    signature = Signature(keyid=KeyfileSigner(Ed25519PrivateKey.generate()).keyid, sig=os.urandom(64))
    return envelope.encode(
        Envelope(payload_type=PAYLOAD_TYPE, payload=os.urandom(1000), signatures=(signature,))
    )


def _bare(path: Path, syncs: int) -> float:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        began = time.monotonic()
        for _ in range(syncs):
            os.write(handle, b".")
            os.fsync(handle)
        return time.monotonic() - began
    finally:
        os.close(handle)


@contextmanager
def _counted() -> Iterator[list[int]]:
    """Count syncs of files, not of directories; all are done."""
    syncs, real = [0], os.fsync

    def counting(handle: int) -> None:
        syncs[0] += stat.S_ISREG(os.fstat(handle).st_mode)
        real(handle)

    with patch("os.fsync", counting):
        yield syncs


def main() -> None:
    """Measure only this, three rounds, and print the table."""
    with tempfile.TemporaryDirectory(prefix="drverify-bench-", dir="/var/lib") as place:
        found = rows(Path(place), 3, lambda text: print(f"    {text}", file=sys.stderr, flush=True))
    show(Console(width=128), [], found)


if __name__ == "__main__":
    main()
