"""The workload that is files only: invoices and pictures of the shop, with a `sha256sum` manifest."""

import hashlib
import random
from pathlib import Path

MANIFEST = "MANIFEST.sha256"
FIRST = 240
"""Files that the tree begins with."""
MORE = 6
"""Files that each later day of business adds."""
_PICTURE_BYTES = 24 * 1024


def grow(tree: Path) -> int:
    """Make the tree, or add some more business to it, and write the manifest anew; return how many files.

    What is there stays as it is. The content follows from the file's number alone.
    """
    present = len(_files(tree)) if tree.is_dir() else 0
    for number in range(present, present + (MORE if present else FIRST)):
        path = tree / _name(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_content(number))
    found = _files(tree)
    (tree / MANIFEST).write_text("".join(f"{_sha256(path)}  {path.relative_to(tree)}\n" for path in found))
    return len(found)


def _files(tree: Path) -> list[Path]:
    """The documents; not the manifest, nor what the customer writes beside them."""
    found = (path for path in tree.rglob("*") if path.is_file())
    return sorted(path for path in found if path.name != MANIFEST and not path.name.startswith("."))


def _name(number: int) -> str:
    if number % 4 == 3:
        return f"pictures/{number % 7}/article-{number:05}.jpg"
    kind = "invoice" if number % 2 == 0 else "delivery-note"
    return f"{kind}s/2026/{number // 100:02}/{kind} {number:05}.txt"


def _content(number: int) -> bytes:
    chance = random.Random(number)
    if number % 4 == 3:
        return chance.randbytes(_PICTURE_BYTES)
    lines = [f"Acme Shop GmbH, document {number:05}\n"]
    lines += [f"{chance.randint(1, 9)} x article {chance.randint(100, 999)}\n" for _ in range(12)]
    return "".join(lines).encode()


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
