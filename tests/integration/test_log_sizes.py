"""Logs around powers of 256, where tiles begin and end: written, read by both verifiers, and one bit changed."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drverify.adapters.storage.log import LogDirectory
from drverify.auditing.findings import Findings
from drverify.auditing.log import read_log
from drverify.auditing.question import Held, Question
from drverify.model.audit import Weight
from drverify.model.evidence import KeyId
from drverify.sealing.logged import note_key
from drverify.transparency import leaf, note
from drverify.transparency.leaf import Leaf
from drverify.transparency.tiles import bundles_of, tiles_of
from tests.support import records, second
from tests.support.evidence import LOG, LOG_TRUST
from tests.support.periods import AFTER, TRUST, MemoryBundle


def entry(number: int) -> bytes:
    """An entry of drverify's about nothing that there is."""
    digest = records.digest(b"%d" % number)
    return leaf.encode(Leaf(kind="drill-started", payload=digest, signature=digest, keyid=KeyId(digest)))


def bundled(log: LogDirectory) -> dict[str, bytes]:
    """The files of the log as it is now; its partial tiles of before are not in a bundle."""
    head = log.head()
    assert head is not None
    size = head[0].size
    found = {"log/checkpoint": note.render(head[1])}
    for tile in (*tiles_of(size), *bundles_of(size)):
        found[f"log/{tile.path}"] = log.tile(tile)
    return found


def held(log: LogDirectory) -> Held:
    head = log.head()
    assert head is not None
    return Held(name=f"of {head[0].size}", note=head[1])


def by_audit(files: dict[str, bytes], *have: Held) -> bool:
    """Whether the audit's reader finds that log."""
    findings = Findings()
    bundle, question = MemoryBundle(files), Question(trust=TRUST, at=AFTER, held=have)
    found = read_log(bundle, question, findings)
    wrong = [one for one in findings.ordered if one.weight is Weight.REFUSED]
    assert (found is None) <= bool(wrong)
    return not wrong and not set(bundle.unread())


def by_the_file(files: dict[str, bytes], *have: Held) -> bool:
    """Whether the second verifier's does."""
    program: Any = second._PROGRAM
    places = second._Files(files)
    newest = program.Checkpoint(files["log/checkpoint"], "newest")
    wanted = [program.Checkpoint(note.render(one.note), one.name) for one in have]
    audit = program.Audit(places, None, wanted, AFTER)
    places.used.add("log/checkpoint")
    try:
        audit._tree(newest, [newest, *wanted])
    except program.Refused:
        return False
    return places.used == set(files)


def changed(files: dict[str, bytes], rng: random.Random) -> Iterator[dict[str, bytes]]:
    """One bit of each kind of file."""
    for kind in ("log/tile/entries/", "log/tile/0/", "log/tile/1/", "log/tile/2/"):
        names = sorted(name for name in files if name.startswith(kind))
        if names:
            content = bytearray(files[name := rng.choice(names)])
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            yield {**files, name: bytes(content)}


@pytest.mark.parametrize("base", [255, 65535])
def test_both_verifiers_read_logs_around_a_power_of_256(tmp_path: Path, base: int) -> None:
    log, rng, have = LogDirectory(tmp_path, note_key(LOG_TRUST)), random.Random(base), list[Held]()
    for size in (base - 1, base, base + 1, base + 2):
        log.append([entry(number) for number in range(log.size, size)], LOG.sign)
        have.append(held(log))
        if size == base - 1:
            continue
        files = bundled(log)
        assert by_audit(files, *have)
        assert by_the_file(files, *have)
        bad = list(changed(files, rng))
        for one in bad if base < 256 else [bad[size % len(bad)]]:  # reading all of 65536 takes a second
            assert not by_audit(one)
            assert not by_the_file(one)
