"""`drverify completion`: a completion script, made from the parser by shtab."""

import argparse

import shtab

from drverify.cli.main import parser_of
from drverify.cli.verbs import VERBS

EXAMPLES = """\
examples:
  drverify completion bash > /etc/bash_completion.d/drverify
  drverify completion zsh > ~/.zfunc/_drverify
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the verb's arguments."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="for which shell")


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    others = [verb for verb in VERBS if verb.name != "completion"]
    print(shtab.complete(parser_of(others), shell=args.shell))
    return 0
