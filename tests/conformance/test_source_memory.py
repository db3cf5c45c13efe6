"""The source in memory, which the engine's tests stand on, holds the contract but for reading in place."""

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.conformance.source_suite import FilesSuite, HeldImages, ImagesSuite, PointsSuite
from tests.support.memory import MemorySource
from tests.support.records import point

HOUR = timedelta(hours=1)


class TestMemorySource(PointsSuite, ImagesSuite, FilesSuite):
    @pytest.fixture
    def held(self) -> HeldImages:
        files = replace(point(3 * HOUR), host="docs", paths=("/docs",))
        held = {point(HOUR): b"newest", point(2 * HOUR): b"older", files: b"text"}
        return HeldImages(
            source=MemorySource(held=dict(held), pause=0.1),
            name="repo",
            host="shop",
            other="docs",
            image_path="/shop.raw",
            newest_image=b"newest",
            files_path="/docs",
            files={"file": b"text"},
        )
