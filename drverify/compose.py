"""The composition root: settings in, wired ports out. The only module that knows every adapter exists."""

import json
import os
import platform
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cached_property
from pathlib import Path

from drverify import __version__, own_keys
from drverify.adapters import secrets, table
from drverify.adapters.clock import SystemClock
from drverify.adapters.doors.hardware import HardwareShelf
from drverify.adapters.doors.inventory import load_copies, load_groups, load_inventory
from drverify.adapters.doors.playbook import load_playbook
from drverify.adapters.doors.steps import content_from
from drverify.adapters.filesets.desk import LocalFileDesk
from drverify.adapters.probes.prober import TableProber
from drverify.adapters.signing.reference import PublicSigner
from drverify.adapters.stamping.endpoint import Endpoint
from drverify.adapters.storage.cosigned import CosignedDirectory, WitnessedStamps
from drverify.adapters.storage.disclosures import DisclosureDirectory
from drverify.adapters.storage.drills import EVIDENCE, PLAN, DrillDirectory
from drverify.adapters.storage.durable import write_durably
from drverify.adapters.storage.evidence_log import DirectoryLog
from drverify.adapters.storage.ledger import LedgerDirectory
from drverify.adapters.storage.rooms import RoomDirectory
from drverify.adapters.storage.stamps import StampDirectory
from drverify.adapters.witnessing.endpoint import WitnessOptions
from drverify.agreements.locks import load_lock
from drverify.engine.drills.drill import Concluded, Order
from drverify.engine.drills.hardware import way_on
from drverify.engine.drills.rebuilding import way_for
from drverify.engine.drills.stepping import Nobody, Operator
from drverify.engine.keeping import Stamps, TimeAuthorities
from drverify.engine.ports import Progress, Reclaimer, SandboxHost, SandboxId
from drverify.engine.reaping import Reaped, reap
from drverify.engine.sources import RecoverySource
from drverify.engine.wiring import DrillPorts
from drverify.engine.witnesses import Witnesses
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.drill import DrillId, DrillPlan, ToolFact
from drverify.model.evidence import TrustedKey
from drverify.model.group import Group
from drverify.model.obligation import Mode
from drverify.model.playbook import Playbook, applies
from drverify.model.recovery import FurtherCopy, SecretRef, SystemFiles, Workload, boots
from drverify.parties import Parties
from drverify.planning.addresses import check_addresses
from drverify.planning.hardware import payload_on
from drverify.planning.request import check_asked
from drverify.planning.selection import select
from drverify.report.machine import from_evidence
from drverify.sealing import codec
from drverify.sealing.agreed import Agreed
from drverify.sealing.authorities import authorities_in, one_key_two_names
from drverify.sealing.keys import trust_file
from drverify.sealing.logged import note_key
from drverify.settings import Settings, load_settings
from drverify.workbenches import Workbenches

PLAYBOOK_SUFFIX = ".yaml"


class _Reclaimers:
    """The table's reclaimers, each imported when the first resource of its kind is met."""

    def __init__(self, host: Callable[[str], SandboxHost]) -> None:
        self._host = host

    def get(self, kind: str, /) -> Reclaimer | None:
        return table.reclaimers({kind}, self._host).get(kind)


