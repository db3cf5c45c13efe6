"""The settings that a guest's configuration can hold, by the published API of 8.4, 9.1 and 9.2."""

import re

from drverify.pveconf.text import Kind

NUMBER = "(?:0|[1-9][0-9]{0,2})"
"""The number of an indexed setting, written in its one form."""
_SHARED = (
    "arch", "cores", "cpulimit", "cpuunits", "description", "hookscript", "lock", "memory", "nameserver",
    "onboot", "ostype", "parent", "protection", "searchdomain", "startup", "tags", "template",
)  # fmt: skip
_PLAIN: dict[Kind, tuple[str, ...]] = {
    "qemu": (
        "acpi", "affinity", "agent", "allow-ksm", "amd-sev", "args", "audio0", "autostart", "balloon", "bios",
        "boot", "bootdisk", "cdrom", "cicustom", "cipassword", "citype", "ciupgrade", "ciuser", "cpu",
        "efidisk0", "freeze", "hotplug", "hugepages", "intel-tdx", "ivshmem", "keephugepages", "keyboard",
        "kvm", "localtime", "machine", "meta", "migrate_downtime", "migrate_speed", "name", "numa", "reboot",
        "rng0", "scsihw", "shares", "smbios1", "smp", "sockets", "spice_enhancements", "sshkeys", "startdate",
        "tablet", "tdf", "tpmstate0", "vcpus", "vga", "vmgenid", "vmstate", "vmstatestorage", "watchdog",
    ),
    "lxc": (
        "cmode", "console", "debug", "entrypoint", "env", "features", "hostname", "rootfs", "swap",
        "timezone", "tty", "unprivileged",
    ),
}  # fmt: skip
_NUMBERED: dict[Kind, tuple[str, ...]] = {
    "qemu": (
        "hostpci", "ide", "ipconfig", "net", "numa", "parallel", "sata", "scsi", "serial", "unused", "usb",
        "virtio", "virtiofs",
    ),
    "lxc": ("dev", "mp", "net", "unused"),
}  # fmt: skip


def is_known(key: str, kind: Kind) -> bool:
    """Say whether a published version has this setting, written as it writes it."""
    return bool(_FORMS[kind].fullmatch(key)) or (kind == "lxc" and key.startswith("lxc."))


def resembles_known(key: str, kind: Kind) -> bool:
    """Say whether a key is a known one in other letters or with another number: `NET0`, `net00`."""
    lower = key.lower()
    base = re.sub("[0-9]+$", "", lower)
    return lower in _SHARED + _PLAIN[kind] or base in _NUMBERED[kind] or lower.startswith("lxc.")


def _form(kind: Kind) -> re.Pattern[str]:
    plain = "|".join(map(re.escape, _SHARED + _PLAIN[kind]))
    return re.compile(f"{plain}|(?:{'|'.join(_NUMBERED[kind])}){NUMBER}", re.ASCII)


_FORMS: dict[Kind, re.Pattern[str]] = {"qemu": _form("qemu"), "lxc": _form("lxc")}
