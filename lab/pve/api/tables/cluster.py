"""Endpoints of the cluster as a whole: /cluster, /pools. Names and types as in the published API 9.x."""

from lab.pve.api.parameters import VMID, Parameter, booleans, choice, integer, strings
from lab.pve.api.tables.endpoint import Endpoint, need

_AUDIT = need("/", "Sys.Audit")
_ZONE_TYPES = "evpn faucet qinq simple vlan vxlan"
_SDN_ID = r"[a-zA-Z][a-zA-Z0-9]{0,7}"
_TOKEN9 = strings("lock-token", since=9)

_ZONE = (
    Parameter(name="zone", needed=True, pattern=_SDN_ID),
    choice("type", _ZONE_TYPES).must(),
    *booleans(
        "advertise-subnets bridge-disable-mac-learning disable-arp-nd-suppression exitnodes-local-routing"
    ),
    *strings(
        "bridge controller dns dnszone exitnodes exitnodes-primary ipam mac nodes peers reversedns rt-import"
    ),
    *strings("fabric", since=9),
    Parameter(name="secondary-controllers", kind="array", since=9),
    *_TOKEN9,
    choice("dhcp", "dnsmasq"),
    choice("vlan-protocol", "802.1q 802.1ad"),
    integer("dp-id"),
    integer("mtu"),
    integer("tag", 0),
    integer("vrf-vxlan", 1, 16_777_215),
    integer("vxlan-port", 1, 65_536),
)
_VNET = (
    Parameter(name="vnet", needed=True, pattern=_SDN_ID),
    Parameter(name="zone", needed=True),
    Parameter(name="alias", longest=256),
    choice("type", "vnet"),
    *booleans("isolate-ports vlanaware"),
    integer("tag", 1, 16_777_215),
    *_TOKEN9,
)
_SUBNETS = "/cluster/sdn/vnets/{vnet}/subnets"
_SUBNET = (
    Parameter(name="subnet", needed=True),
    choice("type", "subnet").must(),
    Parameter(name="dhcp-range", kind="array"),
    *strings("dhcp-dns-server dnszoneprefix gateway"),
    *booleans("snat"),
    *_TOKEN9,
)

CLUSTER = (
    Endpoint(method="GET", path="/cluster/status", need=_AUDIT),
    Endpoint(method="GET", path="/cluster/resources", table=(choice("type", "vm storage node sdn"),)),
    Endpoint(method="GET", path="/cluster/nextid", table=(VMID,)),
    Endpoint(method="GET", path="/cluster/tasks"),
    Endpoint(method="GET", path="/cluster/backup", need=_AUDIT),
    Endpoint(method="GET", path="/cluster/backup/{id}/included_volumes", need=_AUDIT),
    Endpoint(method="GET", path="/cluster/backup-info/not-backed-up", need=_AUDIT),
    Endpoint(method="GET", path="/cluster/ha/resources", need=_AUDIT, table=(choice("type", "ct vm"),)),
    Endpoint(method="GET", path="/cluster/replication"),
    Endpoint(
        method="GET",
        path="/cluster/sdn/zones",
        table=(*booleans("pending running"), choice("type", _ZONE_TYPES)),
    ),
    Endpoint(
        method="POST",
        path="/cluster/sdn/zones",
        need=need("/sdn/zones", "SDN.Allocate"),
        quorum=True,
        table=_ZONE,
    ),
    Endpoint(method="GET", path="/cluster/sdn/vnets", table=booleans("pending running")),
    Endpoint(method="POST", path="/cluster/sdn/vnets", quorum=True, table=_VNET),
    Endpoint(method="GET", path=_SUBNETS, table=booleans("pending running")),
    Endpoint(method="POST", path=_SUBNETS, quorum=True, table=_SUBNET),
    Endpoint(
        method="PUT",
        path="/cluster/sdn",
        need=need("/sdn", "SDN.Allocate"),
        quorum=True,
        table=(*_TOKEN9, *booleans("release-lock", since=9)),
    ),
    Endpoint(method="GET", path="/pools", table=(*strings("poolid"), choice("type", "qemu lxc storage"))),
    Endpoint(
        method="GET",
        path="/pools/{poolid}",
        need=need("/pool/{poolid}", "Pool.Audit"),
        table=(choice("type", "qemu lxc storage"),),
    ),
)
