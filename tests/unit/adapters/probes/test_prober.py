"""The prober's own part: what it makes of missing libraries, bugs and errors of the system."""

import asyncio
import errno
import importlib
import struct
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from drverify.adapters.probes import prober, table
from drverify.adapters.probes.prober import TableProber
from drverify.engine.ports import CommandResult, ProbeScope, Reading
from drverify.errors import InputError
from drverify.model.drill import ProbeStatus
from drverify.model.playbook import (
    Access,
    BootProbe,
    ChecksumProbe,
    CommandProbe,
    Database,
    DumpProbe,
    Expectation,
    PingProbe,
    PostgresProbe,
)
from drverify.model.recovery import SecretRef
from tests.support.probing import ScriptedGuest, ask, serving

KEY = SecretRef("env:KEY")
AGENT = Access(via="agent")


@pytest.mark.parametrize(
    ("library", "entry", "extra"),
    [("asyncssh", table.SSH, "ssh"), ("icmp", table.PROBES["ping"], "drill")],
)
async def test_a_missing_library_is_our_fault(
    monkeypatch: pytest.MonkeyPatch, library: str, entry: str, extra: str
) -> None:
    def absent(name: str) -> object:
        if name == entry.split(":", maxsplit=1)[0]:
            raise ModuleNotFoundError(f"No module named {library!r}", name=library)
        return original(name)

    original = importlib.import_module
    monkeypatch.setattr(importlib, "import_module", absent)
    access = Access(address="127.0.0.1", key=KEY)
    spec = CommandProbe(id="c", access=access, command=("true",))
    asked = spec if library == "asyncssh" else PingProbe(id="p", address="127.0.0.1")
    found = await ask(asked, secrets={KEY: b"a key"})
    assert found.status is ProbeStatus.ERRORED
    assert found.observed == f"the library {library} is not installed (pip install 'drverify[{extra}]')"


class BrokenGuest(ScriptedGuest):
    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    async def ping(self) -> bool:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "observed"),
    [
        (RuntimeError("bug\x1b"), ProbeStatus.ERRORED, "the probe itself broke: RuntimeError: bug\\x1b"),
        (OSError(errno.EHOSTUNREACH, "x"), ProbeStatus.UNANSWERED, "no route to the address"),
        (
            OSError(errno.ENETUNREACH, "x"),
            ProbeStatus.ERRORED,
            (
                "the address lies in no network of the sandbox: compare the playbook with the inventory "
                '(a Proxmox host with vantage = "agent" has no network at all)'
            ),
        ),
        (ConnectionResetError(errno.ECONNRESET, "x"), ProbeStatus.UNANSWERED, "connection reset"),
        (EOFError(), ProbeStatus.UNANSWERED, "connection closed before an answer"),
        (OSError(errno.EMFILE, "Too many open files"), ProbeStatus.ERRORED, None),
        (RecursionError("deep"), ProbeStatus.ERRORED, None),
    ],
)
async def test_what_goes_wrong_has_a_name(
    error: Exception, status: ProbeStatus, observed: str | None
) -> None:
    found = await ask(BootProbe(id="b", agent=True), guest=BrokenGuest(error))
    assert found.status is status
    assert observed is None or found.observed == observed


async def test_a_secret_that_the_other_side_echoes_is_not_kept() -> None:
    password = b"s3cret-of-the-probe"

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)
        writer.write(b"N")
        await reader.read(1000)
        said = b"SFATAL\0C28P01\0Mno " + password + b" for you\0\0"
        writer.write(b"E" + struct.pack("!I", len(said) + 4) + said)
        await reader.read()

    async with serving(echo) as port:
        database = Database(address="127.0.0.1", port=port, name="d", user="u", password=KEY)
        spec = PostgresProbe(
            id="p", database=database, query="select 1", expect=Expectation(op="eq", value="1")
        )
        found = await ask(spec, secrets={KEY: password})  # which looks for the secret itself
    assert found.status is ProbeStatus.FAILED
    assert found.observed == "login refused: no [hidden] for you"
    assert b"[hidden]" in found.transcript


