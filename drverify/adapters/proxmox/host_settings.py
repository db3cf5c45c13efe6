"""What is said about a Proxmox cluster that drills run on; the keys of `settings` open it.

[hosts.pve]
kind = "proxmox"
address = "pve1.example:8006"
token = "drverify@pve!drill"
token_secret = "file:pve.token"
fingerprint = "AB:CD:..."
run_on = ["pve1"]                    # several: the one with the most free memory
vmids = [9000, 9099]                 # ours alone: anything of ours in it may be destroyed
pool = "drverify"
storage = "drill"                    # where the copies' disks go; for drills alone
restores_from = ["pve"]              # sources whose points this host restores by itself
import_storage = "drill"             # disks that others restored are sent there; content type `import`
bridges = [{ bridge = "drill0", tap = 0 }]
bwlimit_kib = 102400                 # optional; 0: unlimited

[hosts.pve.returns]                  # only for the way back of a migration
storage = "handover"                 # vzdump writes the copy there, and it is removed at once
directory = "/mnt/handover/dump"     # that storage's directory `dump` as it is seen from here
mount = "/mnt/handover"              # optional: nothing is read unless this is mounted

[hosts.pve.ssh.pve1]                 # one table for each node; none needed with vantage = "agent"
address = "10.0.0.1"
key = "file:vantage.key"
host_key = "ssh-ed25519 AAAA..."     # or SHA256:...
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from drverify.adapters.proxmox.settings import Access, AccessOptions
from drverify.model.recovery import SecretRef

LOWEST, HIGHEST = 100, 999_999_999
_WORD = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$", re.ASCII)
_HOST_KEY = re.compile(
    r"SHA256:[A-Za-z0-9+/]{43}=?|(?:\S+ )?(?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+=*( .*)?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillBridge:
    """An isolated bridge for one card of one drill at a time."""

    bridge: str
    tap: int | None = None
    """N of the tap `tapN` on it that our tunnel ends in; None only where there is no tunnel."""
    key: SecretRef | None = None
    """SSH key that is good for this tap alone; None: the node's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SshDoor:
    """How a node is reached by SSH."""

    address: str
    port: int
    user: str
    key: SecretRef
    host_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """Where vzdump writes to so that a disk of a copy comes back to us."""

    storage: str
    directory: Path
    """Where the storage's archives are seen from here."""
    mount: Path | None = None
    """Nothing is read unless this is mounted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSettings:
    """A cluster that drills run on."""

    name: str
    """Name of the host in the settings."""
    access: Access
    run_on: tuple[str, ...]
    first_vmid: int
    last_vmid: int
    pool: str
    storage: str
    bridges: tuple[DrillBridge, ...]
    restores_from: frozenset[str]
    import_storage: str = ""
    """Where disks that were restored elsewhere are sent; empty: this host takes none."""
    vantage: Literal["ssh", "agent"] = "ssh"
    ssh: Mapping[str, SshDoor] = field(default_factory=dict)
    """By node."""
    bwlimit_kib: int | None = None
    """None: the cluster's own limit."""
    reserve_mib: int = 1024
    """Memory of the node that must stay free beside the guest's."""
    margin_mib: int = 2048
    """Space of the storage that must stay free beside the guest's disks."""
    allow: frozenset[str] = frozenset()
    """What may be in a copy's configuration in spite of the rules, by key or by rule."""
    hardware: tuple[tuple[str, str], ...] = ()
    returns: Returns | None = None
    """None: this host gives no disk back."""
    state: Path
    """Directory for locks."""

    @property
    def vmids(self) -> range:
        """The numbers that are ours."""
        return range(self.first_vmid, self.last_vmid + 1)


class _Bridge(BaseModel):
    model_config = ConfigDict(extra="forbid")

    bridge: str = Field(pattern=_WORD.pattern)
    tap: int | None = Field(default=None, ge=0, le=0x7FFFFFFE)
    key: str = ""


class _Ssh(BaseModel):
    model_config = ConfigDict(extra="forbid")

    address: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str = "drverify"
    key: str
    host_key: str

    @field_validator("host_key")
    @classmethod
    def _is_host_key(cls, value: str) -> str:
        if not _HOST_KEY.fullmatch(value.strip()):
            raise ValueError("expected `ssh-ed25519 AAAA...` as ssh-keyscan prints it, or SHA256:...")
        return value.strip()


