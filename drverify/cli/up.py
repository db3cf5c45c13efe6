"""`drverify up`: scheduler, worker and web page of a site in one process."""

import argparse

from drverify.cli.operating import Chosen, operate, site_argument, web_is_there
from drverify.operation.worker import Parts, to_standard_error

EXAMPLES = """\
examples:
  drverify up                 plan every night, drill in it, show it on a web page
  drverify up --no-web        without the web page
  drverify up --drain         when it is told to end, wait for the drills that run

SIGTERM or Ctrl-C ends it in order: nothing new is begun, and each drill that runs goes on in a process of its
own, to be found again by the next `drverify up`. A second one ends it at once; the drills go on all the same.
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    site_argument(parser)
    parser.add_argument("--no-web", action="store_true", help="do not serve the web page")
    parser.add_argument("--drain", action="store_true", help="wait for running drills before it ends")


def run(args: argparse.Namespace) -> int:
    """Work until a signal."""
    web = not args.no_web
    if web and not web_is_there():
        to_standard_error("the web page is not installed: pip install 'drverify[web]'")
        web = False
    return operate(args, Parts(drain=args.drain), Chosen(rounds=True, web=web))
