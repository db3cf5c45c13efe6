#!/bin/sh
# A drill as an engineer would script it: restic, ip, dnsmasq, virsh, curl. No preflight, no canary, no
# controls, no ledger, no evidence. The measure that drverify is held against: the same restore, the same
# virtual hardware and disk cache mode, the same settling. Everything by environment:
#   REPO PASSFILE SNAPSHOT STORED    the point            WORK          a directory that QEMU can reach
#   GATEWAY DNS ADDRESS PREFIX MAC   production's network MEMORY CPUS   the guest's shape
#   ACCEL CPU                        libvirt's domain type and CPU mode
#   URL PATTERN SETTLE               healthy: the page holds PATTERN throughout SETTLE milliseconds
# Prints: restored=SECONDS healthy=SECONDS total=SECONDS
set -eu
begin=$(date +%s.%N)
since() { echo "$(date +%s.%N) $begin" | awk '{printf "%.2f", $1 - $2}'; }
now_ms() { date +%s%3N; }

space=hand-$$
tap=hand$$
cleanup() {
  virsh -q -c qemu:///system destroy "$space" >/dev/null 2>&1 || true
  ip netns pids "$space" 2>/dev/null | xargs -r kill 2>/dev/null || true
  ip link del "$tap" 2>/dev/null || true
  ip netns del "$space" 2>/dev/null || true
  rm -f "$WORK/disk.raw" "$WORK/domain.xml" "$WORK/screen.ppm" "$WORK/console.log"
  rm -f "/var/log/libvirt/qemu/$space.log"
}
trap cleanup EXIT
trap 'exit 143' TERM INT
mkdir -p "$WORK"
chmod 755 "$WORK"

ip netns add "$space"
ip tuntap add "$tap" mode tap
ip -n "$space" link add br0 type bridge
ip -n "$space" addr add "$GATEWAY/$PREFIX" dev br0
ip -n "$space" addr add "$DNS/$PREFIX" dev br0
ip -n "$space" link set lo up
ip -n "$space" link set br0 up
ip netns exec "$space" dnsmasq --conf-file=/dev/null --interface=br0 --no-resolv --no-hosts --no-ping \
  --pid-file= --dhcp-range="$ADDRESS,$ADDRESS" --dhcp-host="$MAC,$ADDRESS" --leasefile-ro

restic -q -r "$REPO" --password-file "$PASSFILE" --no-lock --no-cache dump "$SNAPSHOT" "$STORED" |
  cp --sparse=always /dev/stdin "$WORK/disk.raw"
restored=$(since)

cat >"$WORK/domain.xml" <<XML
<domain type='$ACCEL'>
  <name>$space</name>
  <memory unit='MiB'>$MEMORY</memory>
  <vcpu>$CPUS</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type></os>
  <features><acpi/><apic/></features>
  <cpu mode='$CPU' check='none'/>
  <clock offset='utc'/>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='raw' cache='writeback' discard='unmap'/>
      <source file='$WORK/disk.raw'/>
      <target dev='vda' bus='virtio'/>
      <boot order='1'/>
    </disk>
    <controller type='usb' model='none'/>
    <interface type='ethernet'>
      <mac address='$MAC'/>
      <target dev='$tap' managed='no'/>
      <model type='virtio'/>
      <driver name='qemu'><guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/></driver>
      <rom enabled='no'/>
    </interface>
    <serial type='file'><source path='$WORK/console.log'/></serial>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <video><model type='vga' vram='16384' heads='1'/></video>
    <audio id='1' type='none'/>
    <memballoon model='none'/>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
  </devices>
</domain>
XML
virsh -q -c qemu:///system create "$WORK/domain.xml" >/dev/null
ip link set "$tap" netns "$space"
ip -n "$space" link set "$tap" master br0 up

healthy_since=
while :; do
  if ip netns exec "$space" curl -sk -m 5 "$URL" 2>/dev/null | grep -q "$PATTERN"; then
    [ -n "$healthy_since" ] || healthy_since=$(now_ms)
    [ $(($(now_ms) - healthy_since)) -ge "$SETTLE" ] && break
  else
    healthy_since=
  fi
  sleep 0.5
done
healthy=$(since)
virsh -q -c qemu:///system screenshot "$space" "$WORK/screen.ppm" >/dev/null
cleanup
trap - EXIT
echo "restored=$restored healthy=$healthy total=$(since)"
