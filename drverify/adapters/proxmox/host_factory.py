"""Makes the host from the raw table of the settings file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.host_settings import HostOptions
from drverify.adapters.proxmox.settings import read_options
from drverify.errors import InputError
from drverify.model.recovery import SecretRef


def host(
    name: str, options: Mapping[str, Any], state: Path, resolve: Callable[[SecretRef], bytes]
) -> ProxmoxHost:
    """Make a Proxmox host; InputError names the table and every wrong key. Nothing is asked of it yet."""
    table = f"hosts.{name}"
    read, access = read_options(HostOptions, options, table=table)
    try:
        settings = read.settings(name, access, state)
    except ValueError as error:
        raise InputError(f"{table}: {error}", hint="see docs/proxmox.md") from error
    return ProxmoxHost(settings, resolve)
