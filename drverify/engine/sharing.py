"""The port of hosts on which several guests can stand in one sandbox: what a dependency group needs."""

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from drverify.engine.ports import ResourceScope, SandboxHost, SandboxId
from drverify.model.playbook import DnsAnswer
from drverify.model.recovery import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """One guest of a sandbox that several share."""

    workload: str
    networks: tuple[Network, ...]
    memory_mib: int
    disk_bytes: int = 0
    """Size of its disks together, as far as it is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedSpec:
    """What a sandbox for several guests shall be. Networks of the same name are one."""

    id: SandboxId
    members: tuple[Neighbour, ...]
    dns: tuple[DnsAnswer, ...]
    directory: Path
    """Existing directory of the shared sandbox; each guest has one of its own besides."""


@runtime_checkable
class SharingHost(SandboxHost, Protocol):
    """A host on which several guests can stand in one sandbox."""

    def shared(self, spec: SharedSpec, scope: ResourceScope) -> AbstractAsyncContextManager[SandboxHost]:
        """Make the isolated networks, and take them back when the context ends, however it ends.

        What the context gives makes the sandbox of each member there. Errors as `sandbox`.
        """
