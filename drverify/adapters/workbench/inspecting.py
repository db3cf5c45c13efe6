"""Looks into restored disks through the workbench: the Inspector port."""

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from drverify.adapters.workbench.launching import BenchDisk, Launcher, RunningBench, version_of
from drverify.engine.ports import DiskSource, ResourceScope
from drverify.errors import EvidenceError, HostError
from drverify.judging.inspection import findings
from drverify.model.drill import ToolFact
from drverify.model.inspection import Inspection
from drverify.model.recovery import GuestShape, SecretRef
from drverify.sealing.codec import from_json

QUICK = timedelta(seconds=30)
MAX_TEXT, MAX_ITEMS = 300, 300


class WorkbenchInspector:
    """Implements `Inspector`."""

    def __init__(
        self,
        launcher: Launcher,
        secret: Callable[[SecretRef], bytes],
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`note` is told what is being read."""
        self._launcher = launcher
        self._secret = secret
        self._note = note
        self._version = ""

    async def inspect(
        self,
        disks: Sequence[DiskSource],
        shape: GuestShape,
        *,
        keys: Sequence[SecretRef],
        scope: ResourceScope,
        directory: Path,
        within: timedelta,
    ) -> Inspection:
        """Read everything, as the port says; InputError for a key that is not there."""
        opened = [self._secret(key).removesuffix(b"\n") for key in keys]
        on_bench = [BenchDisk(path=disk.path, format=disk.format) for disk in disks]
        async with self._launcher.opened(
            on_bench, scope=scope, directory=directory, within=within, beside=True
        ) as bench:
            self._version = await version_of(bench, within=QUICK)
            facts = await read(bench, opened, within=within, note=self._said)
        return replace(facts, findings=findings(facts, shape))

    def _said(self, text: str) -> None:
        self._note(f"inspection: {tamed(text)}")

    async def tool(self) -> ToolFact:
        """Libguestfs and its appliance's kernel, as the last inspection found them."""
        return ToolFact(name="libguestfs", version=self._version or "not started")


async def read(
    bench: RunningBench,
    keys: Sequence[bytes],
    *,
    within: timedelta,
    note: Callable[[str], None] = lambda _: None,
) -> Inspection:
    """What the disks on a running bench hold, without findings."""
    told = await bench.ask(
        "inspect", within=within, note=note, keys=[base64.b64encode(key).decode() for key in keys]
    )
    try:
        return from_json(tamed(told), Inspection, what="inspection")
    except EvidenceError as error:
        raise HostError(f"the workbench's answer cannot be understood: {error}") from error


def tamed(value: Any) -> Any:
    """The same with printable texts of at most 300 characters and lists of at most 300 items.

    All of it is the guest's word.
    """
    match value:
        case str():
            text = value if len(value) <= MAX_TEXT else value[: MAX_TEXT - 1] + "…"
            return "".join(char if char.isprintable() else "?" for char in text)
        case list():
            return [tamed(one) for one in value[:MAX_ITEMS]]
        case dict():
            return {str(name): tamed(one) for name, one in value.items()}
        case _:
            return value
