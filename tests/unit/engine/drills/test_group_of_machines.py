"""A group whose members' machines are known only from their backups, on a host that restores them itself."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.storage.rooms import RoomDirectory
from drverify.engine.drills.commons import on, require_apart
from drverify.engine.drills.drill import Order
from drverify.engine.recovering import HostWay, way_of
from drverify.engine.sharing import Neighbour
from drverify.engine.wiring import DrillPorts
from drverify.errors import DefectError, HostError, InputError, SourceError
from drverify.model.group import Member
from drverify.model.recovery import FileSet, Network, PointId, RecoveryPoint, WholeMachine
from drverify.model.verdict import Outcome
from drverify.planning.selection import select
from tests.conformance.host_suite import RecordingScope, spec_of
from tests.support.memory import NOON, MemoryHost, MemorySource, Silent
from tests.support.memory_machines import DescribingMemorySource, RestoringMemoryHost
from tests.unit.engine.drills.test_grouping import GroupStage, by_name, told

TWO = (Member(workload="shop"), Member(workload="app", after=("shop",)))
CARD = Network(name="lan", subnet="10.20.0.0/24", gateway="10.20.0.1", dns="10.20.0.1", address="10.20.0.10")


@dataclass
class MachineStage(GroupStage):
    """Members that a host restores by itself."""

    members: tuple[Member, ...] = TWO
    statements: dict[str, Exception] = field(default_factory=dict)
    """Why a member's backup states no machine."""
    instant: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        self.machines = {one.workload: RestoringMemoryHost() for one in self.members}
        self.hosts.update(self.machines)
        for name, prober in self.probers.items():
            prober.host = self.hosts[name]

    def order(self, name: str) -> Order:
        made = super().order(name)
        payload = WholeMachine(networks=(replace(CARD, address=f"10.20.0.{len(name)}"),))
        workload = replace(made.workload, payload=payload)
        return replace(made, workload=workload, mode="instant" if self.instant else "full")

    def ports(self, order: Order) -> DrillPorts:
        name = order.workload.name
        point = RecoveryPoint(
            id=PointId(f"local:backup/{name}"),
            source="cluster",
            consistent_as_of=NOON - timedelta(minutes=5),
            as_of_origin="tag",
            host=name,
            paths=(),
        )
        source = DescribingMemorySource({point: b"disk"})
        source.statement = self.statements.get(name, source.statement)
        host = self.machines[name]
        return DrillPorts(
            clock=self.clock,
            progress=Silent(),
            source=source,
            host=host,
            way=way_of(order.workload.payload, source, host, name="cluster", mode=order.mode),
            rooms=RoomDirectory(self.root / "sandboxes", self.ledgers),
            store=self.store,
            prober=self.probers[name],
            secret=lambda _: b"",
            select=select,
            own_tools=(),
        )

    def stood(self) -> list[str]:
        """Whom the shared sandbox was made for."""
        return [one.workload for one in self.commons.spec.members] if self.commons.spec else []


@pytest.fixture
def stage(tmp_path: Path) -> MachineStage:
    return MachineStage(tmp_path)


async def test_the_sandbox_is_made_for_what_the_backups_state(stage: MachineStage) -> None:
    found = by_name(await stage.run())
    assert {name: told(one)[0] for name, one in found.items()} == dict.fromkeys(found, Outcome.MET)
    assert stage.stood() == ["shop", "app"]
    assert stage.commons.spec is not None
    assert [one.memory_mib for one in stage.commons.spec.members] == [64, 64]
    assert [len(host.made) for host in stage.machines.values()] == [1, 1]
    assert stage.nothing_left()


async def test_nobody_waits_for_a_machine_that_no_backup_states(stage: MachineStage) -> None:
    stage.statements["shop"] = DefectError("the archive holds no configuration")
    found = by_name(await stage.run())
    assert {name: told(one)[0] for name, one in found.items()} == dict.fromkeys(found, Outcome.MISSED)
    assert stage.stood() == ["app"]
    assert stage.nothing_left()


async def test_what_cannot_be_described_by_our_fault_proves_nothing(stage: MachineStage) -> None:
    stage.statements["shop"] = SourceError("the cluster is away")
    found = by_name(await stage.run())
    assert {name: told(one)[0] for name, one in found.items()} == dict.fromkeys(found, Outcome.UNPROVEN)
    assert stage.nothing_left()


@pytest.mark.parametrize(
    ("error", "judged"),
    [
        (HostError("no space left"), Outcome.UNPROVEN),
        (DefectError("the archive is cut off"), Outcome.MISSED),
    ],
)
async def test_a_second_restore_that_fails_is_judged_by_whose_it_is_and_the_first_is_proven(
    stage: MachineStage, error: HostError | DefectError, judged: Outcome
) -> None:
    stage.machines["app"].restore_fails = error
    found = by_name(await stage.run())
    assert told(found["shop"])[0] is Outcome.MET
    outcome, why = told(found["app"])
    assert outcome is judged
    assert str(error) in why
    assert stage.nothing_left()


async def test_what_would_run_before_its_turn_is_refused_before_anything_begins(stage: MachineStage) -> None:
    stage.instant = True
    with pytest.raises(InputError, match="shop cannot be drilled in a group: the host would start"):
        await stage.run()
    assert stage.store.plans == {}


async def test_a_host_that_shares_and_cannot_restore_there_says_so(stage: MachineStage) -> None:
    ports = stage.ports(stage.order("shop"))
    way = on(stage.commons, ports.way, "full")
    assert isinstance(way, HostWay)
    assert way.host.restores("cluster")
    stage.commons.stands = True
    stage.commons.hosts["shop"] = MemoryHost()
    scope = RecordingScope()
    with pytest.raises(HostError, match="cannot restore into a sandbox that several share"):
        async with way.host.sandbox(replace(spec_of(scope, stage.root), workload="shop"), scope):
            pass


def test_two_cards_of_one_address_on_one_network_are_refused() -> None:
    def member(name: str, network: str, mac: str) -> Neighbour:
        return Neighbour(workload=name, networks=(replace(CARD, name=network, mac=mac),), memory_mib=64)

    mac = "bc:24:11:00:00:01"
    require_apart([member("shop", "lan", mac), member("app", "san", mac), member("front", "lan", "")])
    with pytest.raises(HostError, match="app and shop have the same card address bc:24:11:00:00:01"):
        require_apart([member("shop", "lan", mac), member("app", "lan", mac.upper())])


def test_files_are_no_member(stage: MachineStage) -> None:
    source = MemorySource({})
    files = way_of(FileSet(path="/etc"), source, stage.commons, name="memory")
    with pytest.raises(InputError, match="only a machine can be a member of a group"):
        on(stage.commons, files, "full")
