"""What is looked at before a copy of a guest is restored: what a rule is, and the rows for every guest.

One row for each rule: what it looks at, what would happen otherwise, what is done. The order of the rows
is the order in the evidence. Where a configuration can be read in two ways the more dangerous reading
counts: every occurrence of a key is looked at, a switch that is neither on nor off is on, and a key
that is known but for its letters or its number is refused.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drverify.pveconf.keys import NUMBER, is_known, resembles_known
from drverify.pveconf.policy import Action, Finding, Policy
from drverify.pveconf.text import Entry, GuestConfig, Kind
from drverify.pveconf.values import is_on

Find = Callable[["Rule", GuestConfig, Policy], Iterator[Finding]]
BOTH: frozenset[Kind] = frozenset({"qemu", "lxc"})
_ADVICE = "to have it in drills all the same, name {!r} under what the host allows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row."""

    id: str
    kinds: frozenset[Kind]
    looks_at: str
    danger: str
    """What would happen if the copy were restored as it is; the reason in a finding, if it gives no other."""
    action: str
    """What is done, in words."""
    find: Find

    def finding(
        self, at: Entry | str, action: Action, *, after: str = "", why: str = "", is_danger: bool = True
    ) -> Finding:
        """Make a finding of this rule about an entry, or about a key that the configuration does not have."""
        key, before = (at, "") if isinstance(at, str) else (at.key, at.value)
        return Finding(
            rule=self.id,
            key=key,
            action=action,
            before=before,
            after=after,
            why=why or self.danger,
            is_danger=is_danger,
        )

    def refusal(self, entry: Entry, policy: Policy, why: str = "") -> Finding:
        """Refuse an entry, unless the policy allows its key or this rule by name."""
        if policy.allow & {entry.key, self.id}:
            return self.finding(entry, "allow", why=why)
        return self.finding(entry, "refuse", why=f"{why or self.danger}; {_ADVICE.format(entry.key)}")


def matching(config: GuestConfig, pattern: str) -> Iterator[Entry]:
    """Yield every entry whose key is of a form, each occurrence; a `#` stands for a device's number."""
    form = re.compile(pattern.replace("#", NUMBER), re.ASCII)
    return (one for one in config.entries if form.fullmatch(one.key))


def refused(pattern: str) -> Find:
    """Make the finder of a row that refuses every key of a form."""

    def find(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
        return (rule.refusal(one, policy) for one in matching(config, pattern))

    return find


def noted(pattern: str, *, is_danger: bool = True) -> Find:
    """Make the finder of a row that only says that a key is there."""

    def find(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
        return (rule.finding(one, "note", is_danger=is_danger) for one in matching(config, pattern))

    return find


def _autostart(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for key in ("onboot", "protection", "template"):
        entries = tuple(matching(config, key))
        if any(is_on(one.value) for one in entries):
            yield rule.finding(next(one for one in entries if is_on(one.value)), "override", after="0")
        elif key != "template" or entries:
            yield rule.finding(entries[-1] if entries else key, "override", after="0", is_danger=False)


def _hardware(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for key, value in policy.hardware:
        if not is_known(key, config.kind):
            continue
        entry = config.entry(key)
        why = "the host's settings give copies other hardware"
        if value:
            yield rule.finding(entry or key, "override", after=value, why=why, is_danger=False)
        elif entry:
            yield rule.finding(entry, "delete", why=why, is_danger=False)


def _mark(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    described = Entry(key="description", value="the original's notes" if config.description else "")
    yield rule.finding(described, "override", after=policy.mark, is_danger=False)
    tagged = config.entry("tags") or "tags"
    yield rule.finding(tagged, "override", after=";".join(policy.tags), is_danger=False)


def _sections(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for section in config.sections:
        entry = Entry(key=f"[{section.name}]", value=f"{len(section.lines)} lines")
        if section.name.upper() == "PENDING":
            yield rule.finding(entry, "refuse")
        else:
            yield rule.finding(entry, "note", why="no backup of Proxmox contains such a section")


def _twice(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    seen: set[str] = set()
    for entry in config.entries:
        if entry.key in seen and not entry.key.startswith("lxc."):
            yield rule.finding(entry, "note")
        seen.add(entry.key)


def _unknown(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for entry in config.entries:
        if is_known(entry.key, config.kind):
            continue
        if resembles_known(entry.key, config.kind):
            yield rule.finding(entry, "refuse", why="written as no Proxmox node writes it")
        else:
            yield rule.finding(entry, "note")


FOR_BOTH: tuple[Rule, ...] = (
    Rule(id="hookscript", kinds=BOTH, looks_at="hookscript", find=refused("hookscript"),
         danger="a program of the node runs as root whenever the copy starts or stops",
         action="refused, unless allowed by name"),
    Rule(id="autostart", kinds=BOTH, looks_at="onboot, protection, template", find=_autostart,
         danger="the copy starts with the node, cannot be destroyed, or cannot be started",
         action="overridden: onboot=0, protection=0, template=0"),
    Rule(id="startup", kinds=BOTH, looks_at="startup", find=noted("startup", is_danger=False),
         danger="an order among guests, which means nothing without onboot", action="left; said"),
    Rule(id="locked", kinds=BOTH, looks_at="lock, vmstate, parent", find=noted("lock|vmstate|parent"),
         danger="backups hold no lock, no saved memory and no snapshot: someone wrote it in",
         action="said; looked at again before the start"),
    Rule(id="sections", kinds=BOTH, looks_at="[PENDING], [snapshot]", find=_sections,
         danger="pending changes take effect at the first start, after everything was checked",
         action="[PENDING] is refused, others are said"),
    Rule(id="twice", kinds=BOTH, looks_at="a key that stands twice", find=_twice,
         danger="which of the two counts is the reader's choice", action="said; Proxmox takes the last"),
    Rule(id="unknown", kinds=BOTH, looks_at="keys of no published version", find=_unknown,
         danger="what it does to a node is not known",
         action="said; a known key in other letters or with another number is refused"),
    Rule(id="hardware", kinds=BOTH, looks_at="cpu, machine, memory, cores, ...", find=_hardware,
         danger="the drill host's hardware is not that of production",
         action="overridden or taken away as the host's settings say"),
    Rule(id="mark", kinds=BOTH, looks_at="description, tags", find=_mark,
         danger="a copy without our mark could be taken for the original",
         action="our mark instead; the name stays, since cloud-init makes a new machine of a new name"),
)  # fmt: skip
