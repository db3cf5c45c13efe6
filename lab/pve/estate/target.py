"""A stand-in cluster that guests of elsewhere are moved to: nothing runs on it but their copies.

It lies beside the files of another estate, whose settings get its table as a host.
"""

from datetime import timedelta

from drverify.adapters.linux.command import checked
from drverify.pveconf.rights import Drills, Wants
from lab.estate.layout import Estate, write_secret, write_text
from lab.estate.life import Say
from lab.pve.api.still import Still
from lab.pve.api.storages import Storage
from lab.pve.estate import process
from lab.pve.estate.furnishing import ACCOUNT, GIB, furnished
from lab.pve.estate.layout import DRILL, NODE, OURS, PveEstate, host_table
from lab.pve.estate.layout import HOST as HOST  # noqa: PLC0414 - re-exported
from lab.pve.estate.serving import cluster_of

CLUSTER = "drtarget"
COPIES, RETURNS = "drill", "handover"
STORAGES = (
    Storage(id=COPIES, content=("images", "import"), total=48 * GIB),
    Storage(id=RETURNS, content=("backup",), total=16 * GIB),
)
WANTS = Wants(
    release=(9, 1),
    storages=(),
    sources=(),
    nodes=(NODE,),
    drills=Drills(
        pool="drverify",
        storage=COPIES,
        imports=COPIES,
        returns=RETURNS,
        bridges=(f"localnetwork/{DRILL.name}",),
        first=OURS[0],
        last=OURS[1],
        console=True,
    ),
)


def beside(estate: Estate) -> PveEstate:
    """The cluster beside an estate's own files."""
    return PveEstate(files=estate, name=CLUSTER)


async def up(estate: Estate, *, say: Say = lambda _: None) -> None:
    """Run a new cluster, and add it to the settings of the estate as host `pve`. The caller holds its lock.

    What an earlier one held is gone. HostError, DeadlineError.
    """
    found = beside(estate)
    await down(estate)
    _furnish(found)
    await process.begin(found, say)
    directory = found.cluster / "storages" / RETURNS / "dump"
    directory.mkdir(parents=True, exist_ok=True)
    returns = f'\n[hosts.pve.returns]\nstorage = "{RETURNS}"\ndirectory = "{directory}"\n'
    table = host_table(found, ACCOUNT, f'import_storage = "{COPIES}"')
    write_text(estate.config, estate.config.read_text() + "\n" + table + returns)


async def down(estate: Estate) -> None:
    """Take the cluster away with everything on it. Idempotent. DeadlineError when it does not end."""
    found = beside(estate)
    await process.end(found)
    await checked(["rm", "-rf", "--one-file-system", str(found.cluster)], within=timedelta(minutes=2))
    found.token.unlink(missing_ok=True)


def _furnish(found: PveEstate) -> None:
    cluster = cluster_of(found.cluster, Still, name=found.name)
    try:
        write_secret(found.token, furnished(cluster, STORAGES, WANTS).encode() + b"\n")
    finally:
        cluster.world.store.close()
