"""Whether a node can restore a backup at all, asked before anything is made."""

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.host_settings import HostSettings
from drverify.adapters.proxmox.restoring_plan import Plan
from drverify.errors import HostError


async def require_reach(
    client: ProxmoxClient, settings: HostSettings, node: str, archive: str, *, lies_on: str
) -> None:
    """HostError unless our node sees the storage of the archive; `lies_on` is its one node, if known."""
    storage = archive.partition(":")[0]
    seen = {one.name for one in await client.storages.list(node)}
    if lies_on not in {"", node} or storage not in seen:
        where = f"node {lies_on}" if lies_on else f"storage {storage}, which is not on node {node}"
        raise HostError(
            f"{archive} lies on {where}, and the drill runs on node {node}",
            hint=f"name in `run_on` of [hosts.{settings.name}] nodes that see it, or share it",
        )


async def require_live(client: ProxmoxClient, node: str, archive: str, plan: Plan) -> None:
    """HostError unless this backup can be started while it is restored."""
    name = archive.partition(":")[0]
    storages = {one.name: one.kind for one in await client.storages.list(node)}
    if plan.config.kind == "lxc" or storages.get(name, "pbs") != "pbs":
        raise HostError(
            f"{archive} cannot be started while it is restored: that takes a machine on a backup server",
            hint="leave out --mode instant for this workload",
        )
    if left := [*plan.expected.deletions, *(key for key, _ in plan.expected.settings)]:
        raise HostError(
            f"a live restore starts the copy at once, before {', '.join(left)} could be changed",
            hint="leave out --mode instant for this workload",
        )
