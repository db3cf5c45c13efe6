"""`drverify worker`: a process that runs the drills of its site, and keeps the house."""

import argparse

from drverify.cli.operating import Chosen, operate, site_argument
from drverify.operation.worker import Parts

EXAMPLES = """\
examples:
  drverify worker --site fra1             run what is booked for site fra1
  drverify worker --site fra1 --drain     when it is told to end, wait for the drills that run

One or two for each site are enough; they share the work, and each takes over what another one leaves when it
dies. How many drills run side by side stands in the settings, under [operation] and [nights.hosts].
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    site_argument(parser)
    parser.add_argument("--drain", action="store_true", help="wait for running drills before it ends")


def run(args: argparse.Namespace) -> int:
    """Work until a signal."""
    return operate(args, Parts(scheduler=False, drain=args.drain), Chosen())
