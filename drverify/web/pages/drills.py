"""Drills: the list, one with everything that it showed, its pictures and its evidence to take away."""

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.adapters.storage.drills import EVIDENCE
from drverify.adapters.storage.plain import plain_content
from drverify.adapters.storage.verified import envelope_digest
from drverify.errors import DrverifyError, EvidenceError
from drverify.model.result import Detail, Result
from drverify.sealing.strict_json import MAX_BYTES
from drverify.web.pages import charts
from drverify.web.pages.asking import asked, asked_stands, keyed, unkeyed
from drverify.web.pages.context import PageContext, viewer_of
from drverify.web.pages.rendering import link, missing, page

PAGE = 100
_PICTURE = 4 * 1024 * 1024
_DIGITS = 16


def drills(request: Request, context: PageContext) -> Response:
    """Drills, newest first."""
    visible = viewer_of(request).agreements
    stands, changed = asked_stands(request), asked(request, "changed") == "yes"
    before = unkeyed(asked(request, "before"), 2)
    with context.board.reading() as connection:
        listed = results.drills(
            connection,
            visible,
            stands=stands,
            changed=changed,
            before=(before[0], before[1]) if before else None,
            limit=PAGE + 1,
        )
    more = ""
    if len(listed) > PAGE:
        last = listed[PAGE - 1]
        more = link(
            "drills",
            stands=stands.value if stands else "",
            changed="yes" if changed else "",
            before=keyed(last.drill, last.agreement),
        )
    return page(
        request,
        context,
        "drills.html",
        drills=listed[:PAGE],
        more=more,
        chosen={"stands": stands, "changed": changed},
    )


def drill(request: Request, context: PageContext) -> Response:
    """One drill: phases, verdicts with their reasons, pictures, evidence and how to check it."""
    found, detail = _found(request, context)
    with context.board.reading() as connection:
        promises = {one.obligation: one for one in reading.promises(connection, found.agreement)}
        quotes = {one.number: one for one in reading.quotes(connection, found.agreement)}
        agreement = reading.agreement(connection, {found.agreement}, found.agreement)
    return page(
        request,
        context,
        "drill.html",
        agreement=agreement,
        drill=found,
        detail=detail,
        reasons=dict(detail.reasons),
        promises=promises,
        quotes=quotes,
        bars=charts.phases(detail.phases),
        evidence=_evidence(context, found, detail),
    )


def _found(request: Request, context: PageContext) -> tuple[Result, Detail]:
    with context.board.reading() as connection:
        found = results.drill(
            connection, viewer_of(request).agreements, asked(request, "agreement"), asked(request, "id")
        )
    if found is None:
        raise missing()
    return found


def _directory(context: PageContext, found: Result) -> Path:
    """Where its files lie; its name came out of a listing of that directory."""
    known = context.current().drills.get(found.agreement)
    if known is None:
        raise missing()
    return known / found.drill


def _evidence(context: PageContext, found: Result, detail: Detail) -> str:
    """Whether the file on disk is the one that was verified: `same`, `changed`, `gone`, or `none`."""
    if detail.envelope is None:
        return "none"
    try:
        digest = envelope_digest(_directory(context, found))
    except DrverifyError:
        return "changed"
    if digest is None:
        return "gone"
    return "same" if digest == detail.envelope else "changed"


def screen(request: Request, context: PageContext) -> Response:
    """A picture that a drill kept, held against its digest before it is sent."""
    found, detail = _found(request, context)
    digest = asked(request, "sha256")
    if digest not in {one.sha256 for one in detail.screens}:
        raise missing()
    try:
        content = plain_content(_directory(context, found) / "artefacts" / "sha256" / digest, _PICTURE)
    except (FileNotFoundError, EvidenceError) as error:
        raise missing() from error
    if hashlib.sha256(content).hexdigest() != digest:
        raise missing()
    return Response(content, media_type="image/png", headers={"Cache-Control": "private, max-age=86400"})


def evidence(request: Request, context: PageContext) -> Response:
    """The evidence file, as it lies there, to be checked elsewhere."""
    found, _ = _found(request, context)
    try:
        content = plain_content(_directory(context, found) / EVIDENCE, 2 * MAX_BYTES)
    except (FileNotFoundError, EvidenceError) as error:
        raise missing() from error
    named = f'attachment; filename="{found.drill}.{EVIDENCE}"'
    return Response(content, media_type="application/json", headers={"Content-Disposition": named})
