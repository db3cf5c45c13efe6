"""Restored files held against what was there when they were backed up."""

from dataclasses import dataclass
from enum import StrEnum


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
    """What they were held against: `manifest <name>`, or the live system."""
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
    differing: int = 0
    """Files that differ."""
    differences: tuple[FileDifference, ...] = ()
    """The first of them, at most 100."""
    at_most_ppm: int | None = None
    """With 95 % confidence at most so many of a million files cannot be restored as they were, rounded up;
    None: the files were not drawn by chance."""
