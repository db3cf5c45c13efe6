"""What a running system is asked for its inventory: a literal table. Nothing here changes anything.

Each part has questions; of those with the same `either`, the first whose program is there answers for all.
Every script is ours and constant: no value of anybody's plan or system gets into one. A program that is
missing ends with 127, as POSIX has it for a shell.
"""

from dataclasses import dataclass
from datetime import timedelta

from drverify.model.system import Part

WITHIN = timedelta(seconds=90)
"""For one question: an emulated guest takes seconds for each openssl."""
NOT_THERE = 127

_SYSTEM = r"""
if [ -d /sys/firmware/efi ]; then echo firmware=uefi; else echo firmware=bios; fi
for f in sys_vendor product_name; do
  [ -r "/sys/class/dmi/id/$f" ] && printf '%s=%s\n' "$f" "$(head -n 1 "/sys/class/dmi/id/$f")"
done
printf 'kernel=%s\n' "$(uname -r)"
printf 'machine=%s\n' "$(uname -m)"
printf 'hostname=%s\n' "$(uname -n)"
[ -r /etc/os-release ] && grep '^PRETTY_NAME=' /etc/os-release
command -v nproc >/dev/null && printf 'cpus=%s\n' "$(nproc)"
exit 0
"""
_CARDS = r"""
command -v ip >/dev/null || exit 127
ip -j link || exit $?
for n in /sys/class/net/*; do
  d=$(readlink "$n/device/driver") && printf '%s\t%s\n' "${n##*/}" "${d##*/}"
done
exit 0
"""
_CRON = r"""
command -v find >/dev/null && command -v sha256sum >/dev/null || exit 127
for p in /etc/crontab /etc/anacrontab /etc/cron.d /etc/cron.hourly /etc/cron.daily /etc/cron.weekly \
    /etc/cron.monthly /var/spool/cron /var/spool/anacron; do
  [ ! -e "$p" ] || find "$p" -xdev -type f ! -path '/var/spool/anacron/*' -exec sha256sum -- {} + || exit 1
done
"""
_CERTIFICATES = r"""
command -v openssl >/dev/null && command -v find >/dev/null || exit 127
for p in /etc/ssl/private /etc/ssl/local /etc/letsencrypt/live /etc/nginx /etc/apache2 /etc/httpd \
    /etc/pki/tls/certs /etc/haproxy /etc/postgresql /etc/dovecot /etc/postfix /etc/drverify-lab /srv; do
  [ ! -d "$p" ] || find -L "$p" -xdev -maxdepth 4 -type f -size -65k \
    \( -name '*.pem' -o -name '*.crt' -o -name '*.cer' \) ! -name 'ca-bundle*' -exec sh -c 'for f; do
      c=$(openssl x509 -in "$f" -noout -subject -issuer -enddate -fingerprint -sha256 -nameopt RFC2253 \
        2>/dev/null) && printf "file=%s\n%s\n" "$f" "$c"; done' sh {} + || exit 1
done
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One command and what its answer is about."""

    part: Part
    tool: str
    """The program behind it; its parser is found by this name."""
    argv: tuple[str, ...]
    either: str = ""
    """Questions of a part with the same name here stand for one another; empty: it stands for itself."""


def _sh(script: str) -> tuple[str, ...]:
    return ("sh", "-c", script.strip())


_COLUMNS = "NAME,TYPE,SIZE,TRAN,MODEL,SERIAL,PTTYPE,PTUUID,PARTUUID,FSTYPE,UUID,LABEL"
QUESTIONS: tuple[Question, ...] = (
    Question(part=Part.SYSTEM, tool="uname", argv=_sh(_SYSTEM)),
    Question(part=Part.DISKS, tool="lsblk", argv=("lsblk", "-J", "-b", "-o", _COLUMNS)),
    Question(
        part=Part.MOUNTS,
        tool="findmnt",
        argv=("findmnt", "-J", "--list", "--real", "-o", "TARGET,SOURCE,FSTYPE,UUID,OPTIONS"),
    ),
    Question(part=Part.CARDS, tool="ip link", argv=_sh(_CARDS)),
    Question(part=Part.ADDRESSES, tool="ip addr", argv=("ip", "-j", "addr")),
    Question(part=Part.LISTENING, tool="ss", argv=("ss", "-Hlntup")),
    Question(
        part=Part.PACKAGES,
        tool="dpkg-query",
        argv=("dpkg-query", "-W", "-f", r"${db:Status-Abbrev}\t${binary:Package}\t${Version}\n"),
        either="packages",
    ),
    Question(
        part=Part.PACKAGES,
        tool="rpm",
        argv=("rpm", "-qa", "--qf", r"ii \t%{NAME}.%{ARCH}\t%{EPOCHNUM}:%{VERSION}-%{RELEASE}\n"),
        either="packages",
    ),
    Question(
        part=Part.JOBS,
        tool="systemctl",
        argv=("systemctl", "list-timers", "--all", "--no-pager", "--output=json"),
    ),
    Question(part=Part.JOBS, tool="cron", argv=_sh(_CRON)),
    Question(part=Part.CERTIFICATES, tool="openssl", argv=_sh(_CERTIFICATES)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one question brought."""

    tool: str
    exit_code: int | None
    """None: no command ran."""
    output: bytes = b""
    why: str = ""
