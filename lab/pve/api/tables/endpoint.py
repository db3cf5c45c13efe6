"""What one endpoint is: method, path, the rights that the server checks itself, parameters."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lab.pve.api.parameters import Parameter, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Rights on one path, which is a template over the path's names (`/vms/{vmid}`); all of them or any."""

    path: str
    privileges: tuple[str, ...]
    any_of: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One row. `need` None: whoever is known may call, the handler looks closer."""

    method: str
    path: str
    need: Need | None = None
    before_nine: Need | None = None
    """What 8.x needs instead."""
    table: Table = ()
    world: bool = False
    """Nobody has to be known."""
    token: bool = True
    quorum: bool = False
    """Writes the cluster's configuration: 500 without quorum."""
    since: int = 0

    @property
    def key(self) -> str:
        """`GET /nodes/{node}`."""
        return f"{self.method} {self.path}"

    @property
    def names(self) -> tuple[str, ...]:
        """Names in the path."""
        return tuple(re.findall(r"\{(\w+)\}", self.path))

    @property
    def shape(self) -> re.Pattern[str]:
        """The path as a pattern; a volume's name may have slashes."""
        pattern = re.sub(
            r"\{(\w+)\}", lambda m: f"(?P<{m[1]}>{'.+' if m[1] == 'volume' else '[^/]+'})", self.path
        )
        return re.compile(pattern)

    def parameters(self, major: int) -> tuple[Parameter, ...]:
        """Parameters beside those in the path, as a release knows them."""
        return tuple(parameter for parameter in self.table if parameter.since <= major)

    def needed(self, major: int) -> Need | None:
        """The rights that a release wants."""
        return self.before_nine if major < 9 and self.before_nine is not None else self.need


def need(path: str, *privileges: str) -> Need:
    """All of the privileges."""
    return Need(path=path, privileges=privileges)


def either(path: str, *privileges: str) -> Need:
    """One of the privileges."""
    return Need(path=path, privileges=privileges, any_of=True)


def filled(template: str, names: Mapping[str, str]) -> str:
    """Put the path's values into a template."""
    return template.format_map(names)
