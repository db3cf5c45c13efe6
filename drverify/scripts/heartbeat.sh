#!/bin/sh
# A customer's heartbeat for drverify: signs the time and prints it, or adds it to FILE, of which the newest 5 stay.
# Run it every minute where the provider cannot read KEY (Ed25519, PEM). Needs a POSIX shell, openssl 1.1.1 or later.
# usage: heartbeat.sh KEY NAME WORKLOAD [FILE]
set -eu
key=$1 name=$2 workload=$3 file=${4:-} keep=25
made=$(mktemp -d "${file:-${TMPDIR:-/tmp}/heartbeat}.XXXXXX")
trap 'rm -rf "$made"' EXIT
time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
printf 'drverify-heartbeat/v1\nworkload %s\ntime %s\n' "$workload" "$time" > "$made/text"
openssl pkey -in "$key" -pubout -outform DER | tail -c 32 > "$made/public"
{ printf '%s\n\001' "$name"; cat "$made/public"; } | openssl dgst -sha256 -binary | dd bs=4 count=1 > "$made/line" 2> /dev/null
openssl pkeyutl -sign -inkey "$key" -rawin -in "$made/text" >> "$made/line"
if [ -n "$file" ] && [ -f "$file" ]; then tail -n $((keep - 5)) "$file"; fi > "$made/new"
{ cat "$made/text"; printf '\n\342\200\224 %s %s\n' "$name" "$(openssl base64 -A -in "$made/line")"; } >> "$made/new"
if [ -n "$file" ]; then chmod 644 "$made/new"; mv -f "$made/new" "$file"; else cat "$made/new"; fi
