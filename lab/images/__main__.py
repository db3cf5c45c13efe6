"""``python -m lab.images``: build, list and clean the lab's guest images."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

from lab.images.cache import clean
from lab.images.errors import LabError
from lab.images.recipe import NAMES, Image, ensure_image, recipe

DEFAULT_CACHE = Path("/var/lib/drverify/lab/images")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.images", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    build = verbs.add_parser("build", help="build an image unless it is in the cache; print its path")
    build.add_argument("name", choices=NAMES)
    listed = verbs.add_parser("list", help="list the images in the cache")
    cleaned = verbs.add_parser("clean", help="remove images that no present recipe makes")
    cleaned.add_argument("--all", action="store_true", help="remove the present ones as well")
    for verb in (build, listed, cleaned):
        verb.add_argument("--cache", type=Path, default=DEFAULT_CACHE, metavar="DIR")
    return parser


def _build(options: argparse.Namespace) -> None:
    start = time.monotonic()
    image: Image = asyncio.run(ensure_image(options.name, options.cache, say=_say))
    _say(f"{image.name}: ready after {time.monotonic() - start:.1f} s")
    print(image.path)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _present() -> frozenset[str]:
    return frozenset(f"{name}-{recipe(name).digest()[:12]}.raw" for name in NAMES)


def _list(options: argparse.Namespace) -> None:
    present = _present()
    for path in sorted(options.cache.glob("*.raw")):
        stat = path.stat()
        state = "current" if path.name in present else "outdated"
        print(f"{path}  {stat.st_size >> 20} MiB, {stat.st_blocks * 512 >> 20} MiB allocated, {state}")


def _clean(options: argparse.Namespace) -> None:
    for path in clean(options.cache, keep=frozenset() if options.all else _present()):
        print(f"removed {path}")


def main(argv: list[str] | None = None) -> int:
    """Run one verb; 1 with a message on stderr if it cannot be done."""
    options = _parser().parse_args(argv)
    try:
        {"build": _build, "list": _list, "clean": _clean}[options.verb](options)
    except LabError as error:
        _say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
