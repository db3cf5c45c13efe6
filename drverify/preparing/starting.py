"""What has to be done to a restored Linux so that it starts from disks that were made anew. Pure.

Debian and what descends from it. Everything is done by the restored system's own programs: its
initramfs-tools and its GRUB. What is fit already is left alone.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drverify.errors import DefectError, HostError
from drverify.model.layout import Layout, Rework
from drverify.model.recovery import GuestShape
from drverify.preparing.cards import Plugged, renamed
from drverify.preparing.disks import ESP
from drverify.preparing.drivers import disk_drivers, root_drivers
from drverify.preparing.mounts import Locked, Made, crypttab, fstab

FSTAB, CRYPTTAB, GRUB = "/etc/fstab", "/etc/crypttab", "/etc/default/grub"
MODULES, RESUME = "/etc/initramfs-tools/modules", "/etc/initramfs-tools/conf.d/resume"
MDADM, CRYPT_HOOK = "/etc/mdadm/mdadm.conf", "/etc/cryptsetup-initramfs/conf-hook"
POLICY = "/etc/initramfs-tools/conf.d/zz-drverify"
KEYS = "/etc/drverify"
DEBIAN = frozenset({"debian", "ubuntu"})
PLATFORMS = {"bios": "i386-pc", "uefi": "x86_64-efi"}
OTHER_LOADERS = ("bootctl", "extlinux", "lilo", "zipl")
PROGRAMS = ("update-initramfs", "grub-install", "grub-mkconfig", "mdadm", "lvm", "cryptsetup", *OTHER_LOADERS)
NEEDED = {"proc": 0o555, "sys": 0o555, "dev": 0o755, "run": 0o755, "tmp": 0o1777, "var/tmp": 0o1777}
"""Directories without which nothing starts, and their modes: backups often leave them out."""
TREES = ("etc", "usr")
"""Directories that every system has, however old it is."""
_GONE = re.compile(r"""\s?\b(?:resume|root|cryptdevice)=[^\s"']*""")
_COMMAND_LINE = "GRUB_CMDLINE_LINUX"
NEW = "the disks are new"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundKernel:
    """One kernel among the restored files."""

    version: str
    initramfs: bool
    early: frozenset[str]
    """Drivers that it has before its root file system is there."""
    there: frozenset[str]
    """Drivers that it has at all."""
    read: bool = True
    """Whether its initramfs could be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSystem:
    """What the restored files hold, as far as starting them goes. It is the guest's word."""

    texts: Mapping[str, str]
    """Files of configuration by path; os-release among them."""
    kernels: Sequence[FoundKernel]
    programs: frozenset[str]
    """Of `PROGRAMS`, those that are installed."""
    platforms: frozenset[str]
    """What its GRUB can be installed for."""
    directories: frozenset[str]
    """Of `NEEDED` and `TREES`, those that are there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The disks as they were made; their names are the workbench's."""

    disks: Sequence[str]
    made: Sequence[Made]
    locked: Sequence[Locked] = ()
    arrays: Sequence[str] = ()
    """UUIDs of mirrors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One line of shell for the restored system, and what it changes."""

    line: str
    rework: Rework


@dataclass(slots=True)
class _Draft:
    """What has been decided so far."""

    files: dict[str, str] = field(default_factory=dict)
    reworks: list[Rework] = field(default_factory=list)

    def changed(self, what: str, change: str, why: str) -> None:
        """Note a change."""
        self.reworks.append(Rework(what=what, change=change, why=why))


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Everything that is to be done, in this order."""

    directories: Mapping[str, int]
    files: Mapping[str, str]
    commands: Sequence[Command]
    reworks: Sequence[Rework]
    """Of directories and files; commands bring their own."""


def start(
    found: FoundSystem, shape: GuestShape, layout: Layout, ground: Ground, plugged: Sequence[Plugged]
) -> Start:
    """Decide what is to be done.

    DefectError when the files hold no system that could start from any disk; HostError when it is one that
    cannot be put together here, or has no driver for this hardware.
    """
    known(found)
    kernel = newest(found)
    _equipped(found, layout, kernel, shape)
    platform = _platform(found, shape)
    draft = _Draft()
    missing = {name: mode for name, mode in NEEDED.items() if name not in found.directories}
    if missing:
        made = ", ".join(f"/{name}" for name in missing)
        draft.changed("directories", f"made {made}", "the backup leaves them out")
    mounts = fstab(found.texts.get(FSTAB, ""), ground.made)
    cards = renamed(network_files(found.texts), plugged)
    draft.files |= {FSTAB: mounts.text, **cards.files}
    draft.reworks += [*mounts.reworks, *cards.reworks]
    _volumes(found, ground, draft)
    _kernel_line(found, draft)
    needed = (*disk_drivers(shape), *root_drivers(layout))
    commands = [*_initramfs(found, kernel, needed, draft), *_grub(ground, platform, shape)]
    return Start(directories=missing, files=draft.files, commands=commands, reworks=draft.reworks)


def newest(found: FoundSystem) -> FoundKernel:
    """The kernel that GRUB starts by itself. DefectError when there is none, or it came without modules."""
    if not found.kernels:
        raise DefectError(
            "the restored files hold no kernel: /boot has no vmlinuz, so nothing could be started from them",
            hint="check that the backup takes /boot along, also where it is a file system of its own",
        )
    kernel = max(found.kernels, key=lambda one: _order(one.version))
    if not kernel.there:
        raise DefectError(f"the restored files hold no modules of kernel {kernel.version} in /lib/modules")
    return kernel


def _order(version: str) -> list[tuple[int, str]]:
    """Versions as GRUB orders them: numbers by value."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", version) if part]


