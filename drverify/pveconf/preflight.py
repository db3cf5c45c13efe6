"""What the rules say about one configuration, before anything of it exists on a node."""

from drverify.pveconf.container_rules import FOR_CONTAINERS
from drverify.pveconf.machine_rules import FOR_QEMU
from drverify.pveconf.policy import Policy, Preflight
from drverify.pveconf.rules import FOR_BOTH, Rule
from drverify.pveconf.text import GuestConfig

RULES: tuple[Rule, ...] = (*FOR_QEMU, *FOR_CONTAINERS, *FOR_BOTH)


def preflight(config: GuestConfig, policy: Policy) -> Preflight:
    """Ask every rule of this kind of guest. Never raises: what cannot be read is refused."""
    asked = (rule for rule in RULES if config.kind in rule.kinds)
    return Preflight(findings=tuple(found for rule in asked for found in rule.find(rule, config, policy)))
