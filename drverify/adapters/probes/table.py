"""Which code asks which kind of probe: literal, and imported only when a playbook uses the kind.

The table is also where probes learn the way into a guest over SSH: adapters do not import each other.
"""

from collections.abc import Mapping
from types import MappingProxyType

PROBES: Mapping[str, str] = MappingProxyType(
    {
        "boot": "drverify.adapters.probes.boot:ask",
        "ping": "drverify.adapters.probes.ping:ask",
        "tcp": "drverify.adapters.probes.tcp:ask",
        "tls": "drverify.adapters.probes.tls:ask",
        "http": "drverify.adapters.probes.http:ask",
        "command": "drverify.adapters.probes.command:ask",
        "unit": "drverify.adapters.probes.unit:ask",
        "postgres": "drverify.adapters.probes.postgres:ask",
        "freshness": "drverify.adapters.probes.freshness:ask",
        "checksum": "drverify.adapters.probes.checksum:ask",
        "dump": "drverify.adapters.probes.dump:ask",
    }
)
SSH = "drverify.adapters.guest.ssh:run"
SHARED_SSH = "drverify.adapters.guest.shared:SharedSsh"
EXTRAS: Mapping[str, str] = MappingProxyType({"asyncssh": "ssh"})
"""Which extra of drverify brings a library; `drill` when it is not listed."""
