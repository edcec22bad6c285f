using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Config.Toml;
using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Protocol;
using Pgrepl.Shared.Storage;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Tests.Hostile;

/// <summary>What is written is what is read, whatever it is; and arbitrary bytes are refused in a reader's own words.</summary>
public sealed class RoundTripTests
{
    [Test]
    public void Control_file() => Always.Holds(((ulong SystemId, ulong Location, long Time, int Connections, bool Hints) v) =>
    {
        ControlFileData written = new()
        {
            SystemId = v.SystemId,
            CheckpointLocation = new Lsn(v.Location),
            Time = v.Time,
            MaxConnections = v.Connections,
            WalLogHints = v.Hints,
            Checkpoint = new Checkpoint { Redo = new Lsn(v.Location), Time = v.Time },
        };
        ControlFileData read = ControlFileData.Parse(written.ToBytes());
        return read.ToBytes().AsSpan().SequenceEqual(written.ToBytes()) && read.SystemId == v.SystemId && read.Checkpoint == written.Checkpoint && read.WalLogHints == v.Hints;
    });

    [Test]
    public void Slot_file() => Always.Holds(((ulong Restart, ulong Invalidated, uint Database, byte Name) v) =>
    {
        ReplicationSlotData written = new(new string('s', v.Name % ReplicationSlotData.NameSize), v.Database, ReplicationSlotPersistency.Temporary, new Lsn(v.Restart), new Lsn(v.Invalidated));
        PostgresMajor major = PostgresMajor.All[v.Name % PostgresMajor.All.Count];
        Lsn invalidated = major.SlotInvalidation switch
        {
            SlotInvalidation.Position => written.InvalidatedAt,
            SlotInvalidation.Cause when written.InvalidatedAt.IsValid => ReplicationSlotData.SomeTime,
            _ => Lsn.Invalid,
        };
        return ReplicationSlotData.Parse(written.ToBytes(major), "f", major) == written with { InvalidatedAt = invalidated };
    });

    [Test]
    public void Slot_file_with_any_bit_flipped_is_refused() => Always.Holds(((ulong Restart, ushort Bit) v) =>
    {
        byte[] bytes = new ReplicationSlotData("s", 0, ReplicationSlotPersistency.Persistent, new Lsn(v.Restart), Lsn.Invalid).ToBytes(PostgresMajor.LogCluster);
        int bit = v.Bit % (bytes.Length * 8);
        bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        return Refused<PgException>(() => ReplicationSlotData.Parse(bytes, "f", PostgresMajor.LogCluster));
    });

    [Test]
    public void Conf_quoting() => Always.Holds(OneLine, text =>
    {
        string quoted = $"'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'"; // as initdb, pg_basebackup and ALTER SYSTEM write it
        return ConfFile.Parse("/f", Encoding.UTF8.GetBytes($"x = {quoted}\n")) is [{ Value: var value }] && value == text;
    });

    [Test]
    public void Conninfo_values() => Always.Holds(Always.Texts, text =>
        Conninfo.ValueOf(Conninfo.Build([new("application_name", text), new("host", text)]), "application_name") is var value && (value ?? "") == text);

    [Test]
    public void Lists() => Always.Holds(ArrayOfTexts, items => SettingList.TrySplit(SettingList.Join(items, ','), ',') is { } read && read.SequenceEqual(items));

    [Test]
    public void Toml_strings() => Always.Holds(Always.Texts, text =>
    {
        string escaped = string.Concat(text.Select(c => c is '"' or '\\' || char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()));
        return TomlReader.Read("f", Encoding.UTF8.GetBytes($"x = \"{escaped}\"")).Find("x") is TomlString { Text: var value } && value == text;
    });

    [Test]
    public void Toml_numbers() => Always.Holds(((long Integer, bool Boolean) v) =>
    {
        TomlTable read = TomlReader.Read("f", Encoding.UTF8.GetBytes($"i = {v.Integer}\nb = {(v.Boolean ? "true" : "false")}"));
        return read.Find("i") is TomlInteger { Number: var integer } && integer == v.Integer && read.Find("b") is TomlBoolean { Truth: var boolean } && boolean == v.Boolean;
    });

    [Test]
    public void Startup_packets() => Always.Holds(ArrayOfTexts, values =>
    {
        string[] parameters = [.. values.SelectMany((value, i) => new[] { $"p{i}", value })];
        StartupPacket? read = StartupPacket.TryParse(RawClient.Startup(3 << 16, ["user", "me", .. parameters]), out int length);
        return read is { User: "me", Database: "me" } && length > 0 && values.Select((value, i) => read.Parameters[$"p{i}"] == value).All(same => same);
    });

    [Test]
    public void A_startup_packet_that_is_not_whole_asks_for_more() => Always.Holds((ushort cut) =>
    {
        byte[] whole = RawClient.Startup(3 << 16, "user", "postgres", "database", "postgres");
        return StartupPacket.TryParse(whole.AsSpan(0, cut % whole.Length), out int consumed) is null && consumed == 0;
    });

    [Test]
    public void Arbitrary_bytes_are_refused_in_a_readers_own_words() => Always.Holds((byte[] bytes) =>
    {
        string text = Encoding.UTF8.GetString(bytes);
        return RefusedOrTaken<PgException>(() => ControlFileData.Parse(bytes)) && RefusedOrTaken<PgException>(() => ReplicationSlotData.Parse(bytes, "f", PostgresMajor.LogCluster))
            && RefusedOrTaken<PgException>(() => StartupPacket.TryParse(bytes, out _)) && RefusedOrTaken<PgException>(() => StartupOptions.Parse(text))
            && RefusedOrTaken<ConfigurationException>(() => TomlReader.Read("f", bytes)) && RefusedOrTaken<ConfigurationException>(() => ConfFile.Parse("/f", bytes))
            && RefusedOrTaken<ConfigurationException>(() => HbaFile.Parse(text, "f")) && RefusedOrTaken<ConfigurationException>(() => IdentMap.Parse(text, "f"))
            && RefusedOrTaken<PgException>(() => SynchronousStandbyNames.Parse(text)) && RefusedOrTaken<PgException>(() => Conninfo.Parse(text));
    });

    /// <summary>Values of a .conf file end with their line.</summary>
    private static Arbitrary<string> OneLine => Always.Texts.Convert(text => text.Replace("\n", "", StringComparison.Ordinal), text => text);

    private static Arbitrary<string[]> ArrayOfTexts => Gen.ArrayOf(Always.Texts.Generator).ToArbitrary();

    private static bool Refused<TError>(Action read)
        where TError : Exception
    {
        try
        {
            read();
            return false;
        }
        catch (TError)
        {
            return true;
        }
    }

    private static bool RefusedOrTaken<TError>(Action read)
        where TError : Exception => Refused<TError>(read) || true; // any other error passes through and breaks the property
}
