"""The pages under their addresses. Who looks, and the forms' token, are set before a page is reached."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from drverify.web.pages.agreements import agreement, standings, workloads
from drverify.web.pages.context import PageContext
from drverify.web.pages.drills import drill, drills, evidence, screen
from drverify.web.pages.lists import actions, findings, hosts, search
from drverify.web.pages.overview import overview
from drverify.web.pages.plan import plan
from drverify.web.pages.tonight import booking, picture, tonight
from drverify.web.pages.workloads import workload

Page = Callable[..., Response]
"""(request, context) -> answer."""
PAGES: dict[str, Page] = {
    "/": overview,
    "/agreement": agreement,
    "/workloads": workloads,
    "/workload": workload,
    "/standings": standings,
    "/drills": drills,
    "/drill": drill,
    "/screen": screen,
    "/evidence": evidence,
    "/tonight": tonight,
    "/picture": picture,
    "/booking": booking,
    "/plan": plan,
    "/findings": findings,
    "/hosts": hosts,
    "/actions": actions,
    "/search": search,
}


def pages_router(context: PageContext) -> APIRouter:
    """Every page. `request.state` must have `viewer` (a `Viewer`) and `csrf` (a text) when one is reached.

    Pages block, and are run in a thread; whoever asks for something that is not theirs gets a 404.
    """
    routes: list[BaseRoute] = [
        Route(path, partial(page, context=context), methods=["GET"], name=path, include_in_schema=False)
        for path, page in PAGES.items()
    ]
    return APIRouter(routes=routes)
