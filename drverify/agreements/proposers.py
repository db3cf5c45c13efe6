"""Optional proposers: plug-ins that point to places which the reader may have missed. Off by default.

A package declares one under the entry-point group `drverify.proposers`: a callable that takes the text's
name and content and yields `(start, end, kind)`. It may point and nothing else (`reading.pointed`): no
figure, party or quote of its making reaches a register, what it found carries `origin: plugin:NAME`, and
is never accepted by itself. It runs in this process: whoever installs one trusts it with the agreement.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from importlib.metadata import entry_points
from typing import get_args

from drverify.errors import InputError
from drverify.model.agreement import Span
from drverify.model.contract import Kind, Provision
from drverify.model.document import DocumentId, Text
from drverify.reading.pointed import Pointer, pointed

GROUP = "drverify.proposers"
Proposer = Callable[[str, str], Iterable[tuple[int, int, str]]]


def proposer(name: str) -> Proposer:
    """Load the proposer of that name. InputError when none is installed, or it cannot be loaded."""
    known = {point.name: point for point in entry_points(group=GROUP)}
    if name not in known:
        there = ", ".join(sorted(known)) or "none"
        raise InputError(f"no proposer {name!r} is installed", hint=f"installed are: {there}")
    try:
        loaded: Proposer = known[name].load()
    except Exception as error:  # a plug-in's own fault, whatever it is
        raise InputError(f"proposer {name!r} cannot be loaded: {error}") from error
    return loaded


def proposed(
    text: Text, document: DocumentId, name: str, propose: Proposer, already: tuple[Provision, ...]
) -> tuple[Provision, ...]:
    """What the proposer points to and the reader did not read. InputError when it breaks the rules."""
    made: dict[str, Provision] = {}
    try:
        pointers = list(propose(text.name, text.content))
    except Exception as error:  # a plug-in's own fault, whatever it is
        raise InputError(f"proposer {name!r} failed on {text.name}: {error}") from error
    for found in pointers:
        try:
            one = pointed(text, _pointer(name, found), document=document, origin=f"plugin:{name}")
        except ValueError as error:
            raise InputError(f"proposer {name!r} gave {found!r}: {error}") from error
        if not any(_same(one, other) for other in already):
            made[one.id] = replace(one, remark=f"pointed to by {name}")
    return tuple(made[key] for key in sorted(made, key=lambda key: made[key].citation.span.start))


def _pointer(name: str, found: object) -> Pointer:
    match found:
        case (int(start), int(end), str(kind)) if kind in get_args(Kind):
            return Pointer(span=Span(start=start, end=end), kind=kind)  # type: ignore[arg-type]
    raise InputError(f"proposer {name!r} gave {found!r}", hint="it may only give (start, end, kind)")


def _same(one: Provision, other: Provision) -> bool:
    a, b = one.citation.span, other.citation.span
    return one.kind == other.kind and a.start < b.end and b.start < a.end
