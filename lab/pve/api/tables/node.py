"""Endpoints of a node besides guests: status, network, storages, vzdump, tasks. As the published API 9.x."""

from lab.pve.api.parameters import STORAGE, VMID, Parameter, booleans, choice, integer, strings
from lab.pve.api.tables.endpoint import Endpoint, either, need

_NODE = "/nodes/{node}"
_STORE = f"{_NODE}/storage/{{storage}}"
_TASK = f"{_NODE}/tasks/{{upid}}"
_SEE = either("/storage/{storage}", "Datastore.Audit", "Datastore.AllocateSpace")
_KINDS = (
    "bridge bond eth alias vlan fabric OVSBridge OVSBond OVSPort OVSIntPort vnet any_bridge any_local_bridge "
    "include_sdn"
)

NODE_TABLE = (
    Endpoint(method="GET", path="/nodes"),
    Endpoint(method="GET", path=f"{_NODE}/status", need=need("/nodes/{node}", "Sys.Audit")),
    Endpoint(method="GET", path=f"{_NODE}/time", need=need("/nodes/{node}", "Sys.Audit")),
    Endpoint(method="GET", path=f"{_NODE}/network", table=(choice("type", _KINDS),)),
    Endpoint(
        method="GET",
        path=f"{_NODE}/storage",
        table=(*strings("content target"), STORAGE, *booleans("enabled format")),
    ),
    Endpoint(method="GET", path=f"{_STORE}/status", need=_SEE),
    Endpoint(method="GET", path=f"{_STORE}/content", need=_SEE, table=(*strings("content"), VMID)),
    Endpoint(method="GET", path=f"{_STORE}/content/{{volume}}"),
    Endpoint(
        method="PUT",
        path=f"{_STORE}/content/{{volume}}",
        table=(Parameter(name="notes"), *booleans("protected")),
    ),
    Endpoint(method="DELETE", path=f"{_STORE}/content/{{volume}}", table=(integer("delay", 1, 30),)),
    Endpoint(
        method="POST",
        path=f"{_STORE}/upload",
        need=need("/storage/{storage}", "Datastore.AllocateTemplate"),
        table=(
            choice("content", "iso vztmpl import").must(),
            Parameter(name="filename", needed=True, longest=255),
            *strings("checksum tmpfilename"),
            choice("checksum-algorithm", "md5 sha1 sha224 sha256 sha384 sha512"),
        ),
    ),
    Endpoint(
        method="GET",
        path=f"{_NODE}/vzdump/extractconfig",
        table=(Parameter(name="volume", needed=True),),
    ),
    Endpoint(
        method="POST",
        path=f"{_NODE}/vzdump",
        quorum=True,
        table=(
            *booleans("all protected quiet remove stdexcludes stdout stop"),
            *strings("dumpdir exclude fleecing mailto performance pool prune-backups script tmpdir vmid"),
            *(STORAGE, Parameter(name="exclude-path", kind="array"), Parameter(name="job-id", longest=50)),
            Parameter(name="notes-template", longest=1024),
            choice("compress", "0 1 gzip lzo zstd"),
            choice("mailnotification", "always failure"),
            choice("mode", "snapshot suspend stop"),
            choice("notification-mode", "auto legacy-sendmail notification-system"),
            choice("pbs-change-detection-mode", "legacy data metadata"),
            integer("bwlimit", 0),
            integer("ionice", 0, 8),
            integer("lockwait", 0),
            integer("pigz"),
            integer("stopwait", 0),
            integer("zstd"),
        ),
    ),
    Endpoint(
        method="GET",
        path=f"{_NODE}/tasks",
        table=(
            *booleans("errors"),
            *strings("statusfilter typefilter userfilter"),
            *(VMID, choice("source", "archive active all")),
            integer("limit", 0),
            integer("start", 0),
            integer("since"),
            integer("until"),
        ),
    ),
    Endpoint(method="GET", path=f"{_TASK}/status"),
    Endpoint(
        method="GET",
        path=f"{_TASK}/log",
        table=(*booleans("download"), integer("limit", 0), integer("start", 0)),
    ),
    Endpoint(method="DELETE", path=_TASK),
)
