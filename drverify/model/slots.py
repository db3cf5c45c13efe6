"""The published table of slots: which further answers a provision of a kind may give.

A slot with values takes only those; one without takes the agreement's own words (or a figure's).
"""

from collections.abc import Mapping
from types import MappingProxyType

from drverify.model.contract import Kind
from drverify.model.obligation import GRAINS

EVENTS = (
    "incident_start",
    "detected",
    "reported",
    "ticket_acknowledged",
    "disaster_declared",
    "client_approved",
    "restore_started",
    "data_restored",
    "vm_booted",
    "os_up",
    "storage_attached",
    "network_mapped",
    "config_restored",
    "application_started",
    "application_validated",
    "client_accepted",
    "last_recoverable_point",
    "backup_created",
    "termination",
    "request",
)
LAYERS = (
    "hardware",
    "hypervisor",
    "storage",
    "network",
    "guest_os",
    "database",
    "application",
    "backup_platform",
)
STEPS = (
    "data_recovery",
    "rebuild",
    "reattach",
    "configuration",
    "network_mapping",
    "application_start",
    "validation",
    "hardware_replacement",
    "os_recovery",
    "third_party_coordination",
    "failback",
)
TASKS = (
    *STEPS,
    "patching",
    "monitoring",
    "access",
    "firewall",
    "hardware_case",
    "remote_hands",
    "reboot",
    "user_administration",
    "certificates",
    "capacity",
    "backup",
    "restore",
    "operate",
)
FREE: tuple[str, ...] = ()

SLOTS: Mapping[Kind, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "rpo": {"start": EVENTS, "stop": EVENTS},
        "rto": {"start": EVENTS, "stop": EVENTS, "pauses": FREE, "mode": ("full", "instant")},
        "restore_time": {"start": EVENTS, "stop": EVENTS},
        "backup_frequency": {
            "at": FREE,
            "timezone": FREE,
            "variant": ("full", "incremental", "differential", "log", "snapshot", "config"),
            "consistency": ("crash", "filesystem", "application"),
        },
        "retention": {
            "generation": ("hourly", "daily", "weekly", "monthly", "yearly", "log", "manual"),
            "immutable": ("yes",),
            "start": EVENTS,
        },
        "offsite_copy": {"location": FREE, "distance": FREE, "lag": FREE},
        "encryption": {"algorithm": FREE, "keys": ("provider", "customer")},
        "immutability": {"means": FREE},
        "restore_test": {
            "grain": GRAINS,
            "criteria": FREE,
            "report_within": FREE,
            "isolated": ("yes",),
            "onboarding": ("yes",),
        },
        "restore_responsibility": {
            "grain": GRAINS,
            "layer": LAYERS,
            "charged": ("yes", "no"),
            "request": FREE,
        },
        "backup_monitoring": {"notify": FREE, "within": FREE, "verifies": ("yes",)},
        "backup_scope": {"grain": GRAINS, "exclude": FREE},
        "backup_disclaimer": {},
        "dr_plan": {
            "includes": STEPS,
            "declares": ("provider", "customer", "both"),
            "site": FREE,
            "supplied": ("yes", "no"),
        },
        "dr_test": {"exercise": ("tabletop", "simulation", "failover", "full")},
        "exit_data_return": {
            "item": ("data", "configuration", "backups", "inventories", "diagrams"),
            "format": FREE,
            "start": EVENTS,
        },
        "data_deletion": {"item": ("data", "backups", "logs"), "certificate": ("yes",), "start": EVENTS},
        "uptime": {"layer": LAYERS, "credit_trigger": ("yes",), "window": FREE},
        "application_validation": {"criteria": FREE},
        "recovery_allowance": {"name": FREE},
        "failover_decision": {
            "action": ("restart_elsewhere", "restore", "wait_for_client"),
            "decides": ("provider", "customer", "both"),
        },
        "response_time": {"level": FREE, "means": ("acknowledged", "diagnosing", "engaged_until_restored")},
        "severity": {
            "level": FREE,
            "effect": FREE,
            "declared_by": ("provider", "customer", "both"),
            "challenged_by": ("provider", "customer", "both"),
            "update_every": FREE,
            "escalates_to": FREE,
            "backup_failure": ("yes",),
        },
        "maintenance_window": {
            "window": FREE,
            "timezone": FREE,
            "notice": FREE,
            "emergency": ("yes",),
            "excuses": ("availability", "rto", "rpo"),
        },
        "change_control": {"approval": ("required", "standing"), "rollback": ("yes",), "schedule": ("yes",)},
        "client_duty": {
            "duty": (
                "supported_software",
                "approvals",
                "licences",
                "contacts",
                "test_data",
                "notice",
                "ownership",
            )
        },
        "tooling": {"tool": FREE, "telemetry": ("yes",), "access": ("yes",)},
        "reporting": {
            "contents": (
                "backup_results",
                "patch_status",
                "risks",
                "asset_changes",
                "incidents",
                "lifecycle",
                "restore_tests",
                "service_review",
            ),
            "sample": ("yes",),
        },
        "migration": {
            "cutover": ("yes",),
            "rollback": ("yes",),
            "rollback_limit": FREE,
            "validation": ("yes",),
            "validated_by": ("provider", "customer", "both"),
            "inventory": ("yes",),
            "waves": ("yes",),
            "stabilization": ("yes",),
        },
        "layer_responsibility": {"layer": LAYERS, "task": TASKS, "charged": ("yes", "no")},
        "exit_support": {"tool_removal": ("yes",), "transition": ("yes",), "credential_rotation": ("yes",)},
        "data_retention": {"item": FREE},
        "disclaimer": {
            "of": ("backup", "liability", "unsupported_software", "excluded_work", "recovery", "availability")
        },
        "covered_system": {
            "system_kind": (
                "cluster",
                "host",
                "vm",
                "storage",
                "switch",
                "firewall",
                "backup_repository",
                "application",
                "database",
                "file_set",
            )
        },
    }
)
"""Kinds of which a slot's absence is a finding are named by the rules, not here."""
