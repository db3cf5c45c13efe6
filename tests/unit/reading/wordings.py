"""Usual wordings and what each says: (heading, text, what is expected). Written for the tests; no agreement's own text.

Expected: kinds with an optional figure, `kind` or `kind=NUMBER unit`; empty for text that promises nothing.
"""

WORDINGS: tuple[tuple[str, str, str], ...] = (
    # objectives
    ("", "The Recovery Point Objective for production systems is four (4) hours.", "rpo=4 hour"),
    ("", "Provider shall meet an RPO of 15 minutes and an RTO of 4 hours.", "rpo=15 minute, rto=4 hour"),
    (
        "",
        "In no event shall Customer lose more than one (1) hour of data as a result of a disaster.",
        "rpo=1 hour",
    ),
    ("", "The maximum data loss shall not exceed 24 hours.", "rpo=24 hour"),
    ("", "Data will be recovered to a point no more than six hours prior to the failure.", "rpo=6 hour"),
    (
        "",
        "In the event of a Disaster, Supplier shall restore the Services within forty-eight (48) hours after the declaration of the Disaster.",
        "rto=48 hour",
    ),
    (
        "",
        "Following a failover event, service shall be operational at the secondary data center within 2 hours.",
        "rto=2 hour",
    ),
    ("", "The Recovery Time Objective shall be as set forth in the Disaster Recovery Plan.", "rto"),
    ("", "Vendor will resume the Services as soon as practicable following a disaster.", "rto"),
    ("", '"Recovery Time Objective" means the maximum period within which the Service must be restored.', ""),
    ("Recovery objectives", "- RTO: 4 hours for critical services", "rto=4 hour"),
    ("Recovery objectives", "- RPO: 1 hour for critical data", "rpo=1 hour"),
    # how often
    (
        "",
        "Provider performs full backups weekly and incremental backups daily.",
        "backup_frequency=1 week, backup_frequency=1 day",
    ),
    (
        "",
        "The Supplier shall back up all Customer Data at least once every twenty-four (24) hours.",
        "backup_frequency=24 hour",
    ),
    ("", "All customer databases are backed up nightly.", "backup_frequency=1 day"),
    ("", "Backups are taken every 6 hours.", "backup_frequency=6 hour"),
    ("", "A snapshot of each virtual machine is created daily.", "backup_frequency=1 day"),
    ("", "Provider will perform regular backups of the Hosted System.", "backup_frequency"),
    ("", "Contractor shall periodically back up the files on the servers.", "backup_frequency"),
    ("", "Transaction logs are backed up every fifteen (15) minutes.", "backup_frequency=15 minute"),
    ("", "We run automated daily backups of all data stores.", "backup_frequency=1 day"),
    ("", "Backup frequency: every 4 hours", "backup_frequency=4 hour"),
    ("Backups", "- Automated daily backups for all data stores", "backup_frequency=1 day"),
    (
        "",
        "Daily incremental and weekly full backups will be performed by Vendor.",
        "backup_frequency=1 day, backup_frequency=1 week",
    ),
    # how long
    ("", "Backups are retained for thirty (30) days.", "retention=30 day"),
    ("", "Provider shall retain backup copies for a minimum of ninety (90) days.", "retention=90 day"),
    (
        "",
        "Daily backups are kept for 7 days, weekly backups for 4 weeks and monthly backups for 12 months.",
        "retention=7 day, retention=4 week, retention=12 month",
    ),
    ("", "Backup tapes shall be stored for one (1) year.", "retention=1 year"),
    ("Backup", "The retention period is 14 days.", "retention=14 day"),
    (
        "",
        "Backup media will be rotated and retained in accordance with Supplier's retention schedule.",
        "retention",
    ),
    ("", "Backups are automatically deleted after 35 days.", "retention=35 day"),
    (
        "",
        "We maintain daily backups for one week and after that monthly backups for one year.",
        "retention=1 week, retention=1 year",
    ),
    # where
    ("", "Backup tapes shall be sent to a secure off-site location.", "offsite_copy"),
    ("", "Copies of all backups are stored in a geographically separate data center.", "offsite_copy"),
    ("", "Backups are replicated to a second region.", "offsite_copy"),
    ("", "Vendor shall store one backup copy offsite with a third-party vaulting provider.", "offsite_copy"),
    ("", "Backups are encrypted at rest using AES-256.", "encryption"),
    ("", "All backup media leaving the premises shall be encrypted.", "encryption"),
    (
        "",
        "Backups are immutable and cannot be altered or deleted during the retention period.",
        "immutability",
    ),
    ("", "Backup copies are written to WORM storage.", "immutability"),
    # restoring
    (
        "",
        "Provider shall restore lost or corrupted Customer Data from the most recent backup.",
        "restore_responsibility",
    ),
    (
        "",
        "In the event of data loss, Supplier will use the latest backup to restore the data.",
        "restore_responsibility",
    ),
    (
        "",
        "Customer may request the restoration of files from backup by opening a support ticket.",
        "restore_responsibility",
    ),
    ("", "Restore requests will be completed within four (4) hours of receipt.", "restore_time=4 hour"),
    (
        "",
        "Files will be restored from backup within 24 hours of the Customer's request.",
        "restore_time=24 hour",
    ),
    ("", "Restores from backup are performed as soon as reasonably possible.", "restore_time"),
    # tests
    ("", "Restore tests are carried out every six months.", "restore_test=6 month"),
    ("", "Provider shall test the restoration of backups at least quarterly.", "restore_test=1 quarter"),
    ("", "Backups are tested regularly.", "restore_test"),
    ("", "Supplier shall test the Disaster Recovery Plan at least once per calendar year.", "dr_test=1 year"),
    ("", "A disaster recovery exercise is conducted twice a year.", "dr_test=6 month"),
    (
        "",
        "The business continuity plan shall be tested annually and the results provided to Customer.",
        "dr_test=1 year",
    ),
    ("", "Customer may participate in disaster recovery tests.", "dr_test"),
    # plans
    (
        "",
        "Vendor shall maintain a disaster recovery and business continuity plan throughout the Term.",
        "dr_plan",
    ),
    (
        "",
        "Provider has implemented a business continuity program designed to minimize the interruption of the Services.",
        "dr_plan",
    ),
    ("", "In the event of a Disaster, Servicer shall implement its disaster recovery plan.", "dr_plan"),
    (
        "",
        "Supplier shall provide Customer with a copy of its Disaster Recovery Plan upon request.",
        "dr_plan",
    ),
    ("", '"Disaster Recovery Plan" means the plan attached hereto as Exhibit D.', ""),
    # monitoring
    (
        "",
        "Backup jobs are monitored daily and failures are reported to the Customer.",
        "backup_monitoring=1 day",
    ),
    ("", "Provider will notify Customer if a backup fails.", "backup_monitoring"),
    ("", "Supplier shall verify the successful completion of each backup.", "backup_monitoring"),
    # scope and disclaimers
    (
        "",
        "Provider shall back up the operating system, databases and configuration files of each Managed Server.",
        "backup_scope",
    ),
    ("", "The backup includes all virtual machines and their attached volumes.", "backup_scope"),
    ("", "Customer is solely responsible for backing up its data.", "backup_disclaimer"),
    ("", "You are responsible for maintaining your own backups of your content.", "backup_disclaimer"),
    ("", "We recommend that you keep independent backups of your website.", "backup_disclaimer"),
    ("", "Backups are not included in the Services.", "backup_disclaimer"),
    ("", "Provider does not guarantee that backups will be complete or error-free.", "backup_disclaimer"),
    ("", "We are not responsible for lost backups or any data loss.", "backup_disclaimer"),
    ("", "Object storage is not backed up.", "backup_disclaimer"),
    # the end
    (
        "",
        "Upon termination of this Agreement, Provider shall return all Customer Data to Customer within thirty (30) days.",
        "exit_data_return=30 day",
    ),
    (
        "",
        "Customer may export its data for a period of 30 days after termination.",
        "exit_data_return=30 day",
    ),
    (
        "",
        "Upon expiration, Vendor will deliver to Customer a copy of the Customer Data in a mutually agreed format.",
        "exit_data_return",
    ),
    (
        "",
        "Provider shall delete all Customer Data within sixty (60) days of termination.",
        "data_deletion=60 day",
    ),
    (
        "",
        "On request, Supplier shall securely destroy all copies of Customer Data and certify the destruction.",
        "data_deletion",
    ),
    (
        "",
        "After termination we will return or delete all Personal Data within 10 days.",
        "exit_data_return=10 day, data_deletion=10 day",
    ),
    # availability
    (
        "",
        "The Services will be available 99.9% of the time, excluding scheduled maintenance.",
        "uptime=99.9 percent",
    ),
    ("", "Provider guarantees a monthly uptime of at least 99.95%.", "uptime=99.95 percent"),
    ("", "**SLA**: 99.5%", "uptime=99.5 percent"),
    ("", "If availability falls below 99.5% in any month, Customer shall receive a credit of 10%.", ""),
    (
        "",
        "Provider shall use commercially reasonable efforts to make the Services available 24 hours a day, 7 days a week.",
        "uptime",
    ),
    # traps
    ("", "The facility has backup generators and battery backup power tested monthly.", ""),
    ("", "Payments may be subject to backup withholding.", ""),
    ("", "Licensee may make one copy of the Software for backup purposes.", ""),
    ("", "Mr. Smith shall act as backup of the principal contact.", ""),
    ("", "Invoices shall be accompanied by reasonable backup documentation.", ""),
    ("", "Either party may terminate if the failure is not cured within 30 days.", ""),
    (
        "",
        "A data center with redundant power was damaged by the disaster and recovered insurance proceeds.",
        "",
    ),
    ("", "How often are backups performed?", ""),
    ("", "The prevailing party shall recover its attorneys' fees within 30 days.", ""),
    ("", "Tenant shall restore the premises within 30 days after a casualty.", ""),
    # copies that have names of their own
    (
        "",
        "The Provider shall create Recovery Points so that no more than two (2) hours lie between any two of them.",
        "backup_frequency=2 hour",
    ),
    ("", "Restore Points are immutable for twenty-one (21) days.", "immutability=21 day"),
    ("", "Each Restore Point is kept for ninety days.", "retention=90 day"),
    ("", "“Restore Point” means a snapshot from which a server can be restored.", ""),
    # logs, dumps and what is kept of them
    (
        "",
        "The service ships the transaction log to the archive every 15 minutes.",
        "backup_frequency=15 minute",
    ),
    (
        "",
        "The database is exported once a day to a second disk and the dump is a backup.",
        "backup_frequency=1 day",
    ),
    ("Backup", "- Weekly backups: kept for 60 days", "backup_frequency=1 week, retention=60 day"),
    (
        "Backup",
        "- Each night the system takes a backup and discards any backups older than ten days.",
        "backup_frequency=1 day, retention=10 day",
    ),
    # trials by other names
    (
        "",
        "Every month the Supplier shall restore at least one file from a backup and compare it.",
        "restore_test=1 month",
    ),
    (
        "",
        "Twice in each calendar year the Provider shall restore one server chosen by the Customer from its backup.",
        "restore_test=6 month",
    ),
    (
        "",
        "The parties hold a tabletop exercise of the loss of the data center once per calendar year.",
        "dr_test=1 year",
    ),
    # plans with a date
    (
        "",
        "Supplier shall deliver the Disaster Recovery Plan to the Customer within forty-five (45) days after the Effective Date.",
        "dr_plan=45 day",
    ),
    # words and digits that differ, and figures blacked out
    ("", "Provider shall resume all its responsibilities within [***] days of a disaster.", "rto"),
    ("", "The Recovery Time Objective is four (2) hours.", "rto"),
    # no promises
    ("", "To restore from a snapshot:", ""),
    ("", "Refer to [Restoring a database](/restore) for details.", ""),
    ("", "The size of the snapshot depends on the volume of changes.", ""),
    ("", "The Scheduled Hours of Availability shall be twenty four hours a day, seven days per week.", ""),
)
