"""What is looked at before a copy of a container is restored: a container shares the node's kernel."""

from collections.abc import Iterator

from drverify.errors import HostError
from drverify.pveconf import lxc
from drverify.pveconf.policy import Finding, Policy
from drverify.pveconf.rules import Rule, matching, refused
from drverify.pveconf.text import GuestConfig, Kind
from drverify.pveconf.values import is_on

LXC: frozenset[Kind] = frozenset({"lxc"})


def _cards(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in {one.key: one for one in matching(config, "net#")}.values():
        try:
            card = lxc.container_nic(entry)
        except HostError as error:
            yield rule.finding(entry, "refuse", why=str(error))
            continue
        if not card.hwaddr:
            yield rule.finding(entry, "refuse", why="it states no hardware address, and a new one is made up")
            continue
        parts = {
            "name": card.name,
            "hwaddr": card.hwaddr,
            "bridge": policy.bridge_of(card.key),
            "firewall": "1",
            "ip": card.ip,
            "gw": card.gw,
            "ip6": card.ip6,
            "gw6": card.gw6,
            "type": card.type,
            "link_down": "1" if card.link_down or policy.links_down else "",
        }
        after = ",".join(f"{key}={value}" for key, value in parts.items() if value)
        yield rule.finding(entry, "override", after=after)


def _raw(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    return (rule.refusal(one, policy) for one in config.entries if one.key.startswith("lxc."))


def _privileged(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    entry = next((one for one in matching(config, "unprivileged") if one.value != "1"), None)
    if entry is None and config.entry("unprivileged"):
        return
    if policy.allow & {rule.id}:
        yield rule.finding(entry or "unprivileged", "allow")
    else:
        advice = f"to have it in drills all the same, name {rule.id!r} under what the host allows"
        yield rule.finding(entry or "unprivileged", "refuse", why=f"{rule.danger}; {advice}")


def _mounts(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in matching(config, "rootfs|mp#"):
        try:
            kind = lxc.mount(entry).kind
        except HostError as error:
            yield rule.finding(entry, "refuse", why=str(error))
            continue
        if kind != "volume":
            yield rule.refusal(entry, policy)


def _left_out(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for entry in matching(config, "mp#"):
        try:
            mount = lxc.mount(entry)
        except HostError:
            continue
        if mount.kind == "volume" and not mount.is_saved:
            yield rule.finding(entry, "note")


def _features(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for entry in matching(config, "features"):
        parts = [part.strip().partition("=") for part in entry.value.split(",") if part.strip()]
        beyond = [key for key, _, value in parts if key != "nesting" and is_on(value)]
        if beyond:
            yield rule.finding(entry, "note", why=f"{rule.danger} ({', '.join(beyond)[:80]})")


FOR_CONTAINERS: tuple[Rule, ...] = (
    Rule(id="ct-net", kinds=LXC, looks_at="netN", find=_cards,
         danger="the copy would answer in production, with production's addresses",
         action="overridden: same name, address and addresses, drill bridge, firewall=1; never with unique"),
    Rule(id="ct-raw", kinds=LXC, looks_at="lxc.*", find=_raw,
         danger="the node takes these lines as they are: mounts, hooks, devices, rights",
         action="refused, unless allowed by name"),
    Rule(id="privileged", kinds=LXC, looks_at="unprivileged", find=_privileged,
         danger="root in the container is root on the node; restoring it needs Sys.Modify on /",
         action="refused, unless allowed by name"),
    Rule(id="ct-mount", kinds=LXC, looks_at="rootfs or mpN that is a path of the node", find=_mounts,
         danger="a directory or device of the node, which the copy would share with the original",
         action="refused, unless allowed by name"),
    Rule(id="ct-device", kinds=LXC, looks_at="devN", find=refused("dev#"),
         danger="a device of the node", action="refused, unless allowed by name"),
    Rule(id="ct-left-out", kinds=LXC, looks_at="mpN without backup=1", find=_left_out,
         danger="incomplete by policy: this mount point was left out of the backup and comes back empty",
         action="said"),
    Rule(id="ct-features", kinds=LXC, looks_at="features beyond nesting", find=_features,
         danger="rights on the node's kernel that not every account may give a copy", action="said"),
)  # fmt: skip
