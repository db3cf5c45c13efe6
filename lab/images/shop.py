"""placeholder"""
from lab.images.cache import Build
from lab.images.distro import Release
PACKAGES: tuple[str, ...] = ()
def builder(release: Release) -> Build:
    raise NotImplementedError
