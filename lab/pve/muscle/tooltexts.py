"""What the restoring tool of a real node says when an archive is damaged: facts of its messages.

A client that reads logs has to bear these words; which damage is meant, our own reader knows better.
"""

from pathlib import Path

from drverify.adapters.vma.defects import ArchiveDefect, DefectKind

ABORTED = 133
"""The tool's exit code after an error: it aborts itself (SIGTRAP)."""
UNPACK = {".zst": "zstd -q -d -c", ".gz": "zcat", ".lzo": "lzop -d -c"}


def restore_command(archive: Path) -> str:
    """The command that a node's log names for this archive."""
    unpack = UNPACK.get(archive.suffix)
    if unpack is None:
        return f"vma extract -v -r /var/tmp/vzdumptmp1.fifo {archive} /var/tmp/vzdumptmp1"
    return f"{unpack} {archive} | vma extract -v -r /var/tmp/vzdumptmp1.fifo - /var/tmp/vzdumptmp1"


def failed(archive: Path) -> str:
    """How the task ends then."""
    pipe = "set -o pipefail && " if archive.suffix in UNPACK else ""
    return f"command '{pipe}{restore_command(archive)}' failed: exit code {ABORTED}"


def complaint(defect: ArchiveDefect) -> list[str]:
    """The lines of the log before that."""
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
    lines = ["zstd: error 36 : Data corruption detected"] if defect.kind is DefectKind.COMPRESSION else []
    return [*lines, f"vma: restore failed - {texts.get(defect.kind, str(defect))}"]
