"""What a copy is to be: its configuration in the backup, and what is changed so that it is harmless."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from drverify.adapters.proxmox.host_settings import DrillBridge, HostSettings
from drverify.errors import HostError
from drverify.model.recovery import Deviation
from drverify.pveconf import text
from drverify.pveconf.policy import Finding, Policy, Preflight
from drverify.pveconf.preflight import preflight
from drverify.pveconf.qemu import MAC, NET_KEY

OFF = "0"
"""What a switch that is not set is, too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How a backup is restored so that the copy can do no harm."""

    config: text.GuestConfig
    """As it stands in the backup."""
    policy: Policy
    expected: Preflight

    @property
    def cards(self) -> tuple[str, ...]:
        """Card addresses that the copy will be given."""
        values = (value for key, value in self.expected.overrides if NET_KEY.fullmatch(key))
        words = (part.partition("=")[2] for value in values for part in value.split(","))
        return tuple(word.lower() for word in words if MAC.fullmatch(word))

    def deviations(self, known: Collection[str] = ()) -> tuple[Deviation, ...]:
        """In what the copy differs from the backup, beside what is `known` by its key."""
        return tuple(
            Deviation(what=one.key, change=f"{one.before or 'not set'} -> {one.after or 'none'}", why=one.why)
            for one in self.expected.changes
            if one.key not in known and one.before != one.after and (one.before or one.after != OFF)
        )


def plan_of(
    statement: bytes,
    settings: HostSettings,
    bridges: Sequence[DrillBridge],
    *,
    plugged: int,
    mark: str,
    family: str = "",
) -> Plan:
    """Decide on a copy. HostError names everything in the configuration that forbids a drill.

    `bridges` (at least one) are those of the first cards; only `plugged` cards get a cable. `family` is
    what its hardware shall tell it, if it states none itself.
    """
    config = text.parse(statement)
    cards = sorted(
        {one.key for one in config.entries if NET_KEY.fullmatch(one.key)}, key=lambda key: int(key[3:])
    )
    policy = Policy(
        bridge=bridges[0].bridge,
        cards=tuple((card, one.bridge) for card, one in zip(cards, bridges, strict=False)),
        storage=settings.storage,
        mark=mark,
        allow=settings.allow,
        hardware=settings.hardware,
        family=family,
    )
    expected = preflight(config, policy)
    if expected.refusals:
        raise HostError(
            "the backed-up guest must not be restored as it is: " + "; ".join(map(str, expected.refusals)),
            hint=f"name under `allow` in [hosts.{settings.name}] what you know to be harmless",
        )
    return Plan(
        config=config,
        policy=policy,
        expected=_without_cables(expected, frozenset(cards[plugged:])),
    )


def _without_cables(expected: Preflight, unplugged: frozenset[str]) -> Preflight:
    """Pull the cables of cards that stand in no network of the workload."""

    def pulled(one: Finding) -> Finding:
        if one.key not in unplugged or one.action != "override" or "link_down=1" in one.after.split(","):
            return one
        return replace(one, after=f"{one.after},link_down=1", why=f"{one.why}; no network is stated for it")

    return Preflight(findings=tuple(map(pulled, expected.findings)))
