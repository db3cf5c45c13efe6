"""Take back copies that a drill left on a cluster, in a process that may not be the one that made them."""

from collections.abc import Callable, Mapping

from drverify.adapters.proxmox.host import ProxmoxHost
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
        if not owned.mark.startswith(tag):
            raise TeardownError(f"the ledger's entry {name} has a mark that is not its own: {owned.mark}")
        host = self._of(facts.get("host", ""))
        async with host.client() as client:
            await Removal(client, host.settings, owned).run()

    def _of(self, name: str) -> ProxmoxHost:
        try:
            host: object = self._host(name)
        except InputError as error:
            raise TeardownError(
                f"the settings do not lead to host {name} any more: {error}", hint=error.hint
            ) from error
        if not isinstance(host, ProxmoxHost):
            raise TeardownError(f"host {name} of the settings is no Proxmox cluster any more")
        return host
