# Shared by the scripts of this folder: a base tree made once, a throw-away copy of it, and one line a check.
# $bed: the directory given as argument; $tree: the copy.

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

# $tree: an overlay over the base, so that the base stays clean. The .NET runtime of this machine is seen in /usr/share/dotnet.
mount_tree()
{
    tree=$bed/$1/tree
    rm -rf "${bed:?}/$1"
    mkdir -p "$bed/$1/upper" "$bed/$1/work" "$tree"
    mount -t overlay overlay -o "lowerdir=$bed/base,upperdir=$bed/$1/upper,workdir=$bed/$1/work" "$tree"
    mkdir -p "$tree/usr/share/dotnet"
}

failed()
{
    echo "not ok - $1"
    exit 1
}

# check TEXT COMMAND...: tried for half a minute.
check()
{
    text=$1
    shift
    tries=0
    until "$@" > "$bed/check.log" 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 150 ] || { cat "$bed/check.log"; failed "$text"; }
        sleep 0.2
    done
    echo "ok - $text"
}
