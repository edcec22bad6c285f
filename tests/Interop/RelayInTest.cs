using System.Text.RegularExpressions;
using Pgrepl.Shared.Storage;
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

    /// <summary>The operator's word: a stopped relay gives up what this server does not have, and follows it.</summary>
    /// <returns>The folder where that is kept.</returns>
    public static string Rejoin(this TestNode relay, PostgresServer upstream)
    {
        (int code, string output, string errors) = relay.Pgrepl("rejoin", "-D", relay.Data.Path, "--from", $"{upstream.Conninfo} application_name={relay.Name}", "-l", relay.LogFile);
        Assert.That(code, Is.Zero, output + errors + relay.Log);
        Match kept = Regex.Match(output, "is kept in \"(.*)\"");
        Assert.That(kept.Success, output);
        return kept.Groups[1].Value;
    }

    /// <summary>Waits until this server knows that the relay has all of its WAL.</summary>
    public static void HasGivenAllTo(this PostgresServer upstream, TestNode relay)
    {
        Eventually.Holds(() => upstream.TryAsk($"SELECT flush_lsn = pg_current_wal_flush_lsn() FROM pg_stat_replication WHERE application_name = '{relay.Name}'") == "t");
    }

    public static bool LogHas(this TestNode relay, string text) => relay.Log.Contains(text, StringComparison.Ordinal);

    /// <summary>Its segments by name, as far as they lie below a position.</summary>
    public static Dictionary<string, byte[]> WalBelow(this TestNode relay, Lsn end)
    {
        int size = RelayFile.Read(relay.Data).SegmentSize;
        Dictionary<string, byte[]> found = [];
        foreach (WalSegment segment in WalDirectory.List(relay.Data, size).Where(s => s.Start(size) < end))
            found[segment.FileName(size)] = File.ReadAllBytes(WalSegmentFile.PathOf(relay.Data, segment, size))[..(int)Math.Min((ulong)size, end.Value - segment.Start(size).Value)];
        Assert.That(found, Is.Not.Empty);
        return found;
    }

    /// <summary>Every byte of that is as it was.</summary>
    public static void StillHas(this TestNode relay, Dictionary<string, byte[]> before)
    {
        foreach ((string name, byte[] bytes) in before)
            Assert.That(File.ReadAllBytes(Path.Combine(relay.Data.Wal, name)).AsSpan().StartsWith(bytes), $"{name} has changed");
    }
}
