"""Auditing a year of evidence against the least that it can cost: the bare signature checks of its envelopes.

The year is made by the real code (`lab.bench.evidence_year`), and audited by the real program with nothing
but a trust file. Beside it, for the same envelopes in the same round: their signatures checked by the same
library, with the reading of them not counted, and with it. Seconds are of processor time, but for the audit
by as many processes as there are processors: its clock is held against bare checks that so many processes
would share without any loss. Memory is what the kernel says of the program (its high-water mark) or of all
its processes (the pages of each, shared ones in parts, ten times a second). Nothing is extrapolated: fewer
drills have a row of their own.

Alone: `python -m lab.bench.audits --drills 10000`.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from drverify.adapters.bundle.forked import usable
from drverify.adapters.bundle.reading import opened
from drverify.auditing import layout
from drverify.errors import HostError
from drverify.model.evidence import Envelope, KeyId
from drverify.sealing import envelope
from drverify.sealing.keys import check_signature, keyid_of, parse_trust
from lab.bench.evidence_year import BUNDLE, TRUST, YEAR
from lab.bench.rows import MIB, Row, Say, mib, ratio, seconds, show
from lab.settings import ROOT

SLOWER = 1.3
LARGEST = 200 * MIB
SOON = 0.1
"""Seconds between two looks at memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One round. Times in seconds of processor time, but for clocks."""

    alone: "Run"
    together: "Run"
    """By `jobs` processes."""
    jobs: int
    checks: int
    bare: float
    """Checking signatures."""
    read: float
    """Reading envelopes and checking their signatures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The program, once."""

    cpu: float
    clock: float
    peak: float
    """Bytes."""


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
        alone, together = took[-1].alone, took[-1].together
        say(
            f"audit {number}/{rounds}: {alone.cpu:.1f} s of CPU ({alone.clock:.1f} s), {mib(alone.peak)}; "
            f"by {took[-1].jobs} processes {together.clock:.1f} s ({together.cpu:.1f} s of CPU), "
            f"{mib(together.peak)}; signatures {took[-1].bare:.1f} s, with reading {took[-1].read:.1f} s"
        )
    shutil.rmtree(place)
    return _compared(drills, took)


def _compared(drills: int, took: Sequence[Audited]) -> list[Row]:
    cpu, clock = median(one.alone.cpu for one in took), median(one.together.clock for one in took)
    bare, read = median(one.bare for one in took), median(one.read for one in took)
    checks, jobs, per = took[0].checks, took[0].jobs, 1000 * cpu / drills
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
            ours=seconds(cpu),
            reference=seconds(read),
            ratio=ratio(cpu, read),
        ),
        Row(
            what=f"  by {jobs} processes, the clock against bare checks that {jobs} share without loss",
            ours=seconds(clock),
            reference=seconds(bare / jobs),
            ratio=ratio(clock, bare / jobs),
            goal=f"<= {SLOWER}",
        ),
        Row(
            what=f"  most memory that the audit had: one process, all of {jobs}",
            ours=f"{mib(max(one.alone.peak for one in took))}, {mib(max(one.together.peak for one in took))}",
            reference="",
            goal=f"< {mib(LARGEST)}",
        ),
    ]


def _audited(place: Path) -> Audited:
    jobs = max(2, usable())
    checks, bare, read = _bare(place)
    alone, together = _run(place, 1), _run(place, jobs)
    return Audited(alone=alone, together=together, jobs=jobs, checks=checks, bare=bare, read=read)


def _run(place: Path, jobs: int) -> Run:
    words = ["audit", str(place / BUNDLE), "--trust", str(place / TRUST), "--at", f"{YEAR + 1}-01-15"]
    began, peaks = time.monotonic(), [0]
    said = _python("lab.bench.weighed", *words, "--jobs", str(jobs), watched=peaks)
    clock = time.monotonic() - began
    told = json.loads(said.splitlines()[-1])
    return Run(cpu=told["cpu"], clock=clock, peak=told["peak"] if jobs == 1 else max(peaks))


def _resident(process: int) -> int:
    """Bytes of a process and its children, a page that several have in parts; what has ended has none."""
    found = 0
    with suppress(OSError):
        below = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        for one in (process, *map(int, below)):
            for line in Path(f"/proc/{one}/smaps_rollup").read_text().splitlines():
                found += int(line.split()[1]) * 1024 if line.startswith("Pss:") else 0
    return found


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


def _python(module: str, *words: str, watched: list[int] | None = None) -> str:
    """Run a module of ours; what it wrote to stderr. HostError when it fails, as an honest year must not.

    `watched` gets the memory that it has, again and again.
    """
    with (
        tempfile.TemporaryFile("w+") as out,
        subprocess.Popen(
            [sys.executable, "-m", module, *words], stdout=out, stderr=subprocess.PIPE, text=True, cwd=ROOT
        ) as child,
    ):
        while watched is not None and child.poll() is None:
            watched.append(_resident(child.pid))
            time.sleep(SOON)
        _, said = child.communicate()
        if child.returncode:
            out.seek(0)
            told = (out.read() + said).strip()[-2000:]
            raise HostError(f"{module} ended with {child.returncode}: {told}")
    return said


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
