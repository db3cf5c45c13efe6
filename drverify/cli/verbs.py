"""The literal table of verbs. A verb's module is imported when it is used, not before.

Each module gives `EXAMPLES` (text), `arguments(parser)` and `run(args) -> int`.
"""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast


class VerbModule(Protocol):
    """What a verb's module offers."""

    EXAMPLES: str

    def arguments(self, parser: ArgumentParser) -> None:
        """Declare the verb's arguments."""

    def run(self, args: Namespace) -> int:
        """Do it and return the exit code; DrverifyError for what the user can mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb of the command line."""

    name: str
    module: str
    help: str

    def load(self) -> VerbModule:
        """Import the verb's module."""
        return cast("VerbModule", import_module(self.module))


VERBS: tuple[Verb, ...] = (
    Verb(
        name="agreement",
        module="drverify.cli.agreement",
        help="read agreements, find what they leave open, review and accept registers",
    ),
    Verb(name="drill", module="drverify.cli.drill", help="run a drill, list and show earlier ones"),
    Verb(
        name="hardware", module="drverify.cli.hardware", help="replacement hardware that a drill can boot on"
    ),
    Verb(
        name="migrate",
        module="drverify.cli.migrate",
        help="verify a planned migration by drills on its target and back: go, no-go or undecided",
    ),
    Verb(
        name="finding",
        module="drverify.cli.finding",
        help="what drills leave to be mended: who does what, and the retest that closes it",
    ),
    Verb(
        name="export",
        module="drverify.cli.export",
        help="a period for other programs (OSCAL, JUnit, OpenMetrics, CSV), and against control frameworks",
    ),
    Verb(name="verify", module="drverify.cli.verify", help="check evidence offline, trusting nothing in it"),
    Verb(
        name="manifest",
        module="drverify.cli.manifest",
        help="write down what a tree of files is like, to hold restored files against it",
    ),
    Verb(name="vma", module="drverify.cli.vma", help="look at, check and unpack vzdump's VMA archives"),
    Verb(
        name="report", module="drverify.cli.report", help="the annex of a quarterly report: PDF, HTML or JSON"
    ),
    Verb(
        name="inventory",
        module="drverify.cli.inventory",
        help="how the backups stand: late, missing, unknown ones, guests without any",
    ),
    Verb(name="plan", module="drverify.cli.plan", help="which drill in which night, and what fits in none"),
    Verb(
        name="operation",
        module="drverify.cli.operation",
        help="prepare a database that several sites share",
    ),
    Verb(
        name="up",
        module="drverify.cli.up",
        help="drill every night by itself: scheduler, worker and web page in one process",
    ),
    Verb(name="worker", module="drverify.cli.worker", help="a process that runs the booked drills of a site"),
    Verb(
        name="scheduler",
        module="drverify.cli.scheduler",
        help="a process that plans the nights of a site and books their drills",
    ),
    Verb(name="web", module="drverify.cli.web", help="a process that serves the web page of a site"),
    Verb(
        name="status",
        module="drverify.cli.status",
        help="how every promise stands, and what became of the nights",
    ),
    Verb(
        name="tonight",
        module="drverify.cli.tonight",
        help="what runs, waits and has ended this night; run or cancel something now",
    ),
    Verb(
        name="simulate",
        module="drverify.cli.simulate",
        help="foretell recovery times when everything has to come back at once",
    ),
    Verb(
        name="config",
        module="drverify.cli.config",
        help="check the settings, print their schema, write systemd units",
    ),
    Verb(
        name="control",
        module="drverify.cli.control",
        help="broken copies of good points: does the gate still turn red, and when did it last",
    ),
    Verb(
        name="account",
        module="drverify.cli.account",
        help="say who may look at the web page and use the interface, and who may act",
    ),
    Verb(
        name="immutability",
        module="drverify.cli.immutability",
        help="try to delete canaries where backups lie, as whoever writes backups could",
    ),
    Verb(name="doctor", module="drverify.cli.doctor", help="say what this machine has and lacks"),
    Verb(
        name="sandbox", module="drverify.cli.sandbox", help="list sandboxes, take back what was left behind"
    ),
    Verb(
        name="audit",
        module="drverify.cli.audit",
        help="check a bundle offline: is anything forged or left out",
    ),
    Verb(
        name="bundle",
        module="drverify.cli.bundle",
        help="put everything that an auditor of a period needs into one file",
    ),
    Verb(name="log", module="drverify.cli.log", help="look into the log of all drills, find what is missing"),
    Verb(
        name="record",
        module="drverify.cli.record",
        help="make, sign and log what both parties state: registers, schedules, voids, closes",
    ),
    Verb(
        name="customer",
        module="drverify.cli.customer",
        help="the customer's part: hold checkpoints of the log, and sign them",
    ),
    Verb(name="key", module="drverify.cli.key", help="make and show the keys that sign evidence"),
    Verb(name="trust", module="drverify.cli.trust", help="say together whose keys count: the root of trust"),
    Verb(
        name="lab",
        module="drverify.cli.lab",
        help="run the lab: a production server, its backups, broken ones",
    ),
    Verb(
        name="completion",
        module="drverify.cli.completion",
        help="print shell completion for bash, zsh or tcsh",
    ),
)
