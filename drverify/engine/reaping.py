"""Taking back what dead drills left behind: by ledger and mark, or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from drverify.engine.ports import Reclaimer, SandboxId
from drverify.errors import DrverifyError, TeardownError

_FAILURES = (DrverifyError, OSError)
"""What keeps one resource or ledger from being taken back, and no other one."""


class OpenResource(Protocol):
    """A ledger entry that is not struck out."""

    @property
    def kind(self) -> str:
        """Which reclaimer takes it."""

    @property
    def name(self) -> str:
        """Its name in its own world."""

    @property
    def facts(self) -> dict[str, str]:
        """What was known of it when it was announced."""


class AdoptedLedger(Protocol):
    """A ledger whose owner is dead, now locked by us."""

    @property
    def sandbox_id(self) -> SandboxId:
        """Whose ledger it is."""

    @property
    def tag(self) -> str:
        """The mark of its resources."""

    @property
    def kept(self) -> bool:
        """Whether an operator asked to keep the sandbox."""

    def resources(self) -> Sequence[OpenResource]:
        """What is not struck out, oldest first."""

    def closed(self, kind: str, name: str) -> None:
        """Strike out."""

    def end(self) -> None:
        """Remove the ledger."""

    def release(self) -> None:
        """Give up the lock and leave the ledger."""


class Ledgers(Protocol):
    """All ledgers of this machine."""

    def ids(self) -> Sequence[SandboxId]:
        """Every sandbox with a ledger."""

    def state(self, sandbox_id: SandboxId) -> str:
        """`in use`, `elsewhere` when only another machine can take it back, `ownerless` or `gone`."""

    def adopt(self, sandbox_id: SandboxId) -> AdoptedLedger | None:
        """Lock an ownerless ledger; None when its owner lives, it is another machine's, or gone.

        HostError if unreadable.
        """


class Reclaimers(Protocol):
    """Which reclaimer takes which kind of resource; a dict will do."""

    def get(self, kind: str, /) -> Reclaimer | None:
        """None for an unknown kind; InputError when what the kind needs is not installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaped:
    """What became of one ledger."""

    sandbox_id: SandboxId
    state: str
    """`in use`, `elsewhere` (its own machine takes it back), `kept`, `removed` or `left`."""
    removed: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


async def reap(
    ledgers: Ledgers,
    reclaimers: Reclaimers,
    *,
    only: SandboxId | None = None,
    kept_too: bool = False,
) -> tuple[Reaped, ...]:
    """Take back every ownerless sandbox; a living drill's is never touched.

    Resources go in the reverse order of their making. A resource that cannot be removed, whatever the
    reason, is reported and stays in its ledger; the others are removed all the same. So is a ledger that
    cannot be read. A kept sandbox goes only when `kept_too` is set or it is named by `only`.
    """
    results = []
    for sandbox_id in ledgers.ids():
        if only is not None and sandbox_id != only:
            continue
        try:
            ledger = ledgers.adopt(sandbox_id)
            state = ledgers.state(sandbox_id) if ledger is None else ""
        except _FAILURES as error:
            results.append(Reaped(sandbox_id=sandbox_id, state="left", problems=(str(error),)))
            continue
        if ledger is None:
            if state != "gone":  # else its drill has ended meanwhile
                results.append(
                    Reaped(sandbox_id=sandbox_id, state="elsewhere" if state == "elsewhere" else "in use")
                )
        elif ledger.kept and not (kept_too or only == sandbox_id):
            ledger.release()
            results.append(Reaped(sandbox_id=sandbox_id, state="kept"))
        else:
            results.append(await _take_back(ledger, reclaimers))
    return tuple(results)


async def _take_back(ledger: AdoptedLedger, reclaimers: Reclaimers) -> Reaped:
    removed: list[str] = []
    problems: list[str] = []
    try:
        for resource in reversed(ledger.resources()):
            label = f"{resource.kind} {resource.name}"
            try:
                await _reclaim(resource, ledger, reclaimers)
            except _FAILURES as error:
                problems.append(f"{label}: {error}")
            else:
                removed.append(label)
        if not problems:
            ledger.end()
    except _FAILURES as error:
        problems.append(str(error))
    finally:
        ledger.release()
    state = "left" if problems else "removed"
    return Reaped(sandbox_id=ledger.sandbox_id, state=state, removed=tuple(removed), problems=tuple(problems))


async def _reclaim(resource: OpenResource, ledger: AdoptedLedger, reclaimers: Reclaimers) -> None:
    reclaimer = reclaimers.get(resource.kind)
    if reclaimer is None:
        raise TeardownError(f"nothing here knows how to remove a {resource.kind}")
    await reclaimer.reclaim(resource.name, ledger.tag, resource.facts)
    ledger.closed(resource.kind, resource.name)
