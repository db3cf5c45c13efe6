"""Asks again for the time stamps of a log that an authority did not give when a drill asked."""

from collections.abc import Iterator

from drverify.compose import Workshop


def stamped_again(workshop: Workshop) -> Iterator[str]:
    """Ask for what is missing; yields a line for each authority that still does not give it.

    InputError when the settings of the log are wrong, EvidenceError when what is kept is not the log's.
    """
    if workshop.settings.log is None or not workshop.settings.log.authorities:
        return
    log = workshop.log()
    stamps = workshop.stamps(log) if log is not None else None
    for one in stamps.ask_again(workshop.drills.path) if stamps is not None else ():
        if one.token is None:
            yield one.said
