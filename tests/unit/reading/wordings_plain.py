"""Wordings of plain speech, of labels and of sentences cut short; and what only looks like them.

Each is (heading, text, what is expected), as in `wordings`. Written for the tests; no agreement's own text.
"""

PLAIN: tuple[tuple[str, str, str], ...] = (
    (
        "Backup",
        "A) Daily full server backups, stored for 30 days.",
        "backup_frequency=1 day,retention=30 day",
    ),
    (
        "Backup",
        "Full backups weekly, incrementals daily, kept for 31 days.",
        "backup_frequency=1 week,backup_frequency=1 day,retention=31 day",
    ),
    ("Backup", "- How often: every 24 hours", "backup_frequency=24 hour"),
    (
        "",
        "Production data is backed up daily; research data weekly.",
        "backup_frequency=1 day,backup_frequency=1 week",
    ),
    (
        "",
        "After 7 days, your data is removed from all our systems including our backups.",
        "data_deletion=7 day",
    ),
    ("", "If the machine dies, you will be back online within 48 hours.", "rto=48 hour"),
    ("", "Should the platform be lost, we start your servers elsewhere within one day.", "rto=1 day"),
    ("", "Systems of class A must be running again within 8 hours.", "rto=8 hour"),
    (
        "Measures",
        "Ability to restore availability of and access to data within 24 hours of an incident.",
        "rto=24 hour",
    ),
    (
        "",
        "Disaster recovery drills have to be conducted twice per year and reported within fifteen days.",
        "dr_test=6 month",
    ),
    ("Resilience", "Failover is practised every six months.", "dr_test=6 month"),
    ("Resilience", "A restore from backup is proven every month.", "restore_test=1 month"),
    (
        "Tests",
        "Restores are tested every 6 months; the emergency plan yearly.",
        "dr_test=1 year,restore_test=6 month",
    ),
    ("", "Both copies are encrypted.", "encryption"),
    ("Backups", "A second copy travels to another building.", "offsite_copy"),
    ("", "We copy all databases to a box in another building every night.", "backup_frequency=1 day"),
    ("Replication", "The replica keeps a journal of 72 hours.", "retention=72 hour"),
    ("Backup", "- Basic: one backup a day, 7 restore points", "backup_frequency=1 day,retention=7 count"),
    (
        "",
        "Thirty nightly images are held on disk and those of a month's end are kept for a year.",
        "retention=30 count,retention=1 year",
    ),
    (
        "",
        "A list of failed and successful jobs is mailed every Monday; two failed backups in a row are reported within 2 hours.",
        "backup_monitoring=1 week,backup_monitoring=2 hour",
    ),
    ("Leaving us", "For 14 days you may fetch your databases.", "exit_data_return=14 day"),
    ("Going away", "When you cancel, the account is wiped 10 days later.", "data_deletion=10 day"),
    ("", "Please do not treat these as your own backup.", "backup_disclaimer"),
    ("Uptime", "We promise 99.5%, measured by the month.", "uptime=99.5 percent"),
    # traps
    ("3. Definitions", "**Backup:** A copy of data stored for recovery.", ""),
    ("Glossary", "**Incremental Backup:** Backs up only what changed since the last backup.", ""),
    ("", "6. Document the restoration of the service.", ""),
    ("", "This procedure must be reviewed annually or after changes to the backup environment.", ""),
    ("", "The Customer may remain at the Recovery Site for at most 60 days.", ""),
    ("", "The Supplier brings the recovery runbook up to date within 20 days.", ""),
)
