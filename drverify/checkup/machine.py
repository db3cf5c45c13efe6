"""What `drverify doctor` looks at: this machine, its programs, what they can do, what was left behind.

Beside `compose` this package alone knows several adapters. Each check says what it saw and, when
something is missing, the command that mends it.
"""

import os
import platform
import shutil
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from drverify.adapters.libvirt import daemon
from drverify.adapters.linux.command import checked
from drverify.adapters.linux.programs import PACKAGES, PATH
from drverify.adapters.restic.abilities import parse_version
from drverify.checkup.findings import Finding, guarded
from drverify.checkup.workbench import workbench
from drverify.compose import Workshop
from drverify.errors import DrverifyError, HostError
from drverify.settings import DEFAULT_STATE

GIB = 1 << 30
MIN_MEMORY_GIB = 2
MIN_DISK_GIB = 10
QUICK = timedelta(seconds=20)
PROGRAMS = (
    "qemu-system-x86_64",
    "qemu-img",
    "virsh",
    "dnsmasq",
    "nft",
    "ip",
    "restic",
    "fusermount3",
    "zstd",
    "gzip",
    "lzop",
)
LIBRARIES = (("libvirt", "libvirt"), ("asyncssh", "ssh"), ("asyncpg", "drill"), ("aiohttp", "drill"))


async def examine(workshop: Workshop | None, problem: DrverifyError | None) -> tuple[Finding, ...]:
    """Look at everything. `workshop` is None, with the `problem`, when there are no usable settings."""
    state_dir = workshop.state_dir if workshop else DEFAULT_STATE
    findings = [
        python_version(),
        privileges(),
        memory(),
        disk(state_dir),
        fuse(),
        network(),
        *map(program, PROGRAMS),
        *(library(name, extra) for name, extra in LIBRARIES),
    ]
    for what, look in (("restic's abilities", restic), ("libvirt", libvirt), ("acceleration", acceleration)):
        findings.append(await guarded(what, look))
    if workshop is None:
        mend = problem.hint if problem else ""
        findings.append(Finding(what="settings", state="warn", seen=str(problem), mend=mend))
    else:
        findings.append(await guarded("workbench", lambda: workbench(workshop)))
        findings += [papers(workshop), signing(workshop), evidence_log(workshop), leftovers(workshop)]
    return tuple(findings)


def python_version() -> Finding:
    """Python 3.11 or newer."""
    enough = sys.version_info >= (3, 11)
    return Finding(
        what="python",
        state="ok" if enough else "lack",
        seen=platform.python_version(),
        mend="" if enough else "install Python 3.11 or newer",
    )


def privileges() -> Finding:
    """Namespaces, taps and mounts need root."""
    if os.geteuid() == 0:
        return Finding(what="privileges", state="ok", seen="root")
    return Finding(what="privileges", state="lack", seen=f"user {os.geteuid()}", mend="run it with sudo")


def memory() -> Finding:
    """Room for a guest beside everything else."""
    fields = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
    free = int(fields["MemAvailable"].split()[0]) * 1024 / GIB
    enough = free >= MIN_MEMORY_GIB
    mend = "" if enough else "stop what needs memory, or give guests less in the inventory"
    return Finding(
        what="memory", state="ok" if enough else "warn", seen=f"{free:.1f} GiB available", mend=mend
    )


def disk(state_dir: Path) -> Finding:
    """Room for restored images where the state directory lies."""
    place = next(path for path in (state_dir, *state_dir.parents) if path.exists())
    free = shutil.disk_usage(place).free / GIB
    enough = free >= MIN_DISK_GIB
    mend = "" if enough else "make room, or set another state_dir in the settings"
    return Finding(
        what="disk", state="ok" if enough else "warn", seen=f"{free:.1f} GiB free below {place}", mend=mend
    )


def fuse() -> Finding:
    """Needed for --mode instant."""
    if Path("/dev/fuse").exists():
        return Finding(what="FUSE", state="ok", seen="/dev/fuse")
    return Finding(
        what="FUSE", state="warn", seen="no /dev/fuse: --mode instant will not work", mend="modprobe fuse"
    )


def network(root: Path = Path("/proc/sys")) -> Finding:
    """Whether a sandbox's namespace can be told to forward nothing; in many containers it cannot."""
    place = root / "net/ipv4/ip_forward"
    if os.access(place, os.W_OK):
        return Finding(what="sandbox network", state="ok", seen=f"{place} can be set")
    mend = f"run drverify where {root} can be written: no container, or one that may"
    return Finding(what="sandbox network", state="lack", seen=f"{place} cannot be written", mend=mend)


