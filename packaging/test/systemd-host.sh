#!/bin/sh
# Runs the Debian package under a booted systemd, in a container: start, reload, promote, crash, watchdog, journal, stop.
# Usage, as root: systemd-host.sh DIRECTORY PACKAGE.deb
#   DIRECTORY  keeps the base tree (debootstrap) from run to run; outside the repository
# Needs debootstrap, systemd-container, util-linux, and a .NET runtime in $DOTNET_ROOT (default /usr/share/dotnet).
# One line a check; exit 1 at the first that fails.
set -eu
bed=$1 package=$2 dotnet=${DOTNET_ROOT:-/usr/share/dotnet}
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"

container=
cleanup()
{
    if [ -n "$container" ]; then
        kill -KILL "$container" 2> /dev/null || true
        wait "$nspawn" 2> /dev/null || true
    fi
    umount "$tree" 2> /dev/null || true
}

inside() { nsenter -t "$container" -a "$@"; }
as_pgrepl() { inside runuser -u pgrepl -- "$@"; }
show() { inside systemctl show -P "$2" "pgrepl@$1"; }
is() { [ "$(show "$1" "$2")" = "$3" ]; }
status_is() { is "$1" StatusText "$2" && is "$1" ActiveState active; }
restarted() { [ "$(show "$1" NRestarts)" = "$2" ] && is "$1" ActiveState active; }
journal_has() { inside journalctl -q -o cat -u "pgrepl@$1" -p "$2" | grep -q "$3"; }

node()
{
    inside sh -c "printf '%s\n' 'data_directory = \"/var/lib/pgrepl/$1\"' 'port = $2' 'unix_socket_directories = \"/run/pgrepl\"' 'listen_addresses = \"\"' > /etc/pgrepl/$1.toml"
    inside mkdir -p "/etc/systemd/system/pgrepl@$1.service.d"
    inside sh -c "printf '[Service]\nWatchdogSec=2\n' > /etc/systemd/system/pgrepl@$1.service.d/watchdog.conf; systemctl daemon-reload"
}

make_base
mount_tree host
trap cleanup EXIT
cp "$package" "$tree/tmp/pgrepl.deb"
chroot "$tree" dpkg -i /tmp/pgrepl.deb > "$bed/check.log" 2>&1 || { cat "$bed/check.log"; failed "the package is installed"; }
echo "ok - the package is installed"

setsid systemd-nspawn -q -D "$tree" -M pgrepl-test --boot --register=no --keep-unit --console=read-only --private-network \
    --bind-ro="$dotnet:/usr/share/dotnet" < /dev/null > "$bed/console.log" 2>&1 &
nspawn=$!
has_child() { container=$(pgrep -P "$nspawn"); }
check "the container is up" has_child
container=$(pgrep -P "$nspawn")
running() { [ "$(inside systemctl is-system-running)" = running ]; }
check "systemd runs and no unit has failed" running

node main 5432
as_pgrepl pgrepl init -D /var/lib/pgrepl/main -A trust > "$bed/check.log" 2>&1 || { cat "$bed/check.log"; failed "init"; }
inside systemctl start pgrepl@main || { inside journalctl -q -u pgrepl@main; failed "the primary starts"; }
check "start: a primary, said in systemctl status" status_is main "primary, timeline 1, accepting connections"
check "its socket is in /run/pgrepl" inside test -S /run/pgrepl/.s.PGSQL.5432

node second 5433
as_pgrepl pgrepl init -D /var/lib/pgrepl/second -A trust --standby --from "host=/run/pgrepl port=5432 user=pgrepl application_name=second" > "$bed/check.log" 2>&1 \
    || { cat "$bed/check.log"; failed "init --standby"; }
inside systemctl start pgrepl@second || { inside journalctl -q -u pgrepl@second; failed "the standby starts"; }
check "start: a standby that streams" status_is second "standby, timeline 1, streaming"

inside systemctl reload pgrepl@main
check "reload: said in the journal" journal_has main info "received SIGHUP, reloading configuration files"
check "reload: active again" is main ActiveState active

as_pgrepl pgrepl promote -D /var/lib/pgrepl/second > "$bed/check.log" 2>&1 || { cat "$bed/check.log"; failed "promote"; }
check "promote: the status line follows" status_is second "primary, timeline 2, accepting connections"

inside kill -KILL "$(show main MainPID)"
check "crash: a killed postmaster is started again" restarted main 1
check "crash: it serves again" status_is main "primary, timeline 1, accepting connections"

inside kill -STOP "$(show main MainPID)"
check "watchdog: a postmaster that hangs is killed and started again" restarted main 2
check "watchdog: said in the journal" journal_has main warning "Watchdog timeout"
check "watchdog: it serves again" status_is main "primary, timeline 1, accepting connections"

inside sh -c "printf 'data_directory = \"/var/lib/pgrepl/none\"\n' > /etc/pgrepl/broken.toml"
inside systemctl start pgrepl@broken 2> /dev/null && failed "a node without a directory does not start"
check "journal: FATAL has priority crit" journal_has broken crit 'FATAL:  data directory "/var/lib/pgrepl/none" does not exist'
inside systemctl stop pgrepl@broken
not_in_journal() { ! journal_has "$@"; }
check "journal: LOG has priority info" journal_has main info "LOG:  database system is ready to accept connections"
check "journal: LOG is not a notice" not_in_journal main notice "LOG:  database system is ready to accept connections"

inside systemctl stop pgrepl@main pgrepl@second
for name in main second; do
    check "stop: $name ended well" is "$name" Result success
    check "stop: $name shut down in order" journal_has "$name" info "database system is shut down"
    check "stop: $name left no pid file" inside test ! -e "/var/lib/pgrepl/$name/postmaster.pid"
done
no_process() { ! inside pgrep pgrepl; }
check "stop: no process is left" no_process
inside systemctl poweroff
wait "$nspawn" || true
container=
