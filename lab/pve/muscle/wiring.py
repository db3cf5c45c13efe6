"""What a guest is plugged into, opened: disks, console and taps as descriptors that QEMU inherits."""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from drverify.adapters.libvirt import acceleration
from lab.pve.muscle import guest as guests
from lab.pve.muscle.hardware import Shape, Wiring
from lab.pve.muscle.inside import inside, open_tap
from lab.pve.muscle.names import RUN

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Opened:
    """Descriptors for one start. QEMU has copies of its own; ours are closed when the context ends."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._stack = ExitStack()
        self.sets: dict[int, int] = {}
        """Number of a set of QEMU's -> descriptor."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def lend(self, path: Path, flags: int) -> str:
        """Open a file as root; return the name by which QEMU, which is not root, opens it. OSError."""
        number = len(self.sets) + 1
        self.sets[number] = os.open(path, flags | os.O_CLOEXEC, 0o600)
        self._stack.callback(os.close, self.sets[number])
        return f"/dev/fdset/{number}"

    async def taps(self, namespace: str, names: Mapping[str, str]) -> dict[str, int]:
        """Open the guest's taps; they go with the last descriptor, so with QEMU."""
        found = {}
        for key, name in names.items():
            found[key] = await inside(namespace, lambda name=name: open_tap(name))  # type: ignore[misc]
            self._stack.callback(os.close, found[key])
        return found

    async def wiring(
        self, shape: Shape, volumes: Mapping[str, Path], taps: Mapping[str, int], console: Path, clock: str
    ) -> Wiring:
        """Open all files of a guest. OSError, HostError."""
        drives = {one.key: one for one in shape.guest.drives if not one.is_firmware}
        files = {
            key: self.lend(path, os.O_RDONLY if drives[key].is_cdrom or drives[key].read_only else os.O_RDWR)
            for key, path in volumes.items()
            if key in drives
        }
        firmware = ("", "")
        if shape.guest.bios == "ovmf":
            code, store = guests.firmware(self._run, volumes.get("efidisk0"))
            firmware = (code, self.lend(store, os.O_RDWR))
        return Wiring(
            files=files,
            taps=taps,
            run=self._run,
            console=self.lend(console, os.O_WRONLY | os.O_CREAT | os.O_APPEND),
            acceleration=await acceleration.measured(
                RUN / "acceleration.json", await acceleration.qemu_version(), BOOT_ID.read_text().strip()
            ),
            firmware=firmware,
            clock=clock,
        )