def test_the_table_loads_no_vendor() -> None:
    code = (
        "import sys; import drverify.adapters.probes.prober;"
        "bad = {'aiohttp', 'asyncpg', 'asyncssh', 'jsonpath_ng', 'cryptography'} & set(sys.modules);"
        "sys.exit(str(bad) if bad else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


async def test_what_probes_need_is_loaded_beforehand() -> None:
    """In a process of its own: here everything may be loaded already."""
    program = """
import asyncio, sys
from drverify.adapters.probes.prober import TableProber
from drverify.model.playbook import Access, BootProbe, CommandProbe
from drverify.model.recovery import SecretRef
boot = BootProbe(id="b", console="up")
ssh = CommandProbe(id="c", access=Access(address="10.0.0.1", key=SecretRef("env:K")), command=("true",))
agent = CommandProbe(id="d", access=Access(via="agent"), command=("true",))
for specs in ((boot, agent), (ssh,)):
    asyncio.run(TableProber().prepare(specs))
    print(*(name in sys.modules for name in ("drverify.adapters.probes.boot", "asyncssh", "aiohttp")))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True False False", "True True False"]


async def test_a_library_that_is_missing_is_no_matter_before_it_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent(name: str) -> object:
        raise ModuleNotFoundError(f"No module named {name!r}", name="asyncssh")

    monkeypatch.setattr(importlib, "import_module", absent)
    access = Access(address="127.0.0.1", key=KEY)
    await TableProber().prepare((CommandProbe(id="c", access=access, command=("true",)),))


async def read(guest: ScriptedGuest, access: Access = AGENT) -> Reading:
    def secret(ref: SecretRef) -> bytes:
        raise InputError(f"{ref} leads nowhere")

    scope = ProbeScope(guest=guest, console=bytes, files=None, secret=secret)
    return await TableProber().read(access, ("cat", "/x"), scope, within=timedelta(seconds=1))


async def test_what_is_read_in_a_guest_comes_as_it_is_with_what_was_said() -> None:
    guest = ScriptedGuest(result=CommandResult(exit_code=3, stdout=b"\0\xff\x1b[31m", stderr=b"gone"))
    found = await read(guest)
    assert (found.exit_code, found.output, found.why) == (3, b"\0\xff\x1b[31m", "")
    assert guest.ran == [("cat", "/x")]
    assert b"> running by agent: cat /x\n" in found.transcript
    assert b"\x1b" not in found.transcript


@pytest.mark.parametrize(
    ("guest", "access", "why"),
    [
        (ScriptedGuest(answers=False), Access(via="agent"), "no answer from the agent"),
        (ScriptedGuest(), Access(via="agent"), "the agent channel is gone"),
        (ScriptedGuest(), Access(address="127.0.0.1", key=KEY), "env:KEY leads nowhere"),
        (BrokenGuest(EOFError()), Access(via="agent"), "connection closed before an answer"),
        (BrokenGuest(ZeroDivisionError("x")), Access(via="agent"), "the probe itself broke: ZeroDivision"),
    ],
)
async def test_a_guest_in_which_nothing_could_be_read_says_why(guest, access, why) -> None:
    found = await read(guest, access)
    assert (found.exit_code, found.output) == (None, b"")
    assert found.why.startswith(why)
    assert why.encode() in found.transcript


@pytest.mark.parametrize("of_files", [True, False])
async def test_only_a_machine_can_be_late_with_an_answer(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, of_files: bool
) -> None:
    async def never(_spec: object, _asking: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr(prober, "_ask_for", lambda _kind: never)
    spec = ChecksumProbe(id="c", manifest="MANIFEST", within=timedelta(milliseconds=1))
    scope = ProbeScope(guest=None, console=bytes, files=tmp_path if of_files else None, secret=lambda _: b"")
    found = await TableProber().ask(spec, scope)
    assert found.status is (ProbeStatus.ERRORED if of_files else ProbeStatus.UNANSWERED)
    assert found.observed.startswith("no answer within")


def test_loading_a_dump_has_half_an_hour() -> None:
    spec = DumpProbe(id="d", path="d", server="15", query="SELECT 1", expect=Expectation(op="eq", value="1"))
    assert spec.within == timedelta(minutes=30)