class _Returns(BaseModel):
    model_config = ConfigDict(extra="forbid")

    storage: str = Field(pattern=_WORD.pattern)
    directory: Path
    mount: Path | None = None

    @field_validator("directory", "mount")
    @classmethod
    def _is_absolute(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_absolute():
            raise ValueError(f"expected a full path, found {str(value)!r}")
        return value


class HostOptions(AccessOptions):
    """The table of a host."""

    run_on: list[str] = Field(min_length=1)
    vmids: tuple[int, int]
    pool: str = Field(pattern=_WORD.pattern)
    storage: str = Field(pattern=_WORD.pattern)
    bridges: list[_Bridge] = Field(min_length=1)
    restores_from: list[str] = Field(default_factory=list)
    import_storage: str = Field(default="", pattern=rf"{_WORD.pattern}|^$")
    vantage: Literal["ssh", "agent"] = "ssh"
    ssh: dict[str, _Ssh] = Field(default_factory=dict)
    bwlimit_kib: int | None = Field(default=None, ge=0)
    reserve_mib: int = Field(default=1024, ge=0)
    margin_mib: int = Field(default=2048, ge=0)
    allow: list[str] = Field(default_factory=list)
    hardware: dict[str, str] = Field(default_factory=dict)
    returns: _Returns | None = None

    @field_validator("run_on")
    @classmethod
    def _are_nodes(cls, value: list[str]) -> list[str]:
        for name in value:
            if not _WORD.fullmatch(name):
                raise ValueError(f"{name!r} is no name of a node")
        return value

    @field_validator("vmids")
    @classmethod
    def _are_vmids(cls, value: tuple[int, int]) -> tuple[int, int]:
        first, last = value
        if not LOWEST <= first <= last <= HIGHEST:
            raise ValueError(f"expected [first, last] within {LOWEST} and {HIGHEST}, for drills alone")
        return value

    @field_validator("bridges")
    @classmethod
    def _are_bridges(cls, value: list[_Bridge]) -> list[_Bridge]:
        names, taps = [one.bridge for one in value], [one.tap for one in value if one.tap is not None]
        if len(set(names)) < len(names) or len(set(taps)) < len(taps):
            raise ValueError("each bridge and each tap may stand there once")
        return value

    def settings(self, name: str, access: Access, state: Path) -> HostSettings:
        """Check what belongs together. ValueError says what does not."""
        if not self.restores_from and not self.import_storage:
            raise ValueError("it needs `restores_from`, `import_storage` or both: else nothing runs on it")
        if self.vantage == "ssh":
            if missing := [node for node in self.run_on if node not in self.ssh]:
                raise ValueError(
                    f"node {missing[0]} has no table [hosts.{name}.ssh.{missing[0]}]: add address, key and "
                    'host_key, or say vantage = "agent" (then nothing can be asked over the network)'
                )
            if untapped := [one.bridge for one in self.bridges if one.tap is None]:
                raise ValueError(f"bridge {untapped[0]} has no `tap`: the number N of tapN on it")
        return HostSettings(
            name=name,
            access=access,
            run_on=tuple(dict.fromkeys(self.run_on)),
            first_vmid=self.vmids[0],
            last_vmid=self.vmids[1],
            pool=self.pool,
            storage=self.storage,
            bridges=tuple(
                DrillBridge(bridge=one.bridge, tap=one.tap, key=SecretRef(one.key) if one.key else None)
                for one in self.bridges
            ),
            restores_from=frozenset(self.restores_from),
            import_storage=self.import_storage,
            vantage=self.vantage,
            ssh={
                node: SshDoor(
                    address=one.address,
                    port=one.port,
                    user=one.user,
                    key=SecretRef(one.key),
                    host_key=one.host_key,
                )
                for node, one in self.ssh.items()
            },
            bwlimit_kib=self.bwlimit_kib,
            reserve_mib=self.reserve_mib,
            margin_mib=self.margin_mib,
            allow=frozenset(self.allow),
            hardware=tuple(self.hardware.items()),
            returns=Returns(**self.returns.model_dump()) if self.returns is not None else None,
            state=state,
        )
