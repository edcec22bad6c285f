# A network of two hosts and a desk, in network namespaces of their own: a switch that the desk sits at, and a cable to each host.
# A cut is silent in the way a real one is: packets are lost, nobody is told.

net=pgrepl-$$

address()
{
    case $1 in
        alpha) echo 10.77.0.1 ;;
        beta) echo 10.77.0.2 ;;
        desk) echo 10.77.0.254 ;;
    esac
}

namespace_path() { echo "/run/netns/$net-$1"; }

make_network()
{
    ip netns add "$net-desk"
    ip -n "$net-desk" link set dev lo up
    ip -n "$net-desk" link add name switch type bridge
    ip -n "$net-desk" addr add "$(address desk)/24" dev switch
    ip -n "$net-desk" link set dev switch up
    for name in alpha beta; do
        ip netns add "$net-$name"
        ip link add eth0 netns "$net-$name" type veth peer name "$name" netns "$net-desk"
        ip -n "$net-desk" link set dev "$name" master switch up
        ip -n "$net-$name" addr add "$(address "$name")/24" dev eth0
        ip -n "$net-$name" link set dev eth0 up
        ip -n "$net-$name" link set dev lo up
    done
}

remove_network()
{
    for name in alpha beta desk; do
        ip netns del "$net-$name" 2> /dev/null || true
    done
}

# The host's cable.
unplug() { ip -n "$net-desk" link set dev "$1" down; }
plug_in() { ip -n "$net-desk" link set dev "$1" up; }

# The switch passes nothing between the hosts; the desk reaches both.
part() { for name in alpha beta; do ip -n "$net-desk" link set dev "$name" type bridge_slave isolated on; done; }
join_again() { for name in alpha beta; do ip -n "$net-desk" link set dev "$name" type bridge_slave isolated off; done; }

# desk COMMAND...: at the desk, with the programs of its tree.
desk() { ip netns exec "$net-desk" chroot "$run/desk/tree" env LC_ALL=C.UTF-8 "$@"; }
