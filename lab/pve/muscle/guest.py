"""One QEMU process per guest: started unprivileged, found again after the API was killed, ended.

QEMU gets its disks and taps as open descriptors and runs as a user without rights, in a directory of its
own. It puts itself into the background once it runs; `state.json` beside its sockets says which process
it is, and its environment carries our mark, so that one that was started just before a crash is known too.
"""

import asyncio
import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from drverify.adapters.linux import command
from drverify.adapters.linux.processes import (
    NAME_VARIABLE,
    PROC,
    TAG_VARIABLE,
    ProcessIdentity,
    end,
    environment_of,
    from_facts,
    identify,
    lives,
    marks,
)
from drverify.errors import HostError
from lab.pve.muscle.hardware import EMULATOR, Shape, Wiring, argv
from lab.pve.muscle.names import Names

START_WITHIN = timedelta(seconds=60)
NOBODY = 65534
KVM = Path("/dev/kvm")
OVMF = Path("/usr/share/OVMF")
_POLL = 0.02
_SMALL_VARIABLES = 131072
"""Bytes of an efidisk of the older type, without `efitype=4m`."""


class QemuExitError(Exception):
    """QEMU did not start; `said` are the lines it printed, as a real node's log has them."""

    def __init__(self, code: int, stderr: bytes) -> None:
        text = stderr.decode("utf-8", "replace").replace(f"{EMULATOR}:", "kvm:")
        super().__init__(text)
        self.code = code
        self.said = text.strip().splitlines()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A guest that was started: its process, its directory, and which taps belong on which bridges."""

    vmid: int
    identity: ProcessIdentity
    run: Path
    agent: bool
    taps: Mapping[str, tuple[str, str]]
    """`net0` -> (tap, bridge)."""

    @property
    def lives(self) -> bool:
        """Whether the process still runs."""
        return lives(self.identity)

    async def ended(self, within: float) -> bool:
        """Wait for its end; say whether it came."""
        deadline = asyncio.get_running_loop().time() + within
        while self.lives:
            if asyncio.get_running_loop().time() >= deadline:
                return False
            await asyncio.sleep(_POLL)
        return True


def directory(names: Names, vmid: int) -> Path:
    """Where a guest's sockets are."""
    return names.run / str(vmid)


def prepare(names: Names, vmid: int) -> Path:
    """Make the guest's directory anew, for the unprivileged user."""
    run = directory(names, vmid)
    forget(run)
    run.mkdir(parents=True)
    os.chown(run, NOBODY, NOBODY)
    run.chmod(0o750)
    return run


def forget(run: Path) -> None:
    """Remove a guest's directory. Idempotent."""
    with suppress(FileNotFoundError):
        shutil.rmtree(run)


def firmware(run: Path, efidisk: Path | None) -> tuple[str, Path]:
    """Choose OVMF's code, and the file of its variables: the efidisk, or a fresh one. HostError."""
    small = efidisk is not None and efidisk.stat().st_size <= _SMALL_VARIABLES
    code, variables = (OVMF / f"OVMF_{part}{'' if small else '_4M'}.fd" for part in ("CODE", "VARS"))
    if not code.exists():
        raise HostError(f"{code} is not there", hint="apt-get install ovmf")
    if efidisk is not None:
        return str(code), efidisk
    fresh = run / "efivars"
    shutil.copyfile(variables, fresh)
    return str(code), fresh


async def launch(
    names: Names, vmid: int, shape: Shape, wiring: Wiring, descriptors: Mapping[int, int]
) -> ProcessIdentity:
    """Run QEMU until it is in the background; return its process.

    `descriptors`: number of a set of QEMU's (`/dev/fdset/N`) -> open file, the caller's. QemuExitError.
    """
    sets = [word for number, fd in descriptors.items() for word in ("-add-fd", f"fd={fd},set={number}")]
    words = argv(vmid, shape, wiring)
    groups = [f"--groups={KVM.stat().st_gid}"] if wiring.acceleration == "kvm" else ["--clear-groups"]
    drop = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", *groups, "--no-new-privs"]
    drop += ["--inh-caps=-all", "--bounding-set=-all"]
    done = await command.run(
        [*drop, words[0], *sets, *words[1:]],
        within=START_WITHIN,
        env=marks(names.tag, names.process(vmid)),
        cwd=wiring.run,
        pass_fds=[*descriptors.values(), *wiring.taps.values()],
    )
    if done.exit_code != 0:
        raise QemuExitError(done.exit_code, done.stderr)
    identity = identify(int((wiring.run / "pid").read_text()))
    if identity is None:
        raise QemuExitError(0, b"it ended at once")
    return identity


def remember(guest: Guest) -> None:
    """Write down which process a guest is."""
    state = {"identity": guest.identity.facts(), "agent": guest.agent, "taps": dict(guest.taps)}
    draft = guest.run / "state.json.new"
    draft.write_text(json.dumps(state))
    draft.rename(guest.run / "state.json")


def recall(names: Names) -> dict[int, Guest]:
    """Find the guests of this node that live, as an earlier life of the API wrote them down."""
    found = {}
    for run in sorted(names.run.glob("[0-9]*")):
        with suppress(FileNotFoundError, ValueError, KeyError):
            state = json.loads((run / "state.json").read_text())
            identity = from_facts(state["identity"])
            taps = {key: (tap, bridge) for key, (tap, bridge) in state["taps"].items()}
            if identity is not None and lives(identity):
                vmid = int(run.name)
                found[vmid] = Guest(vmid=vmid, identity=identity, run=run, agent=state["agent"], taps=taps)
    return found


async def end_strangers(names: Names, known: Mapping[int, Guest]) -> None:
    """End what carries our mark and nobody wrote down: it was being started when the API died."""
    ours = {guest.identity.pid for guest in known.values()} | {os.getpid()}
    for identity in await asyncio.to_thread(_marked, names.tag):
        if identity.pid not in ours:
            await end(identity, grace=timedelta(0))
    for run in names.run.glob("[0-9]*"):
        if int(run.name) not in known:
            forget(run)


def _marked(tag: str) -> list[ProcessIdentity]:
    found = []
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            environment = environment_of(int(entry.name)) or {}
            if environment.get(TAG_VARIABLE) == tag and environment.get(NAME_VARIABLE):
                found += [identity] if (identity := identify(int(entry.name))) else []
    return found