class Workshop:
    """One settings file and everything that can be reached from it; nothing is opened before it is used."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.state_dir = state = settings.path(settings.state_dir)
        self.ledgers = LedgerDirectory(state / "ledger")
        self.drills = DrillDirectory(state / "drills", self._own_keys)
        self.parties = Parties(settings, state / "records", lambda: self.agreed, self._own_keys)
        self.workbenches = Workbenches(state, self.secret)
        self.rooms = RoomDirectory(state / "sandboxes", self.ledgers)

    @classmethod
    def open(cls, path: Path) -> "Workshop":
        """Read the settings. InputError when they are missing or wrong."""
        return cls(load_settings(path))

    @cached_property
    def agreed(self) -> Agreed:
        """The accepted agreement, checked against its documents as they lie beside it."""
        return load_lock(self.settings.path(self.settings.register_file))

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Everything that the inventory protects."""
        return load_inventory(self.settings.path(self.settings.inventory))

    @cached_property
    def copies(self) -> Mapping[str, tuple[FurtherCopy, ...]]:
        """Where else the points of workloads are kept, by workload."""
        return load_copies(self.settings.path(self.settings.inventory))

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """The dependency groups of the inventory."""
        return load_groups(self.settings.path(self.settings.inventory))

    def workload(self, name: str) -> Workload:
        """The workload of that name; InputError when the inventory has none."""
        found = next((workload for workload in self.workloads if workload.name == name), None)
        if found is None:
            known = ", ".join(sorted(workload.name for workload in self.workloads)) or "none"
            raise InputError(f"no workload {name!r} in the inventory", hint=f"known are: {known}")
        return found

    def playbook(self, workload: Workload) -> Playbook:
        """The workload's playbook, with its variables. InputError when it cannot be read."""
        return load_playbook(self._playbook_path(workload), dict(workload.variables))

    def order(self, name: str, *, requested_point: str, mode: Mode, keep: bool) -> Order:
        """Everything that a drill of the workload needs to know. InputError for anything that is wrong."""
        workload = self.workload(name)
        check_asked(requested_point)
        playbook = self.playbook(workload)
        if not applies(playbook, workload.payload):
            raise InputError(
                f"playbook {playbook.name} applies to a {playbook.applies_to}, "
                f"but workload {name} is a {workload.payload.kind}"
            )
        if mode == "instant" and not boots(workload.payload):
            raise InputError(
                "only a machine can be booted straight from the backup", hint="leave out --mode instant"
            )
        check_addresses(workload, playbook)
        return Order(
            workload=workload,
            playbook=playbook,
            agreed=self.agreed,
            requested_point=requested_point,
            mode=mode,
            keep=keep,
        )

    def sealed(self, drill_id: DrillId) -> Concluded | None:
        """An earlier drill out of its evidence; None when it was interrupted."""
        directory = self.drills.directory(drill_id)
        evidence = directory / EVIDENCE
        if not evidence.is_file():
            return None
        try:
            planned = codec.decode((directory / PLAN).read_bytes(), DrillPlan, what="plan")
            register = directory / "artefacts" / "sha256" / planned.register_sha256
            return from_evidence(evidence.read_bytes(), register.read_bytes(), evidence)
        except OSError as error:
            raise EvidenceError(f"{error.filename} of the drill cannot be read: {error.strerror}") from error

    async def ports(self, order: Order, progress: Progress, operator: Operator | None = None) -> DrillPorts:
        """Wire a drill's ports; without an `operator` nobody is asked."""
        workload = order.workload
        source, host = self.source(workload.source), self.host(workload.host)
        payload = workload.payload
        if isinstance(payload, SystemFiles):  # its disks are made for the hardware; an image is adapted to it
            payload = payload_on(order.hardware, payload)
        way = way_for(
            payload, source, host, name=workload.source, mode=order.mode, rebuilder=self.workbenches.rebuilder
        )
        return DrillPorts(
            clock=SystemClock(),
            progress=progress,
            source=source,
            host=host,
            way=way if order.hardware is None else way_on(order.hardware, way, self.workbenches.workbench),
            rooms=self.rooms,
            store=self.drills,
            prober=TableProber(),
            secret=self.secret,
            operator=operator or Nobody(),
            put=content_from(self._playbook_path(workload).parent),
            select=select,
            own_tools=(
                ToolFact(name="drverify", version=__version__),
                ToolFact(name="python", version=platform.python_version()),
                ToolFact(name="kernel", version=platform.release()),
            ),
            log=(log := self.log()),
            stamps=self.vouchers(log) if log is not None else None,
            files=LocalFileDesk(),
            inspector=self.workbenches.inspector(progress.note) if order.playbook.inspect else None,
            disclosures=self.disclosures(),
        )

    def secret(self, ref: SecretRef) -> bytes:
        """Resolve a secret reference of the settings, inventory or playbook."""
        credentials = os.environ.get("CREDENTIALS_DIRECTORY")
        return secrets.resolve(
            ref,
            environ=os.environ,
            credentials_dir=Path(credentials) if credentials else None,
            base=self.settings.base,
        )

    def source(self, name: str) -> RecoverySource:
        """The recovery source of that name."""
        if name not in self.settings.sources:
            known = ", ".join(sorted(self.settings.sources))
            raise InputError(f"no source {name!r} in the settings", hint=f"known are: {known}")
        chosen = self.settings.sources[name]
        factory = table.load(table.SOURCES, chosen.kind, "source")
        made: RecoverySource = factory(name, chosen.options(), self.secret)
        return made

    def host(self, name: str = "") -> SandboxHost:
        """The sandbox host of that name; without one the first of the settings."""
        if not self.settings.hosts:
            raise InputError("the settings name no host", hint='add [hosts.local] with kind = "libvirt"')
        name = self.settings.host_of(name)
        if name not in self.settings.hosts:
            known = ", ".join(sorted(self.settings.hosts))
            raise InputError(f"no host {name!r} in the settings", hint=f"known are: {known}")
        chosen = self.settings.hosts[name]
        factory = table.load(table.HOSTS, chosen.kind, "host")
        made: SandboxHost = factory(name, chosen.options(), self.state_dir, self.secret)
        return made

    def signer(self) -> PublicSigner:
        """The key that signs evidence. InputError or HostError when it is not there."""
        return own_keys.runner(self.settings, self.secret)

    def disclosures(self) -> DisclosureDirectory | None:
        """Where what evidence hides is kept; None when the settings hide nothing."""
        return DisclosureDirectory(self.state_dir / "disclosures") if self.settings.signing.redact else None

    def log(self) -> DirectoryLog | None:
        """The log that drills are written into; None when the settings name none.

        InputError when its key is not there, or is the runner's.
        """
        chosen = self.settings.log
        if chosen is None:
            return None
        signer = own_keys.of_log(self.settings, chosen.key)
        if signer.public_der == self.signer().public_der:
            raise InputError(
                "log.key and signing.key are the same key: one signer must not pass for two",
                hint="make another one with `drverify key new --log ORIGIN`",
            )
        key = note_key(own_keys.trusted_log(signer, chosen.origin))
        return DirectoryLog(self.state_dir / "log", key, signer)

    def stamps(self, log: DirectoryLog) -> StampDirectory | None:
        """Who stamps the log's checkpoints; None when the settings name no time authority.

        InputError when a root certificate is not there, or the library for time stamps is not installed.
        """
        if not (endpoints := self._authorities()):
            return None
        made: TimeAuthorities = table.load(table.AUTHORITIES, "http", "time authority")(endpoints)
        return StampDirectory(log, made)

    def witnesses(self, log: DirectoryLog) -> CosignedDirectory | None:
        """Who cosigns the log's checkpoints; None when the settings name no witness.

        InputError when a witness's key is not there, or is none.
        """
        named = self.settings.log.witnesses if self.settings.log else ()
        if not named:
            return None
        chosen = [
            WitnessOptions(name=one.name, url=one.url, key=self._public(one.key), within_s=one.within_s)
            for one in named
        ]
        made: Witnesses = table.load(table.WITNESSES, "http", "witness")(chosen, log.tiles.key)
        return CosignedDirectory(log.tiles, made)

    def vouchers(self, log: DirectoryLog) -> Stamps | None:
        """Everybody who is asked about a drill's checkpoints; None when the settings name nobody."""
        stamps, cosigned = self.stamps(log), self.witnesses(log)
        return stamps if cosigned is None else WitnessedStamps(stamps, cosigned, self.drills.path)

    def _authorities(self) -> tuple[Endpoint, ...]:
        found = tuple(
            Endpoint(
                name=one.name,
                url=one.url,
                roots=authorities_in(
                    self._public(one.ca), one.name, what=f"log.authorities: the ca of {one.name}"
                ),
                within=timedelta(seconds=one.within_s),
            )
            for one in (self.settings.log.authorities if self.settings.log else ())
        )
        if one_key_two_names([root for one in found for root in one.roots]):
            raise InputError("log.authorities: two of them have the same root: one must not pass for two")
        return found

    def _public(self, path: Path) -> bytes:
        try:
            return self.settings.path(path).read_bytes()
        except OSError as error:
            raise InputError(f"{self.settings.path(path)} cannot be read: {error.strerror}") from error

    def trust_file(self) -> Path:
        """A file for `drverify verify --trust`: runner, log, the roots of time authorities; made anew."""
        path = self.state_dir / "runner.trust.json"
        try:
            self.state_dir.mkdir(mode=0o711, parents=True, exist_ok=True)
        except OSError as error:
            raise HostError(
                f"cannot make the state directory {self.state_dir}: {error.strerror}",
                hint="run drverify as root, or set another state_dir in the settings",
            ) from error
        roots = [root for one in self._authorities() for root in one.roots]
        content = json.dumps(trust_file(self._own_keys(), roots), indent=2).encode() + b"\n"
        write_durably(path, content, mode=0o644)
        return path

    async def reap(self, *, only: SandboxId | None = None, kept_too: bool = False) -> tuple[Reaped, ...]:
        """Take back what dead drills left behind."""
        return await reap(self.ledgers, _Reclaimers(self.host), only=only, kept_too=kept_too)

    def mend_log(self) -> tuple[str, ...]:
        """Log the results that killed drills did not come to log; returns the drills' ids."""
        log = self.log()
        return log.mend(self.drills.path) if log is not None else ()

    def _own_keys(self) -> tuple[TrustedKey, ...]:
        runner = TrustedKey(role="runner", public_der=self.signer().public_der, name="runner")
        chosen = self.settings.log
        if chosen is None:
            return (runner,)
        signer = own_keys.of_log(self.settings, chosen.key)
        return (runner, own_keys.trusted_log(signer, chosen.origin))

    @cached_property
    def hardware(self) -> HardwareShelf:
        """The hardware profiles: those beside the operator's playbooks, and the ones that drverify ships."""
        return HardwareShelf(self.settings.path(self.settings.playbooks) / "hardware")

    def _playbook_path(self, workload: Workload) -> Path:
        folder = self.settings.path(self.settings.playbooks)
        path = folder / f"{workload.playbook}{PLAYBOOK_SUFFIX}"
        if not path.is_file():
            known = ", ".join(sorted(found.stem for found in folder.glob(f"*{PLAYBOOK_SUFFIX}"))) or "none"
            raise InputError(f"no playbook {workload.playbook!r} in {folder}", hint=f"known are: {known}")
        return path
