"""What a restored Linux lacks for hardware that is not its own, and how it gets that. Pure.

Nothing that is there is taken away. It is done by the restored system's own programs, as in a rebuild; what
they cannot do is said, and left to the boot to show.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drverify.errors import DrverifyError
from drverify.model.layout import Rework
from drverify.model.recovery import Deviation, GuestShape
from drverify.preparing.cards import Plugged, renamed
from drverify.preparing.disks import ESP
from drverify.preparing.drivers import disk_drivers
from drverify.preparing.starting import (
    MODULES,
    PLATFORMS,
    POLICY,
    Command,
    FoundKernel,
    FoundSystem,
    known,
    network_files,
    newest,
)

TOUCHES = frozenset(
    {"firmware", "firmware memory", "chipset", "disk controller", "network cards", "card slots"}
)
"""What of a machine, when it differs, a system may have to be made ready for."""
_REMOVABLE = "/efi/boot/bootx64.efi"


@dataclass(frozen=True, slots=True, kw_only=True)
class Adaption:
    """Everything that is to be done: files first, then commands."""

    files: dict[str, str]
    reworks: tuple[Rework, ...]
    """Of the files; commands bring their own."""
    commands: tuple[Command, ...] = ()
    left: tuple[str, ...] = ()
    """What it lacks and cannot be given, a line each."""


def touches(deviations: Sequence[Deviation]) -> bool:
    """Whether anything differs that a system may have to be made ready for."""
    return any(one.what in TOUCHES for one in deviations)


def adaption(
    found: FoundSystem, shape: GuestShape, plugged: Sequence[Plugged], loaders: Sequence[str] = ()
) -> Adaption:
    """Decide what is to be done. `loaders` are the EFI programs on the system's disks."""
    try:
        known(found)
        kernel = newest(found)
    except DrverifyError as error:
        return Adaption(files={}, reworks=(), left=(str(error),))
    cards = renamed(network_files(found.texts), plugged)
    files, reworks = dict(cards.files), [*cards.reworks]
    commands, left = [], []
    lacking = [one for one in disk_drivers(shape) if one not in kernel.early]
    own = [one for one in lacking if one in kernel.there]
    if none := [one for one in lacking if one not in kernel.there]:
        left.append(f"kernel {kernel.version} has no driver {', '.join(none)} for this machine's disks")
    elif lacking and "update-initramfs" not in found.programs:
        left.append(f"its initramfs lacks {', '.join(lacking)}, and there is no update-initramfs to make one")
    elif lacking:
        listed = found.texts.get(MODULES, "").rstrip("\n")
        files[MODULES] = listed + "".join(f"\n{one}" for one in own) + "\n"
        reworks += _most(found, files)
        commands.append(_initramfs(kernel, own))
    commands += _loader(found, shape, loaders, left)
    return Adaption(files=files, reworks=tuple(reworks), commands=tuple(commands), left=tuple(left))


def _most(found: FoundSystem, files: dict[str, str]) -> Iterator[Rework]:
    """Where it holds the drivers of the machine that it is made on alone: that is the workbench now."""
    policies = [text for path, text in found.texts.items() if path.startswith("/etc/initramfs-tools/")]
    if any(re.search(r"^\s*MODULES=dep", text, re.MULTILINE) for text in policies):
        files[POLICY] = "MODULES=most\n"
        yield Rework(
            what="initramfs",
            change="it holds most drivers, not only those of the machine that it is made on",
            why="it is made beside the machine",
        )


def _initramfs(kernel: FoundKernel, own: Sequence[str]) -> Command:
    change = f"made anew for kernel {kernel.version}, with {', '.join(own)}"
    return Command(
        line=f"update-initramfs {'-u' if kernel.initramfs else '-c'} -k {kernel.version}",
        rework=Rework(what="initramfs", change=change, why=f"it lacked {', '.join(own)}"),
    )


def _loader(
    found: FoundSystem, shape: GuestShape, loaders: Sequence[str], left: list[str]
) -> Iterator[Command]:
    """A boot loader at the path that UEFI tries by itself: new firmware remembers no entry."""
    if shape.firmware != "uefi" or any(path.lower().endswith(_REMOVABLE) for path in loaders):
        return
    platform = PLATFORMS["uefi"]
    if not loaders or platform not in found.platforms or "grub-install" not in found.programs:
        left.append("it has no boot loader at the path that UEFI tries by itself, and none can be put there")
        return
    yield Command(
        line=f"grub-install --target={platform} --recheck --no-floppy --efi-directory={ESP}"
        " --no-nvram --removable",
        rework=Rework(
            what="bootloader",
            change="GRUB also at the path of removable media",
            why="this firmware remembers no boot entry",
        ),
    )
