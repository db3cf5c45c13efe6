"""What an administrator makes on the cluster once: storages, the production guest, drverify's account.

The account has the rights that `drverify doctor --host` asks for, and no other.
"""

import secrets
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from drverify.pveconf.rights import Drills, Wants, needed
from lab.estate import guests
from lab.estate.layout import write_secret
from lab.estate.machine import SHOP
from lab.images.variant import sparse_copy
from lab.pve.api.cluster import Cluster
from lab.pve.api.still import Still
from lab.pve.api.storages import Storage
from lab.pve.estate.layout import NODE, OURS, VMID, PveEstate
from lab.pve.estate.serving import cluster_of

USER, TOKEN = "drverify@pve", "drill"
ACCOUNT = f"{USER}!{TOKEN}"
GIB = 1 << 30
DISK = f"local:{VMID}/vm-{VMID}-disk-0.raw"
STORAGES = (
    Storage(id="local", content=("images",)),
    Storage(id="backup", content=("backup",)),
    Storage(id="drill", content=("images",), total=16 * GIB),
)
WANTS = Wants(
    release=(9, 1),
    storages=("backup",),
    sources=(f"/vms/{VMID}",),
    nodes=(NODE,),
    coverage=True,
    drills=Drills(
        pool="drverify",
        storage="drill",
        bridges=("localnetwork/drill0",),
        first=OURS[0],
        last=OURS[1],
        console=True,
    ),
)


async def furnish(estate: PveEstate, images: Path, say: Callable[[str], None]) -> None:
    """Make everything that is not there yet. Nothing of it runs."""
    cluster = cluster_of(estate.cluster, Still)
    try:
        if not estate.token.exists():
            secret = furnished(cluster, STORAGES, WANTS)
            write_secret(estate.token, secret.encode() + b"\n")
            say("the cluster has storages, a production guest and an account for drverify")
        await _disk(estate, cluster, images, say)
    finally:
        cluster.world.store.close()


def furnished(cluster: Cluster, storages: Sequence[Storage], wants: Wants) -> str:
    """Make storages, the pool of drills and the account with what it wants; the secret of its token."""
    for storage in storages:
        cluster.add_storage(storage)
    cluster.add_pool("drverify")
    cluster.add_user(USER, secrets.token_urlsafe(18))
    secret = cluster.add_token(USER, TOKEN)
    by_path: dict[str, list[str]] = {}
    for need in needed(wants):
        by_path.setdefault(need.path, []).append(need.privilege)
    for number, (path, privileges) in enumerate(sorted(by_path.items())):
        cluster.add_role(f"Drill{number}", sorted(set(privileges)))
        cluster.allow(path, (USER, ACCOUNT), f"Drill{number}", propagate=path != "/")
    return secret


async def _disk(estate: PveEstate, cluster: Cluster, images: Path, say: Callable[[str], None]) -> None:
    """Give the production guest its disk and its configuration; and drverify the shop's secrets."""
    disk = cluster.volume(NODE, DISK)
    if disk.exists():
        return
    image = await guests.image(SHOP.image, images, say)
    if image.credentials is not None:
        folder = estate.files.password.parent / SHOP.name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(image.credentials, folder)
    draft = disk.with_suffix(".draft")
    with guests.translated():
        await sparse_copy(image.path, draft)
    cluster.add_guest(NODE, VMID, _config(draft.stat().st_size))
    draft.replace(disk)
    say(f"{SHOP.name}: guest {VMID} has its disk, {disk.stat().st_blocks * 512 >> 20} MiB")


def _config(size: int) -> str:
    return f"""\
name: {SHOP.name}
description: the web shop of the lab
ostype: l26
memory: {SHOP.memory_mib}
cores: {SHOP.vcpus}
agent: 1
onboot: 1
scsihw: virtio-scsi-single
boot: order=virtio0
virtio0: {DISK},size={size >> 20}M
net0: virtio={SHOP.network.mac.upper()},bridge=vmbr0,firewall=1
serial0: socket
tags: production
"""
