"""What can be wrong with a VMA archive: every kind by name, each with its place."""

from enum import StrEnum

from drverify.errors import DefectError


class DefectKind(StrEnum):
    """Kinds of damage; the values appear in JSON output and stay as they are."""

    MAGIC = "bad-magic"
    VERSION = "unknown-version"
    HEADER_CHECKSUM = "header-checksum"
    HEADER_FIELD = "header-field"
    RESERVED = "reserved-field"
    EXTENT_CHECKSUM = "extent-checksum"
    FOREIGN_EXTENT = "foreign-extent"
    BLOCK_COUNT = "block-count"
    EMPTY_EXTENTS = "empty-extents"
    UNKNOWN_DEVICE = "unknown-device"
    CLUSTER_RANGE = "cluster-out-of-range"
    CLUSTER_ORDER = "cluster-out-of-order"
    DUPLICATE_CLUSTER = "duplicate-cluster"
    MISSING_CLUSTERS = "missing-clusters"
    MISSING_DEVICE = "missing-device"
    TRUNCATED = "truncated"
    TRAILING = "trailing-rubbish"
    COMPRESSION = "compression"
    PAYLOAD = "payload-digest"


class ArchiveDefect(DefectError):  # noqa: N818 - reads as what it is
    """An archive is damaged: `kind`, and where, as far as it has a place.

    `offset` counts bytes of the unpacked archive; for a short archive it is where the data ends, and None
    for contents that are not what was recorded.
    """

    def __init__(
        self,
        kind: DefectKind,
        message: str,
        *,
        offset: int | None,
        device: str | None = None,
        cluster: int | None = None,
    ) -> None:
        super().__init__(message if offset is None else f"{message} (at byte {offset} of the archive's data)")
        self.kind = kind
        self.offset = offset
        self.device = device
        self.cluster = cluster
