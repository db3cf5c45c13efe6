#!/bin/sh
# Runs inside the guest's root (chroot) when the image is built, after the packages are installed
# and the overlay is copied. Nothing secret is in its arguments; /root/build is removed by the builder.
set -eu
export LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin

useradd --system --home-dir /nonexistent --shell /usr/sbin/nologin shop
passwd -q -d root
rm -f /etc/ssh/ssh_host_* /etc/apt/sources.list /etc/apt/sources.list.d/* /etc/apt/apt.conf.d/99mmdebstrap
cp /root/build/ssh_host_ed25519_key /root/build/ssh_host_ed25519_key.pub /etc/ssh/
chmod 600 /etc/ssh/ssh_host_ed25519_key
install -d -m 700 ~root/.ssh
install -m 600 /root/build/id_ed25519.pub ~root/.ssh/authorized_keys
install -d -m 755 /etc/nginx/tls
install -m 644 /root/build/shop.crt /etc/nginx/tls/
install -m 600 /root/build/shop.key /etc/nginx/tls/

ln -sf ../sites-available/shop /etc/nginx/sites-enabled/shop
rm -f /etc/nginx/sites-enabled/default

# PostgreSQL: a cluster with page checksums, so that damage in a backup is noticed.
version=$(ls /usr/lib/postgresql)
pg_dropcluster --stop "$version" main || true
pg_createcluster -e UTF8 --locale C.UTF-8 "$version" main -- --data-checksums >/dev/null
cat /root/build/postgresql.conf >> "/etc/postgresql/$version/main/postgresql.conf"
install -o postgres -g postgres -m 640 /root/build/pg_hba.conf "/etc/postgresql/$version/main/pg_hba.conf"
pg_ctlcluster "$version" main start -o "-c listen_addresses='' -c dynamic_shared_memory_type=mmap"
stop() { pg_ctlcluster "$version" main stop -m fast; }
trap stop EXIT
run_sql() { setpriv --reuid=postgres --regid=postgres --init-groups psql -X -q "$@"; }
run_sql < /root/build/schema.sql
printf "ALTER ROLE probe PASSWORD '%s';\n" "$(cat /root/build/probe-password)" | run_sql -d shop
run_sql -d shop -c 'VACUUM ANALYZE' -c 'CHECKPOINT'
trap - EXIT
stop
rm -f /var/log/postgresql/*
install -d "/etc/systemd/system/postgresql@$version-main.service.d"
sed "s/@VERSION@/$version/g" /root/build/postgresql.service \
    > "/etc/systemd/system/postgresql@$version-main.service.d/quick.conf"
nginx -t -q
sshd=$(command -v sshd) && install -d /run/sshd && "$sshd" -t

# Boot: fixed names for GRUB. "any" is the kernel for all hardware; "virtual" knows virtio only.
update-initramfs -u -k all
for kernel in /boot/vmlinuz-*; do
    release=${kernel#/boot/vmlinuz-}
    case $release in *-cloud-*) name=virtual ;; *) name=any ;; esac
    mkdir -p "/boot/$name"
    for file in vmlinuz initrd.img; do ln -sf "../$file-$release" "/boot/$name/$file"; done
done
rm -f /vmlinuz* /initrd.img* /boot/vmlinuz /boot/vmlinuz.old /boot/initrd.img /boot/initrd.img.old

systemctl -q enable systemd-networkd shop shop-heartbeat shop-orders nginx ssh postgresql acpid \
    getty@tty1 serial-getty@ttyS0
# What no server of the lab needs, and what costs seconds on an emulated processor.
systemctl -q mask apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    systemd-tmpfiles-clean.timer e2scrub_all.timer e2scrub_reap.service motd-news.timer \
    systemd-networkd-wait-online systemd-logind systemd-binfmt systemd-pstore systemd-update-utmp \
    systemd-update-utmp-runlevel systemd-journal-catalog-update systemd-firstboot systemd-sysusers \
    systemd-machine-id-commit systemd-hwdb-update ldconfig.service systemd-update-done \
    dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount \
    sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount \
    getty-static.service systemd-random-seed.service modprobe@loop.service modprobe@dm_mod.service \
    systemd-ask-password-console.path systemd-ask-password-wall.path \
    modprobe@drm.service modprobe@fuse.service modprobe@configfs.service modprobe@efi_pstore.service \
    networkd-dispatcher.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
ln -sf /usr/local/lib/shop/shutdown /sbin/shutdown
systemctl -q set-default multi-user.target
install -d -m 2755 -g systemd-journal /var/log/journal
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/*-old /usr/share/doc /usr/share/man \
    /usr/share/locale /usr/share/info /var/log/*.log /var/log/apt
