"""`drverify agreement`: read agreements, lint, review and accept registers, compare them."""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from drverify.adapters.doors.contract import LOCK, dump_contract, load_contract
from drverify.agreements.proposals import (
    Opened,
    accepted,
    lay_beside,
    open_register,
    propose,
    relinted,
    save,
)
from drverify.cli import agreement_checks, agreement_review
from drverify.cli.agreement_output import REGISTERS, console, reading
from drverify.cli.putting import put
from drverify.errors import Exit, InputError
from drverify.model.contract import Contract
from drverify.report.agreement import proposal, spans, testable
from drverify.sealing.agreed import edited
from drverify.sealing.codec import to_json

EXAMPLES = """\
examples:
  drverify agreement read msa.pdf schedule-b.docx -o acme.register.yaml    propose a register
  drverify agreement lint acme.register.yaml --inventory inventory.yaml    what it leaves open
  drverify agreement review acme.register.yaml                             decide, one by one
  drverify agreement review acme.register.yaml --html review.html          the same as a page to look at
  drverify agreement accept acme.register.yaml --by "J. Doe"               write acme.lock.yaml
  drverify agreement diff acme-2025.lock.yaml acme.register.yaml           what a renewal changed
  drverify agreement matrix acme.register.yaml                             who recovers what

exit codes: 0 done; 11 `lint` found something critical or major, `diff` found a changed promise,
`matrix` found a step that nobody owns; 2 a file, a decision or an argument is wrong.
"""
READ = """\
The first document prevails over the second, and so on. Nothing is decided by reading: every provision
waits for a person (`drverify agreement review`). With -o the documents are copied beside the register
when they lie elsewhere.

examples:
  drverify agreement read msa.pdf -o msa.register.yaml
  drverify agreement read msa.md sla.html --format spans > spans.jsonl
"""
ACCEPT = """\
Writes NAME.lock.yaml beside NAME.register.yaml: the only form of an agreement that drills, verdicts and
evidence use. It holds the digests of documents, texts, rules and reader; an edited lock or a changed
document is refused afterwards. Refused while a provision is undecided.

examples:
  drverify agreement accept acme.register.yaml --by "J. Doe" --note "reviewed with legal"
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions and their arguments."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    raw = argparse.RawDescriptionHelpFormatter
    read = actions.add_parser("read", help="propose a register", epilog=READ, formatter_class=raw)
    read.add_argument("files", nargs="+", type=Path, metavar="FILE", help="md, txt, html, docx or pdf")
    read.add_argument("-o", "--output", type=Path, metavar="REGISTER", help="write the register there (YAML)")
    read.add_argument(
        "--format", choices=("text", "yaml", "spans"), default="text", help="what to print (default: text)"
    )
    read.add_argument(
        "--proposer",
        action="append",
        default=[],
        metavar="NAME",
        help="also ask an installed plug-in where to look (off by default; marked in the register)",
    )
    agreement_checks.lint_arguments(actions)
    agreement_review.arguments(actions)
    accept = actions.add_parser("accept", help="write the lock", epilog=ACCEPT, formatter_class=raw)
    accept.add_argument("register", type=Path, metavar="REGISTER", help="a reviewed proposal")
    accept.add_argument("--by", required=True, metavar="NAME", help="who accepts it")
    accept.add_argument("--note", default="", help="a remark for the record")
    accept.add_argument("-o", "--output", type=Path, metavar="LOCK", help=f"default: NAME{LOCK} beside it")
    agreement_checks.comparing_arguments(actions)


def run(args: argparse.Namespace) -> int:
    """Carry out the action."""
    actions: Mapping[str, Callable[[argparse.Namespace], int]] = {
        "read": _read,
        "lint": agreement_checks.lint,
        "review": agreement_review.review,
        "accept": _accept,
        "diff": agreement_checks.diff,
        "matrix": agreement_checks.matrix,
    }
    return actions[args.action](args)


def _read(args: argparse.Namespace) -> int:
    _refuse_registers(args.files)
    with reading() as progress:
        found = propose(args.files, progress=progress, proposers=args.proposer)
    if args.output is not None:
        _keep(found, args.files, args.output)
    if args.format == "spans":
        put(spans.lines(found.contract), None)
    elif args.format == "yaml":
        put(dump_contract(found.contract), None)
    else:
        proposal.show(console(), found.contract)
        _next_steps(args.output)
    return Exit.OK


def _refuse_registers(files: list[Path]) -> None:
    for path in files:
        if path.suffix.lower() in REGISTERS:
            raise InputError(
                f"{path}: `read` takes the documents themselves, not a register",
                hint="`drverify agreement lint` and `review` take registers",
            )


def _keep(found: Opened, files: list[Path], output: Path) -> None:
    if output.name.endswith(LOCK):
        raise InputError(f"{output}: a lock is written by `drverify agreement accept` alone")
    output.parent.mkdir(parents=True, exist_ok=True)
    for copied in lay_beside(files, output.parent):
        print(f"copied {copied}", file=sys.stderr)
    save(found.contract, output)


def _next_steps(output: Path | None) -> None:
    if output is None:
        print("\nnothing was written: name a register with -o to review and accept this")
        return
    print(f"\nwrote      {output}")
    print(f"decide     drverify agreement review {output}")
    print(f"look at it drverify agreement review {output} --html {output.with_suffix('.html')}")


def lock_of(register: Path) -> Path:
    """`acme.register.yaml` and `acme.yaml` become `acme.lock.yaml`."""
    name = register.name
    for ending in (".register.yaml", ".register.yml", ".yaml", ".yml"):
        if name.endswith(ending):
            return register.with_name(name.removesuffix(ending) + LOCK)
    return register.with_name(name + LOCK)


def already_accepted(lock: Path, contract: Contract) -> Contract | None:
    """The lock that is there, if the same person has accepted the same with the same words; else None.

    It stays as it is then: whatever both parties agreed on names the lock by its digest, time included.
    """
    try:
        found = load_contract(lock)
    except InputError:
        return None  # there is none, or one that cannot be read: it is written anew
    now, before = contract.accepted, found.accepted
    if now is None or before is None or edited(found):
        return None
    same = (before.by, before.note, before.content) == (now.by, now.note, now.content)
    return found if same else None


def _accepted_at(contract: Contract) -> datetime:
    if contract.accepted is None:
        raise ValueError("it was not accepted")
    return contract.accepted.at


def _accept(args: argparse.Namespace) -> int:
    if not args.by.strip() or not args.by.isprintable() or not args.note.isprintable():
        raise InputError("--by and --note take a name and a remark of one line")
    with reading() as progress:
        found = relinted(open_register(args.register, progress=progress))
    now = datetime.now(UTC).replace(microsecond=0)
    contract = accepted(found.contract, by=args.by.strip(), at=now, note=args.note)
    lock = args.output or lock_of(args.register)
    if (before := already_accepted(lock, contract)) is not None:
        testable.show(console(), before, at=now)
        print(f"\nunchanged  {lock}: {args.by.strip()} accepted the same at {to_json(_accepted_at(before))}")
        return Exit.OK
    if lock.parent.resolve() != args.register.parent.resolve():
        sources = [args.register.parent / one.name for one in contract.documents if one.supplied]
        lay_beside(sources, lock.parent)
    save(contract, lock)
    testable.show(console(), replace(contract), at=now)
    print(f"\nwrote      {lock}")
    return Exit.OK
