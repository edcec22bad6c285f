using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>The local time of this process: TZ, or /etc/localtime.</summary>
internal sealed class SystemLocalTime : ILocalTime
{
    public void Format(long unixSeconds, Span<byte> date, out int dateLength, Span<byte> zone, out int zoneLength)
    {
        dateLength = LocalTimeCalls.Format(unixSeconds, "%Y-%m-%d %H:%M:%S", date);
        zoneLength = LocalTimeCalls.Format(unixSeconds, "%Z", zone);
    }
}
