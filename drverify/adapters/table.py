"""Which adapter is behind a kind: literal tables, imported on use.

A source's factory takes (name, options, resolve secret), a host's (options, state directory), a
reclaimer's nothing. Factories raise InputError for options they do not understand.
"""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any

from drverify.engine.ports import Reclaimer
from drverify.errors import InputError

SOURCES: Mapping[str, str] = {"restic": "drverify.adapters.restic.factory:source"}
HOSTS: Mapping[str, str] = {"libvirt": "drverify.adapters.libvirt.factory:host"}
RECLAIMERS: Mapping[str, str] = {
    "directory": "drverify.adapters.storage.rooms:DirectoryReclaimer",
    "process": "drverify.adapters.linux.processes:ProcessReclaimer",
    "mount": "drverify.adapters.linux.mounts:MountReclaimer",
    "netns": "drverify.adapters.linux.reclaim:NamespaceReclaimer",
    "tap": "drverify.adapters.linux.reclaim:TapReclaimer",
    "domain": "drverify.adapters.libvirt.reclaim:DomainReclaimer",
}
EXTRAS: Mapping[str, str] = {"libvirt": "libvirt", "asyncssh": "ssh"}


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


def reclaimers(kinds: Iterable[str]) -> dict[str, Reclaimer]:
    """The reclaimers of these kinds, as far as they are known; only they are imported."""
    return {kind: load(RECLAIMERS, kind, "resource")() for kind in kinds if kind in RECLAIMERS}
