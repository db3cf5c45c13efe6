"""The two releases of the published API that the stand-in can wear, and how their rights are named."""

from dataclasses import dataclass

_COMMON = [
    "Datastore.Allocate",
    "Datastore.AllocateSpace",
    "Datastore.AllocateTemplate",
    "Datastore.Audit",
    "Group.Allocate",
    "Mapping.Audit",
    "Mapping.Modify",
    "Mapping.Use",
    "Permissions.Modify",
    "Pool.Allocate",
    "Pool.Audit",
    "Realm.Allocate",
    "Realm.AllocateUser",
    "SDN.Allocate",
    "SDN.Audit",
    "SDN.Use",
    "Sys.AccessNetwork",
    "Sys.Audit",
    "Sys.Console",
    "Sys.Incoming",
    "Sys.Modify",
    "Sys.PowerMgmt",
    "Sys.Syslog",
    "User.Modify",
    "VM.Allocate",
    "VM.Audit",
    "VM.Backup",
    "VM.Clone",
    "VM.Config.CDROM",
    "VM.Config.CPU",
    "VM.Config.Cloudinit",
    "VM.Config.Disk",
    "VM.Config.HWType",
    "VM.Config.Memory",
    "VM.Config.Network",
    "VM.Config.Options",
    "VM.Console",
    "VM.Migrate",
    "VM.PowerMgmt",
    "VM.Snapshot",
    "VM.Snapshot.Rollback",
]
_NINE = [
    "VM.GuestAgent.Audit",
    "VM.GuestAgent.FileRead",
    "VM.GuestAgent.FileSystemMgmt",
    "VM.GuestAgent.FileWrite",
    "VM.GuestAgent.Unrestricted",
    "VM.Replicate",
]
_EIGHT = ["VM.Monitor"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One release: what GET version says, which privileges exist."""

    version: str

    @property
    def major(self) -> int:
        """8 or 9."""
        return int(self.version.split(".", 1)[0])

    @property
    def series(self) -> str:
        """`9.1` of `9.1.4`."""
        return ".".join(self.version.split(".")[:2])

    @property
    def privileges(self) -> frozenset[str]:
        """Every privilege of the release."""
        return frozenset(_COMMON) | frozenset(_NINE if self.major >= 9 else _EIGHT)

    def spelt(self, privilege: str) -> str:
        """Return this release's name of a privilege that the tables name as 9.x does."""
        return "VM.Monitor" if self.major < 9 and privilege.startswith("VM.GuestAgent.") else privilege

    def roles(self) -> dict[str, frozenset[str]]:
        """Return the built-in roles."""
        everything = self.privileges
        admins = {"Permissions.Modify", "Sys.PowerMgmt", "Sys.Modify", "Realm.Allocate", "Sys.AccessNetwork"}
        machine = {name for name in everything if name.startswith("VM.")}
        user = {
            "VM.Audit",
            "VM.Backup",
            "VM.Config.CDROM",
            "VM.Config.Cloudinit",
            "VM.Console",
            "VM.PowerMgmt",
        }
        user |= {name for name in everything if name.startswith("VM.GuestAgent.")}
        user |= {"VM.Monitor"} & everything
        return {
            "Administrator": everything,
            "NoAccess": frozenset(),
            "PVEAdmin": everything - admins,
            "PVEAuditor": frozenset(name for name in everything if name.endswith(".Audit")),
            "PVEDatastoreAdmin": frozenset(name for name in everything if name.startswith("Datastore.")),
            "PVEDatastoreUser": frozenset({"Datastore.AllocateSpace", "Datastore.Audit"}),
            "PVEPoolUser": frozenset({"Pool.Audit"}),
            "PVESDNUser": frozenset({"SDN.Audit", "SDN.Use"}),
            "PVEVMAdmin": frozenset(machine),
            "PVEVMUser": frozenset(user),
        }


NINE = Release(version="9.1.4")
EIGHT = Release(version="8.4.14")
