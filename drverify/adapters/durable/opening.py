"""Which engine a site has: a file in its state directory, or a schema of a shared PostgreSQL."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from drverify.adapters.desk.opening import DeskSettings
from drverify.adapters.desk.sites import engine_schema_of, postgres_url
from drverify.adapters.durable.engine import DbosEngine
from drverify.adapters.durable.stores import FileStore, SchemaStore
from drverify.model.booking import WorkerId
from drverify.model.recovery import SecretRef

ENGINE_FILE = "engine.sqlite"
POLLING = timedelta(seconds=1)


def engine_for(
    operation: DeskSettings,
    state_dir: Path,
    secret: Callable[[SecretRef], bytes],
    *,
    worker: WorkerId,
    polling: timedelta = POLLING,
) -> DbosEngine:
    """Open the engine of a site for one process; `close` it in the end.

    `worker`: who this process is; no two living ones are the same. Errors as `desk_for`.
    """
    store: FileStore | SchemaStore = FileStore(state_dir / ENGINE_FILE)
    if operation.database is not None:
        url = postgres_url(secret(SecretRef(operation.database)).decode("utf-8", "replace"))
        store = SchemaStore(url, engine_schema_of(operation.site))
    return DbosEngine(store, site=operation.site, worker=worker, polling=polling)
