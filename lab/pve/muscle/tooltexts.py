"""What the restoring tool of a real node says when an archive is damaged: facts of its messages.

A client that reads logs has to bear these words; which damage is meant, our own reader knows better.
"""

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind


def complaint(defect: ArchiveDefect) -> list[str]:
    """The tool's words, one or more lines."""
    device, cluster = defect.device, defect.cluster
    texts = {
        DefectKind.MAGIC: "not a vma archive",
        DefectKind.HEADER_CHECKSUM: "wrong vma header chechsum",
        DefectKind.EXTENT_CHECKSUM: "wrong vma extent header chechsum",
        DefectKind.MISSING_CLUSTERS: f"detected missing cluster {cluster} for stream {device}",
        DefectKind.DUPLICATE_CLUSTER: f"found duplicated cluster {cluster} for stream {device}",
        DefectKind.TRUNCATED: "short vma extent",
        DefectKind.COMPRESSION: "short vma extent",
    }
    lines = [str(defect)] if defect.kind is DefectKind.COMPRESSION else []  # what the unpacker said
    return [*lines, f"vma: restore failed - {texts.get(defect.kind, str(defect))}"]
