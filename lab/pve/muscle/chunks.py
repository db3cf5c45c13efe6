"""How a backup server keeps bytes: blobs with a checksum, chunks named by their digest, fixed indexes.

From the published facts of the format; little-endian:

    blob, chunk   magic[8], u32 CRC-32 of what follows, the data
    fixed index   magic[8], uuid[16], i64 creation, SHA-256 of all digests, u64 size, u64 chunk size; filled
                  up to 4096 bytes; then the SHA-256 of each chunk's plain data, 32 bytes each
    chunk store   .chunks/<first 4 hex digits>/<digest in hex>

Only what is neither packed nor encrypted is written and read.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

CHUNK = 4 * 1024 * 1024
HEADER = 4096
BLOB_MAGIC = bytes((0x42, 0xAB, 0x38, 0x07, 0xBE, 0x83, 0x70, 0xA1))
INDEX_MAGIC = bytes((0x2F, 0x7F, 0x41, 0xED, 0x91, 0xFD, 0x0F, 0xCD))
_INDEX = struct.Struct("<8s16sq32sQQ")
_DIGEST = 32


class DamagedError(Exception):
    """What is stored is not what was written; the text says which file and how."""


def blob(data: bytes) -> bytes:
    """Wrap data as a blob."""
    return BLOB_MAGIC + struct.pack("<I", zlib.crc32(data)) + data


def read_blob(path: Path) -> bytes:
    """Return the data of a blob. DamagedError when it is none, or its checksum does not hold."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise DamagedError(f"file '{path.name}' not found") from error
    if raw[:8] != BLOB_MAGIC:
        raise DamagedError(f"blob '{path.name}': wrong magic number")
    if struct.unpack("<I", raw[8:12])[0] != zlib.crc32(raw[12:]):
        raise DamagedError(f"blob '{path.name}': wrong crc checksum")
    return raw[12:]


def chunk_path(store: Path, digest: bytes) -> Path:
    """File of a chunk."""
    name = digest.hex()
    return store / name[:4] / name


def put(store: Path, data: bytes) -> bytes:
    """Keep a chunk unless it is there; return its digest."""
    digest = hashlib.sha256(data).digest()
    path = chunk_path(store, digest)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(blob(data))
    return digest


def get(store: Path, digest: bytes) -> bytes:
    """Return a chunk's data. DamagedError when it is missing, broken, or another one."""
    data = read_blob(chunk_path(store, digest))
    if hashlib.sha256(data).digest() != digest:
        raise DamagedError(f"chunk '{digest.hex()}': wrong digest")
    return data


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """A disk as a list of chunks; the last one may be short."""

    uuid: UUID
    ctime: int
    size: int
    digests: tuple[bytes, ...]

    @property
    def checksum(self) -> bytes:
        """SHA-256 of all digests, which the manifest repeats."""
        return hashlib.sha256(b"".join(self.digests)).digest()

    def written(self) -> bytes:
        """Return the index file."""
        head = _INDEX.pack(INDEX_MAGIC, self.uuid.bytes, self.ctime, self.checksum, self.size, CHUNK)
        return head.ljust(HEADER, b"\0") + b"".join(self.digests)


def read_index(path: Path) -> Index:
    """Read an index. DamagedError when it is none, is cut off, or its checksum does not hold."""
    raw = path.read_bytes() if path.exists() else b""
    if len(raw) < HEADER or raw[:8] != INDEX_MAGIC:
        raise DamagedError(f"index '{path.name}': no fixed index")
    _, uuid, ctime, checksum, size, chunk = _INDEX.unpack_from(raw)
    count = -(-size // CHUNK)
    if chunk != CHUNK or len(raw) != HEADER + count * _DIGEST:
        raise DamagedError(f"index '{path.name}': unexpected length")
    digests = tuple(raw[at : at + _DIGEST] for at in range(HEADER, len(raw), _DIGEST))
    index = Index(uuid=UUID(bytes=uuid), ctime=ctime, size=size, digests=digests)
    if index.checksum != checksum:
        raise DamagedError(f"index '{path.name}': wrong checksum")
    return index


def pieces(path: Path) -> Iterator[bytes]:
    """Yield a disk in pieces of a chunk's size."""
    with path.open("rb") as file:
        while data := file.read(CHUNK):
            yield data
