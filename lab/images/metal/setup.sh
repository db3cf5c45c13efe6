#!/bin/sh
# Runs inside the guest's root (chroot) when the image is built, after the packages are installed
# and the overlay is copied. /root/build is removed by the builder.
set -eu
export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin

passwd -q -d root
rm -f /etc/ssh/ssh_host_* /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap
cp /root/build/ssh_host_ed25519_key /root/build/ssh_host_ed25519_key.pub /etc/ssh/
chmod 600 /etc/ssh/ssh_host_ed25519_key
install -d -m 700 ~root/.ssh
install -m 600 /root/build/id_ed25519.pub ~root/.ssh/authorized_keys
# What a copy of files easily loses: owners, rights, attributes, capabilities.
install -d -o www-data -g www-data -m 2750 /srv/data/shared
date -u +%Y-%m-%dT%H:%M:%SZ > /srv/data/heartbeat
setfacl -m u:backup:rX /srv/data/shared
setfattr -n user.drverify -v kept /srv/data/files/MANIFEST.sha256

update-initramfs -u -k all
systemctl -q enable systemd-networkd metal-heartbeat ssh acpid getty@tty1 serial-getty@ttyS0
# What no server of the lab needs, and what costs seconds on an emulated processor.
systemctl -q mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    systemd-tmpfiles-clean.timer e2scrub_all.timer e2scrub_reap.service motd-news.timer \
    systemd-networkd-wait-online systemd-logind systemd-binfmt systemd-pstore systemd-update-utmp \
    systemd-update-utmp-runlevel systemd-journal-catalog-update systemd-firstboot systemd-sysusers \
    systemd-machine-id-commit systemd-hwdb-update ldconfig.service systemd-update-done \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
    getty-static.service systemd-random-seed.service modprobe@loop.service modprobe@dm_mod.service \
    systemd-ask-password-console.path systemd-ask-password-wall.path grub-common.service \
    modprobe@drm.service modprobe@fuse.service modprobe@configfs.service modprobe@efi_pstore.service \
    networkd-dispatcher.service systemd-pcrphase.service systemd-pcrphase-sysinit.service \
    lvm2-monitor.service lvm2-lvmpolld.socket
ln -sf /usr/local/lib/metal/shutdown /sbin/shutdown
systemctl -q set-default multi-user.target
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /usr/share/doc /usr/share/man \
    /usr/share/locale /usr/share/info /var/log/*.log /var/log/apt
