"""From evidence to an annex: out of a bundle that was handed over, or out of the provider's own state."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from drverify.annex.gathering import Beside, Earlier, Gathering
from drverify.annex.model import Annex, NotTested, SignerLine, Untested
from drverify.auditing import layout
from drverify.auditing.audit import audit
from drverify.auditing.bundle import Bundle
from drverify.auditing.question import Held, Question
from drverify.cli.tokens import token_reader
from drverify.cli.trusted import own_file, trust_of
from drverify.errors import EvidenceError, InputError
from drverify.model.agreement import Sha256
from drverify.model.audit import Audit, Weight
from drverify.model.contract import Contract
from drverify.sealing import codec
from drverify.sealing.agreed import sha256_of
from drverify.sealing.keys import Trust, keyid_of
from drverify.sealing.strict_json import MAX_BYTES
from drverify.transparency import note

if TYPE_CHECKING:
    from drverify.compose import Workshop

MAX_PICTURE = 4 * 1024 * 1024
_TRUST = "trust/"
LoadFile = Callable[[Sha256], bytes | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """An annex and where its pictures are."""

    annex: Annex
    load: LoadFile
    """A file that evidence names, if it is at hand and has its digest."""
    remarks: tuple[str, ...] = ()
    """What whoever asked should know."""


NO_CONTROLS = Untested(
    kind=NotTested.BEYOND,
    subject="whether a drill would turn red",
    clause="",
    why="negative controls are signed beside the log and stand in no bundle: the provider can show them",
)


def from_bundle(
    bundle: Bundle, trust: Path, at: datetime, *, earlier: Sequence[Path], held: Sequence[Path]
) -> Source:
    """Audit a bundle and fold it. InputError when no contract can be found in it.

    `held` are checkpoints that whoever asks was handed before.
    """
    with TemporaryDirectory(prefix="drverify-trust-") as name:
        for path in bundle.names(_TRUST):
            below = path.removeprefix(_TRUST)
            if "/" not in below:
                (Path(name) / below).write_bytes(bundle.read(path, MAX_BYTES))
        believed = trust_of(trust, at, beside=Path(name))
    question = Question(trust=believed, at=at, held=held_in(held), check=token_reader())
    return audited(bundle, question, earlier=earlier_of(earlier))


def held_in(paths: Sequence[Path]) -> tuple[Held, ...]:
    """The checkpoints in these files, which were handed out before; InputError for any other file."""
    try:
        return tuple(
            Held(name=str(one), note=note.parse(own_file(one, note.MAX_BYTES), what=str(one)))
            for one in paths
        )
    except EvidenceError as error:
        raise InputError(
            str(error), hint="--have wants a checkpoint, as `drverify log checkpoint` prints"
        ) from error


def from_state(
    workshop: "Workshop",
    period: str,
    at: datetime,
    *,
    earlier: Sequence[Path] = (),
    trust: Path | None = None,
    held: Sequence[Path] = (),
) -> Source:
    """Fold the provider's own drills, as `cli.report_state` does; loaded only for them.

    An auditor has neither settings nor the packages that read them.
    """
    state: Any = import_module("drverify.cli.report_state")
    found: Source = state.from_state(workshop, period, at, earlier=earlier, trust=trust, held=held)
    return found


def audited(
    bundle: Bundle, question: Question, known: Beside | None = None, *, earlier: tuple[Earlier, ...] = ()
) -> Source:
    """Audit, fold and draw the sum. Unless it is `known`, the contract is the newest drill's."""
    gathering = Gathering()
    done = audit(bundle, question, gathering.take)

    def load(digest: Sha256) -> bytes | None:
        try:
            content = bundle.read(layout.artefact(digest), MAX_PICTURE)
        except EvidenceError:
            return None
        return content if sha256_of(content) == digest else None

    beside = known or Beside(
        contract=_contract(bundle, gathering, done), audited=True, earlier=earlier, untested=(NO_CONTROLS,)
    )
    beside = replace(beside, signers=_signers(question.trust, done.origin))
    return Source(annex=finished(gathering, done, beside), load=load)


def _contract(bundle: Bundle, gathering: Gathering, done: Audit) -> Contract:
    """The contract that the newest drill was judged by."""
    if gathering.register is None:
        refused = [one.what for one in done.findings if one.weight is Weight.REFUSED]
        if refused:
            raise EvidenceError(f"nothing in this bundle holds: {refused[0]}")
        raise InputError("no drill of this bundle holds, so nothing says what was promised")
    digest = gathering.register.contract
    content = bundle.read(layout.artefact(digest), layout.LARGEST_LOADED)
    return codec.decode(content, Contract, what="contract")


def finished(gathering: Gathering, done: Audit, beside: Beside) -> Annex:
    """The annex; InputError for what does not belong together."""
    try:
        return gathering.finish(done, beside)
    except ValueError as error:
        raise InputError(f"no annex of this: {error}") from error


def earlier_of(paths: Sequence[Path]) -> tuple[Earlier, ...]:
    """The earlier annexes out of their files; InputError for a file that is none."""
    found = []
    for path in paths:
        content = own_file(path, MAX_BYTES)
        try:
            annex = codec.decode(content, Annex, what=str(path))
        except EvidenceError as error:
            raise InputError(str(error), hint="--earlier names what `report annex --json` wrote") from error
        found.append(Earlier(annex=annex, sha256=sha256_of(content)))
    return tuple(found)


def _signers(trust: Trust, origin: str) -> tuple[SignerLine, ...]:
    """The keys besides the runners' that a reader checks with."""
    return tuple(
        SignerLine(role=key.role, name=key.name, keyid=keyid_of(key.public_der))
        for key in trust.keys
        if key.role in {"provider", "customer", "witness"} or (key.role == "log" and key.name == origin)
    )
