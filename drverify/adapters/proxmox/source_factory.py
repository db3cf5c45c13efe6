"""Makes a Proxmox source out of the settings' table `[sources.NAME]`."""

from collections.abc import Callable, Mapping
from typing import Any

from drverify.adapters.proxmox.points import zone_named
from drverify.adapters.proxmox.settings import SourceOptions, SourceSettings, read_options
from drverify.adapters.proxmox.source import ProxmoxSource
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


def source(name: str, options: Mapping[str, Any], resolve: Callable[[SecretRef], bytes]) -> ProxmoxSource:
    """Make the source called `name`; InputError for options that it does not have. Nothing is asked yet."""
    return ProxmoxSource(settings(name, options), resolve)


def settings(name: str, options: Mapping[str, Any]) -> SourceSettings:
    """Read the table of a source; InputError names every wrong key."""
    read, access = read_options(SourceOptions, options, table=f"sources.{name}")
    if read.timezone and zone_named(read.timezone) is None:
        raise InputError(
            f"sources.{name}.timezone: no time zone {read.timezone!r}", hint="such as Europe/Berlin"
        )
    return SourceSettings(
        name=name,
        access=access,
        node=read.node,
        storages=tuple(read.storages),
        timezone=read.timezone,
    )
