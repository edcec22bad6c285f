using System.Text;

namespace Pgrepl.Wal;

/// <summary>The clock on the wall of whoever reads a description: localtime and strftime of C, which this assembly does not call.</summary>
public interface ILocalTime
{
    /// <summary>Writes one second as strftime's <c>%Y-%m-%d %H:%M:%S</c>, and its zone as <c>%Z</c>.</summary>
    /// <param name="unixSeconds">May lie before the common era: it comes from a record.</param>
    /// <param name="date">At least 64 bytes.</param>
    /// <param name="dateLength">Bytes written of it.</param>
    /// <param name="zone">At least 64 bytes.</param>
    /// <param name="zoneLength">Bytes written of it.</param>
    void Format(long unixSeconds, Span<byte> date, out int dateLength, Span<byte> zone, out int zoneLength);
}

/// <summary>The local time of a system whose zone is UTC. Years that .NET does not know are cut to those that it does.</summary>
public sealed class UtcTime : ILocalTime
{
    public static UtcTime Instance { get; } = new();

    public void Format(long unixSeconds, Span<byte> date, out int dateLength, Span<byte> zone, out int zoneLength)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(unixSeconds, DateTimeOffset.MinValue.ToUnixTimeSeconds(), DateTimeOffset.MaxValue.ToUnixTimeSeconds()));
        _ = time.TryFormat(date, out dateLength, "yyyy-MM-dd HH:mm:ss", System.Globalization.CultureInfo.InvariantCulture);
        zoneLength = Encoding.UTF8.GetBytes("UTC", zone);
    }
}
