"""Where the lab's stand-in cluster lies, and what drverify's own files say of it.

<root>/cluster/         the cluster's state: storages, guests, tasks, keys of the node's tunnel
<root>/production/      locks, when backups were first owed
<root>/credentials/     signing keys, the API token's secret, the shop's secrets (0600)
<root>/drverify.toml  inventory.yaml  agreement/  state/      as in the other lab
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from drverify.adapters.doors.contract import LOCK
from drverify.model.recovery import PointFilter, WholeMachine, Workload
from lab.estate.layout import Estate, write_text
from lab.estate.life import AGREEMENT
from lab.estate.machine import SHOP
from lab.pve.api.cluster import ADDRESS_FILE
from lab.pve.seam import Bridge
from lab.settings import ROOT, Lab

CLUSTER, NODE = "drlab", "pve1"
SOURCE = HOST = "pve"
VMID = 100
OURS = (9000, 9019)
PRODUCTION = Bridge(name="vmbr0", ports=("eno1",), address=f"{SHOP.network.gateway}/24")
DRILL = Bridge(name="drill0", taps=("tap0",))
PROCESS = "process.json"
TUNNELS = "tunnels.json"
"""How the node's drill bridges are reached by SSH; written by the cluster's process once it is up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PveEstate:
    """The stand-in cluster beside drverify's files."""

    files: Estate
    name: str = CLUSTER
    """No two clusters that run may have the same."""

    @property
    def cluster(self) -> Path:
        """Directory of the cluster's own state."""
        return self.files.root / "cluster"

    @property
    def token(self) -> Path:
        """File with the secret of drverify's API token."""
        return self.files.root / "credentials" / "pve.token"

    @property
    def process(self) -> Path:
        """Which process is the cluster: pid, start time, boot; it writes this itself, first of all."""
        return self.cluster / PROCESS

    @property
    def log(self) -> Path:
        """What the cluster's process says."""
        return self.files.production / "cluster.log"

    @property
    def addresses(self) -> Path:
        """Where the cluster listens; there while it is up."""
        return self.cluster / ADDRESS_FILE

    @property
    def tunnels(self) -> Path:
        """How the drill bridges are reached; there while it is up."""
        return self.cluster / TUNNELS


def estate_of(lab: Lab) -> PveEstate:
    """The estate in its own folder of the lab, under the same agreement."""
    root = lab.root / "pve"
    return PveEstate(
        files=Estate(
            root=root,
            register=root / "agreement" / AGREEMENT.with_suffix(LOCK).name,
            playbooks=ROOT / "playbooks",
        )
    )


def workload(estate: PveEstate, since: datetime) -> Workload:
    """The shop as a machine of the cluster."""
    return Workload(
        name=SHOP.name,
        description="the web shop: a virtual machine on the cluster",
        source=SOURCE,
        host=HOST,
        points=PointFilter(host=str(VMID)),
        payload=WholeMachine(networks=(SHOP.network,)),
        playbook="postgres-web",
        protected_since=since,
        variables=(
            ("address", SHOP.network.address),
            ("server_name", "shop.example"),
            ("credentials", str(estate.files.password.parent / SHOP.name)),
        ),
    )


def write_settings(estate: PveEstate, account: str) -> None:
    """Write `drverify.toml` for the cluster that is up; `account` is the token's name."""
    quoted = json.dumps  # a JSON string of printable text is a TOML basic string
    files = estate.files
    write_text(
        files.config,
        f"""\
# Written by the lab; written anew whenever its cluster comes up.
state_dir = {quoted(str(files.state))}
register = {quoted(str(files.register))}
inventory = {quoted(str(files.inventory))}
playbooks = {quoted(str(files.playbooks))}

[sources.{SOURCE}]
{_way_in(estate, account)}storages = ["backup"]

{host_table(estate, account, f"restores_from = [{quoted(SOURCE)}]")}
[signing]
key = {quoted(f"file:{files.key}")}

[log]
origin = "lab.example/drverify/pve"
key = {quoted(f"file:{files.log_key}")}
""",
    )


def host_table(estate: PveEstate, account: str, *more: str) -> str:
    """The tables of the cluster that is up as a host that drills run on; `more` are lines of its own."""
    quoted = json.dumps
    door = json.loads(estate.addresses.read_text())["nodes"][NODE]
    (tunnel,) = json.loads(estate.tunnels.read_text())
    own = "".join(f"{line}\n" for line in more)
    return f"""\
[hosts.{HOST}]
{_way_in(estate, account)}run_on = [{quoted(NODE)}]
vmids = [{OURS[0]}, {OURS[1]}]
pool = "drverify"
storage = "drill"
bridges = [{{ bridge = {quoted(tunnel["bridge"])}, tap = {tunnel["unit"]} }}]
reserve_mib = 256
margin_mib = 256
{own}
[hosts.{HOST}.ssh.{NODE}]
address = {quoted(door["ssh"][0])}
port = {door["ssh"][1]}
user = {quoted(tunnel["user"])}
key = {quoted(f"file:{tunnel['key']}")}
host_key = {quoted(tunnel["host_key"])}
"""


def _way_in(estate: PveEstate, account: str) -> str:
    quoted = json.dumps
    door = json.loads(estate.addresses.read_text())["nodes"][NODE]
    return f"""\
kind = "proxmox"
address = {quoted(f"{door['host']}:{door['port']}")}
fingerprint = {quoted(door["fingerprint"])}
token = {quoted(account)}
token_secret = {quoted(f"file:{estate.token}")}
"""
