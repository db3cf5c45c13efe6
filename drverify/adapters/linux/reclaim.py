"""Take back namespaces and taps that a drill left behind, by name, mark and ledger entry."""

from collections.abc import Mapping

from drverify.adapters.linux import links, netns
from drverify.engine.ports import Reclaimer


class NamespaceReclaimer:
    """Reclaims kind "netns": the namespace and every interface still in it."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the namespace if its loopback carries `tag`; as `Reclaimer.reclaim`."""
        del facts
        await netns.remove(name, tag)


class TapReclaimer:
    """Reclaims kind "tap": in our own network namespace, or in the one that `facts["netns"]` names."""

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Delete the interface if its alias is `tag`; as `Reclaimer.reclaim`."""
        await links.remove_tap(name, tag, facts.get("netns"))


RECLAIMERS: Mapping[str, Reclaimer] = {"netns": NamespaceReclaimer(), "tap": TapReclaimer()}
"""Reclaimers of this package by kind of resource."""
