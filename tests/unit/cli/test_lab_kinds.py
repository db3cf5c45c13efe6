"""The command line's list of kinds is the lab's."""

from drverify.cli.lab import KINDS
from lab.breaking.kinds import KINDS as LAB_KINDS


def test_the_command_line_knows_every_way_to_break() -> None:
    assert list(LAB_KINDS) == list(KINDS)
