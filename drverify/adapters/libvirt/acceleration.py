"""KVM or TCG: measured, because a /dev/kvm that opens may be a hundred times slower than no KVM at all.

A boot sector counts down from 2^26 and writes a byte to QEMU's isa-debug-exit port, which ends QEMU
with exit code (byte << 1) | 1. Whoever gets there sooner, within the limit, is used.
"""

import asyncio
import json
import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from drverify.adapters.libvirt.xml import Acceleration
from drverify.adapters.linux import command
from drverify.errors import HostError

EMULATOR = "qemu-system-x86_64"
KVM = Path("/dev/kvm")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KVM_LIMIT = timedelta(seconds=2)
TCG_LIMIT = timedelta(seconds=20)
_VERSION_LIMIT = timedelta(seconds=20)
_BYTE = 0x4B
_PORT = 0xF4
_CODE = bytes.fromhex("fa 66b900000004 6649 75fc b04b baf400 ee f4 ebfd")
"""cli; mov ecx,2^26; l: dec ecx; jnz l; mov al,0x4b; mov dx,0xf4; out dx,al; h: hlt; jmp h"""
SECTOR = _CODE.ljust(510, b"\0") + b"\x55\xaa"


def decide(*, kvm: timedelta | None, tcg: timedelta | None) -> Acceleration:
    """Choose by how long each took; none: it did not get there in time. HostError when neither did."""
    if kvm is not None and (tcg is None or kvm <= tcg):
        return "kvm"
    if tcg is not None:
        return "tcg"
    raise HostError(
        "QEMU runs no guest here: neither KVM nor TCG executed a boot sector",
        hint=f"try `{EMULATOR} -accel tcg -display none` by hand",
    )


async def qemu_version() -> str:
    """Return QEMU's version, as it prints it."""
    done = await command.checked([EMULATOR, "--version"], within=_VERSION_LIMIT)
    return done.stdout.decode("utf-8", "replace").splitlines()[0].removeprefix("QEMU emulator version ")


async def measured(cache: Path, version: str, boot_id: str) -> Acceleration:
    """Return the better acceleration; measured once per QEMU version and boot, kept in `cache`."""
    key = f"{version} {boot_id}"
    with suppress(OSError, ValueError, KeyError, TypeError):
        known = json.loads(cache.read_text())
        if known["key"] == key and known["chosen"] in {"kvm", "tcg"}:
            return "kvm" if known["chosen"] == "kvm" else "tcg"
    kvm = await attempt("kvm", KVM_LIMIT) if os.access(KVM, os.R_OK | os.W_OK) else None
    chosen = decide(kvm=kvm, tcg=await attempt("tcg", TCG_LIMIT))
    cache.parent.mkdir(parents=True, exist_ok=True)
    written = cache.with_name(f"{cache.name}.{os.getpid()}")
    written.write_text(json.dumps({"key": key, "chosen": chosen}))
    written.replace(cache)
    return chosen


async def wants_tcg(state: Path) -> bool:
    """Whether QEMU had better not use KVM on this machine; measured as `measured` does, below `state`."""
    boot_id = BOOT_ID.read_text().strip()
    return await measured(state / "acceleration.json", await qemu_version(), boot_id) == "tcg"


async def attempt(
    acceleration: Acceleration, within: timedelta, clock: Callable[[], float] = time.monotonic
) -> timedelta | None:
    """Run the boot sector; return how long it took, or nothing when it did not get there `within`."""
    with TemporaryDirectory(prefix="drverify-accel-") as folder:
        disk = Path(folder) / "sector"
        await asyncio.to_thread(disk.write_bytes, SECTOR)
        argv = [
            EMULATOR, "-accel", acceleration, "-machine", "pc", "-nodefaults", "-no-user-config",
            "-display", "none", "-m", "16", "-drive", f"file={disk},format=raw,if=ide",
            "-device", f"isa-debug-exit,iobase={_PORT:#x},iosize=1",
        ]  # fmt: skip
        started = clock()
        try:
            done = await command.run(argv, within=within)
        except command.CommandTimeout:
            return None
        took = timedelta(seconds=clock() - started)
    return took if done.exit_code == _BYTE << 1 | 1 else None
