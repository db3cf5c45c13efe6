"""`drverify web`: the web page and the interface for programs, in a process of their own."""

import argparse

from drverify.cli.operating import Chosen, operate, site_argument, web_is_there
from drverify.errors import InputError
from drverify.operation.worker import Parts

EXAMPLES = """\
examples:
  drverify web --site fra1       serve the page where [operation.web] says; it needs no private key
  drverify account add ana       somebody who may sign in
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    site_argument(parser)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal."""
    if not web_is_there():
        raise InputError("the web page is not installed", hint="pip install 'drverify[web]'")
    return operate(args, Parts(worker=False, scheduler=False), Chosen(web=True))
