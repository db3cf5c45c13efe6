"""What is looked at before a copy of a QEMU guest is restored."""

from collections.abc import Iterator

from drverify.errors import HostError
from drverify.pveconf import qemu
from drverify.pveconf.policy import Finding, Policy
from drverify.pveconf.rules import Rule, matching, noted, refused
from drverify.pveconf.smbios import with_family
from drverify.pveconf.text import Entry, GuestConfig, Kind
from drverify.pveconf.values import is_on

QEMU: frozenset[Kind] = frozenset({"qemu"})


def _cards(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in {one.key: one for one in matching(config, "net#")}.values():
        try:
            card = qemu.nic(entry)
        except HostError as error:
            yield rule.finding(entry, "refuse", why=str(error))
            continue
        if not card.mac:
            yield rule.finding(
                entry, "refuse", why="it states no hardware address, and a new one makes another machine"
            )
            continue
        is_down = card.link_down or policy.links_down
        parts = (f"{card.model}={card.mac}", f"bridge={policy.bridge_of(card.key)}", "firewall=1")
        more = (f"queues={card.queues}" if card.queues else "", "link_down=1" if is_down else "")
        yield rule.finding(entry, "override", after=",".join(part for part in (*parts, *more) if part))


def _passthrough(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in matching(config, "hostpci#"):
        if not _mapping(entry):
            yield rule.refusal(entry, policy)


def _mapped(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in matching(config, "(?:hostpci|usb|virtiofs)#"):
        if entry.key.startswith("virtiofs") or _mapping(entry):
            if entry.key in policy.allow:
                yield rule.finding(entry, "allow")
            else:
                yield rule.finding(entry, "delete")


def _usb(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in matching(config, "usb#"):
        if _mapping(entry) or _hosts(entry) == {"spice"}:
            continue
        if entry.key in policy.allow:
            yield rule.finding(entry, "allow")
        else:
            yield rule.finding(entry, "override", after="host=spice")


def _serial(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    for entry in matching(config, "serial#"):
        if entry.value == "socket":
            continue
        if entry.key in policy.allow:
            yield rule.finding(entry, "allow")
        else:
            yield rule.finding(entry, "override", after="socket")


def _discs(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for entry in matching(config, "(?:ide|sata|scsi|virtio)#"):
        drive = _drive(entry)
        if drive is None:
            yield rule.finding(entry, "refuse", why="it names no volume")
        elif drive.is_cdrom and drive.volume != "none" and not drive.is_cloudinit:
            yield rule.finding(entry, "set", after="none,media=cdrom")
    for entry in matching(config, "cdrom"):
        if entry.value.partition(",")[0] != "none":
            named = Entry(key="ide2", value=entry.value, line=entry.line)
            yield rule.finding(named, "set", after="none,media=cdrom")


def _bound(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    changed = {key for key, _ in policy.hardware}
    for entry in matching(config, r"hugepages|affinity|numa#|amd-sev|intel-tdx|cpu"):
        is_cpu = entry.key == "cpu"
        if entry.key not in changed and (not is_cpu or entry.value.split(",")[0] in {"host", "cputype=host"}):
            yield rule.finding(entry, "note")


def _agent(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    entry = config.entry("agent")
    if not policy.agent or (entry and is_on(_named(entry, "enabled"))):
        return
    after = "1,type=isa" if entry and "type=isa" in entry.value.split(",") else "1"
    yield rule.finding(entry or "agent", "override", after=after, is_danger=False)


def _identity(rule: Rule, config: GuestConfig, policy: Policy) -> Iterator[Finding]:
    entry = config.entry("smbios1")
    after = with_family(entry, policy.family) if policy.family else None
    if after is not None:
        yield rule.finding(entry or "smbios1", "override", after=after, is_danger=False)


def _left_out(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    saved = {one.drive for one in config.mapped}
    for out in config.left_out:
        yield rule.finding(Entry(key=out.key, value=out.value), "note")
    for entry in matching(config, "(?:ide|sata|scsi|virtio)#"):
        drive = _drive(entry)
        if drive is None or drive.is_cdrom:
            continue
        if not drive.is_saved or (saved and drive.key not in saved):
            yield rule.finding(entry, "note")


def _node_disks(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    for entry in matching(config, "(?:ide|sata|scsi|virtio)#"):
        drive = _drive(entry)
        if drive and drive.is_passed_through and not drive.is_cdrom:
            yield rule.finding(entry, "note")


def _no_efi(rule: Rule, config: GuestConfig, _: Policy) -> Iterator[Finding]:
    bios = config.entry("bios")
    if bios and bios.value == "ovmf" and config.entry("efidisk0") is None:
        yield rule.finding(bios, "note")


def _drive(entry: Entry) -> qemu.Drive | None:
    try:
        return qemu.drive(entry)
    except HostError:
        return None


def _hosts(entry: Entry) -> set[str]:
    """Every device that a USB entry names."""
    parts = (part.strip().partition("=") for part in entry.value.split(","))
    return {
        (value if is_named else name).lower()
        for name, is_named, value in parts
        if name == "host" or not is_named
    }


def _named(entry: Entry, key: str) -> str:
    """Read one part of a property string without minding the rest of it."""
    parts = (part.strip().partition("=") for part in entry.value.split(","))
    found = [value if is_named else name for name, is_named, value in parts if not is_named or name == key]
    return found[-1] if found else ""


def _mapping(entry: Entry) -> bool:
    """Whether a device is named by a mapping of the cluster and by nothing else."""
    names = {part.partition("=")[0].strip() for part in entry.value.split(",")}
    return "mapping" in names and "host" not in names and all("=" in part for part in entry.value.split(","))


FOR_QEMU: tuple[Rule, ...] = (
    Rule(id="net", kinds=QEMU, looks_at="netN", find=_cards,
         danger="the copy would answer in production, with production's addresses",
         action="overridden: same model and address, drill bridge, firewall=1, no tag, trunks or mtu"),
    Rule(id="args", kinds=QEMU, looks_at="args", find=refused("args"),
         danger="anything can be handed to the emulator on the node",
         action="refused, unless allowed by name"),
    Rule(id="hostpci", kinds=QEMU, looks_at="hostpciN with a device", find=_passthrough,
         danger="a device of the node, which only root's own login can restore or take away",
         action="refused, unless allowed by name"),
    Rule(id="mapping", kinds=QEMU, looks_at="hostpciN or usbN with mapping, virtiofsN", find=_mapped,
         danger="a device or directory that the original is using; restoring it needs Mapping.Use",
         action="taken away after the restore"),
    Rule(id="usb", kinds=QEMU, looks_at="usbN with a device", find=_usb,
         danger="a device of the node", action="overridden: host=spice"),
    Rule(id="serial", kinds=QEMU, looks_at="serialN with a device", find=_serial,
         danger="a serial line of the node", action="overridden: socket"),
    Rule(id="parallel", kinds=QEMU, looks_at="parallelN", find=refused("parallel#"),
         danger="a parallel port of the node, which only root's own login can restore",
         action="refused, unless allowed by name"),
    Rule(id="ivshmem", kinds=QEMU, looks_at="ivshmem", find=refused("ivshmem"),
         danger="memory that may be shared with the original", action="refused, unless allowed by name"),
    Rule(id="disc", kinds=QEMU, looks_at="drives with media=cdrom", find=_discs,
         danger="an image that is not there, or the node's own drive, keeps the copy from starting",
         action="emptied after the restore; the drive of cloud-init stays"),
    Rule(id="bound", kinds=QEMU, looks_at="cpu host, hugepages, affinity, numaN, amd-sev, intel-tdx",
         find=_bound,
         danger="bound to the hardware of the node that it ran on; the copy may not start, or run otherwise",
         action="said, unless the host's settings change it"),
    Rule(id="agent", kinds=QEMU, looks_at="agent", find=_agent,
         danger="the guest agent could not be asked", action="overridden: agent=1"),
    Rule(id="smbios1", kinds=QEMU, looks_at="smbios1", find=_identity,
         danger="the copy could not show by which drill it was started",
         action="overridden, with VM.Config.HWType: the drill's challenge as family; all else as it was"),
    Rule(id="left-out", kinds=QEMU, looks_at="drives with backup=0 or without an image in the archive",
         find=_left_out, danger="incomplete by policy: this drive was left out of the backup; a guest that "
         "mounts it may stop in its emergency mode", action="said"),
    Rule(id="node-disk", kinds=QEMU, looks_at="drives that are a path of the node", find=_node_disks,
         danger="a disk of the node; it comes back as a volume of the drill storage", action="said"),
    Rule(id="no-efidisk", kinds=QEMU, looks_at="bios=ovmf without efidisk0", find=_no_efi,
         danger="the firmware's boot entries are not kept; the copy finds its system by itself or not at all",
         action="said"),
    Rule(id="cicustom", kinds=QEMU, looks_at="cicustom", find=noted("cicustom"),
         danger="a file of the node's storage, no part of the backup; without it the copy does not start",
         action="said"),
    Rule(id="freeze", kinds=QEMU, looks_at="freeze", find=noted("freeze"),
         danger="the copy would wait for a person at its first instruction", action="said"),
    Rule(id="vmgenid", kinds=QEMU, looks_at="vmgenid", find=noted("vmgenid", is_danger=False),
         danger="every restore renews it; guests that heed it know that they were restored", action="said"),
)  # fmt: skip
