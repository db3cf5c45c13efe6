"""A thousand random changes to a bundle: none is accepted."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from drverify.adapters.bundle.reading import opened
from drverify.adapters.bundle.writing import write_tar
from drverify.auditing import layout
from drverify.auditing.audit import audit
from drverify.auditing.question import Question
from drverify.errors import EvidenceError
from drverify.model.audit import Audit
from drverify.sealing import envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.strict_json import canonical
from tests.support import second
from tests.support.periods import AFTER, TRUST, Kept, MemoryBundle, slot

Files = dict[str, bytes]
Change = Callable[[Files, random.Random], Files]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """One drill of one slot, closed and cosigned, with an extra of each kind."""
    root = tmp_path_factory.mktemp("mutations")
    (root / "annex.csv").write_bytes(b"drill,verdict\n")
    kept = Kept(root / "state", points=9)
    kept.register()
    kept.schedule([slot(0)])
    kept.drill(0)
    kept.close()
    kept.cosign(AFTER)
    files = MemoryBundle.of(kept.gather(extras={"annex.csv": root / "annex.csv"})).files
    found = audited(files)
    assert found.complete
    return files


def audited(files: Files) -> Audit:
    return audit(MemoryBundle(dict(files)), Question(trust=TRUST, at=AFTER))


def holds(files: Files) -> bool:
    """Whether it holds by both programs; they must agree."""
    try:
        found = audited(files).holds
    except EvidenceError:
        found = False
    code, why = second.asked(files, TRUST, at=AFTER)
    assert found == (code != 12), why
    return found


def _at(content: bytes, rng: random.Random) -> int:
    return rng.randrange(len(content))


def _some(files: Files, rng: random.Random) -> str:
    return rng.choice(sorted(name for name, content in files.items() if content))


def flipped(files: Files, rng: random.Random) -> Files:
    name = _some(files, rng)
    changed = bytearray(files[name])
    changed[_at(changed, rng)] ^= 1 << rng.randrange(8)
    return {**files, name: bytes(changed)}


def flipped_in_an_envelope(files: Files, rng: random.Random) -> Files:
    changed = bytearray(files[layout.ENVELOPES])
    changed[_at(changed, rng)] ^= 1 << rng.randrange(8)
    return {**files, layout.ENVELOPES: bytes(changed)}


def cut(files: Files, rng: random.Random) -> Files:
    name = _some(files, rng)
    return {**files, name: files[name][: _at(files[name], rng)]}


def inserted(files: Files, rng: random.Random) -> Files:
    name = _some(files, rng)
    at = rng.randrange(len(files[name]) + 1)
    return {**files, name: files[name][:at] + rng.choice([b"\n", b" ", b"0", b"A"]) + files[name][at:]}


def removed(files: Files, rng: random.Random) -> Files:
    gone = rng.choice(sorted(files))
    return {name: content for name, content in files.items() if name != gone}


def swapped(files: Files, rng: random.Random) -> Files:
    one, other = rng.sample(sorted(files), 2)
    return {**files, one: files[other], other: files[one]}


def renamed(files: Files, rng: random.Random) -> Files:
    name = rng.choice(sorted(files))
    moved = rng.choice(
        ["log/more", f"{layout.ARTEFACTS}{rng.randbytes(32).hex()}", "exports/x.csv", f"{name}x"]
    )
    return {moved if one == name else one: content for one, content in files.items()}


def added(files: Files, rng: random.Random) -> Files:
    content = rng.randbytes(9)
    name = rng.choice(
        [layout.artefact(sha256_of(content)), "log/checkpoints/2", "schema/x.json", "verifier/y.py"]
    )
    return {**files, name: content}


def reordered_lines(files: Files, rng: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines(keepends=True)
    one, other = rng.sample(range(len(lines)), 2)
    lines[one], lines[other] = lines[other], lines[one]
    return {**files, layout.ENVELOPES: b"".join(lines)}


def doubled_line(files: Files, rng: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines(keepends=True)
    at = _at(lines, rng)  # type: ignore[arg-type]
    lines.insert(rng.randrange(len(lines)), lines[at])
    return {**files, layout.ENVELOPES: b"".join(lines)}


def dropped_line(files: Files, rng: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines(keepends=True)
    del lines[_at(lines, rng)]  # type: ignore[arg-type]
    return {**files, layout.ENVELOPES: b"".join(lines)}


def _numbers(value: object) -> list[tuple[object, object]]:
    found: list[tuple[object, object]] = []
    pairs = value.items() if isinstance(value, dict) else enumerate(value)  # type: ignore[call-overload]
    for key, item in pairs:
        if isinstance(item, dict | list):
            found += _numbers(item)
        elif type(item) in (int, str, bool):
            found.append((value, key))
    return found


def edited_statement(files: Files, rng: random.Random) -> Files:
    """In its one form, under the old signatures."""
    lines = files[layout.ENVELOPES].splitlines()
    at = _at(lines, rng)  # type: ignore[arg-type]
    sealed = envelope.decode(lines[at])
    statement = json.loads(sealed.payload)
    holder, key = rng.choice(_numbers(statement))
    old = holder[key]  # type: ignore[index]
    holder[key] = old + "x" if isinstance(old, str) else (not old if isinstance(old, bool) else old + 1)  # type: ignore[index]
    lines[at] = envelope.encode(
        type(sealed)(
            payload_type=sealed.payload_type, payload=canonical(statement), signatures=sealed.signatures
        )
    )
    return {**files, layout.ENVELOPES: b"".join(line + b"\n" for line in lines)}


def edited_index(files: Files, rng: random.Random) -> Files:
    """In its one form: whoever edits it can make it again."""
    index = json.loads(files[layout.INDEX])
    holder, key = rng.choice(_numbers(index))
    old = holder[key]  # type: ignore[index]
    holder[key] = old + "0" if isinstance(old, str) else old + 1  # type: ignore[index]
    return {**files, layout.INDEX: canonical(index)}


def one_signature_less(files: Files, rng: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines()
    at = _at(lines, rng)  # type: ignore[arg-type]
    fields = json.loads(lines[at])
    fields["signatures"].pop()
    lines[at] = canonical(fields)
    return {**files, layout.ENVELOPES: b"".join(line + b"\n" for line in lines)}


def turned_signatures(files: Files, _: random.Random) -> Files:
    lines = files[layout.ENVELOPES].splitlines()
    fields = json.loads(lines[0])
    fields["signatures"].reverse()
    lines[0] = canonical(fields)
    return {**files, layout.ENVELOPES: b"".join(line + b"\n" for line in lines)}


CHANGES: tuple[Change, ...] = (
    flipped,
    flipped_in_an_envelope,
    cut,
    inserted,
    removed,
    swapped,
    renamed,
    added,
    reordered_lines,
    doubled_line,
    dropped_line,
    edited_statement,
    edited_index,
    one_signature_less,
    turned_signatures,
)


def test_of_900_changed_bundles_none_is_accepted(good: Files) -> None:
    rng = random.Random(20261123)
    accepted, tried = [], 0
    while tried < 900:
        change = CHANGES[tried % len(CHANGES)]
        files = change(good, rng)
        if files == good:
            continue
        tried += 1
        if holds(files):
            accepted.append(f"{tried} {change.__name__}")
    assert accepted == []


def test_of_100_changed_archives_none_is_accepted(good: Files, tmp_path: Path) -> None:
    write_tar(good, tmp_path / "good.tar")
    content = (tmp_path / "good.tar").read_bytes()
    assert second.of_file(tmp_path / "good.tar", TRUST, at=AFTER) == (0, "")
    rng = random.Random(7)
    bad = tmp_path / "bad.tar"
    accepted = []
    for number in range(100):
        changed = bytearray(content)
        at = _at(content, rng)
        if number % 4:
            changed[at] ^= 1 << rng.randrange(8)
        else:
            del changed[at : at + rng.choice([1, 512, 1024])]
        bad.write_bytes(changed)
        try:
            with opened(bad) as bundle:
                if audit(bundle, Question(trust=TRUST, at=AFTER)).holds:
                    accepted.append(at)
        except EvidenceError:
            pass
        if second.of_file(bad, TRUST, at=AFTER)[0] != 12:
            accepted.append(at)
    assert accepted == []
