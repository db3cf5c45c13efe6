"""The command line: finds the verb, runs it, and turns errors into words and exit codes."""

import argparse
import sys
import traceback
from collections.abc import Sequence

from drverify import __version__
from drverify.cli.verbs import VERBS, Verb
from drverify.errors import EXIT_TABLE, DrverifyError, Exit

DESCRIPTION = """\
Backup and disaster-recovery verification: restores real backups into a sandbox that can reach
nothing, boots and probes the application, judges each promise of the agreement (MET, MISSED or
UNPROVEN), and signs evidence that anyone can check offline."""

EXAMPLES = """\
examples:
  drverify doctor                             what this machine has and lacks
  drverify drill run shop                     restore, boot, probe, judge, sign
  drverify drill run shop --mode instant      boot straight from the backup
  drverify verify DIRECTORY --trust KEYFILE   check evidence offline
  drverify sandbox reap                       take back what a killed drill left behind

exit codes:
"""


def parser_of(chosen: Sequence[Verb]) -> argparse.ArgumentParser:
    """Build the parser; only the chosen verbs' modules are imported and declare their arguments."""
    table = "\n".join(f"  {code.value:>3}  {text}" for code, text in EXIT_TABLE)
    parser = argparse.ArgumentParser(
        prog="drverify",
        description=DESCRIPTION,
        epilog=EXAMPLES + table,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"drverify {__version__}")
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings file (default: $DRVERIFY_CONFIG, ./drverify.toml, /etc/drverify/drverify.toml)",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for verb in VERBS:
        module = verb.load() if verb in chosen else None
        sub = verbs.add_parser(
            verb.name,
            help=verb.help,
            description=verb.help[0].upper() + verb.help[1:] + ".",
            epilog=module.EXAMPLES if module else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        if module:
            module.arguments(sub)
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    chosen = [verb for verb in VERBS if verb.name in words]
    try:
        args = parser_of(chosen).parse_args(words)
        return next(verb for verb in VERBS if verb.name == args.verb).load().run(args)
    except DrverifyError as error:
        _say(error)
        return error.exit_code
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] in {"drverify", "lab"}:
            raise
        print(f"drverify: this needs the Python package {error.name}", file=sys.stderr)
        print("  -> pip install 'drverify[all]'", file=sys.stderr)
        return Exit.WRONG_INPUT
    except KeyboardInterrupt:
        print("drverify: interrupted", file=sys.stderr)
        return Exit.INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return Exit.OK
    except Exception:  # noqa: BLE001 - the last resort: a bug is shown whole, with a code of its own
        traceback.print_exc()
        print("drverify: this is a bug in drverify; please report it with the lines above", file=sys.stderr)
        return Exit.BUG


def _say(error: DrverifyError) -> None:
    print(f"drverify: {error}", file=sys.stderr)
    if error.hint:
        print(f"  -> {error.hint}", file=sys.stderr)
