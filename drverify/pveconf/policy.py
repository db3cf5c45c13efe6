"""What a drill wants of a restored copy, and what the rules say about one configuration."""

import re
from dataclasses import dataclass, replace
from typing import Literal

from drverify.errors import InputError
from drverify.pveconf.text import Entry, GuestConfig, Line

Action = Literal["override", "set", "delete", "refuse", "allow", "note"]
"""override: a parameter of the restore call. set, delete: a change between restore and start. refuse: no
drill. allow: would be refused, but the policy names it. note: nothing is done, it is said."""

HARDWARE = frozenset({
    "cpu", "machine", "memory", "balloon", "cores", "sockets", "vcpus", "numa", "affinity", "hugepages",
    "cpulimit", "cpuunits", "swap",
})  # fmt: skip
"""What a policy may change of a machine's hardware; drives, cards and firmware are not among it."""
SECRET = frozenset({"cipassword", "env", "lxc.environment"})
"""Settings whose value never reaches the evidence."""
_HIDDEN = "(not shown)"
_LONGEST = 300
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the host allows and the drill wants. InputError when a name in it is none."""

    bridge: str
    """The drill bridge, or VNet, that every card is put on."""
    cards: tuple[tuple[str, str], ...] = ()
    """Cards that go on another drill bridge: `("net1", "drill1")`."""
    storage: str
    """The only storage that a drive of the copy may lie on."""
    mark: str
    """First line of the copy's description; `drverify:<sandbox id>`."""
    tags: tuple[str, ...] = ("drverify",)
    allow: frozenset[str] = frozenset()
    """What may be in spite of the rules, by the key (`args`, `hostpci0`, `lxc.cap.drop`), or the
    rule's name (`privileged`)."""
    hardware: tuple[tuple[str, str], ...] = ()
    """Settings of `HARDWARE` to override; an empty value takes the setting away after the restore."""
    agent: bool = True
    """Give the guest the agent's channel when it has none."""
    family: str = ""
    """What the copy's hardware shall tell it as its family, unless it has one; empty: nothing."""
    links_down: bool = False
    """Pull every cable: a drill that only boots."""

    def __post_init__(self) -> None:
        for name in (self.bridge, self.storage, *self.tags, *(bridge for _, bridge in self.cards)):
            if not _WORD.fullmatch(name):
                raise InputError(f"{name!r} is no name of a bridge, a storage or a tag")
        if not self.mark or "\n" in self.mark or self.mark != self.mark.strip():
            raise InputError(f"{self.mark!r} cannot mark a guest as ours")
        for key, _ in self.hardware:
            if key not in HARDWARE:
                raise InputError(
                    f"{key!r} is no setting of the hardware that a drill may change",
                    hint=f"it may change {', '.join(sorted(HARDWARE))}",
                )

    @property
    def bridges(self) -> frozenset[str]:
        """Every bridge that a card of the copy may be on."""
        return frozenset({self.bridge, *(bridge for _, bridge in self.cards)})

    def bridge_of(self, card: str) -> str:
        """Say which drill bridge a card goes on."""
        return dict(self.cards).get(card, self.bridge)


def shown(key: str, value: str) -> str:
    """Write a value of a stranger's configuration on one line, cut off, without what must stay secret."""
    if not value:
        return "not set"
    if key in SECRET:
        return _HIDDEN
    clean = "".join(one if one.isprintable() else "\ufffd" for one in value[:_LONGEST])
    return clean + ("..." if len(value) > _LONGEST else "")


def redacted(config: GuestConfig) -> GuestConfig:
    """Take out of a configuration what must not be kept in evidence."""

    def clean(line: Line) -> Line:
        return replace(line, value=_HIDDEN) if isinstance(line, Entry) and line.key in SECRET else line

    return replace(
        config,
        lines=tuple(map(clean, config.lines)),
        sections=tuple(replace(one, lines=tuple(map(clean, one.lines))) for one in config.sections),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one rule says about one key: a line of the evidence."""

    rule: str
    key: str
    action: Action
    before: str = ""
    """The value in the backup; empty when the key is not in it."""
    after: str = ""
    why: str
    is_danger: bool = False
    """Whether the configuration, restored as it is, could do harm or would not start."""

    @property
    def change(self) -> str:
        """What happens to the value, in words; on one line and not without end."""
        was, becomes = shown(self.key, self.before), shown(self.key, self.after)
        return {
            "override": f"{was} -> {becomes}",
            "set": f"{was} -> {becomes}",
            "delete": f"{was} -> taken away",
            "refuse": f"{was} is refused",
            "allow": f"{was} stays, the policy allows it",
            "note": was,
        }[self.action]

    def __str__(self) -> str:
        return f"{self.key}: {self.change} ({self.why})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preflight:
    """What is to be done so that a copy of a guest can do no harm; everything follows from the findings.

    `unique` is never sent with these overrides: for a QEMU guest it changes hardware addresses and the
    machine's identity, for a container it throws the cards' overrides away.
    """

    findings: tuple[Finding, ...] = ()

    @property
    def overrides(self) -> tuple[tuple[str, str], ...]:
        """Parameters of the restore call. Never a drive, never `unique`."""
        return self._pairs("override")

    @property
    def settings(self) -> tuple[tuple[str, str], ...]:
        """Settings between restore and start, with the configuration's digest."""
        return self._pairs("set")

    @property
    def deletions(self) -> tuple[str, ...]:
        """Keys to take away between restore and start, with the configuration's digest."""
        return tuple(one.key for one in self.findings if one.action == "delete")

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """Why there must be no drill; empty when there may be one."""
        return tuple(one for one in self.findings if one.action == "refuse")

    @property
    def changes(self) -> tuple[Finding, ...]:
        """How the copy deviates from the backup."""
        return tuple(one for one in self.findings if one.action in {"override", "set", "delete"})

    @property
    def notes(self) -> tuple[Finding, ...]:
        """What is to be known and is not changed."""
        return tuple(one for one in self.findings if one.action in {"note", "allow"})

    @property
    def is_clean(self) -> bool:
        """Whether the configuration could have been restored as it is."""
        return not any(one.is_danger for one in self.findings)

    def _pairs(self, action: Action) -> tuple[tuple[str, str], ...]:
        return tuple((one.key, one.after) for one in self.findings if one.action == action)
