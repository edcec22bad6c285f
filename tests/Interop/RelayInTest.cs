using Pgrepl.Wal;

namespace Pgrepl.Interop.Tests;

/// <summary>What several tests ask of a relay or do to it.</summary>
internal static class RelayInTest
{
    /// <returns>End of the WAL that it would serve; 0/0 when it cannot answer.</returns>
    public static Lsn Received(this TestNode relay) => Lsn.Parse(relay.TryAsk("SELECT coalesce(pg_last_wal_receive_lsn(), '0/0')") ?? "0/0");

    /// <summary>Changes primary_conninfo of a running relay as an operator does.</summary>
    public static void FollowFrom(this TestNode relay, string conninfo)
    {
        File.WriteAllText(relay.Data.AutoConf, $"primary_conninfo = '{conninfo}'\n");
        (int code, string output, string errors) = relay.Pgrepl("reload", "-D", relay.Data.Path);
        Assert.That(code, Is.Zero, output + errors);
    }
}
