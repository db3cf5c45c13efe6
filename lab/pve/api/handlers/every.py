"""Loads every module of answers, so that `HANDLERS` is whole."""

from lab.pve.api.handlers import (
    access,
    agent,
    backup,
    changing,
    cluster,
    console,
    containers,
    creating,
    guests,
    networks,
    nodes,
    power,
    uploads,
)
from lab.pve.api.handlers.register import HANDLERS, Handler

MODULES = (
    access,
    agent,
    backup,
    changing,
    cluster,
    console,
    containers,
    creating,
    guests,
    networks,
    nodes,
    power,
    uploads,
)


def handler(key: str) -> Handler:
    """Return who answers an endpoint."""
    return HANDLERS[key]