def known(found: FoundSystem) -> None:
    """DefectError when the files hold no system, HostError when it is of a kind that is not supported."""
    release = dict(
        line.partition("=")[::2]
        for line in (
            found.texts.get("/etc/os-release") or found.texts.get("/usr/lib/os-release", "")
        ).splitlines()
    )
    names = {release.get("ID", "").strip("\"'"), *release.get("ID_LIKE", "").strip("\"'").split()}
    lacking = [f"/{one}" for one in TREES if one not in found.directories]
    if not release and lacking:
        what = f"there is neither an os-release nor {' nor '.join(lacking)}"
        raise DefectError(f"the restored files hold no operating system: {what}")
    if not names & DEBIAN:
        product = release.get("PRETTY_NAME", release.get("ID", "")).strip("\"'") or "a system without a name"
        raise HostError(
            f"{product} cannot be rebuilt from its files: supported are Debian, Ubuntu and their descendants",
            hint="drill an image of the machine, or its files alone as a workload of kind file-set",
        )


def _equipped(found: FoundSystem, layout: Layout, kernel: FoundKernel, shape: GuestShape) -> None:
    """HostError when the layout or the hardware wants what this system never had."""
    wanted = {"cryptsetup": layout.encrypted, "mdadm": layout.mirrored}
    wanted["lvm"] = any(one.volume for one in layout.file_systems)
    for program in sorted(name for name, is_wanted in wanted.items() if is_wanted):
        if program not in found.programs:
            raise HostError(
                f"the layout needs {program}, and the restored system does not have it installed",
                hint="lay the machine out as it was, in `layout` of the workload",
            )
    lacking = [one for one in disk_drivers(shape) if one not in kernel.early and one not in kernel.there]
    if lacking:
        raise HostError(
            f"kernel {kernel.version} of the restored system has no driver {', '.join(lacking)}"
            " for this machine's disks",
            hint="choose hardware that the system has drivers for",
        )


def _platform(found: FoundSystem, shape: GuestShape) -> str:
    if not {"grub-install", "grub-mkconfig"} <= found.programs or not found.platforms:
        other = next((name for name in OTHER_LOADERS if name in found.programs), "")
        if other:
            raise HostError(f"the restored system starts by {other}: only GRUB can be put back")
        raise DefectError(
            "the restored files hold no boot loader's programs: grub-install is not among them",
            hint="the backup has to take /usr along, with grub2-common and grub-pc-bin or grub-efi-amd64-bin",
        )
    platform = PLATFORMS[shape.firmware]
    if platform not in found.platforms:
        raise HostError(
            f"the restored system has GRUB for {', '.join(sorted(found.platforms))},"
            f" and this machine's firmware needs {platform}",
            hint="rebuild it for the firmware that it had",
        )
    return platform


def network_files(texts: Mapping[str, str]) -> dict[str, str]:
    """Those of the texts that configure network cards, by path."""
    places = ("/etc/network/", "/etc/systemd/network/", "/etc/netplan/", "/etc/NetworkManager/")
    return {path: text for path, text in texts.items() if path.startswith(places)}


