"""Which rights a change of a configuration needs: by option, by bridge, by device, by volume."""

import re
from collections.abc import Iterable, Mapping

from lab.pve.api.merge import DRIVE, bridges
from lab.pve.api.people import Caller
from lab.pve.api.problems import ApiError, failed
from lab.pve.api.rights import Rights
from lab.pve.api.sdn import Fabric
from lab.pve.api.volumes import read_volume

HARDWARE = "VM.Config.HWType"
_BY_RIGHT = {
    "VM.Config.CPU": "affinity cores cpu cpulimit cpuunits numa smp sockets vcpus",
    "VM.Config.Memory": "balloon hugepages keephugepages memory shares allow-ksm",
    HARDWARE: (
        "acpi audio0 arch hotplug ivshmem kvm machine rng0 scsihw smbios1 spice_enhancements tablet vga "
        "vmgenid watchdog amd-sev intel-tdx"
    ),
    "VM.Config.Options": (
        "agent autostart bios description freeze keyboard localtime migrate_downtime migrate_speed name "
        "onboot ostype protection reboot startdate tags tdf template"
    ),
    "VM.Config.Disk": "boot bootdisk vmstatestorage",
    "VM.Config.Cloudinit": "cicustom cipassword citype ciupgrade ciuser nameserver searchdomain sshkeys",
    "VM.Config.CDROM": "cdrom",
}
_RIGHT = {option: right for right, options in _BY_RIGHT.items() for option in options.split()}
_FAMILIES = (
    (re.compile(r"net\d+"), "VM.Config.Network"),
    (re.compile(r"ipconfig\d+"), "VM.Config.Cloudinit"),
    (re.compile(r"numa\d+"), "VM.Config.CPU"),
    (re.compile(r"unused\d+"), "VM.Config.Disk"),
    (re.compile(r"virtiofs\d+"), "VM.Config.Disk"),
)
_DEVICE = re.compile(r"(hostpci|usb|serial|parallel)\d+")


def check_options(
    rights: Rights, caller: Caller, vmid: int, pool: str | None, options: Mapping[str, str]
) -> None:
    """Raise unless a caller may set (or delete) these options of a guest. Values are "" when deleted."""
    if caller.is_root:
        return
    for key, value in options.items():
        if _DEVICE.fullmatch(key):
            check_device(rights, caller, key, value)
            rights.check_guest(caller, vmid, pool, HARDWARE)
        elif DRIVE.fullmatch(key):
            cdrom = "media=cdrom" in value
            rights.check_guest(caller, vmid, pool, "VM.Config.CDROM" if cdrom else "VM.Config.Disk")
        elif key == "startup":
            rights.check(caller, "/", "Sys.Modify")
        else:
            right = _RIGHT.get(key) or next((r for shape, r in _FAMILIES if shape.fullmatch(key)), None)
            if right is None:
                raise failed(f"only root can set '{key}' config")
            rights.check_guest(caller, vmid, pool, right)


_CT_RIGHTS = {
    "VM.Config.CPU": "arch cores cpulimit cpuunits",
    "VM.Config.Memory": "memory swap",
    "VM.Config.Network": "hostname nameserver searchdomain",
    "VM.Config.Options": (
        "cmode console description entrypoint env features onboot ostype protection tags template "
        "timezone tty"
    ),
}
_CT_RIGHT = {option: right for right, options in _CT_RIGHTS.items() for option in options.split()}


def check_container(rights: Rights, caller: Caller, vmid: int, keys: Iterable[str]) -> None:
    """Raise unless a caller may change these options of a container."""
    if caller.is_root:
        return
    for key in keys:
        if re.fullmatch(r"net\d+", key):
            rights.check(caller, f"/vms/{vmid}", "VM.Config.Network")
        elif re.fullmatch(r"(mp|unused)\d+|rootfs", key):
            rights.check(caller, f"/vms/{vmid}", "VM.Config.Disk")
        elif key in _CT_RIGHT:
            rights.check(caller, f"/vms/{vmid}", _CT_RIGHT[key])
        elif key == "startup":
            rights.check(caller, "/", "Sys.Modify")
        else:
            raise failed(f"only root can set '{key}' config")


