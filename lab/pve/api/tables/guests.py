"""Endpoints of guests: /nodes/{node}/qemu and lxc, agents apart. As the published API 9.x has them."""

from lab.pve.api.parameters import STORAGE, VMID, Parameter, booleans, choice, integer, number, strings
from lab.pve.api.tables.endpoint import Endpoint, either, need
from lab.pve.api.tables.options import LXC_OPTIONS, QEMU_OPTIONS

_QEMU = "/nodes/{node}/qemu"
_VM = f"{_QEMU}/{{vmid}}"
_LXC = "/nodes/{node}/lxc"
_CT = f"{_LXC}/{{vmid}}"
_AUDIT = need("/vms/{vmid}", "VM.Audit")
_POWER = need("/vms/{vmid}", "VM.PowerMgmt")
_CONSOLE = need("/vms/{vmid}", "VM.Console")
_CONFIG = either(
    "/vms/{vmid}",
    *(
        f"VM.Config.{what}"
        for what in ["Disk", "CDROM", "CPU", "Memory", "Network", "HWType", "Options", "Cloudinit"]
    ),
)
_LOG_LEVELS = "emerg alert crit err warning notice info debug nolog"
_POLICIES = "ACCEPT REJECT DROP"
_CHANGE = strings("delete digest revert")
_CT_CONFIG = either(
    "/vms/{vmid}", *(f"VM.Config.{what}" for what in ("Disk", "CPU", "Memory", "Network", "Options"))
)


def firewall_options(guest: str) -> tuple[Endpoint, ...]:
    """The firewall's options of one kind of guest."""
    where = f"{guest}/firewall/options"
    table = (
        *booleans("dhcp enable ipfilter macfilter ndp radv"),
        *strings("delete digest"),
        *(choice(f"log_level_{way}", _LOG_LEVELS) for way in ("in", "out")),
        *(choice(f"policy_{way}", _POLICIES) for way in ("in", "out")),
    )
    change = need("/vms/{vmid}", "VM.Config.Network")
    return (
        Endpoint(method="GET", path=where, need=_AUDIT),
        Endpoint(method="PUT", path=where, need=change, quorum=True, table=table),
    )


QEMU = (
    Endpoint(method="GET", path=_QEMU, table=booleans("full")),
    Endpoint(
        method="POST",
        path=_QEMU,
        quorum=True,
        table=(
            *QEMU_OPTIONS,
            *(VMID.must(), STORAGE, integer("bwlimit", 0)),
            *strings("archive pool import-working-storage"),
            *booleans("live-restore start unique"),
            *booleans("ha-managed", since=9),
        ),
    ),
    Endpoint(
        method="DELETE",
        path=_VM,
        need=need("/vms/{vmid}", "VM.Allocate"),
        quorum=True,
        table=booleans("destroy-unreferenced-disks purge skiplock"),
    ),
    Endpoint(
        method="GET", path=f"{_VM}/config", need=_AUDIT, table=(*booleans("current"), *strings("snapshot"))
    ),
    Endpoint(
        method="PUT",
        path=f"{_VM}/config",
        need=_CONFIG,
        quorum=True,
        table=(*QEMU_OPTIONS, *_CHANGE, *booleans("skiplock")),
    ),
    Endpoint(
        method="POST",
        path=f"{_VM}/config",
        need=_CONFIG,
        quorum=True,
        table=(
            *QEMU_OPTIONS,
            *_CHANGE,
            *booleans("skiplock"),
            *strings("import-working-storage"),
            integer("background_delay", 1, 30),
        ),
    ),
    Endpoint(method="GET", path=f"{_VM}/pending", need=_AUDIT),
    Endpoint(method="GET", path=f"{_VM}/snapshot", need=_AUDIT),
    Endpoint(method="GET", path=f"{_VM}/status/current", need=_AUDIT),
    Endpoint(
        method="POST",
        path=f"{_VM}/status/start",
        need=_POWER,
        table=(
            *booleans("skiplock"),
            *booleans("with-conntrack-state", since=9),
            *strings("force-cpu machine migratedfrom migration_network stateuri targetstorage"),
            *strings("nets-host-mtu", since=9),
            choice("migration_type", "secure insecure"),
            integer("timeout", 0),
        ),
    ),
    Endpoint(
        method="POST",
        path=f"{_VM}/status/stop",
        need=_POWER,
        table=(
            *booleans("keepActive overrule-shutdown skiplock"),
            *strings("migratedfrom"),
            integer("timeout", 0),
        ),
    ),
    Endpoint(
        method="POST",
        path=f"{_VM}/status/shutdown",
        need=_POWER,
        table=(*booleans("forceStop keepActive skiplock"), integer("timeout", 0)),
    ),
    Endpoint(method="POST", path=f"{_VM}/status/reset", need=_POWER, table=booleans("skiplock")),
    Endpoint(
        method="POST",
        path=f"{_VM}/monitor",
        need=either("/vms/{vmid}", "Sys.Audit", "Sys.Modify"),
        before_nine=need("/vms/{vmid}", "VM.Monitor"),
        table=(Parameter(name="command", needed=True),),
    ),
    Endpoint(
        method="POST", path=f"{_VM}/vncproxy", need=_CONSOLE, table=booleans("generate-password websocket")
    ),
    Endpoint(
        method="POST",
        path=f"{_VM}/termproxy",
        need=_CONSOLE,
        table=(choice("serial", "serial0 serial1 serial2 serial3"),),
    ),
    Endpoint(
        method="GET",
        path=f"{_VM}/vncwebsocket",
        need=_CONSOLE,
        table=(integer("port", 5900, 5999).must(), Parameter(name="vncticket", needed=True, longest=512)),
    ),
    *firewall_options(_VM),
)

LXC = (
    Endpoint(method="GET", path=_LXC),
    Endpoint(
        method="POST",
        path=_LXC,
        quorum=True,
        table=(
            *LXC_OPTIONS,
            *(VMID.must(), STORAGE, Parameter(name="ostemplate", needed=True), number("bwlimit", 0)),
            *strings("password pool ssh-public-keys"),
            *booleans("force ignore-unpack-errors restore start unique"),
            *booleans("ha-managed", since=9),
        ),
    ),
    Endpoint(
        method="DELETE",
        path=_CT,
        need=need("/vms/{vmid}", "VM.Allocate"),
        quorum=True,
        table=booleans("destroy-unreferenced-disks force purge"),
    ),
    Endpoint(
        method="GET", path=f"{_CT}/config", need=_AUDIT, table=(*booleans("current"), *strings("snapshot"))
    ),
    Endpoint(method="GET", path=f"{_CT}/pending", need=_AUDIT),
    *firewall_options(_CT),
    Endpoint(
        method="PUT",
        path=f"{_CT}/config",
        need=_CT_CONFIG,
        quorum=True,
        table=(*LXC_OPTIONS, *_CHANGE),
    ),
    Endpoint(
        method="POST",
        path=f"{_CT}/status/shutdown",
        need=_POWER,
        table=(*booleans("forceStop"), integer("timeout", 0)),
    ),
    Endpoint(method="GET", path=f"{_CT}/status/current", need=_AUDIT),
    Endpoint(method="GET", path=f"{_CT}/interfaces", need=_AUDIT),
    Endpoint(method="POST", path=f"{_CT}/status/start", need=_POWER, table=booleans("debug skiplock")),
    Endpoint(
        method="POST", path=f"{_CT}/status/stop", need=_POWER, table=booleans("overrule-shutdown skiplock")
    ),
)
