"""What the rules say about one configuration, before anything of it exists on a node."""

from collections.abc import Iterator
from itertools import islice

from drverify.pveconf.container_rules import FOR_CONTAINERS
from drverify.pveconf.machine_rules import FOR_QEMU
from drverify.pveconf.policy import Finding, Policy, Preflight
from drverify.pveconf.rules import FOR_BOTH, Rule
from drverify.pveconf.text import GuestConfig

RULES: tuple[Rule, ...] = (*FOR_QEMU, *FOR_CONTAINERS, *FOR_BOTH)
MOST = 100
"""Findings of one rule; a guest has at most 32 cards and 31 disks on a bus, and evidence has to end."""


def preflight(config: GuestConfig, policy: Policy) -> Preflight:
    """Ask every rule of this kind of guest. Never raises: what cannot be read is refused."""
    asked = (rule for rule in RULES if config.kind in rule.kinds)
    return Preflight(findings=tuple(found for rule in asked for found in _asked(rule, config, policy)))


def _asked(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    found = rule.find(rule, config, policy)
    yield from islice(found, MOST)
    if next(found, None) is not None:
        yield rule.finding(rule.id, "refuse", why=f"more than {MOST} of these in one guest")
