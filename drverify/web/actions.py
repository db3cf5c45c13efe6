"""What operators do from the page and by the interface: run now, cancel, keep the sandbox and release it.

All of it is audited, and refusals are, too.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from drverify.adapters.doors.durations import parse
from drverify.engine.nightly.ports import Desk
from drverify.errors import InputError
from drverify.model.account import Viewer
from drverify.model.booking import Action, Booking, BookingId, BookingState
from drverify.model.duration import human
from drverify.operation.asking import asked_for
from drverify.operation.estate import Estate
from drverify.planning.tonight.staying import refusal
from drverify.web.auth_gate import safe_next

_OPEN = (BookingState.WANTED, BookingState.RUNNING)
_NUMBERS = 200
"""Drills of one workload that may be asked for in one night."""
_LONGEST = 200
Clock = Callable[[], datetime]


class Actions:
    """Does what a viewer asks for, or refuses it with an HTTPException. Blocks."""

    def __init__(self, estate: Callable[[], Estate], desk: Desk, clock: Clock) -> None:
        self._estate = estate
        self._desk = desk
        self._clock = clock

    def run_now(self, viewer: Viewer, agreement: str, workload: str) -> Booking:
        """Book a drill that may begin at once.

        403: they may not; 404: no such workload; 409: somebody asked for the same, and it is not over.
        """
        what = f"run now: {_told(workload)} of {_told(agreement)}"
        self._allowed(viewer, what, agreement)
        estate = self._estate()
        workshop = estate.workshops.get(agreement)
        if workshop is None:
            raise self._refused(viewer, 404, f"{what}: no such agreement")
        waiting = self._desk.bookings(states=_OPEN, agreement=agreement, workload=workload)
        if asked := [one for one, _ in waiting if one.asked_by]:
            raise self._refused(viewer, 409, f"{what}: {asked[0].id} is not over yet")
        operation, now = estate.operation, self._clock()
        try:
            made = asked_for(
                workshop,
                workload,
                site=operation.site,
                account=viewer.account,
                now=now,
                nights=estate.main.settings.nights,
                window=timedelta(hours=operation.hours_at_most),
            )
        except InputError as error:
            raise self._refused(viewer, 404, f"{what}: no such workload") from error
        return self._published(viewer, made)

    def cancel(self, viewer: Viewer, booking: BookingId) -> BookingState:
        """Ask for the end of a booking. 403: they may not; 404: there is none; 409: it is over."""
        what = f"cancel: {_told(booking)}"
        found = self._desk.booking(booking)
        self._allowed(viewer, what, found[0].agreement if found else "")
        if found is None:
            raise self._refused(viewer, 404, f"{what}: no such booking")
        if found[1] not in _OPEN:
            raise self._refused(viewer, 409, f"{what}: it is {found[1]} already", booking)
        self._note(viewer, "cancel", booking)
        return self._desk.cancel(booking, viewer.account, self._clock())

    def keep(self, viewer: Viewer, booking: BookingId, span: timedelta) -> None:
        """Ask that a running drill's sandbox stands for `span` when the drill is done; zero: not any more.

        403: they may not; 404: there is none; 409: it does not run, or that cannot be asked of it.
        """
        what = f"{'keep' if span else 'release'} the sandbox: {_told(booking)}"
        found = self._desk.booking(booking)
        self._allowed(viewer, what, found[0].agreement if found else "")
        if found is None:
            raise self._refused(viewer, 404, f"{what}: no such booking")
        if why := refusal(found[0], found[1], span):
            raise self._refused(viewer, 409, f"{what}: {why}", booking)
        if span:
            self._note(viewer, "keep the sandbox", booking, f"for {human(span)}")
        else:
            self._note(viewer, "release the sandbox", booking)
        try:
            self._desk.keep(booking, viewer.account, self._clock(), span)
        except InputError as error:
            raise self._refused(viewer, 409, f"{what}: it does not run any more", booking) from error

    def _published(self, viewer: Viewer, made: Booking) -> Booking:
        """Enter it under the first number that is free; noted first, so that nothing is done unnoted."""
        for number in range(1, _NUMBERS + 1):
            numbered = replace(made, id=BookingId(f"{made.id}.{number}" if number > 1 else made.id))
            if self._desk.booking(numbered.id) is None:
                self._note(viewer, "run now", numbered.id, numbered.workload)
                if self._desk.publish([numbered]):
                    return numbered
        raise self._refused(
            viewer, 409, f"run now: {made.workload} was asked for {_NUMBERS} times in one night"
        )

    def _allowed(self, viewer: Viewer, what: str, agreement: str) -> None:
        if not viewer.may_act:
            raise self._refused(viewer, 403, what)
        if agreement and not viewer.sees(agreement):
            raise self._refused(viewer, 404, what)

    def _refused(
        self, viewer: Viewer, status: int, what: str, booking: BookingId | None = None
    ) -> HTTPException:
        self._note(viewer, "refused", booking, what)
        return HTTPException(status, "" if status in {403, 404} else f"{what.partition(': ')[2]}.")

    def _note(
        self,
        viewer: Viewer,
        what: Literal["run now", "cancel", "keep the sandbox", "release the sandbox", "refused"],
        booking: BookingId | None,
        detail: str = "",
    ) -> None:
        self._desk.note(
            Action(at=self._clock(), account=viewer.account, what=what, booking=booking, detail=detail)
        )


def action_routes(actions: Actions) -> list[Route]:
    """The forms of the pages: `agreement` and `workload`, or `booking`; `next` is where to go then.

    `span` of the one that keeps a sandbox is a duration such as `2h`.
    """

    async def run_now(request: Request) -> Response:
        form = await request.form()
        viewer: Viewer = request.state.viewer
        named = str(form.get("agreement", "")), str(form.get("workload", ""))
        await run_in_threadpool(actions.run_now, viewer, *named)
        return RedirectResponse(safe_next(str(form.get("next", "/tonight"))), 303)

    async def cancel(request: Request) -> Response:
        form = await request.form()
        viewer: Viewer = request.state.viewer
        booking = BookingId(str(form.get("booking", "")))
        await run_in_threadpool(actions.cancel, viewer, booking)
        return RedirectResponse(safe_next(str(form.get("next", "/tonight"))), 303)

    async def keep(request: Request) -> Response:
        form = await request.form()
        viewer: Viewer = request.state.viewer
        try:
            span = parse(str(form.get("span", "")))
        except ValueError as error:
            raise HTTPException(422, f"{error}.") from error
        await run_in_threadpool(actions.keep, viewer, BookingId(str(form.get("booking", ""))), span)
        return RedirectResponse(safe_next(str(form.get("next", "/tonight"))), 303)

    return [
        Route("/actions/keep", keep, methods=["POST"]),
        Route("/actions/run-now", run_now, methods=["POST"]),
        Route("/actions/cancel", cancel, methods=["POST"]),
    ]


def _told(text: str) -> str:
    """What somebody sent, as the audit trail may hold it."""
    return "".join(one if one.isprintable() else "?" for one in text[:_LONGEST])
