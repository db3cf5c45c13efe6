"""Every endpoint that the stand-in has; whatever is not here is 501."""

from lab.pve.api.tables.access import ACCESS
from lab.pve.api.tables.agent import AGENT
from lab.pve.api.tables.cluster import CLUSTER
from lab.pve.api.tables.endpoint import Endpoint
from lab.pve.api.tables.guests import LXC, QEMU
from lab.pve.api.tables.node import NODE_TABLE

ENDPOINTS: tuple[Endpoint, ...] = (*ACCESS, *CLUSTER, *NODE_TABLE, *QEMU, *AGENT, *LXC)
