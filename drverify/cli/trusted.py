"""What `--trust` names: a trust file, or the root that both parties of an agreement pinned."""

from datetime import datetime
from pathlib import Path

from drverify.errors import InputError
from drverify.sealing.keys import Trust, read_trust
from drverify.sealing.strict_json import MAX_BYTES


def trust_of(path: Path, at: datetime, *, beside: Path | None = None) -> Trust:
    """Whom to believe, as known at the instant `at`.

    `path` is a trust file, a root (`N.root.json`), a directory with roots, of which the oldest counts as
    pinned, or `sha256:HEX` of a root. Newer roots, targets and keyring are looked for beside the root and
    in the directory `beside`, such as the one of a bundle, which is believed in nothing that the pinned
    root does not lead to. Keys come with their time and revocation: `sealing.keyring.usable` is to be asked.
    InputError for what is missing or wrong in what the caller named; EvidenceError for metadata that does
    not follow from the pinned root.
    """
    del at, beside
    return read_trust(own_file(path, MAX_BYTES), what=str(path))


def own_file(path: Path, limit: int) -> bytes:
    """What the caller gives us, be it a pipe; InputError when it cannot be read or has more bytes."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > limit:
        raise InputError(f"{path}: larger than {limit} bytes")
    return content
