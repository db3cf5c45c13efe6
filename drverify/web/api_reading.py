"""The interface's operations that only read what drills showed: agreements, promises, drills, findings."""

import hashlib
import re
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from drverify.adapters.board import reading, results
from drverify.adapters.board.tables import micros
from drverify.adapters.storage.drills import EVIDENCE
from drverify.model import board
from drverify.model.drill import DrillId
from drverify.model.finding import FindingState
from drverify.model.result import Detail, Result, Stands
from drverify.web import api_forms as forms
from drverify.web.api_entry import (
    After,
    Caller,
    Limit,
    Named,
    The,
    cursor,
    fields_of,
    placed,
    problems,
    visible,
)

router = APIRouter()
_NONE = board.Counts()
_DRILL = re.compile(r"[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6}", re.ASCII)
Agreement = Annotated[str, Path(max_length=200, description="its id; a slash in it may stand as it is")]


@router.get("/agreements", responses=problems())
def list_agreements(the: The, viewer: Caller) -> list[forms.AgreementStanding]:
    """Every agreement and how its promises stand."""
    with the.board.reading() as connection:
        counts = reading.counts(connection, viewer.agreements, the.clock())
        found = reading.agreements(connection, viewer.agreements)
    return [
        forms.AgreementStanding.model_validate(fields_of(one, promises=counts.get(one.agreement, _NONE)))
        for one in found
    ]


@router.get("/agreements/{agreement:path}/promises", responses=problems(404))
def list_promises(the: The, viewer: Caller, agreement: Agreement) -> list[forms.PromiseStanding]:
    """The promises of an agreement, and over how many workloads each stands how."""
    visible(viewer, agreement)
    with the.board.reading() as connection:
        if reading.agreement(connection, viewer.agreements, agreement) is None:
            raise HTTPException(404)
        counts = reading.counts_by_promise(connection, agreement, the.clock())
        found = reading.promises(connection, agreement)
    return [
        forms.PromiseStanding.model_validate(fields_of(one, workloads=counts.get(one.obligation, _NONE)))
        for one in found
    ]


@router.get("/agreements/{agreement:path}/workloads", responses=problems(404))
def list_workloads(
    the: The, viewer: Caller, agreement: Agreement, after: After = "", limit: Limit = 100
) -> forms.Page[forms.Workload]:
    """The workloads of an agreement, by name."""
    visible(viewer, agreement)
    key = placed(after, str)
    with the.board.reading() as connection:
        if reading.agreement(connection, viewer.agreements, agreement) is None:
            raise HTTPException(404)
        found = reading.workloads(connection, agreement, after=key[0] if key else "", limit=limit)
    following = cursor(found[-1].workload) if len(found) == limit else None
    return forms.Page(items=[forms.Workload.model_validate(one) for one in found], next=following)


@router.get("/standings", responses=problems())
def list_standings(
    the: The,
    viewer: Caller,
    *,
    agreement: Named = "",
    promise: Named = "",
    stands: Annotated[Stands | None, Query()] = None,
    flipping: Annotated[bool, Query(description="only those whose verdict flips")] = False,
    after: After = "",
    limit: Limit = 100,
) -> forms.Page[forms.Standing]:
    """How each promise stands for each workload, by agreement, workload and promise."""
    key, now = placed(after, str, str, str), the.clock()
    with the.board.reading() as connection:
        found = reading.standings(
            connection,
            viewer.agreements,
            now,
            agreement=agreement,
            obligation=promise,
            stands=stands,
            flipping=flipping,
            after=(key[0], key[1], key[2]) if key else None,
            limit=limit,
        )
    following = None
    if len(found) == limit:
        following = cursor(found[-1].agreement, found[-1].workload, found[-1].obligation)
    return forms.Page(
        items=[
            forms.Standing.model_validate(
                fields_of(
                    one,
                    promise=one.obligation,
                    stands=one.stands(now).value,
                    since=one.stands_since(now),
                    achieved_s=one.achieved,
                    limit_s=one.limit,
                    told=one.told,
                )
            )
            for one in found
        ],
        next=following,
    )


