"""The facts of a migration that went well, to be changed by tests: the shop from virtio to SATA."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from drverify.migrating.deciding import compared
from drverify.migrating.questions import Answer
from drverify.migrating.reading import inventory
from drverify.model.access import Access
from drverify.model.agreement import Sha256
from drverify.model.drill import DrillId, LoggedStart, PhaseName, PhaseRecord, ProbeStatus
from drverify.model.hardware import HardwareProfile
from drverify.model.migration import (
    Asked,
    CutoverGroup,
    Granted,
    MigrationFacts,
    MigrationId,
    MigrationPlan,
    Moved,
    MovedSystem,
    Recovery,
    Rollback,
    RollbackDrill,
    SideBySide,
    Target,
    TargetDrill,
)
from drverify.model.recovery import GuestShape, SecretRef
from drverify.model.system import Inventory, Part, PartReading
from drverify.model.verdict import Outcome
from tests.support import records

MIN, SEC = timedelta(minutes=1), timedelta(seconds=1)
SATA = HardwareProfile(name="sata-pc", disk_bus="sata", nic_model="e1000e", firmware="bios")
_SYSTEM = b"firmware=bios\nsys_vendor=QEMU\nkernel=6.1.0\nmachine=x86_64\nhostname=shop\ncpus=2\n"
_DISKS = """{"blockdevices": [{"name": "%(d)s", "type": "disk", "size": 3221225472, "tran": %(t)s, "model": null,
 "serial": null, "pttype": "dos", "ptuuid": "73686f70", "partuuid": null, "fstype": null, "uuid": null, "label": null,
 "children": [{"name": "%(d)s1", "type": "part", "size": 3220176896, "tran": null, "partuuid": "73686f70-01",
 "fstype": "ext4", "uuid": "73686f70-0001", "label": "shop"}]}]}\n"""
_MOUNTS = """{"filesystems": [{"target": "/", "source": "/dev/%(d)s1", "fstype": "ext4", "uuid": "73686f70-0001",
 "options": "rw,relatime"}]}\n"""
_LINKS = (
    '[{"ifindex": 1, "ifname": "lo", "mtu": 65536, "link_type": "loopback", "address": "00:00:00:00:00:00"},'
    ' {"ifindex": 2, "ifname": "enp1s0", "mtu": 1500, "link_type": "ether", "address": "52:54:00:14:00:0a"}]\n'
    "enp1s0\t%(n)s\n"
)
_ADDRESSES = """[{"ifname": "lo", "addr_info": [{"family": "inet", "local": "127.0.0.1", "prefixlen": 8,
 "scope": "host"}]}, {"ifname": "enp1s0", "addr_info": [{"family": "inet", "local": "10.20.0.10", "prefixlen": 24,
 "scope": "global"}]}]\n"""
_LISTENING = (
    b'tcp   LISTEN 0      511    0.0.0.0:80     0.0.0.0:*    users:(("nginx",pid=9,fd=6),("nginx",pid=8,fd=6))\n'
    b'tcp   LISTEN 0      128    [::]:22        [::]:*       users:(("sshd",pid=7,fd=4))\n'
)
_PACKAGES = b"ii \tnginx\t1.22.1-9\nii \tsystemd\t252.1\nrc \told\t1\n"
_TIMERS = b'[{"next": 1, "left": 2, "last": 0, "passed": 0, "unit": "logrotate.timer", "activates": "logrotate.service"}]\n'
_CRON = b"%s  /etc/crontab\n" % (b"ab" * 32)
_CERTIFICATES = (
    b"file=/etc/nginx/shop.crt\nsubject=CN=shop.example\nissuer=CN=lab\nnotAfter=Nov 22 00:00:00 2031 GMT\n"
    b"sha256 Fingerprint=AA:BB\n"
)


def answers(*, sata: bool) -> dict[str, bytes]:
    """What a shop prints, by tool."""
    names = (
        {"d": "sda", "t": '"sata"', "n": "e1000e"} if sata else {"d": "vda", "t": "null", "n": "virtio_net"}
    )
    return {
        "uname": _SYSTEM,
        "lsblk": (_DISKS % names).encode(),
        "findmnt": (_MOUNTS % names).encode(),
        "ip link": (_LINKS % names).encode(),
        "ip addr": _ADDRESSES.encode(),
        "ss": _LISTENING,
        "dpkg-query": _PACKAGES,
        "systemctl": _TIMERS,
        "cron": _CRON,
        "openssl": _CERTIFICATES,
    }


def read(outputs: dict[str, bytes]) -> Inventory:
    """The inventory of a system that printed this."""
    return inventory({tool: Answer(tool=tool, exit_code=0, output=said) for tool, said in outputs.items()})


def without(seen: Inventory, part: Part) -> Inventory:
    """The same with a part that was not read."""
    blank = PartReading(part=part, not_read="the program is not there")
    return Inventory(parts=tuple(blank if one.part is part else one for one in seen.parts))


def plan(**changes: Any) -> MigrationPlan:
    """The shop alone, within half an hour."""
    made = MigrationPlan(
        name="move",
        target=Target(host="local", hardware="sata-pc"),
        systems=(
            Moved(
                workload="shop",
                source=Asked(
                    access=Access(
                        address="10.20.0.10", key=SecretRef("file:key"), host_key=SecretRef("file:host")
                    )
                ),
            ),
        ),
        groups=(
            CutoverGroup(
                name="one",
                workloads=("shop",),
                window=30 * MIN,
                granted=(Granted(what="last backup", time=5 * MIN, why="seen"),),
            ),
        ),
        rollback=Rollback(host="local", within=30 * MIN),
        stabilisation=timedelta(days=7),
    )
    return replace(made, **changes)


def works(took: timedelta = 60 * SEC) -> Recovery:
    """It came back."""
    return Recovery(outcome=Outcome.MET, reason="all probes passed", took=took)


def drill(number: int, **changes: Any) -> TargetDrill:
    """A drill on the target that took a minute and `number` seconds."""
    made = TargetDrill(
        drill=DrillId(f"20261123T12000{number}Z-0a1b2c"),
        evidence=Sha256(f"{number:064x}"),
        started_at=records.INCIDENT,
        start=LoggedStart(origin="lab", index=number, payload=Sha256("0" * 64)),
        logged=True,
        earlier=False,
        recovery=works((60 + number) * SEC),
        unkept=(),
        phases=(PhaseRecord(name=PhaseName.BOOT, started=SEC, took=(40 + number) * SEC),),
        cleaned_up=True,
    )
    return replace(made, **changes)


def rollback(**changes: Any) -> RollbackDrill:
    """The way back, which went well."""
    made = RollbackDrill(
        converting=8 * SEC, size_bytes=1, plan=records.plan(), record=records.record(), recovery=works()
    )
    return replace(made, **changes)


def system(**changes: Any) -> MovedSystem:
    """Everything about the shop; `differences` are to follow (`facts`)."""
    passed = ProbeStatus.PASSED
    made = MovedSystem(
        workload="shop",
        group="one",
        own=GuestShape(memory_mib=1024, vcpus=2),
        source=read(answers(sata=False)),
        target=read(answers(sata=True)),
        differences=(),
        probes=(
            SideBySide(
                probe="page",
                kind="http",
                required=True,
                source=passed,
                source_said="200",
                target=passed,
                target_said="200",
            ),
        ),
        drills=(drill(1), drill(2)),
        rollback=rollback(),
    )
    return replace(made, **changes)


def facts(of: MigrationPlan | None = None, **changes: Any) -> MigrationFacts:
    """A verification whose system was changed like this, its differences as they follow."""
    made = MigrationFacts(
        id=MigrationId("20261123T120000Z-0a1b2c"),
        plan=of or plan(),
        plan_sha256=Sha256("0" * 64),
        hardware=SATA,
        started_at=records.INCIDENT,
        ended_at=records.INCIDENT,
        systems=(system(**changes),),
    )
    if "differences" in changes:
        return made
    return replace(made, systems=tuple(replace(one, differences=compared(made, one)) for one in made.systems))
