"""Configuration options that calls may set, by type: names and bounds as the published API 9.x has them."""

from lab.pve.api.parameters import Table, booleans, family, integer, number, strings

QEMU_OPTIONS: Table = (
    *booleans(
        "acpi autostart ciupgrade force freeze keephugepages kvm localtime numa onboot protection reboot "
        "tablet tdf template"
    ),
    *booleans("allow-ksm", since=9),
    *strings(
        "affinity agent amd-sev arch args audio0 bios boot bootdisk cdrom cicustom cipassword citype ciuser "
        "cpu description efidisk0 hookscript hotplug hugepages ivshmem keyboard lock machine memory name "
        "nameserver ostype rng0 scsihw searchdomain smbios1 spice_enhancements sshkeys startdate startup "
        "tags tpmstate0 vga vmgenid vmstatestorage watchdog"
    ),
    *strings("intel-tdx", since=9),
    *family("hostpci", 15),
    *family("ide", 3),
    *family("net ipconfig", 31),
    *family("numa", 7),
    *family("parallel", 2),
    *family("sata", 5),
    *family("scsi", 30),
    *family("serial", 3),
    *family("unused", 255),
    *family("usb", 13),
    *family("virtio", 15),
    *family("virtiofs", 9),
    integer("balloon", 0),
    integer("cores", 1),
    integer("cpuunits", 1, 262_144),
    integer("migrate_speed", 0),
    integer("shares", 0, 50_000),
    integer("smp", 1),
    integer("sockets", 1),
    integer("vcpus", 1),
    number("cpulimit", 0, 128),
    number("migrate_downtime", 0),
)

LXC_OPTIONS: Table = (
    *booleans("console debug onboot protection template unprivileged"),
    *strings(
        "arch cmode description features hookscript hostname lock nameserver ostype rootfs searchdomain "
        "startup tags timezone"
    ),
    *strings("entrypoint env", since=9),
    *family("dev mp unused", 255),
    *family("net", 31),
    integer("cores", 1, 8192),
    integer("cpuunits", 0, 500_000),
    integer("memory", 16),
    integer("swap", 0),
    integer("tty", 0, 6),
    number("cpulimit", 0, 8192),
)
