"""Which adapter is behind a kind: literal tables, imported on use.

A source's factory takes (name, options, resolve secret), a host's (name, options, state directory,
resolve secret), a store's (name, options, directory, resolve secret), a reclaimer's nothing; one that
needs a host of the settings takes a function from the host's name to the host. Factories raise InputError
for options they do not understand.
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

from drverify.engine.ports import Reclaimer, SandboxHost
from drverify.errors import InputError

SOURCES: Mapping[str, str] = {
    "restic": "drverify.adapters.restic.factory:source",
    "proxmox": "drverify.adapters.proxmox.source_factory:source",
    "vzdump": "drverify.adapters.vzdump.factory:source",
    "images": "drverify.adapters.images.factory:source",
}
STORES: Mapping[str, str] = {
    "restic": "drverify.adapters.restic.factory:store",
    "sftp": "drverify.adapters.remote.sftp:store",
    "s3": "drverify.adapters.remote.s3:store",
}
"""What can lend its files to a source that reads files of a certain form (`adapters.stored`)."""
BREAKERS: Mapping[str, str] = {
    "restic": "drverify.adapters.restic.broken:breaker",
    "vzdump": "drverify.adapters.vzdump.broken:breaker",
}
"""Who makes broken copies of a source's points (`engine.controls.Breaker`); as a source's factory."""
TAMPERERS: Mapping[str, str] = {
    "rest": "drverify.adapters.restic.tamper_rest:tamperer",
    "s3": "drverify.adapters.remote.tamper_s3:tamperer",
    "sftp": "drverify.adapters.remote.tamper_sftp:tamperer",
    "directory": "drverify.adapters.linux.tamper:tamperer",
    "proxmox": "drverify.adapters.proxmox.tamper:tamperer",
}
"""Who tries to delete a canary as the writer of backups does, by the kind of `[sources.NAME.writer]`; takes
(name of the source, the table, resolve secret)."""
HOSTS: Mapping[str, str] = {
    "libvirt": "drverify.adapters.libvirt.factory:host",
    "proxmox": "drverify.adapters.proxmox.host_factory:host",
}
RECLAIMERS: Mapping[str, str] = {
    "directory": "drverify.adapters.storage.rooms:DirectoryReclaimer",
    "process": "drverify.adapters.linux.processes:ProcessReclaimer",
    "mount": "drverify.adapters.linux.mounts:MountReclaimer",
    "netns": "drverify.adapters.linux.reclaim:NamespaceReclaimer",
    "tap": "drverify.adapters.linux.reclaim:TapReclaimer",
    "domain": "drverify.adapters.libvirt.reclaim:DomainReclaimer",
}
RECLAIMERS_ON_HOSTS: Mapping[str, str] = {
    "pve-guest": "drverify.adapters.proxmox.reclaim:GuestReclaimer",
    "pve-archive": "drverify.adapters.proxmox.reclaim:ArchiveReclaimer",
    "pve-image": "drverify.adapters.proxmox.reclaim:ImageReclaimer",
}
"""Reclaimers of what lives on a host that only its settings lead to; the ledger's facts name the host."""
AUTHORITIES: Mapping[str, str] = {"http": "drverify.adapters.stamping.client:HttpAuthorities"}
"""Who can be asked for time stamps."""
WITNESSES: Mapping[str, str] = {"http": "drverify.adapters.witnessing.factory:witnesses"}
"""Who can be asked for cosignatures."""
AGENTS: Mapping[str, str] = {"libvirt": "drverify.adapters.libvirt.production:guest_of"}
"""Whose running guests can be asked by their agent, for who only asks: by the guest's name."""
GUESTS: Mapping[str, str] = {"libvirt": "drverify.adapters.libvirt.production:guests_of"}
"""Who tells which guests a host has: by its connection, their names and whether they run."""
SCREENS: Mapping[str, str] = {"libvirt": "drverify.adapters.libvirt.production:screens_of"}
"""Who shows the screens of sandboxes' guests to who only looks: by their ids."""
WORKBENCHES: Mapping[str, str] = {
    "inspector": "drverify.adapters.workbench.factory:inspector",
    "rebuilder": "drverify.adapters.workbench.factory:rebuilder",
    "workbench": "drverify.adapters.workbench.factory:workbench",
}
"""Who works on restored disks; the factory takes (state directory, whether KVM is of no use, ...)."""
EXTRAS: Mapping[str, str] = {
    "libvirt": "libvirt",
    "asyncssh": "ssh",
    "proxmoxer": "proxmox",
    "obstore": "images",
    "boto3": "immutability",
}


def load(entries: Mapping[str, str], kind: str, what: str) -> Any:
    """Import what stands behind a kind. InputError for an unknown kind or a missing extra."""
    if kind not in entries:
        raise InputError(f"unknown kind of {what}: {kind!r}", hint=f"known are: {', '.join(sorted(entries))}")
    module, _, name = entries[kind].partition(":")
    try:
        return getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        extra = EXTRAS.get(error.name or "", "drill")
        raise InputError(
            f"{what} of kind {kind} needs the Python package {error.name}",
            hint=f"pip install 'drverify[{extra}]'",
        ) from error


def reclaimers(kinds: Iterable[str], host: Callable[[str], SandboxHost]) -> dict[str, Reclaimer]:
    """The reclaimers of these kinds, as far as they are known; only they are imported."""
    found: dict[str, Reclaimer] = {}
    for kind in kinds:
        if kind in RECLAIMERS:
            found[kind] = load(RECLAIMERS, kind, "resource")()
        elif kind in RECLAIMERS_ON_HOSTS:
            found[kind] = load(RECLAIMERS_ON_HOSTS, kind, "resource")(host)
    return found
