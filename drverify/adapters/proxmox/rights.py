"""Reads an account's own rights and compares them with what it needs: for `drverify doctor --host NAME`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drverify.adapters.proxmox.client import ProxmoxClient
from drverify.adapters.proxmox.errors import Malformed
from drverify.adapters.proxmox.values import Version
from drverify.pveconf.rights import Comparison, Need, Wants, compare, needed

ALL_RIGHTS = "Administrator"
"""The built-in role that has every privilege of its version."""
REMOVED_IN_9 = "VM.Monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What an account may do, against what it is used for."""

    account: str
    release: tuple[int, int]
    needs: tuple[Need, ...]
    found: Mapping[str, Mapping[str, bool]]
    comparison: Comparison


async def read_rights(
    pve: ProxmoxClient, wants: Callable[[tuple[int, int]], Wants], *, ours: range = range(0)
) -> Rights:
    """Ask for version and rights and compare; `wants` says what for, given the cluster's release.

    `ours` are the VMIDs that drills use. ApiError when the cluster cannot be asked.
    """
    release = await _release(pve)
    needs = needed(wants(release))
    found = dict(await pve.accounts.permissions())
    for path in sorted({need.path for need in needs} - set(found)):  # also what a pool or a parent hands down
        found.update(await pve.accounts.permissions(path))
    return Rights(
        account=pve.access.account,
        release=release,
        needs=needs,
        found=found,
        comparison=compare(needs, found, ours=ours),
    )


async def _release(pve: ProxmoxClient) -> tuple[int, int]:
    """The release, as far as privileges tell it: a privilege that exists counts for more than a number."""
    release = release_of(await pve.cluster.version())
    every = next((role.privileges for role in await pve.accounts.roles() if role.name == ALL_RIGHTS), None)
    if every is not None and REMOVED_IN_9 in every and release >= (9, 0):
        return (8, 4)
    return release


def release_of(version: Version) -> tuple[int, int]:
    """`9.1.4` -> (9, 1); Malformed when it is no version."""
    found = re.match(r"(\d{1,3})\.(\d{1,3})", version.version or version.release)
    if found is None:
        raise Malformed(f"{version.version[:40]!r} is no version of Proxmox VE")
    return int(found[1]), int(found[2])