def check_device(rights: Rights, caller: Caller, key: str, value: str) -> None:
    """Raise unless a caller may give a guest this device of its host."""
    mapping = re.search(r"mapping=([^,]+)", value)
    if mapping is not None:
        rights.check(
            caller, f"/mapping/{'pci' if key.startswith('hostpci') else 'usb'}/{mapping[1]}", "Mapping.Use"
        )
    elif key.startswith("hostpci"):
        raise failed(f"only root can set '{key}' config for non-mapped devices")
    elif not (value in {"socket", ""} or re.fullmatch(r"(host=)?spice(,.*)?", value)):
        raise failed(f"only root can set '{key}' config for real devices")


def check_bridges(rights: Rights, fabric: Fabric, caller: Caller, options: Mapping[str, str]) -> None:
    """Raise 403 unless a caller may use every bridge of these network devices."""
    for bridge, tag in bridges(options):
        path = f"{fabric.path(bridge)}/{tag}" if tag else fabric.path(bridge)
        rights.check(caller, path, "SDN.Use")


def check_restored(rights: Rights, fabric: Fabric, caller: Caller, options: Mapping[str, str]) -> None:
    """Raise unless a caller may have a guest of this whole configuration: bridges, devices of the host."""
    check_bridges(rights, fabric, caller, options)
    if caller.is_root:
        return
    for key, value in sorted(options.items()):
        if key.startswith(("hostpci", "usb")) and _DEVICE.fullmatch(key):
            mapping = re.search(r"mapping=([^,]+)", value)
            if mapping is not None:
                kind = "pci" if key.startswith("hostpci") else "usb"
                rights.check(caller, f"/mapping/{kind}/{mapping[1]}", "Mapping.Use")
            elif not re.fullmatch(r"(host=)?spice(,.*)?", value):
                raise failed(f"only root can set '{key}' config for non-mapped devices")
        elif re.fullmatch(r"virtiofs\d+", key):
            rights.check(caller, f"/mapping/dir/{value.split(',')[0].removeprefix('dirid=')}", "Mapping.Use")


def check_volume(rights: Rights, caller: Caller, vmid: int | None, volid: str, *, content: str = "") -> None:
    """Raise unless a caller may read a volume. `vmid`: the guest that asks for its own."""
    volume = read_volume(volid)
    if content and volume.content != content:
        raise failed(f"unexpected content type '{volume.content}'")
    storage = f"/storage/{volume.storage}"
    if rights.may(caller, storage, "Datastore.Allocate"):
        return
    if volume.content in {"iso", "vztmpl", "snippets", "import"}:
        rights.check(caller, storage, "Datastore.AllocateSpace", "Datastore.Audit", any_of=True)
    elif volume.owner is None:
        raise failed(f"missing privileges to access {volid}")
    elif volume.owner == vmid:
        return
    elif volume.content == "backup":
        rights.check(caller, storage, "Datastore.AllocateSpace")
        rights.check(caller, f"/vms/{volume.owner}", "VM.Backup")
    else:
        rights.check(caller, storage, "Datastore.Audit")
        rights.check(caller, f"/vms/{volume.owner}", "VM.Config.Disk")


def may_read(rights: Rights, caller: Caller, volid: str) -> bool:
    """Whether a listing shows a volume to a caller."""
    try:
        check_volume(rights, caller, None, volid)
    except ApiError:
        return False
    return True


def check_claim(
    rights: Rights, caller: Caller, vmid: int, pool: str | None, privileges: Iterable[str] = ("VM.Allocate",)
) -> bool:
    """Whether a caller may make a guest of this id, by the id or by the pool it shall join."""
    wanted = tuple(privileges)
    return rights.may(caller, f"/vms/{vmid}", *wanted) or (
        pool is not None and rights.may(caller, f"/pool/{pool}", *wanted)
    )


def check_known_pool(rights: Rights, pool: str) -> None:
    """Raise 403 for a pool that there is not."""
    if pool not in rights.pools():
        raise ApiError(403, f"Permission check failed (pool '{pool}' does not exist)")
