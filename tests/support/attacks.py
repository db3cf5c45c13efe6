"""What it takes to attack a bundle, and to ask both verifiers about it as their users do."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.bundle.writing import write_tar
from drverify.adapters.signing.keyfile import KeyfileSigner
from drverify.auditing import layout
from drverify.cli.main import main
from drverify.errors import Exit
from drverify.model.drill import DrillPlan, LoggedStart
from drverify.model.evidence import PAYLOAD_TYPE, Envelope, RecordKind, Signature, TrustedKey
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import Agreed, sha256_of
from drverify.sealing.keyring import keyring_file
from drverify.sealing.keys import Trust, trust_file
from drverify.sealing.logged import leaf_of
from drverify.sealing.strict_json import canonical
from drverify.transparency import leaf, note
from tests.support import series
from tests.support import trust as roots
from tests.support.evidence import LOG, Sealed, sealed
from tests.support.periods import AFTER, RUNNER, TRUST, Kept, MemoryBundle, slot
from tests.support.second import PROGRAM

Files = dict[str, bytes]
POINTS = 9
"""Few points to a drill: what is listed is not what is attacked here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an auditor is handed, and what they bring along."""

    files: Files
    trust: Trust | Path | str = TRUST
    """Keys, or a directory with a root, or the digest of one."""
    have: tuple[bytes, ...] = ()
    """Checkpoints that they hold."""
    at: datetime = AFTER
    words: tuple[str, ...] = ()
    """What else they ask for, such as `--stamped`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a verifier says: its exit code, the codes of the findings, and everything in words."""

    code: int
    found: tuple[str, ...]
    text: str


def state(root: Path, days: Sequence[int] = (0, 1), *, agreed: Agreed | None = None) -> Kept:
    """What both parties agreed, and a schedule of these days."""
    kept = Kept(root / "state", points=POINTS, **({"agreed": agreed} if agreed else {}))
    kept.register()
    kept.schedule([slot(day) for day in days])
    return kept


def ended(kept: Kept) -> Kept:
    """The quarter is over: counted by the provider, cosigned by the customer's witness."""
    kept.close()
    kept.cosign(AFTER)
    return kept


def honest(root: Path, days: Sequence[int] = (0, 1)) -> Kept:
    """A quarter in which nobody does anything wrong."""
    kept = state(root, days)
    for day in days:
        kept.drill(day)
    return ended(kept)


def files_of(kept: Kept, extras: dict[str, Path] | None = None) -> Files:
    """Its bundle."""
    return MemoryBundle.of(kept.gather(extras=extras)).files


def checkpoint_of(kept: Kept) -> bytes:
    """The newest checkpoint, as somebody holds it."""
    return note.render(kept.held().note)


def lines_of(files: Files) -> list[bytes]:
    """Its envelopes."""
    return files[layout.ENVELOPES].splitlines()


def with_lines(files: Files, lines: Sequence[bytes]) -> Files:
    """The bundle with other envelopes."""
    return {**files, layout.ENVELOPES: b"".join(line + b"\n" for line in lines)}


def indexed(files: Files) -> Files:
    """The bundle with its list of files made again: anybody can do that, nobody signs it."""
    index = json.loads(files[layout.INDEX])
    index["files"] = [
        {"path": name, "sha256": sha256_of(files[name]), "sizeBytes": len(files[name])}
        for name in sorted(files)
        if layout.is_listed(name)
    ]
    return {**files, layout.INDEX: canonical(index)}


def statement_of(line: bytes) -> dict[str, Any]:
    """What an envelope says."""
    found: dict[str, Any] = json.loads(base64.b64decode(json.loads(line)["payload"]))
    return found


def edited(line: bytes, change: Callable[[dict[str, Any]], object], by: KeyfileSigner | None = None) -> bytes:
    """An envelope with another statement, signed again by that key or else under its old signature."""
    said = statement_of(line)
    change(said)
    payload = canonical(said)
    if by is None:
        return canonical({**json.loads(line), "payload": base64.b64encode(payload).decode()})
    return signed(payload, by)


def signed(payload: bytes, by: KeyfileSigner) -> bytes:
    """An envelope of any payload, signed properly."""
    made = Signature(keyid=by.keyid, sig=by.sign(envelope.pae(PAYLOAD_TYPE, payload)))
    return envelope.encode(Envelope(payload_type=PAYLOAD_TYPE, payload=payload, signatures=(made,)))


