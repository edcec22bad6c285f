# Shared by the scripts of this folder: Debian trees made once, throw-away copies of them, hosts that boot from these, and one line a check.
# $bed: the directory given as argument; $run: a folder of this run in it, removed at its end; $dotnet: the .NET runtime of this machine, seen in /usr/share/dotnet of every tree.
# A host has its folder $run/HOST: its disk (tree, upper, work), and while it runs the process ids nspawn (of systemd-nspawn) and init (of its systemd).

checks=0 run=$bed/run-$$
mkdir -p "$run"

ok()
{
    checks=$((checks + 1))
    echo "ok $checks - $1"
}

failed()
{
    echo "not ok $((checks + 1)) - $1"
    for host in "$run"/*/init; do
        [ ! -s "$host" ] || { host=$(basename "$(dirname "$host")"); echo "--- journal of $host"; on "$host" journalctl -q -b -o short-iso -u "pgrepl*" -n 25; }
    done
    exit 1
}

# check TEXT COMMAND...: tried for half a minute.
check()
{
    text=$1
    shift
    tries=0
    until "$@" > "$run/check.log" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || { cat "$run/check.log"; failed "$text"; }
        sleep 0.2
    done
    ok "$text"
}

# once TEXT COMMAND...: must succeed at once.
once()
{
    text=$1
    shift
    "$@" > "$run/check.log" 2>&1 || { cat "$run/check.log"; failed "$text"; }
    ok "$text"
}

not() { ! "$@"; }

# on_exit COMMAND: runs it however the script ends, then ends the hosts and removes what the run has made. (A shell that a signal ends runs no EXIT trap.)
on_exit()
{
    # shellcheck disable=SC2064
    trap "$1; finish" EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

finish()
{
    for place in "$run"/*/tree; do
        host=$(basename "$(dirname "$place")")
        kill_host "$host"
        umount "$place" 2> /dev/null || true
    done
    rm -rf --one-file-system "${run:?}" # a tree that could not be unmounted is another file system: it stays
}

# A Debian tree in $bed/base, with what the package depends on. Made once: about a minute and 300 MB.
make_base()
{
    if [ ! -e "$bed/base.done" ]; then
        rm -rf "$bed/base"
        debootstrap --variant=minbase \
            --include=systemd,systemd-sysv,dbus,procps,ca-certificates,libpq5,libstdc++6,man-db bookworm "$bed/base" > "$bed/debootstrap.log" 2>&1 \
            || { tail -n 5 "$bed/debootstrap.log"; exit 1; }
        # Every host boots with a machine id of its own.
        rm -f "$bed/base/var/lib/dbus/machine-id"
        : > "$bed/base/etc/machine-id"
        touch "$bed/base.done"
    fi
}

