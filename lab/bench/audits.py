"""Auditing a year of evidence against the least that it can cost: the bare signature checks of its envelopes.

The year is made by the real code (`lab.bench.evidence_year`), and audited by the real program with nothing
but a trust file. Beside it, for the same envelopes in the same round: their signatures checked by the same
library, with the reading of them not counted, and with it. Seconds are of processor time. Memory is the
kernel's high-water mark of the program. Nothing is extrapolated: fewer drills have a row of their own.

Alone: `python -m lab.bench.audits --drills 10000`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from drverify.adapters.bundle.reading import opened
from drverify.auditing import layout
from drverify.errors import HostError
from drverify.model.evidence import Envelope, KeyId
from drverify.sealing import envelope
from drverify.sealing.keys import check_signature, keyid_of, parse_trust
from lab.bench.evidence_year import BUNDLE, TRUST, YEAR
from lab.bench.rows import MIB, Row, mib, ratio, seconds, show
from lab.settings import ROOT

Say = Callable[[str], None]
SLOWER = 1.3
LARGEST = 200 * MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One round. Times in seconds of processor time, but `clock`."""

    cpu: float
    clock: float
    peak: float
    """Bytes."""
    checks: int
    bare: float
    """Checking signatures."""
    read: float
    """Reading envelopes and checking their signatures."""


def rows(scratch: Path, sizes: Sequence[int], rounds: int, say: Say) -> list[Row]:
    """Make a year of each size, and audit it so many times."""
    return [row for drills in sizes for row in _rows(scratch, drills, rounds, say)]


def _rows(scratch: Path, drills: int, rounds: int, say: Say) -> list[Row]:
    place = Path(tempfile.mkdtemp(prefix="year-", dir=scratch))
    began = time.monotonic()
    _python("lab.bench.evidence_year", str(place), "--drills", str(drills))
    size = (place / BUNDLE).stat().st_size
    say(f"made {drills:,} drills in {time.monotonic() - began:.0f} s, a bundle of {size // MIB} MiB")
    took = []
    for number in range(1, rounds + 1):
        took.append(_audited(place))
        say(
            f"audit {number}/{rounds}: {took[-1].cpu:.1f} s of CPU ({took[-1].clock:.1f} s), "
            f"{mib(took[-1].peak)}; signatures {took[-1].bare:.1f} s, with reading {took[-1].read:.1f} s"
        )
    shutil.rmtree(place)
    return _compared(drills, took)


def _compared(drills: int, took: Sequence[Audited]) -> list[Row]:
    cpu = median(one.cpu for one in took)
    bare, read = median(one.bare for one in took), median(one.read for one in took)
    per, clock = 1000 * cpu / drills, median(one.clock for one in took)
    checks = took[0].checks
    return [
        Row(
            what=f"audit of {drills:,} drills, CPU against the bare checks of its {checks:,} signatures",
            ours=f"{seconds(cpu)} ({per:.2f} ms each)",
            reference=seconds(bare),
            ratio=ratio(cpu, bare),
            goal=f"<= {SLOWER}",
        ),
        Row(
            what="  against reading the envelopes strictly and checking their signatures",
            ours=f"{seconds(clock)} by the clock",
            reference=seconds(read),
            ratio=ratio(cpu, read),
        ),
        Row(
            what="  most memory that the audit had",
            ours=mib(max(one.peak for one in took)),
            reference="",
            goal=f"< {mib(LARGEST)}",
        ),
    ]


def _audited(place: Path) -> Audited:
    checks, bare, read = _bare(place)
    words = ["audit", str(place / BUNDLE), "--trust", str(place / TRUST), "--at", f"{YEAR + 1}-01-15"]
    began = time.monotonic()
    said = _python("lab.bench.weighed", *words)
    clock = time.monotonic() - began
    told = json.loads(said.splitlines()[-1])
    return Audited(cpu=told["cpu"], clock=clock, peak=told["peak"], checks=checks, bare=bare, read=read)


def _bare(place: Path) -> tuple[int, float, float]:
    """How many signatures, how long checking them takes, and how long with the reading of the envelopes."""
    trusted = parse_trust((place / TRUST).read_bytes(), what=TRUST)
    keys = {keyid_of(key.public_der): key.public_der for key in trusted}
    with opened(place / BUNDLE) as bundle:
        return _checked(bundle.lines(layout.ENVELOPES, layout.LARGEST_LINE), keys)


def _checked(lines: Iterable[bytes], keys: Mapping[KeyId, bytes]) -> tuple[int, float, float]:
    checks, bare, begun = 0, 0.0, time.process_time()
    for line in lines:
        sealed = envelope.decode(line)
        message = envelope.pae(sealed.payload_type, sealed.payload)
        checks += len(sealed.signatures)
        bare += _spent(sealed, message, keys)
    return checks, bare, time.process_time() - begun


def _spent(sealed: Envelope, message: bytes, keys: Mapping[KeyId, bytes]) -> float:
    begun = time.process_time()
    for one in sealed.signatures:
        check_signature(keys[one.keyid], one.sig, message)
    return time.process_time() - begun


def _python(module: str, *words: str) -> str:
    """Run a module of ours; what it wrote to stderr. HostError when it fails, as an honest year must not."""
    done = subprocess.run(
        [sys.executable, "-m", module, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    if done.returncode:
        told = (done.stdout + done.stderr).strip()[-2000:]
        raise HostError(f"{module} ended with {done.returncode}: {told}")
    return done.stderr


def main(argv: Sequence[str]) -> int:
    """Measure only this, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m lab.bench.audits", description=__doc__)
    parser.add_argument("--drills", type=int, action="append", metavar="N", help="may be repeated")
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="drverify-bench-", dir="/var/lib") as place:
        sizes = args.drills or [10_000]
        found = rows(
            Path(place), sizes, args.rounds, lambda text: print(f"    {text}", file=sys.stderr, flush=True)
        )
    show(Console(width=128), [], found)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
