"""The tiny estate for tests with real parts, and what is left on the machine afterwards."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from drverify.adapters.libvirt.acceleration import wants_tcg
from lab.estate.layout import Estate
from lab.settings import lab

ROOT = Path(__file__).parents[2]
PLACE = Path("/var/lib/drverify-test")
"""The user that QEMU runs as must get there; pytest's own directories are private to root."""


@contextmanager
def traversable_directory(name: str) -> Iterator[Path]:
    """A directory that QEMU's user can traverse, removed afterwards."""
    path = PLACE / f"{name}-{os.getpid()}"
    path.mkdir(parents=True, mode=0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def with_state(estate: Estate, state: Path) -> Path:
    """A settings file like the estate's with a state directory of its own. Returns its path."""
    state.mkdir(parents=True, exist_ok=True)
    text = re.sub(r"(?m)^state_dir = .*$", f'state_dir = "{state}"', estate.config.read_text())
    config = state.parent / f"{state.name}.toml"
    config.write_text(text)
    return config


async def tell_acceleration(state: Path) -> None:
    """Make a state directory that knows whether KVM is worth it here: to measure it takes three seconds each time."""
    known = lab().images.parent
    known.mkdir(parents=True, exist_ok=True)
    await wants_tcg(known)
    state.mkdir(parents=True, exist_ok=True)
    shutil.copy(known / "acceleration.json", state)


@dataclass(frozen=True, kw_only=True)
class Ran:
    """What a run of the command line did."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value

    def verdicts(self) -> dict[str, dict[str, Any]]:
        """The verdicts by what they are about: `rpo-2.1` of the tests' agreement is `rpo`."""
        return {kind_of(verdict["obligation"]): verdict for verdict in self.json()["verdicts"]}


def kind_of(obligation: str) -> str:
    """What an obligation is about, without the clause that its id ends in."""
    return obligation.rpartition("-")[0]


def command(config: Path, *words: str) -> list[str]:
    """The argument list of drverify with these settings."""
    return [sys.executable, "-m", "drverify", "--config", str(config), *words]


def drverify(config: Path, *words: str, within: float = 300) -> Ran:
    """Run the command line to its end."""
    done = subprocess.run(
        command(config, *words), capture_output=True, text=True, timeout=within, cwd=ROOT, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Ran(code=done.returncode, out=done.stdout, err=done.stderr)


async def started(config: Path, *words: str) -> asyncio.subprocess.Process:
    """Start the command line and return while it runs."""
    return await asyncio.create_subprocess_exec(
        *command(config, *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )


def _lines(*argv: str) -> list[str]:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def left_on_machine(state: Path) -> list[str]:
    """Everything of ours that still exists because of this state directory."""
    sandboxes = state / "sandboxes"
    found = [f"directory {path}" for path in sandboxes.iterdir()] if sandboxes.is_dir() else []
    found += [f"ledger {path.stem}" for path in (state / "ledger").glob("*.jsonl")]
    found += [
        f"mount {line}"
        for line in Path("/proc/self/mountinfo").read_text().splitlines()
        if str(state) in line
    ]
    ids = {path.stem for path in (state / "ledger").glob("*.jsonl")}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environ = (process / "environ").read_bytes()
            arguments = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(state).encode() in arguments or f"DRVERIFY_STATE={state}".encode() in environ:
            found.append(f"process {process.name} {arguments[:80]!r}")
    found += [f"netns {line}" for line in _lines("ip", "netns", "list") if any(one in line for one in ids)]
    return found


class Seen:
    """Notices the ids of all sandboxes that come to life below a state directory."""

    def __init__(self, state: Path) -> None:
        self._ledger = state / "ledger"
        self.ids: set[str] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(0.02):
            self.ids |= {path.stem for path in self._ledger.glob("*.jsonl")}

    def alive(self) -> list[str]:
        """What still exists on the machine of any of them; other people's drills do not count."""
        return [name for name in sorted(everything_of_ours()) if any(one in name for one in self.ids)]


def everything_of_ours() -> set[str]:
    """Every namespace, domain and link on this machine whose name says that a drill made it."""
    spaces = {f"netns {line.split()[0]}" for line in _lines("ip", "netns", "list") if line.startswith("drv-")}
    domains = {
        f"domain {name}"
        for name in _lines("virsh", "-c", "qemu:///system", "list", "--all", "--name")
        if re.fullmatch(r"drverify-[0-9a-f]{8}", name)
    }
    links = {f"link {line}" for line in _lines("ip", "-details", "-o", "link") if "drverify:" in line}
    return spaces | domains | links
