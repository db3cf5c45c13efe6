"""Take back domains that a drill left behind, in a process that may not be the one that made them."""

from collections.abc import Mapping

from drverify.adapters.libvirt import daemon
from drverify.adapters.libvirt.calls import DEFAULT_URI, Calls
from drverify.adapters.libvirt.domain import Domain
from drverify.engine.ports import Reclaimer


class DomainReclaimer:
    """Reclaims kind "domain": destroyed and undefined if its metadata carries the tag."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the domain; as `Reclaimer.reclaim`. libvirtd is started if nobody runs it."""
        await daemon.ensure_running()
        calls = Calls(facts.get("uri", DEFAULT_URI))
        await Domain(calls, name, tag).remove()


RECLAIMERS: Mapping[str, Reclaimer] = {"domain": DomainReclaimer()}
"""Reclaimers of this package by kind of resource."""
