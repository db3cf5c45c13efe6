"""Opens the site's desk and its durable engine, as the settings say. Their libraries are an extra."""

from functools import partial

from drverify.compose import Workshop
from drverify.engine.nightly.ports import Desk, DurableEngine, Follow
from drverify.model.booking import WorkerId
from drverify.operation.estate import state_dir_of
from drverify.planning.tonight.following import follow
from drverify.settings import Operation


def open_desk(main: Workshop) -> Desk:
    """Open the desk of the site whose first settings these are.

    InputError for a reference that leads nowhere, HostError when the database cannot be used.
    """
    from drverify.adapters.desk.opening import desk_for  # noqa: PLC0415 - the extra `night`

    return desk_for(main.settings.operation, state_dir_of(main), main.secret)


def open_engine(main: Workshop, worker: WorkerId) -> DurableEngine:
    """Open the durable engine for this process, which is that worker. Errors as `open_desk`."""
    from drverify.adapters.durable.opening import engine_for  # noqa: PLC0415 - the extra `night`

    return engine_for(main.settings.operation, state_dir_of(main), main.secret, worker=worker)


def follow_of(operation: Operation) -> Follow:
    """What becomes of a booking when an attempt has ended, by the settings of the site."""
    return partial(follow, at_most=operation.attempts)