@router.get("/drills", responses=problems())
def list_drills(
    the: The,
    viewer: Caller,
    *,
    agreement: Named = "",
    workload: Named = "",
    stands: Annotated[Stands | None, Query()] = None,
    changed: Annotated[
        bool, Query(description="only those that show something else than the one before")
    ] = False,
    after: After = "",
    limit: Limit = 50,
) -> forms.Page[forms.Drill]:
    """Drills, newest first."""
    key = placed(after, str, str)
    with the.board.reading() as connection:
        found = results.drills(
            connection,
            viewer.agreements,
            agreement=agreement,
            workload=workload,
            stands=stands,
            changed=changed,
            before=(key[0], key[1]) if key else None,
            limit=limit,
        )
    following = cursor(found[-1].drill, found[-1].agreement) if len(found) == limit else None
    return forms.Page(items=[forms.Drill.model_validate(one) for one in found], next=following)


@router.get("/agreements/{agreement:path}/drills/{drill}", responses=problems(404))
def show_drill(
    the: The, viewer: Caller, agreement: Agreement, drill: Annotated[str, Path(max_length=64)]
) -> forms.DrillInFull:
    """One drill with what its evidence holds."""
    return _in_full(*_drill(the, viewer, agreement, drill))


@router.get(
    "/agreements/{agreement:path}/drills/{drill}/evidence",
    responses={
        **problems(404),
        200: {
            "description": "The DSSE envelope, byte for byte as it was signed.",
            "content": {"application/json": {}},
        },
    },
    response_class=Response,
)
def download_evidence(
    the: The, viewer: Caller, agreement: Agreement, drill: Annotated[str, Path(max_length=64)]
) -> Response:
    """The evidence of a drill, for `drverify verify` or any other verifier of DSSE."""
    result, _ = _drill(the, viewer, agreement, drill)
    content = _evidence(the, result)
    return Response(
        content,
        media_type="application/json",
        headers={
            "ETag": f'"sha256:{hashlib.sha256(content).hexdigest()}"',
            "Content-Disposition": f'attachment; filename="{result.drill}.dsse.json"',
        },
    )


@router.get("/findings", responses=problems())
def list_findings(
    the: The,
    viewer: Caller,
    *,
    state: Annotated[FindingState | None, Query()] = None,
    agreement: Named = "",
    workload: Named = "",
    after: After = "",
    limit: Limit = 100,
) -> forms.Page[forms.Finding]:
    """Findings, the one seen last first."""
    key = placed(after, int, str)
    with the.board.reading() as connection:
        found = results.mends(
            connection,
            viewer.agreements,
            state=state,
            agreement=agreement,
            workload=workload,
            before=(key[0], key[1]) if key else None,
            limit=limit,
        )
    following = cursor(micros(found[-1].last_at), found[-1].id) if len(found) == limit else None
    return forms.Page(items=[forms.Finding.model_validate(one) for one in found], next=following)


def _drill(the: The, viewer: Caller, agreement: str, drill: str) -> tuple[Result, Detail]:
    visible(viewer, agreement)
    with the.board.reading() as connection:
        found = results.drill(connection, viewer.agreements, agreement, drill)
    if found is None:
        raise HTTPException(404)
    return found


def _evidence(the: The, result: Result) -> bytes:
    """The file of a drill that the read model knows; 404 when it has none."""
    workshop = the.estate().workshops.get(result.agreement)
    if workshop is None or _DRILL.fullmatch(result.drill) is None:
        raise HTTPException(404)
    try:
        return (workshop.drills.directory(DrillId(result.drill)) / EVIDENCE).read_bytes()
    except OSError as error:
        raise HTTPException(404, "this drill has no evidence") from error


def _in_full(result: Result, detail: Detail) -> forms.DrillInFull:
    reasons = [forms.Reason(promise=promise, text=text) for promise, text in detail.reasons]
    return forms.DrillInFull.model_validate(
        fields_of(detail)
        | fields_of(result)
        | {"reasons": reasons, "evidence_sha256": detail.envelope, "log_index": detail.index}
    )
