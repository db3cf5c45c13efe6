"""The guard of production: counts every frame that enters a production bridge, by port and sender.

The kernel's own rules count (nftables, family bridge), so no frame is missed however fast it comes;
a packet socket would lose some under load. Two sets are kept:

- `entered`: frames that came in at a port that we put on a production bridge;
- `crossed`: frames forwarded to such a port from one that we did not put there: whoever moved it.

A production bridge has at least one uplink, to which every broadcast is flooded, so that a port moved by a
foreign hand is seen in `crossed` with its first ARP request.
"""

import json
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.linux import command
from drverify.errors import HostError
from lab.pve.muscle.names import Names, vmid_of

QUICK = timedelta(seconds=20)
_RULES = """\
table bridge sentinel {
  set production { type ifname; }
  set entered { typeof meta iifname . ether saddr . ether type; size 65535; flags dynamic; counter; }
  set crossed { typeof meta iifname . ether saddr . ether type; size 65535; flags dynamic; counter; }
  chain before {
    type filter hook prerouting priority -300; policy accept;
    meta iifname @production update @entered { meta iifname . ether saddr . ether type }
  }
  chain through {
    type filter hook forward priority -300; policy accept;
    meta iifname != @production meta oifname @production update @crossed { meta iifname . ether saddr . ether type }
  }
}
"""  # noqa: E501 - one rule, one line


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Sighting:
    """Frames of one sender at one port of production."""

    port: str
    mac: str
    kind: str
    """EtherType: `arp`, `ip`, `0x86dd`, ..."""
    frames: int
    crossed: bool
    """It came from a port that nobody had put on a production bridge."""

    @property
    def vmid(self) -> int | None:
        """Whose port it is, when it is a guest's."""
        return vmid_of(self.port)


class Sentinel:
    """Lays the rules, is told what belongs to production, and reads what came."""

    def __init__(self, names: Names, record: Path) -> None:
        self._names = names
        self._record = record

    async def lay(self) -> None:
        """Load the rules unless they are there; sightings of an earlier life stay. HostError."""
        if await self._listing() is None:
            await self._nft(_RULES)

    async def watch(self, ports: Iterable[str]) -> None:
        """Count what enters at these ports from now on. Before they are plugged in."""
        await self._change(ports, "add")

    async def leave(self, ports: Iterable[str]) -> None:
        """Count these no longer as production's: a name may have been there in an earlier life."""
        await self._change(ports, "add", "delete")  # to delete what is not there would be an error

    async def _change(self, ports: Iterable[str], *verbs: str) -> None:
        named = ", ".join(f'"{port}"' for port in ports)
        if named:
            script = "".join(f"{verb} element bridge sentinel production {{ {named} }}\n" for verb in verbs)
            await self._nft(script)

    async def sightings(self) -> tuple[Sighting, ...]:
        """Everything seen since the cluster was made, over all lives of the node."""
        listing = await self._listing()
        return merged(self._kept(), () if listing is None else read(listing))

    async def leaks(self, copies: Container[int]) -> tuple[Sighting, ...]:
        """Frames of copies, or from nobody knows where, on production. Nothing: isolation held."""
        return tuple(one for one in await self.sightings() if one.crossed or one.vmid in copies)

    async def close(self) -> None:
        """Write down what was seen, before the namespace goes."""
        seen = await self.sightings()
        rows = [[one.port, one.mac, one.kind, one.frames, one.crossed] for one in seen]
        self._record.write_text(json.dumps(rows))

    def _kept(self) -> tuple[Sighting, ...]:
        if not self._record.exists():
            return ()
        rows = json.loads(self._record.read_text())
        return tuple(
            Sighting(port=port, mac=mac, kind=kind, frames=frames, crossed=crossed)
            for port, mac, kind, frames, crossed in rows
        )

    async def _listing(self) -> bytes | None:
        inside = ["ip", "netns", "exec", self._names.namespace]
        argv = [*inside, "nft", "--json", "list", "table", "bridge", "sentinel"]
        done = await command.run(argv, within=QUICK)
        return done.stdout if done.exit_code == 0 else None

    async def _nft(self, script: str) -> None:
        argv = ["ip", "netns", "exec", self._names.namespace, "nft", "-f", "-"]
        await command.checked(argv, within=QUICK, stdin=script.encode())


def read(listing: bytes) -> tuple[Sighting, ...]:
    """Read `nft --json list table`. HostError when it is not what our own nft prints."""
    try:
        items: list[dict[str, Any]] = json.loads(listing)["nftables"]
        sets = {one["set"]["name"]: one["set"].get("elem", []) for one in items if "set" in one}
        return tuple(
            _sighting(element["elem"], crossed=name == "crossed")
            for name in ("entered", "crossed")
            for element in sets[name]
        )
    except (ValueError, KeyError, TypeError) as error:
        raise HostError(f"nft printed something unexpected: {error!r}") from error


def _sighting(element: dict[str, Any], *, crossed: bool) -> Sighting:
    port, mac, kind = element["val"]["concat"]
    frames = int(element["counter"]["packets"])
    return Sighting(port=str(port), mac=str(mac), kind=str(kind), frames=frames, crossed=crossed)


def merged(*groups: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """Add up the sightings of several lives."""
    total: dict[tuple[str, str, str, bool], int] = {}
    for one in (sighting for group in groups for sighting in group):
        key = (one.port, one.mac, one.kind, one.crossed)
        total[key] = total.get(key, 0) + one.frames
    return tuple(
        Sighting(port=port, mac=mac, kind=kind, frames=frames, crossed=crossed)
        for (port, mac, kind, crossed), frames in sorted(total.items())
    )
