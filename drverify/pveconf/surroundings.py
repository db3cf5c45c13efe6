"""What else in a cluster could start, move, back up or already be the guest of a VMID that a drill wants.

The facts are the caller's; nothing here asks a node. A VMID can be spoken for although no guest has it:
an HA resource or a replication job that outlived its guest takes hold of the next guest of that number.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from drverify.pveconf.policy import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupJob:
    """A backup job of the cluster: which guests it takes."""

    id: str
    is_enabled: bool = True
    takes_all: bool = False
    vmids: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()
    pool: str = ""

    def takes(self, vmid: int, pool: str) -> bool:
        """Say whether it would back up a guest of this number in this pool."""
        if not self.is_enabled:
            return False
        return (
            (self.takes_all and vmid not in self.excluded)
            or vmid in self.vmids
            or bool(pool and pool == self.pool)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the cluster says beside the guest's configuration. None: the account may not see it."""

    guests: frozenset[int]
    """Every VMID in use."""
    ha: frozenset[str] | None = None
    """HA resources, `vm:9100` or `ct:9100`."""
    replicated: frozenset[int] | None = None
    """VMIDs with a replication job."""
    jobs: tuple[BackupJob, ...] | None = None


def around(vmid: int, pool: str, facts: Surroundings) -> tuple[Finding, ...]:
    """Say what stands against a copy under this VMID in this pool, before it is made."""
    return tuple(_findings(vmid, pool, facts))


def _findings(vmid: int, pool: str, facts: Surroundings) -> Iterator[Finding]:
    if vmid in facts.guests:
        yield _refusal("taken", str(vmid), "a guest has this VMID already")
    if facts.ha is None:
        yield _unseen("ha", "an HA resource of this VMID would start the copy (needs Sys.Audit on /)")
    for resource in sorted({f"vm:{vmid}", f"ct:{vmid}"} & (facts.ha or frozenset())):
        yield _refusal("ha", resource, "HA would start the copy by itself, and move it; remove the resource")
    if facts.replicated is None:
        yield _unseen("replication", "a replication job of this VMID would send the copy to other nodes")
    elif vmid in facts.replicated:
        yield _refusal(
            "replication", str(vmid), "a job would send the copy to another node; remove the replication job"
        )
    if facts.jobs is None:
        yield _unseen("backup-job", "a backup job that takes all guests would lock the copy (Sys.Audit on /)")
    for job in facts.jobs or ():
        if job.takes(vmid, pool):
            yield Finding(
                rule="backup-job",
                key=job.id,
                action="note",
                before="all guests" if job.takes_all else f"pool {job.pool}" if job.pool else str(vmid),
                why="this backup job would lock the copy and back it up; exclude the drills' VMIDs from it",
                is_danger=True,
            )


def _refusal(rule: str, key: str, why: str) -> Finding:
    return Finding(rule=rule, key=key, action="refuse", before="present", why=why, is_danger=True)


def _unseen(rule: str, why: str) -> Finding:
    return Finding(rule=rule, key=rule, action="note", before="may not be seen", why=why)
