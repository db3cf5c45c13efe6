"""Take back copies that a drill left on a cluster, in a process that may not be the one that made them."""

from collections.abc import Callable, Mapping

from drverify.adapters.proxmox.archived import Archived
from drverify.adapters.proxmox.host import ProxmoxHost
from drverify.adapters.proxmox.images import Image, removed
from drverify.adapters.proxmox.restoring_removal import Owned, Removal
from drverify.engine.ports import SandboxHost
from drverify.errors import InputError, TeardownError


class GuestReclaimer:
    """Reclaims kind "pve-guest": stopped, destroyed and seen to be gone, if it is ours three times over."""

    def __init__(self, host: Callable[[str], SandboxHost]) -> None:
        self._host = host

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the guest if its description carries our mark; as `Reclaimer.reclaim`."""
        owned = Owned.of(name, facts)
        _require_mark(name, owned, tag)
        host = _of(self._host, facts)
        async with host.client() as client:
            await Removal(client, host.settings, owned).run()


class ArchiveReclaimer:
    """Reclaims kind "pve-archive": what vzdump wrote of a copy, or still writes, to bring its disk back."""

    def __init__(self, host: Callable[[str], SandboxHost]) -> None:
        self._host = host

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the archive if its notes, or its task, say that it is ours; as `Reclaimer.reclaim`."""
        archived = Archived.of(name, facts)
        _require_mark(name, archived.owned, tag)
        host = _of(self._host, facts)
        async with host.client() as client:
            await archived.remove(client, host.settings)


class ImageReclaimer:
    """Reclaims kind "pve-image": a disk that was sent to a cluster, or is still being placed there."""

    def __init__(self, host: Callable[[str], SandboxHost]) -> None:
        self._host = host

    async def reclaim(self, name: str, tag: str, facts: Mapping[str, str]) -> None:
        """Remove the image if its name carries our mark; as `Reclaimer.reclaim`."""
        image = Image.of(name, tag, facts)
        host = _of(self._host, facts)
        async with host.client() as client:
            await removed(client, host.settings, image)


def _require_mark(name: str, owned: Owned, tag: str) -> None:
    if not owned.mark.startswith(tag):
        raise TeardownError(f"the ledger's entry {name} has a mark that is not its own: {owned.mark}")


def _of(known: Callable[[str], SandboxHost], facts: Mapping[str, str]) -> ProxmoxHost:
    name = facts.get("host", "")
    try:
        host: object = known(name)
    except InputError as error:
        raise TeardownError(
            f"the settings do not lead to host {name} any more: {error}", hint=error.hint
        ) from error
    if not isinstance(host, ProxmoxHost):
        raise TeardownError(f"host {name} of the settings is no Proxmox cluster any more")
    return host
