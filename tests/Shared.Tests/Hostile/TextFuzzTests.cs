using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Protocol;

namespace Pgrepl.Shared.Tests.Hostile;

/// <summary>Texts and packets that peers and operators send: taken, or refused with a SQLSTATE.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class TextFuzzTests
{
    [Test]
    public void Startup_packet() => new Fuzz("start-up packet",
        RawClient.Startup(3 << 16, "user", "postgres", "database", "d", "options", "-c work_mem=4MB --TimeZone=UTC -c a\\ b=c"),
        RawClient.Startup(3 << 16 | 2, "user", "postgres", "replication", "database", "_pq_.x", "1", "application_name", new string('a', 100)),
        RawClient.Packet(StartupPacket.SslRequestCode), RawClient.Packet(StartupPacket.GssEncRequestCode), RawClient.Packet(StartupPacket.CancelRequestCode, new byte[8]))
    {
        Repair = bytes =>
        {
            if (bytes.Length >= 4)
                RawClient.Int32(bytes.Length).CopyTo(bytes, 0);
            return bytes;
        },
        AllocationPerByte = 400,
    }.Run(bytes => StartupPacket.TryParse(bytes, out _), typeof(PgException));

    [Test]
    public void Synchronous_standby_names() => new Fuzz("synchronous_standby_names", [.. new[] { "", "*", "a, b", "2 (a, b, c)", "FIRST 1 (\"x \"\" y\", *)", "ANY 3 (_a1$, b, c, d)" }.Select(Encoding.UTF8.GetBytes)])
    { AllocationPerByte = 200 }.Run(bytes => SynchronousStandbyNames.Parse(Encoding.UTF8.GetString(bytes)), typeof(PgException));

    [Test]
    public void Conninfo_string() => new Fuzz("conninfo", [.. new[]
    {
        "host=/tmp port=5432 user=postgres dbname='x y' application_name=b\\'c", "postgresql://user:secret@[::1]:5433,host2/db?application_name=x&sslmode=disable", "",
    }.Select(Encoding.UTF8.GetBytes)]).Run(bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        _ = Conninfo.Mask(text);
        _ = Conninfo.Parse(Conninfo.With(text, "application_name", text)); // what we write is read again
    }, typeof(PgException));

    [Test]
    public void Every_setting() => new Fuzz("settings", [.. SettingsTable.All.Select(setting => Encoding.UTF8.GetBytes($"{setting.Index} {setting.Default}"))]) { AllocationPerByte = 400 }.Run(bytes =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        string[] parts = text.Split(' ', 2);
        SettingDefinition setting = SettingsTable.All[int.TryParse(parts[0], out int index) ? Math.Abs(index % SettingsTable.All.Count) : bytes.Length % SettingsTable.All.Count];
        string canonical = SettingsTable.Normalise(setting, parts[^1]);
        _ = SettingsTable.Show(setting, canonical);
        if (SettingsTable.Normalise(setting, canonical) != canonical)
            throw new InvalidOperationException($"{setting.Name}: \"{canonical}\" is not canonical");
    }, typeof(PgException));
}