# $bed/tools: what an operator's host has besides (sudo, psql, pg_isready) and pg_waldump, as a layer over the base. Made once, in some seconds.
make_tools()
{
    if [ ! -e "$bed/tools.done" ]; then
        rm -rf "$bed/tools"
        mount_tree tools
        cp /etc/resolv.conf "$tree/etc/resolv.conf"
        chroot "$tree" sh -ec 'apt-get update -qq
            DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client-15 sudo
            cd /tmp
            apt-get download -qq postgresql-15
            dpkg-deb --fsys-tarfile postgresql-15_*.deb | tar -x -C / ./usr/lib/postgresql/15/bin/pg_waldump
            rm -rf postgresql-15_*.deb /var/lib/apt/lists/* /var/cache/apt/*.bin /etc/resolv.conf' > "$bed/tools.log" 2>&1 \
            || { tail -n 5 "$bed/tools.log"; exit 1; }
        umount "$tree"
        mv "$run/tools/upper" "$bed/tools"
        touch "$bed/tools.done"
    fi
}

# mount_tree NAME [LAYER...]: $tree becomes an overlay over the layers and the base, which stay clean.
mount_tree()
{
    tree=$run/$1/tree layers=$bed/base
    mkdir -p "$run/$1/upper" "$run/$1/work" "$tree"
    overlay=$1
    shift
    for layer in "$@"; do
        layers=$bed/$layer:$layers
    done
    mount -t overlay overlay -o "lowerdir=$layers,upperdir=$run/$overlay/upper,workdir=$run/$overlay/work" "$tree"
    mkdir -p "$tree/usr/share/dotnet"
}

# install_package PACKAGE.deb: into $tree.
install_package()
{
    cp "$1" "$tree/tmp/pgrepl.deb"
    once "the package is installed" chroot "$tree" dpkg -i /tmp/pgrepl.deb
}

# boot HOST [NSPAWN-OPTION...]: systemd, from the disk of that host.
boot()
{
    host=$1
    shift
    echo "$host" > "$run/$host/tree/etc/hostname"
    setsid systemd-nspawn -q -D "$run/$host/tree" -M "pgrepl-$host" --boot --register=no --keep-unit --console=read-only \
        --bind-ro="$dotnet:/usr/share/dotnet" "$@" < /dev/null > "$run/$host/console.log" 2>&1 &
    echo $! > "$run/$host/nspawn"
    check "$host: the container is up" has_init "$host"
    check "$host: systemd has come up" booted "$host"
}

has_init() { pgrep -P "$(cat "$run/$1/nspawn")" > "$run/$1/init"; }

# The first child of systemd-nspawn makes the second, which is init, and ends.
booted() { has_init "$1" && on "$1" systemctl is-system-running | grep -Eqx 'running|degraded'; }

# on HOST COMMAND...
on()
{
    container=$(cat "$run/$1/init")
    shift
    nsenter -t "$container" -a env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 "$@"
}

# kill_host HOST: all its processes at once, as when its power goes; what it wrote stays on its disk.
kill_host()
{
    # systemd-nspawn takes its systemd along; that one is not known yet when we are interrupted early.
    for role in init nspawn; do
        [ ! -s "$run/$1/$role" ] || kill -KILL "$(cat "$run/$1/$role")" 2> /dev/null || true
    done
    host_gone "$1"
}

# host_gone HOST: waits for the end of one that was told to go, or was killed.
host_gone()
{
    if [ -e "$run/$1/nspawn" ]; then
        wait "$(cat "$run/$1/nspawn")" || true
        rm -f "$run/$1/nspawn" "$run/$1/init"
    fi
}

# Of the service pgrepl@NODE on HOST: show HOST NODE PROPERTY; is HOST NODE PROPERTY VALUE; status_is HOST NODE TEXT; journal_has HOST NODE PRIORITY TEXT.
show() { on "$1" systemctl show -P "$3" "pgrepl@$2"; }
is() { [ "$(show "$1" "$2" "$3")" = "$4" ]; }
status_is() { is "$1" "$2" StatusText "$3" && is "$1" "$2" ActiveState active; }
journal_has() { on "$1" journalctl -q -b -o cat -u "pgrepl@$2" -p "$3" > "$run/journal" && grep -q -- "$4" "$run/journal"; }

# walk HOST GUIDE.md SECTION: types the commands of a section of docs/guides as they stand and compares what they print.
# A block whose first line is "# on alpha and beta" is typed there, any other on HOST.
walk()
{
    guide=$here/../../docs/guides/$2
    rm -rf "$run/walk"
    mkdir "$run/walk"
    awk -v section="## $3" -v steps="$run/walk/" '
        file == "" && /^## / { inside = $0 == section }
        !inside { next }
        /^```sh$/ { file = sprintf("%s%02d.sh", steps, ++n); next }
        /^```text$/ { file = sprintf("%s%02d.expected", steps, n); next }
        /^```$/ { close(file); file = ""; next }
        file != "" { print > file }' "$guide"
    [ -e "$run/walk/01.sh" ] || failed "$2: a section \"$3\" with commands"
    for step in "$run"/walk/*.sh; do
        places=$(sed -n '1s/^# on //p' "$step" | sed 's/ and / /g')
        for place in ${places:-$1}; do
            walk_step "$place" "$step" || { cat "$run/walk/printed" "$run/walk/errors"; cat "$step"; failed "$2: $3"; }
            ok "$2: $3: step $(basename "$step" .sh) on $place"
        done
    done
}

# walk_step HOST FILE.sh
walk_step()
{
    on "$1" timeout 180 bash -euo pipefail -c "cd /; $(cat "$2")" < /dev/null > "$run/walk/printed" 2> "$run/walk/errors" || { echo "exit code $?" >> "$run/walk/errors"; return 1; }
    expected=${2%.sh}.expected
    [ ! -e "$expected" ] || diff "$expected" "$run/walk/printed" >> "$run/walk/errors"
}
