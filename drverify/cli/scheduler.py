"""`drverify scheduler`: a process that plans the nights of its site, and runs none of them."""

import argparse

from drverify.cli.operating import Chosen, operate, site_argument
from drverify.operation.worker import Parts

EXAMPLES = """\
examples:
  drverify scheduler --site fra1     plan each night anew, and when agreement, inventory or settings change

One for each site. Several do no harm: what is planned twice is booked once.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    site_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Plan until a signal."""
    return operate(args, Parts(worker=False), Chosen(rounds=True))
