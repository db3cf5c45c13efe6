"""`drverify agreement review`: decide about what was read, one provision after the other."""

import argparse
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from drverify.adapters.doors.decisions import load_decisions
from drverify.agreements.proposals import Opened, decided, open_register, relinted, save
from drverify.cli.agreement_output import console, reading
from drverify.cli.agreement_walk import Walk, left
from drverify.cli.putting import put
from drverify.errors import Exit, InputError
from drverify.model.contract import Review
from drverify.report.agreement.review_page import review_page

REVIEW = """\
Walks through the provisions that nobody decided about: the document beside the reading. Every decision
is saved at once; quit and go on another time.

  a  accept as read          c  correct a field            r  reject (asks for the reason)
  s  skip for now            b  back to the one before     q  quit

--decisions applies a file of decisions that were made before (YAML: id, verdict accept|reject|correct,
changes, reason). --html writes a page with the documents and the provisions beside their words.

examples:
  drverify agreement review acme.register.yaml
  drverify agreement review acme.register.yaml --decisions acme.review.yaml
  drverify agreement review acme.register.yaml --html review.html
"""


def arguments(actions: Any) -> None:
    """Declare `review`."""
    review = actions.add_parser(
        "review",
        help="accept, correct or reject what was read",
        epilog=REVIEW,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    review.add_argument("register", type=Path, metavar="REGISTER", help="a proposal made by `read -o`")
    ways = review.add_mutually_exclusive_group()
    ways.add_argument("--decisions", type=Path, metavar="FILE", help="apply the decisions of a file")
    ways.add_argument("--html", type=Path, metavar="FILE", help="write the page and decide nothing")


def review(args: argparse.Namespace) -> int:
    """Write the page, apply a file, or walk through what is open."""
    with reading() as progress:
        found = open_register(args.register, progress=progress)
    if args.html is not None:
        put(review_page(found.contract, found.texts), args.html)
        return Exit.OK
    if found.contract.accepted is not None:
        raise InputError(f"{args.register}: it was accepted already", hint="review the proposal")
    if args.decisions is not None:
        return _apply(args.register, found, args.decisions)
    return _walk(args.register, found)


def _walk(register: Path, found: Opened) -> int:
    shown = console()
    walk = Walk(found, console=shown, ask=_ask, keep=lambda contract: save(contract, register))
    if not left(found.contract):
        print(f"everything is decided; accept it with: drverify agreement accept {register} --by NAME")
        return Exit.OK
    contract = walk.go()
    if contract != found.contract:
        save(relinted(replace(found, contract=contract)).contract, register)
    undecided = left(contract)
    print(
        f"\n{len(contract.provisions) - undecided} of {len(contract.provisions)} decided, kept in {register}"
    )
    if not undecided:
        print(f"accept it with: drverify agreement accept {register} --by NAME")
    return Exit.OK


def _ask(question: str) -> str:
    """One line of the standard input; EOFError at its end."""
    return input(question)


def _apply(register: Path, found: Opened, decisions: Path) -> int:
    contract = decided(found, load_decisions(decisions))
    kept = relinted(replace(found, contract=contract)).contract
    save(kept, register)
    counts = Counter(one.review for one in kept.provisions)
    undecided = counts.pop("open", 0)
    names: tuple[Review, ...] = ("accepted", "corrected", "rejected")
    said = ", ".join(f"{counts[name]} {name}" for name in names if counts[name])
    print(f"decided    {said or 'nothing'}, kept in {register}")
    if undecided:
        print(f"undecided  {undecided}: go through them with: drverify agreement review {register}")
    else:
        print(f"next       drverify agreement accept {register} --by NAME")
    return Exit.OK
