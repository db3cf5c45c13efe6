"""Restored files held against what was there when they were backed up."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

MOST_DIFFERENCES = 100
"""So many are written out."""
LISTING = "files/listing.json.gz"
"""Name of the artefact that holds the point's files, and which of them were drawn."""
NAMED_STRATUM = "named"
"""Name of the stratum of those files that a sample names, which chance does not draw."""
MANIFEST = "files/manifest.mtree.gz"
"""Name of the artefact that holds the manifest, where nothing is hidden."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Which files of a set are restored: some, drawn by chance, or those named."""

    files: int = 0
    """How many are drawn, stratified by directory and age; 0: none beside the named ones."""
    named: tuple[str, ...] = ()
    """Paths below the file set that are always restored."""


class Aspect(StrEnum):
    """In what a restored file can differ from its entry in the manifest."""

    MISSING = "missing"
    UNLISTED = "unlisted"
    """Restored, and not in the manifest."""
    KIND = "kind"
    SIZE = "size"
    CONTENT = "content"
    OWNER = "owner"
    MODE = "mode"
    MODIFIED = "modified"
    LINK = "link"
    ACL = "acl"
    XATTR = "xattr"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDifference:
    """One file that is not as the manifest has it."""

    path: str
    aspect: Aspect
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileComparison:
    """What comparing the restored files with the manifest showed."""

    basis: str
    """What they were held against: `manifest <name>`; empty: with nothing, they were only restored."""
    seed: str
    """Hexadecimal; what the sample was drawn with, out of the drill's challenge. Empty: nothing was drawn."""
    population: int
    """Files that the point holds below the path."""
    population_bytes: int
    compared: int
    """Files that were restored and compared."""
    compared_bytes: int
    strata: tuple[tuple[str, int, int], ...] = ()
    """Name, files in it, files drawn of it."""
    aspects: tuple[Aspect, ...] = ()
    """What was compared; what is not named here shows nothing."""
    changed_since: int = 0
    """Files of those restored that were changed between the manifest and the point: they are not compared."""
    differing: int = 0
    """Files that differ, directories among them, or are in one of the two only."""
    differences: tuple[FileDifference, ...] = ()
    """The first of them, at most 100."""
    at_most_ppm: int | None = None
    """With 95 % confidence at most so many of a million files cannot be restored as they were, rounded up;
    None: the files were not drawn by chance, or one of them differs."""
    manifest_sha256: str = ""
    """Digest of the manifest; empty: the files were compared with nothing."""


AFTER = ", after the point"
"""Ends what is said of a file that was modified later than the point's own time, and so during the backup."""
_CONTENT = frozenset({Aspect.KIND, Aspect.SIZE, Aspect.CONTENT, Aspect.LINK})


def is_defect(differences: Sequence[FileDifference], *, beside: bool, timed: bool) -> bool:
    """Whether the differences of one file prove that the backup is wrong, not that the file was changed.

    Against a manifest in the point, all do but those of a file that was modified after the point's time.
    Against one `beside` the backup only another content does, when both know the file by the same time of
    modification (`timed`: the manifest states it): all else may have been done between manifest and point.
    """
    dated = {Aspect.MODIFIED, Aspect.UNLISTED}
    if any(one.aspect in dated and one.found.endswith(AFTER) for one in differences):
        return False
    seen = {one.aspect for one in differences}
    return bool(seen) if not beside else timed and Aspect.MODIFIED not in seen and bool(seen & _CONTENT)


def defective(found: FileComparison, *, beside: bool) -> bool:
    """Whether a file differs that proves a defect; the differences of such files come first."""
    first = [one for one in found.differences if one.path == found.differences[0].path]
    return is_defect(first, beside=beside, timed=Aspect.MODIFIED in found.aspects)


def in_one_line(found: FileComparison) -> str:
    """What differs, in a sentence: the first difference, and how many files more."""
    spread = {Aspect.MISSING, Aspect.UNLISTED} & {one.aspect for one in found.differences}
    among = max(found.population if spread else found.compared, found.differing)
    first = found.differences[0]
    differ = "differs" if found.differing == 1 else "differ"
    more = f", and {found.differing - 1:,} more" if found.differing > 1 else ""
    return f"{found.differing:,} of {among:,} files {differ}: {in_what(first)}{more}"


def in_what(one: FileDifference) -> str:
    """One difference in words."""
    match one.aspect:
        case Aspect.MISSING:
            return f"{one.path}: the manifest has a {one.expected}, it is {one.found}"
        case Aspect.UNLISTED:
            return f"{one.path}: it is not in the manifest"
        case _:
            return f"{one.path}: {one.aspect} is {one.found} instead of {one.expected}"


def coverage(found: FileComparison) -> str:
    """How much was looked at, and what against."""
    drawn = sum(taken for _, _, taken in found.strata)
    restored = f"{drawn:,} of {found.population:,} files restored" if found.strata else ""
    if not found.basis:
        return f"{restored}, compared with nothing"
    whole = f"{found.compared:,} of {found.population:,} files compared with {found.basis}"
    parts = [restored, f"{found.compared:,} compared with {found.basis}"] if restored else [whole]
    if found.changed_since:
        parts.append(f"{found.changed_since:,} changed between manifest and point, so not compared")
    return "; ".join(parts)


def looked_for(found: FileComparison) -> str:
    """What was compared of each file, and what was not."""
    seen = ", ".join(found.aspects)
    rest = ", ".join(one for one in Aspect if one not in found.aspects)
    return f"{seen}; not compared: {rest}" if rest else seen


def proves(found: FileComparison) -> str:
    """What a sample shows of the files that were not looked at; what looking at all shows, in plain words."""
    if found.differing:
        return in_one_line(found)
    if found.at_most_ppm is not None:
        files = found.at_most_ppm * found.population // 1_000_000
        percent = f"{found.at_most_ppm // 10_000}.{found.at_most_ppm % 10_000:04d}".rstrip("0").rstrip(".")
        return (
            f"with 95 % confidence at most {percent} % of the files ({files:,} of {found.population:,}) "
            "do not come back as they were"
        )
    if found.strata:
        return "only named files were restored: nothing is shown of the others"
    if found.changed_since or found.compared < found.population:
        return "every file that was compared came back as it was"
    return "every file came back as it was"
