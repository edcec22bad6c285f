using Pgrepl.Cli.Nodes;
using Pgrepl.Cli.Status;
using Pgrepl.Cli.Top;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Tests.Top;

/// <summary>What pgrepl top makes of one look after the other.</summary>
public sealed class TopFramesTests
{
    private const long Second = 1_000_000;

    [Test]
    public void A_rate_needs_two_looks_and_a_restart_begins_anew()
    {
        TopFrames frames = new();
        Assert.That(Line(frames, Look(1000), 1 * Second, "written"), Does.EndWith("-, most 0 bytes/s"));
        Assert.That(Line(frames, Look(3000), 3 * Second, "written"), Does.EndWith("█  1000 bytes/s, most 1000 bytes/s"));
        Assert.That(Line(frames, Look(3000), 4 * Second, "written"), Does.EndWith("█▁  0 bytes/s, most 1000 bytes/s"));
        Assert.That(Line(frames, Look(500), 5 * Second, "written"), Does.EndWith("-, most 1000 bytes/s"), "it has gone back: another node's life");
        Assert.That(Line(frames, Look(1000), 6 * Second, "written"), Does.EndWith("█▁▅  500 bytes/s, most 1000 bytes/s"));
    }

    [Test]
    public void Lag_is_plotted_beside_its_highest()
    {
        TopFrames frames = new();
        Assert.That(Line(frames, Look(1, 2 * Second), 1, "lag"), Does.EndWith("█  2 s, most 2 s"));
        Assert.That(Line(frames, Look(1, 0), 2, "lag"), Does.EndWith("█▁  0 s, most 2 s"));
    }

    [Test]
    public void A_node_that_does_not_run_is_a_frame_too() =>
        Assert.That(new TopFrames().Next(Look(1) with { Node = null, Live = null }, DateTime.UnixEpoch, 1), Is.EqualTo(new[] { "pgrepl top - 1970-01-01 00:00:00 UTC  /nonexistent/pgrepl  primary", "pgrepl: no server running" }));

    [Test]
    public void A_plot_has_one_bar_a_value_and_forgets_the_oldest()
    {
        Plot plot = new(width: 4);
        Assert.That(plot.ToString(), Is.EqualTo("    "));
        foreach (double value in (double[])[8, 0, 1, 7, 4])
            plot.Add(value);
        Assert.That(plot.ToString(), Is.EqualTo("▁▂█▅"));
    }

    private static string Line(TopFrames frames, NodeStatus status, long now, string name) =>
        frames.Next(status, DateTime.UnixEpoch, now).Single(line => line.StartsWith(name + " ", StringComparison.Ordinal));

    private static NodeStatus Look(ulong written, long late = 0) => new(
        new DataDirectory("/nonexistent/pgrepl"), new PidFile(7, 0, 5432, "/tmp", "", "ready"), null, null, null,
        new LiveStatus("standby", new TimelineId(1), 42, "15.18", 0, [new("written", new Lsn(written), 0, late)], null, [], [], []));
}
