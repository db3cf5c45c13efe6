"""What a cluster is furnished with before or while it runs: accounts, storages, guests, backups, jobs."""

import json
import secrets
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab.pve.api.configs import GuestKind, parsed
from lab.pve.api.snapshots import ARCHIVE, FACTS
from lab.pve.api.storages import Storage
from lab.pve.api.world import World
from lab.pve.muscle import snapshots

_ON_POOL = (
    "Pool.Audit VM.Allocate VM.Audit VM.Config.CDROM VM.Config.CPU VM.Config.Disk VM.Config.HWType "
    "VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.PowerMgmt"
)


class Furnishing:
    """Everything that an administrator of a real cluster would have set up. Works on the state at once."""

    world: World

    def add_user(self, user: str, password: str) -> None:
        """Make a user `name@realm`."""
        self.world.people.add_user(user, password)

    def add_token(self, user: str, token: str, *, separated: bool = True, expire: int = 0) -> str:
        """Make a token and return its secret."""
        return self.world.people.add_token(user, token, separated=separated, expire=expire)

    def add_drill_account(
        self,
        user: str,
        token: str,
        *,
        pool: str,
        target: str,
        backups: Iterable[str],
        sources: Iterable[int],
        bridges: Iterable[str],
    ) -> str:
        """Make an account with the least rights that drills need, and its token; return the token's secret.

        `pool` is made; `target` is the storage that copies go to, for drills alone; `backups` are those that
        are read; `sources` the guests whose backups they are; `bridges` those that copies may be on.
        """
        nine = self.world.release.major >= 9
        agent = ["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"] if nine else ["VM.Monitor"]
        self.add_role("DrillGuests", [*_ON_POOL.split(), *agent])
        self.add_role("DrillSource", ["VM.Audit", "VM.Backup"])
        self.add_role("DrillNetwork", ["SDN.Use"])
        self.add_user(user, secrets.token_urlsafe(18))
        secret = self.add_token(user, token)
        both = (user, f"{user}!{token}")
        self.add_pool(pool)
        self.allow(f"/pool/{pool}", both, "DrillGuests")
        self.allow(f"/storage/{target}", both, "PVEDatastoreAdmin")
        for storage in backups:
            self.allow(f"/storage/{storage}", both, "PVEDatastoreUser")
        for vmid in sources:
            self.allow(f"/vms/{vmid}", both, "DrillSource")
        for bridge in bridges:
            self.allow(self.world.fabric.path(bridge), both, "DrillNetwork")
        return secret

    def add_role(self, name: str, privileges: Iterable[str]) -> None:
        """Make a role."""
        self.world.rights.add_role(name, privileges)

    def allow(self, path: str, who: str | Iterable[str], role: str, *, propagate: bool = True) -> None:
        """Give users and tokens a role on a path. A separated token needs its own."""
        for each in [who] if isinstance(who, str) else who:
            self.world.rights.allow(path, each, role, propagate=propagate)

    def add_pool(self, name: str, *, guests: Iterable[int] = (), storages: Iterable[str] = ()) -> None:
        """Make a pool with members."""
        self.world.rights.add_pool(name)
        for guest in guests:
            self.world.rights.join(name, guest=guest)
        for storage in storages:
            self.world.rights.join(name, storage=storage)

    def add_storage(self, storage: Storage) -> None:
        """Make a storage."""
        self.world.storages.add(storage)

    def add_guest(self, node: str, vmid: int, config: str, *, kind: GuestKind = "qemu") -> None:
        """Write a guest's configuration as it is; its volumes are the caller's."""
        self.world.guests.save(node, kind, vmid, parsed(config))

    def volume(self, node: str, volid: str) -> Path:
        """File of a volume, its directory made."""
        path = self.world.storages.path(volid, node)
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def add_archive(
        self,
        node: str,
        storage: str,
        archive: Path,
        *,
        name: str = "",
        notes: str = "",
        protected: bool = False,
    ) -> str:
        """Copy an archive into a storage and return its volume id."""
        volid = f"{storage}:backup/{name or archive.name}"
        path = self.volume(node, volid)
        shutil.copyfile(archive, path)
        if notes:
            path.with_name(f"{path.name}.notes").write_text(notes)
        if protected:
            path.with_name(f"{path.name}.protected").touch()
        return volid

    def add_snapshot(
        self, node: str, storage: str, archive: Path, *, vmid: int, time: str, facts: Mapping[str, Any]
    ) -> str:
        """Put an archive into a `pbs` storage as a snapshot. `time`: `2026-10-19T02:00:00Z`.

        `facts` go into the listing as they are: size, verification, encrypted, protected, notes. The bytes
        are a VMA archive's; a real backup server's are not modelled.
        """
        volid = f"{storage}:backup/vm/{vmid}/{time}"
        place = self.volume(node, volid)
        place.mkdir(parents=True)
        shutil.copyfile(archive, place / ARCHIVE)
        (place / FACTS).write_text(json.dumps(dict(facts)))
        return volid

    def add_chunks(
        self,
        node: str,
        storage: str,
        *,
        vmid: int,
        time: str,
        config: str,
        disks: Mapping[str, Path],
        facts: Mapping[str, Any] | None = None,
    ) -> str:
        """Write raw disks by device name into a `pbs` storage, as a backup server keeps them: in chunks."""
        volid = f"{storage}:backup/vm/{vmid}/{time}"
        place = self.volume(node, volid)
        chunks = self.world.storages.folder(self.world.storages.get(storage, node), node) / ".chunks"
        snapshots.write(place, chunks, config=config, firewall=None, disks=disks)
        if facts:
            (place / FACTS).write_text(json.dumps(dict(facts)))
        return volid

    def add_job(self, name: str, facts: Mapping[str, Any]) -> None:
        """Make a backup job: `all`, `vmid`, `exclude`, `pool`, `storage`, `schedule`, `enabled`."""
        self.world.store.put("job", name, facts)

    def add_replication(self, name: str, facts: Mapping[str, Any]) -> None:
        """Make a replication job: `guest`, `target`, `schedule`, `type`."""
        self.world.store.put("replication", name, facts)