def _volumes(found: FoundSystem, ground: Ground, draft: _Draft) -> None:
    """What has to be opened and assembled before the root file system is there."""
    if ground.locked or found.texts.get(CRYPTTAB, "").strip():
        locks = crypttab(found.texts.get(CRYPTTAB, ""), ground.locked)
        draft.files[CRYPTTAB] = locks.text
        draft.reworks += locks.reworks
    if ground.locked:
        hook = found.texts.get(CRYPT_HOOK, "")
        draft.files[CRYPT_HOOK] = f'{hook}\nKEYFILE_PATTERN="{KEYS}/*.key"\nUMASK=0077\n'
        why = "nobody is there to type a passphrase; a machine of your own gets one of its own"
        draft.changed("crypttab", "the key lies in the initramfs", why)
    arrays = found.texts.get(MDADM, "").splitlines()
    kept = [line for line in arrays if not line.startswith("ARRAY")]
    if ground.arrays or kept != arrays:
        draft.files[MDADM] = "\n".join([*kept, *(f"ARRAY UUID={one}" for one in ground.arrays)]) + "\n"
        draft.changed("mdadm", f"{len(ground.arrays)} new arrays instead of the old ones", NEW)


def _kernel_line(found: FoundSystem, draft: _Draft) -> None:
    """Hand to the kernel nothing of disks that are gone."""
    text = found.texts.get(GRUB, "")
    lines = text.splitlines()
    gone = [one.strip() for line in lines if line.startswith(_COMMAND_LINE) for one in _GONE.findall(line)]
    if gone:
        kept = [_GONE.sub("", line) if line.startswith(_COMMAND_LINE) else line for line in lines]
        draft.files[GRUB] = "\n".join(kept) + "\n"
        draft.changed("bootloader", f"the kernel is not told of {', '.join(gone)}", NEW)


def _initramfs(
    found: FoundSystem, kernel: FoundKernel, needed: Sequence[str], draft: _Draft
) -> Iterator[Command]:
    """Make it anew when it lacks something, or holds what is gone."""
    lacking = [one for one in needed if one not in kernel.early]
    why = _unfit(found, kernel, lacking, draft.files)
    if not why:
        return
    if "update-initramfs" not in found.programs:
        raise HostError(
            f"the initramfs of kernel {kernel.version} is not fit for this machine ({why}),"
            " and the restored system has no update-initramfs to make one"
        )
    own = [one for one in lacking if one in kernel.there]
    if own:
        listed = found.texts.get(MODULES, "").rstrip("\n")
        draft.files[MODULES] = listed + "".join(f"\n{one}" for one in own) + "\n"
    if RESUME in found.texts:
        draft.files[RESUME] = "RESUME=none\n"
        draft.changed("initramfs", "it resumes from no swap", NEW)
    policies = [text for path, text in found.texts.items() if path.startswith("/etc/initramfs-tools/")]
    if any(re.search(r"^\s*MODULES=dep", text, re.MULTILINE) for text in policies):
        draft.files[POLICY] = "MODULES=most\n"
        change = "it holds most drivers, not only those of the machine that it is made on"
        draft.changed("initramfs", change, "it is made beside the machine")
    mode = "-u" if kernel.initramfs else "-c"
    change = f"made anew for kernel {kernel.version}" + (f", with {', '.join(own)}" if own else "")
    yield Command(
        line=f"update-initramfs {mode} -k {kernel.version}",
        rework=Rework(what="initramfs", change=change, why=why),
    )


def _unfit(found: FoundSystem, kernel: FoundKernel, lacking: Sequence[str], files: Mapping[str, str]) -> str:
    """Why a kernel's initramfs cannot stay as it is; empty when it can."""
    if not kernel.initramfs:
        return "the backup holds none"
    if not kernel.read:
        return "it cannot be read"
    if lacking:
        return f"it lacks {', '.join(lacking)}"
    if RESUME in found.texts:
        return "it waits for a swap that is gone"
    return "it opens or assembles volumes that are gone" if CRYPTTAB in files or MDADM in files else ""


def _grub(ground: Ground, platform: str, shape: GuestShape) -> Iterator[Command]:
    common = f"grub-install --target={platform} --recheck --no-floppy"
    if shape.firmware == "bios":
        for number, disk in enumerate(ground.disks, 1):
            change = f"GRUB in the boot sector of disk {number}"
            yield Command(
                line=f"{common} {disk}",
                rework=Rework(what="bootloader", change=change, why=NEW),
            )
    else:
        yield Command(
            line=f"{common} --efi-directory={ESP} --no-nvram"
            f" && {common} --efi-directory={ESP} --no-nvram --removable",
            rework=Rework(
                what="bootloader",
                change="GRUB on the EFI system partition, also at the path of removable media",
                why="the partition is new, and this firmware remembers no boot entry",
            ),
        )
    yield Command(
        line="grub-mkconfig -o /boot/grub/grub.cfg",
        rework=Rework(
            what="bootloader", change="GRUB's menu written anew", why="the file systems have new UUIDs"
        ),
    )
