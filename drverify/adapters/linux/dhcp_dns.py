"""DHCP and DNS inside a sandbox: dnsmasq that gives the production address and knows declared names only.

Everything else is refused with NXDOMAIN and remembered. The log comes through a pipe, so a guest that
asks without end fills neither the disk nor our memory.
"""

import asyncio
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Network, ip_address

from drverify.adapters.linux import command
from drverify.adapters.linux.links import Segment, one_each
from drverify.errors import HostError, InputError
from drverify.model.playbook import DnsAnswer

READY = timedelta(seconds=10)
KEPT_LOG = 256 * 1024
"""Bytes of the log that are kept: the first ones, then only names are counted."""
KEPT_NAMES = 1000
_QUERY = re.compile(r" dnsmasq\[\d+\]: query\[([A-Za-z0-9=]+)\] (.{1,255}) from (\S+)$")
_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?")


def arguments(planned: Sequence[Segment], answers: Sequence[DnsAnswer]) -> list[str]:
    """Compose dnsmasq's command line; InputError when a declared name cannot be one."""
    lines = [
        "dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--pid-file=", "--user=nobody",
        "--log-facility=/dev/stdout", "--log-queries", "--log-dhcp",
        "--no-resolv", "--no-hosts", "--no-poll", "--no-ping", "--cache-size=0",
        "--leasefile-ro", "--dhcp-leasefile=/dev/null",
        "--bind-interfaces", "--except-interface=lo",
        "--address=/#/",
    ]  # fmt: skip
    for answer in answers:
        if not _NAME.fullmatch(answer.name):
            raise InputError(f"DNS answer {answer.name!r}: not a host name")
        try:
            address = ip_address(answer.address)
        except ValueError as error:
            raise InputError(f"DNS answer {answer.name}: {error}") from error
        lines.append(f"--host-record={answer.name},{address}")
    for one in one_each(planned):
        lines.append(f"--interface={one.bridge}")
        if isinstance(one.subnet, IPv4Network):
            lines += _dhcp(one)
            lines += [
                f"--dhcp-host={guest.mac},{guest.guest},infinite"
                for guest in planned
                if guest.bridge == one.bridge
            ]
    return lines


def detached(planned: Sequence[Segment], answers: Sequence[DnsAnswer]) -> list[str]:
    """Compose the command line of a dnsmasq that goes on without us, and says next to nothing (to syslog).

    Never a log file: dnsmasq gives it to the user that it runs as, even when it is a device.
    """
    ours = {"--keep-in-foreground", "--log-facility=/dev/stdout", "--log-queries", "--log-dhcp"}
    kept = [argument for argument in arguments(planned, answers) if argument not in ours]
    return [*kept, "--quiet-dhcp"]


def _dhcp(one: Segment) -> list[str]:
    network = f"net{one.index}"
    return [
        f"--dhcp-range=set:{network},{one.subnet.network_address},static,{one.subnet.netmask}",
        f"--dhcp-option=tag:{network},option:router,{one.gateway}",
        f"--dhcp-option=tag:{network},option:dns-server,{one.dns}",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question to the DNS."""

    kind: str
    name: str
    asker: str


def query_in(line: str) -> Query | None:
    """Read a line of dnsmasq's log: the question in it, or nothing. Names are the guest's words."""
    found = _QUERY.search(line)
    if found is None:
        return None
    kind, name, asker = found.groups()
    return Query(kind=kind, name=name.lower().rstrip(".") or ".", asker=asker)


class Questions:
    """What was asked and is not declared, and the beginning of the log; bounded both."""

    def __init__(self, planned: Sequence[Segment], answers: Sequence[DnsAnswer]) -> None:
        self._declared = {answer.name.lower() for answer in answers}
        self._ours = {str(address) for one in planned for address in one.ours}
        self._log = bytearray()
        self._dropped = 0
        self._names: dict[tuple[str, str], int] = {}
        """How often, by asker and name."""

    def add(self, line: bytes) -> None:
        """Take one line of the log."""
        if len(self._log) < KEPT_LOG:
            self._log += line[:1024] + b"\n"
        else:
            self._dropped += 1
        query = query_in(line.decode("utf-8", "replace"))
        if query is None or query.asker in self._ours or query.kind == "PTR" or query.name in self._declared:
            return
        key = (query.asker, query.name)
        if key in self._names or len(self._names) < KEPT_NAMES:
            self._names[key] = self._names.get(key, 0) + 1

    @property
    def undeclared(self) -> Mapping[str, int]:
        """Names that guests asked for and nobody declared, and how often."""
        return self.undeclared_by(None)

    def undeclared_by(self, askers: Collection[str] | None) -> Mapping[str, int]:
        """The same of those that these addresses asked for, and nobody else's; None: anybody's."""
        found: dict[str, int] = {}
        for (asker, name), number in self._names.items():
            if askers is None or asker in askers:
                found[name] = found.get(name, 0) + number
        return found

    @property
    def log(self) -> bytes:
        """The log's beginning, and how many lines are left out after it."""
        left_out = f"... {self._dropped} more lines\n".encode() if self._dropped else b""
        return bytes(self._log) + left_out


class NameServer:
    """A running dnsmasq. Start and stop it inside the vantage."""

    def __init__(
        self, planned: Sequence[Segment], answers: Sequence[DnsAnswer], marks: Mapping[str, str]
    ) -> None:
        self.questions = Questions(planned, answers)
        self._argv = arguments(planned, answers)
        self._marks = marks
        self._life: asyncio.Task[None] | None = None

    async def start(self, began: Callable[[int], None]) -> None:
        """Start dnsmasq and wait until it serves; tell `began` its process id as soon as there is one.

        HostError, with what it said, when it does not.
        """
        ready = asyncio.get_running_loop().create_future()
        self._life = asyncio.create_task(self._live(ready, began))
        await asyncio.wait({self._life, ready}, timeout=READY.total_seconds(), return_when="FIRST_COMPLETED")
        if ready.done():
            return
        if self._life.done() and (failure := self._life.exception()):
            raise failure
        await self.stop()
        said = command.last_lines(self.questions.log)
        raise HostError(f"dnsmasq did not start: {said or 'it said nothing'}")

    async def _live(self, ready: "asyncio.Future[None]", began: Callable[[int], None]) -> None:
        async with command.streaming(self._argv, env=self._marks) as process:
            began(process.pid)
            async for line in process.lines():
                self.questions.add(line)
                if b": started, version" in line and not ready.done():
                    ready.set_result(None)
            await process.wait()
            self.questions.add(process.stderr_tail())

    @property
    def running(self) -> bool:
        """Whether dnsmasq lives."""
        return self._life is not None and not self._life.done()

    async def stop(self) -> None:
        """End dnsmasq and reap it. Idempotent."""
        if self._life is not None:
            self._life.cancel()
            await asyncio.wait({self._life})
