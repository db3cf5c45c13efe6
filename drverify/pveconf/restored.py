"""What is asserted once more between restore and start, on what the node now says of the copy."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from drverify.errors import HostError
from drverify.pveconf.lxc import MOUNT_KEY, ContainerNic, container_nic, mount
from drverify.pveconf.policy import HARDWARE, Policy, Preflight, shown
from drverify.pveconf.preflight import preflight
from drverify.pveconf.qemu import DRIVE_KEY, NET_KEY, Nic, drive, nic
from drverify.pveconf.text import Entry, GuestConfig, Kind
from drverify.pveconf.values import is_on


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One reason why the copy must not be started."""

    key: str
    found: str
    why: str
    is_open: bool = False
    """Whether the copy could reach something other than the drill network."""

    def __str__(self) -> str:
        return f"{self.key}: {shown(self.key, self.found)} ({self.why})"


def check_restored(
    config: GuestConfig, policy: Policy, expected: Preflight, *, pending: Collection[str] = ()
) -> tuple[Problem, ...]:
    """Compare the copy with what was planned; empty when it may be started.

    `config` is the node's answer after the restore and after the settings and deletions, `expected` what
    the preflight of the backup's configuration said, `pending` the keys with a pending change.
    """
    return (
        *_cards(config, policy, expected),
        *_volumes(config, policy),
        *_dangers(config, policy),
        *_planned(config, expected),
        *_marks(config, policy, expected),
        *(
            Problem(key=key, found="a pending change", why="it would take effect at the start", is_open=True)
            for key in pending
        ),
    )


def _cards(config: GuestConfig, policy: Policy, expected: Preflight) -> Iterator[Problem]:
    planned = {key: value for key, value in expected.overrides if NET_KEY.fullmatch(key)}
    found = [one for one in config.entries if NET_KEY.fullmatch(one.key)]
    for key in sorted(planned.keys() - {one.key for one in found}):
        yield Problem(key=key, found="", why=f"the plan was {planned[key]}")
    for entry in found:
        try:
            card = _card(entry, config.kind)
            wanted = _card(Entry(key=entry.key, value=planned[entry.key]), config.kind)
        except KeyError:
            yield Problem(key=entry.key, found=entry.value, why="no such card was planned", is_open=True)
            continue
        except HostError as error:
            yield Problem(key=entry.key, found=entry.value, why=str(error), is_open=True)
            continue
        if card.bridge not in policy.bridges:
            yield Problem(
                key=entry.key, found=entry.value, why="its bridge is none of the drill's", is_open=True
            )
        elif card != wanted:
            yield Problem(
                key=entry.key,
                found=entry.value,
                why=f"the plan was {planned[entry.key]}",
                is_open=bool(card.tag or card.trunks or not card.firewall),
            )


def _card(entry: Entry, kind: Kind) -> Nic | ContainerNic:
    """Read a card in a form that can be compared."""
    if kind == "lxc":
        found = container_nic(entry)
        return replace(found, hwaddr=found.hwaddr.upper(), type="")
    card = nic(entry)
    return replace(card, mac=card.mac.upper())


def _volumes(config: GuestConfig, policy: Policy) -> Iterator[Problem]:
    """Every drive, mount point and unused volume lies on the drill storage, or is empty."""
    for entry in config.entries:
        try:
            volume = _volume(entry, config.kind)
        except HostError as error:
            yield Problem(key=entry.key, found=entry.value, why=str(error))
            continue
        if volume is None or volume == "none" or entry.key in policy.allow:
            continue
        if not volume.startswith(f"{policy.storage}:"):
            yield Problem(
                key=entry.key, found=entry.value, why=f"it is not on the drill storage {policy.storage}"
            )


def _volume(entry: Entry, kind: Kind) -> str | None:
    """Name the volume of an entry; None when it is no entry of a volume."""
    if entry.key.startswith("unused"):
        return entry.value
    if kind == "lxc":
        return mount(entry).volume if MOUNT_KEY.fullmatch(entry.key) else None
    return drive(entry).volume if DRIVE_KEY.fullmatch(entry.key) else None


def _dangers(config: GuestConfig, policy: Policy) -> Iterator[Problem]:
    """What the rules would still refuse, override or take away; cards are compared elsewhere."""
    for one in preflight(config, policy).findings:
        if NET_KEY.fullmatch(one.key) or not one.is_danger:
            continue
        if one.action in {"refuse", "override", "set", "delete"}:
            yield Problem(key=one.key, found=one.before, why=one.why)
        elif one.rule == "locked":
            yield Problem(key=one.key, found=one.before, why="someone else is at it, or a task was killed")


def _planned(config: GuestConfig, expected: Preflight) -> Iterator[Problem]:
    for key, value in expected.overrides:
        found = config.value(key)
        if key in HARDWARE | {"agent"} and found != value and (is_on(found) or is_on(value)):
            yield Problem(key=key, found=found, why=f"the plan was {value}")
    for key in expected.deletions:
        if config.entry(key):
            yield Problem(key=key, found=config.value(key), why="the plan was to take it away")


def _marks(config: GuestConfig, policy: Policy, expected: Preflight) -> Iterator[Problem]:
    if policy.mark not in config.description.split("\n"):
        yield Problem(
            key="description", found=config.description[:200], why=f"our mark {policy.mark} is gone"
        )
    tags = set(config.value("tags").replace(",", ";").replace(" ", ";").split(";"))
    if dict(expected.overrides).get("tags") and not tags >= set(policy.tags):
        yield Problem(
            key="tags", found=config.value("tags"), why=f"our tags {';'.join(policy.tags)} are gone"
        )