def program(name: str) -> Finding:
    """Whether a program is installed."""
    path = shutil.which(name, path=PATH)
    if path:
        return Finding(what=name, state="ok", seen=path)
    mend = f"apt-get install {PACKAGES.get(name, name)}"
    return Finding(what=name, state="lack", seen="not installed", mend=mend)


def library(name: str, extra: str) -> Finding:
    """Whether a vendor's Python package is installed."""
    if find_spec(name) is not None:
        return Finding(what=f"python {name}", state="ok", seen="installed")
    mend = f"pip install 'drverify[{extra}]'"
    return Finding(what=f"python {name}", state="lack", seen="not installed", mend=mend)


async def restic() -> Finding:
    """Which version restic has and what that brings."""
    done = await checked(["restic", "version"], within=QUICK)
    abilities = parse_version(done.stdout.decode())
    seen = f"{abilities.text}; {'; '.join(abilities.describe())}"
    return Finding(what="restic's abilities", state="ok", seen=seen)


async def libvirt() -> Finding:
    """Whether libvirt answers, asked by its own client, or would when a drill needs it."""
    if daemon.started_by_drills():
        return Finding(
            what="libvirt", state="ok", seen="not running; drills start it, as there is no systemd"
        )
    try:
        done = await checked(["virsh", "-q", "-c", "qemu:///system", "version"], within=QUICK)
    except HostError as error:
        raise HostError(
            str(error), hint=error.hint or (daemon.START if daemon.SYSTEMD.is_dir() else "")
        ) from error
    lines = [line.strip() for line in done.stdout.decode().splitlines() if line.strip()]
    named = [line.partition(": ")[2] for line in lines if "library" in line or "hypervisor" in line]
    seen = "; ".join(dict.fromkeys(named))
    return Finding(what="libvirt", state="ok", seen=f"answers; {seen}")


async def acceleration() -> Finding:
    """KVM or TCG, by booting a sector under each: the file /dev/kvm proves nothing."""
    module = import_module("drverify.adapters.libvirt.acceleration")
    limit = timedelta(seconds=5)
    kvm = await module.attempt("kvm", limit) if Path("/dev/kvm").exists() else None
    tcg = await module.attempt("tcg", limit)
    chosen = module.decide(kvm=kvm, tcg=tcg)

    def said(took: timedelta | None) -> str:
        return f"{took.total_seconds():.2f} s" if took is not None else f"not within {limit.seconds} s"

    there = said(kvm) if Path("/dev/kvm").exists() else "no /dev/kvm"
    seen = f"{chosen} (a boot sector: KVM {there}, TCG {said(tcg)})"
    if chosen == "kvm":
        return Finding(what="acceleration", state="ok", seen=seen)
    mend = "drills work, slowly; for KVM switch on (nested) virtualisation in the firmware or hypervisor"
    return Finding(what="acceleration", state="warn", seen=seen, mend=mend)


def papers(workshop: Workshop) -> Finding:
    """Register and inventory, read as a drill reads them."""
    try:
        obligations = len(workshop.agreed.register(datetime.now(UTC)).obligations)
        seen = f"{obligations} obligations, {len(workshop.workloads)} workloads"
    except DrverifyError as error:
        lines = str(error).splitlines()
        return Finding(what="register, inventory", state="lack", seen=lines[0], mend=error.hint)
    return Finding(what="register, inventory", state="ok", seen=seen)


def signing(workshop: Workshop) -> Finding:
    """The key that signs evidence."""
    try:
        return Finding(what="signing key", state="ok", seen=f"key {workshop.signer().keyid[:16]}")
    except DrverifyError as error:
        return Finding(what="signing key", state="lack", seen=str(error), mend=error.hint)


def evidence_log(workshop: Workshop) -> Finding:
    """The log that drills are written into: a drill begins only when its start can be."""
    what = "evidence log"
    try:
        log = workshop.log()
        size = log.tiles.size if log is not None else 0
    except DrverifyError as error:
        return Finding(what=what, state="lack", seen=str(error).splitlines()[0], mend=error.hint)
    if log is None:
        mend = "add [log] to the settings, see docs/settings.md"
        return Finding(what=what, state="warn", seen="none: a drill that failed can be left out", mend=mend)
    return Finding(what=what, state="ok", seen=f"{log.origin}, {size} entries")


def leftovers(workshop: Workshop) -> Finding:
    """Sandboxes whose drill is dead."""
    dead = [one for one in workshop.ledgers.ids() if workshop.ledgers.state(one) == "ownerless"]
    if not dead:
        return Finding(what="leftovers", state="ok", seen="none")
    names = ", ".join(dead)
    return Finding(
        what="leftovers", state="warn", seen=f"left or kept: {names}", mend="drverify sandbox list, reap"
    )
