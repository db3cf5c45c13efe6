"""What can go wrong with a store on another machine, each a type of its own.

All of them are ours: that a store could not be asked says nothing about the backups in it.
"""

from drverify.errors import SourceError


class Unreachable(SourceError):  # noqa: N818 - these read as findings
    """Nobody answers at the address."""


class Stranger(SourceError):  # noqa: N818
    """Somebody answers who cannot show that it is the host, by its key or its certificate."""


class Refused(SourceError):  # noqa: N818
    """The store answers and does not let us in, or not read."""


class NotThere(SourceError):  # noqa: N818
    """The store answers and has no such directory, bucket or file."""


class Changed(SourceError):  # noqa: N818
    """A file is not the one any more that was listed."""


class CutOff(SourceError):  # noqa: N818
    """The store was lost on the way."""
