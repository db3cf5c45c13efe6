"""Gathers a bundle's files out of a state directory: the whole log, and what one period needs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import drverify
from drverify.adapters.bundle.readme import readme
from drverify.adapters.bundle.writing import Content
from drverify.adapters.storage.log import LogDirectory
from drverify.adapters.storage.plain import plain_content
from drverify.auditing import layout
from drverify.auditing.scope import Scope, scope_of
from drverify.errors import EvidenceError, HostError, InputError
from drverify.model.agreement import Sha256
from drverify.model.evidence import PREDICATE_TYPES, Blob, RecordKind
from drverify.model.records import Period, PeriodClose, Schedule
from drverify.sealing import codec, envelope
from drverify.sealing.agreed import sha256_of
from drverify.sealing.strict_json import MAX_BYTES, parse_canonical
from drverify.transparency import leaf, note, tiles
from drverify.transparency.leaf import Leaf

SHIPPED = Path(__file__).parent / "shipped"
"""What goes into every bundle's `verifier/`."""
SCHEMAS = Path(drverify.__file__).parent / "schemas"
SCHEMAS = Path(__file__).parents[2] / "schemas"
"""What the statements of a log are, for readers in other languages: into `schema/`."""
T = TypeVar("T")
_HEX = re.compile(rb'"([0-9a-f]{64})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where everything lies that a bundle is made of."""

    log: LogDirectory
    drills: Path
    records: Path
    agreement: str
    """Id of the agreement."""
    agreed: tuple[Blob, ...]
    """The contract and its papers, in case that no drill has kept them."""
    extras: Mapping[str, Path] = field(default_factory=dict)
    """Files by their names in the bundle, such as `annex.pdf` or `trust/keyring.json`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """A bundle that can be written."""

    index: layout.Index
    files: Mapping[str, Content]
    missing: tuple[str, ...]
    """Envelopes and artefacts that are not at hand: an audit will ask for them."""


def gather(place: Place, period: Period) -> Gathered:
    """Find everything. InputError when nothing was logged, or an extra has a name that no bundle has.

    What is missing is told, and not made up for: the auditor's findings will be the same.
    """
    head = place.log.head()
    if head is None:
        raise InputError("nothing was logged yet", hint="run a drill")
    size = head[0].size
    leaves = [leaf.decode(one, what="log entry") for one in place.log.entries(0, size)]
    envelopes = _envelopes(place)
    scope = _scope(period, leaves, envelopes)
    wanted = [one for index, one in enumerate(leaves) if scope.needs(index, one.kind)]
    paths = [(one, envelopes.get(one.payload)) for one in wanted]
    files: dict[str, Content] = dict(_log_files(place.log, size))
    named: set[str] = set()
    for one, path in paths:
        if path is not None and one.kind != "drill-started":  # its register is asked for with its result
            named.update(_named(path))
    files.update(_artefacts(place, named))
    files[layout.ENVELOPES] = _Lines(tuple(path for _, path in paths if path is not None))
    extras: dict[str, Content] = {**_shipped(), **_schemas(), **place.extras}
    extras[layout.README] = readme(place.agreement, period, place.log.origin, sorted({*extras, *files}))
    files.update(extras)
    index = layout.Index(
        agreement=place.agreement,
        period=period,
        origin=place.log.origin,
        size=size,
        files=tuple(_listed(name, files[name]) for name in sorted(files) if layout.is_listed(name)),
    )
    files[layout.INDEX] = codec.encode(index)
    lost = tuple(f"the envelope of a {one.kind} in the log" for one, path in paths if path is None)
    return Gathered(index=index, files=files, missing=lost)


def _envelopes(place: Place) -> dict[Sha256, Path]:
    """Every envelope that is kept, by the digest of its payload; what is none is left out."""
    kept = [*place.drills.glob("*/*.dsse.json"), *place.records.rglob("*.dsse.json")]
    found: dict[Sha256, Path] = {}
    for path in sorted(kept):
        with suppress(EvidenceError, FileNotFoundError):
            found[sha256_of(envelope.decode(plain_content(path, 2 * MAX_BYTES)).payload)] = path
    return found


def _scope(period: Period, leaves: Sequence[Leaf], envelopes: Mapping[Sha256, Path]) -> Scope:
    schedules = list(_read(leaves, envelopes, "schedule", Schedule))
    closes = list(_read(leaves, envelopes, "period-close", PeriodClose))
    return scope_of(period, schedules, closes, size=len(leaves))


def _read(
    leaves: Sequence[Leaf], envelopes: Mapping[Sha256, Path], kind: RecordKind, form: type[T]
) -> Iterator[tuple[int, T]]:
    """The predicates of the entries of one kind, whose signatures are the auditor's business."""
    for index, one in enumerate(leaves):
        path = envelopes.get(one.payload) if one.kind == kind else None
        if path is None:
            continue
        what = f"{path}: {kind}"
        said = parse_canonical(envelope.decode(path.read_bytes()).payload, what=what)
        if not isinstance(said, dict) or said.get("predicateType") != PREDICATE_TYPES[kind]:
            raise EvidenceError(f"{what}: it is none")
        yield index, codec.from_json(said.get("predicate"), form, what=what)


def _named(path: Path) -> Iterator[str]:
    """Everything in an envelope's statement that could be the digest of a file."""
    for found in _HEX.finditer(envelope.decode(plain_content(path, 2 * MAX_BYTES)).payload):
        yield found[1].decode()


def _artefacts(place: Place, named: set[str]) -> dict[str, Content]:
    """The files that are named, and those that these name: a register names its contract's documents."""
    kept: dict[str, Content] = {sha256_of(blob.content): blob.content for blob in place.agreed}
    folders = [*place.drills.glob("*/artefacts/sha256"), *place.records.rglob("artefacts/sha256")]
    for folder in sorted(folders):
        for path in folder.iterdir():
            if path.name not in kept and path.is_file() and not path.is_symlink():
                kept[path.name] = path
    return {layout.artefact(name): kept[name] for name in named & kept.keys()}


@dataclass(frozen=True, slots=True)
class _Lines:
    """The envelopes of these files, one a line; read whenever they are asked for."""

    paths: tuple[Path, ...]

    def __iter__(self) -> Iterator[bytes]:
        for path in self.paths:
            yield plain_content(path, 2 * MAX_BYTES)
            yield b"\n"


def _log_files(log: LogDirectory, size: int) -> Iterator[tuple[str, Content]]:
    yield layout.CHECKPOINT, plain_content(log.path / "checkpoint", note.MAX_BYTES)
    for tile in (*tiles.tiles_of(size), *tiles.bundles_of(size)):
        yield f"{layout.LOG}{tile.path}", log.tile(tile)
    for folder in ("checkpoints", "timestamps"):
        for path in sorted((log.path / folder).glob("[0-9]*")):
            name = f"{layout.LOG}{folder}/{path.name}"
            if layout.checkpoint_size(name) or layout.token(name):
                yield name, plain_content(path, layout.LARGEST_TOKEN)


def _shipped() -> dict[str, Content]:
    schemas = [SCHEMAS / f"{kind}.schema.json" for kind in PREDICATE_TYPES]
    verifier = [
        path
        for path in sorted(SHIPPED.rglob("*"))
        if path.is_file() and layout.is_name(path.name) and path.suffix != ".pyc"
    ]
    return {
        **{f"schema/{path.name}": path.read_bytes() for path in schemas},
        **{f"verifier/{path.relative_to(SHIPPED)}": path.read_bytes() for path in verifier},
    }


def _schemas() -> dict[str, Content]:
    """The published JSON Schema of every kind of statement."""
    names = [f"{kind}.schema.json" for kind in PREDICATE_TYPES]
    return {f"schema/{name}": (SCHEMAS / name).read_bytes() for name in names if (SCHEMAS / name).is_file()}


def extras_in(directory: Path) -> dict[str, Path]:
    """The files of a directory by their names in the bundle; InputError for one that has no place in it."""
    found = {}
    for path in sorted(directory.rglob("*")):
        name = path.relative_to(directory).as_posix()
        if path.is_dir() and not path.is_symlink():
            continue
        if path.is_symlink() or not path.is_file() or not layout.is_name(name) or not layout.is_extra(name):
            places = ", ".join(layout.EXTRAS)
            raise InputError(f"{path} has no place in a bundle", hint=f"there are {places}")
        found[name] = path
    return found


def _listed(name: str, content: Content) -> layout.Listed:
    data = _whole(content)
    return layout.Listed(path=name, sha256=sha256_of(data), size_bytes=len(data))


def _whole(content: Content) -> bytes:
    if isinstance(content, bytes):
        return content
    try:
        return content.read_bytes() if isinstance(content, Path) else b"".join(_pieces(content))
    except OSError as error:
        raise HostError(f"{error.filename} cannot be read: {error.strerror}") from error


def _pieces(content: Iterable[bytes]) -> Iterator[bytes]:
    yield from content
