"""What everything of a node is called, so that two clusters never meet and leftovers are known as ours."""

import re
from dataclasses import dataclass
from pathlib import Path

RUN = Path("/run/lab-pve")
"""Sockets of guests lie here: their paths must stay below the 108 bytes of sockaddr_un (unix(7))."""
_PLAIN = re.compile(r"[a-z0-9]{1,10}")
_GUEST_TAP = re.compile(r"tap([0-9]+)i([0-9]+)")
_VANTAGE_TAP = re.compile(r"tap([0-9]{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of one node of one cluster; ValueError unless both are short and plain."""

    cluster: str
    node: str

    def __post_init__(self) -> None:
        for part in (self.cluster, self.node):
            if not _PLAIN.fullmatch(part):
                raise ValueError(f"cluster and node are 1 to 10 lower-case letters or digits, not {part!r}")

    @property
    def namespace(self) -> str:
        """The network namespace that is the node."""
        return f"lab-pve-{self.cluster}-{self.node}"

    @property
    def tag(self) -> str:
        """The mark on the namespace, on its interfaces and in the environment of its processes."""
        return self.namespace

    @property
    def run(self) -> Path:
        """Directory of the guests' sockets and pid files; gone after a reboot, as the guests are."""
        return RUN / f"{self.cluster}-{self.node}"

    def process(self, vmid: int) -> str:
        """Name of a guest's process in its environment."""
        return f"guest-{vmid}"


def guest_tap(vmid: int, index: int) -> str:
    """Name of a guest's tap, as on a real node."""
    return f"tap{vmid}i{index}"


def vmid_of(tap: str) -> int | None:
    """Whose tap this is; none when it is no guest's."""
    found = _GUEST_TAP.fullmatch(tap)
    return int(found[1]) if found else None


def unit_of(tap: str) -> int:
    """The number by which SSH names a tap. ValueError when the name is not `tap<N>`."""
    found = _VANTAGE_TAP.fullmatch(tap)
    if found is None:
        raise ValueError(f"a vantage tap is named tap<number>, not {tap!r}")
    return int(found[1])
