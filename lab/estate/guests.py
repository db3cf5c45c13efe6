"""The image builders' functions with errors of drverify's own tree."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drverify.errors import HostError
from lab.images.errors import LabError
from lab.images.recipe import Image, ImageName, ensure_image


@contextmanager
def translated() -> Iterator[None]:
    """Turn a LabError of the image builders into a HostError with the same advice."""
    try:
        yield
    except LabError as error:
        raise HostError(error.message, hint=error.hint) from error


async def image(name: ImageName, cache: Path, say: Callable[[str], None]) -> Image:
    """Return the finished image of a guest, built first when the cache does not hold it."""
    with translated():
        return await ensure_image(name, cache, say=say)