def logged(kept: Kept, plan: DrillPlan, data: bytes, kind: RecordKind = "restore-drill") -> int:
    """Whoever has the log's key puts any envelope of a drill into it."""
    name = "evidence.dsse.json" if kind == "restore-drill" else "started.dsse.json"
    path = kept.root / "drills" / plan.drill_id / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return kept.log.tiles.append([leaf.encode(leaf_of(kind, data))], LOG.sign).start


def keep(kept: Kept, plan: DrillPlan, made: Sealed) -> None:
    """Lay a drill's files where the runner does."""
    for digest, content in made.files.items():
        path = kept.root / "drills" / plan.drill_id / "artefacts" / "sha256" / digest
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def result_of(kept: Kept, plan: DrillPlan, begun: LoggedStart | None, day: int, **changes: object) -> bytes:
    """The envelope of a result, its files kept; it is in no log yet."""
    record = replace(series.recorded(day), drill_id=plan.drill_id, start=begun)
    record = replace(
        record, selection=replace(record.selection, listed=record.selection.listed[: kept.points])
    )
    made = sealed(plan, replace(record, **changes), kept.agreed, by=RUNNER)  # type: ignore[arg-type]
    keep(kept, plan, made)
    return made.envelope


# Asking


def by_drverify(shown: Shown, place: Path) -> Said:
    """`drverify audit BUNDLE --trust ... --have ... --at ...`."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(["audit", *_words(shown, place), "--json"])
        except SystemExit as ended:  # how argparse says that an argument is wrong
            code = int(ended.code or 0)
    text = out.getvalue()
    found = json.loads(text) if text.startswith("{") else {}
    findings = found.get("audit", {}).get("findings", ())
    return Said(code=code, found=tuple(one["code"] for one in findings), text=text + err.getvalue())


def by_the_file(shown: Shown, place: Path) -> Said:
    """`python3 check_bundle.py BUNDLE ...`, with nothing beside it but Python's library and cryptography."""
    alone = place / "alone"
    alone.mkdir(exist_ok=True)
    (alone / PROGRAM.name).write_bytes(PROGRAM.read_bytes())
    command = [sys.executable, "-I", PROGRAM.name, *_words(shown, place), "--json"]
    done = subprocess.run(command, cwd=alone, capture_output=True, text=True, check=False, timeout=60)
    assert (done.stderr == "") == (done.returncode != Exit.WRONG_INPUT), done.stderr
    return Said(code=done.returncode, found=(), text=done.stdout + done.stderr)


def _words(shown: Shown, place: Path) -> list[str]:
    bundle = place / "bundle.tar"
    if not bundle.exists():
        write_tar(shown.files, bundle)
    words = [str(bundle), "--trust", str(_trust(shown, place)), "--at", codec.to_json(shown.at)]
    for number, content in enumerate(shown.have):
        path = place / f"{number}.checkpoint"
        path.write_bytes(content)
        words += ["--have", str(path)]
    return [str(word) for word in (*words, *shown.words)]


def _trust(shown: Shown, place: Path) -> Path | str:
    """A trust file; a root of both parties when a key has its time or was revoked."""
    if not isinstance(shown.trust, Trust):
        return shown.trust
    if any(key.revoked or key.valid_from or key.valid_until for key in shown.trust.keys):
        return rooted(place / "trust", shown.trust, at=shown.at)
    path = place / "trust.json"
    path.write_text(json.dumps(trust_file(shown.trust.keys, shown.trust.authorities)))
    return path


def rooted(directory: Path, trust: Trust, *, at: datetime = AFTER) -> Path:
    """A directory of TUF metadata that provider and customer signed, with these keys."""
    directory.mkdir(exist_ok=True)
    both, expires = (roots.PROVIDER, roots.CUSTOMER), at + timedelta(days=300)
    keyring = keyring_file(trust.keys, trust.authorities)
    (directory / "1.root.json").write_bytes(roots.root(*both, expires=expires))
    (directory / "targets.json").write_bytes(roots.targets(*both, keyring=keyring, expires=expires))
    (directory / "keyring.json").write_bytes(keyring)
    return directory


def revoking(*changed: TrustedKey, trust: Trust = TRUST) -> Trust:
    """The trust with these keys in place of those of the same material."""
    new = {key.public_der: key for key in changed}
    return replace(trust, keys=tuple(new.get(key.public_der, key) for key in trust.keys))
