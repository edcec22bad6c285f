using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Waldump;

/// <summary>Counts records and bytes by resource manager and by type of record, and shows them.</summary>
/// <remarks>Source of truth: XLogRecStoreStats, PostgreSQL 15, src/backend/access/transam/xlogstats.c; XLogDumpDisplayStats, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal sealed class WaldumpStatistics
{
    private const int Types = 16; // MAX_XLINFO_TYPES
    private const int NameWidth = 27, NumberWidth = 20, PercentWidth = 8, ShareWidth = 9;

    private struct Counts
    {
        internal ulong Records;
        internal ulong RecordBytes;
        internal ulong ImageBytes;

        internal void Add(in Counts other)
        {
            Records += other.Records;
            RecordBytes += other.RecordBytes;
            ImageBytes += other.ImageBytes;
        }
    }

    private readonly Counts[] _counts = new Counts[256 * Types];

    /// <summary>The first record that was read, counted or not.</summary>
    internal Lsn Start { get; set; }

    /// <summary>Behind the last record that was counted; invalid: none was.</summary>
    internal Lsn End { get; private set; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal void Count(WalReader record)
    {
        ref readonly WalRecordHeader header = ref record.Header;
        int type = header.Info >> 4;
        if (header.Rmgr == ResourceManagerId.Transaction)
            type &= 0x07; // the high bit says that more information follows
        uint images = (uint)record.ImageLength;
        ref Counts counts = ref _counts[(byte)header.Rmgr * Types + type];
        counts.Records++;
        counts.RecordBytes += header.TotalLength - images;
        counts.ImageBytes += images;
        End = record.RecordEnd;
    }

    /// <summary>Adds what was counted later, and clears it there.</summary>
    internal void Take(WaldumpStatistics later)
    {
        if (!later.End.IsValid)
            return;
        for (int i = 0; i < _counts.Length; i++)
            _counts[i].Add(later._counts[i]);
        End = later.End;
        later.Clear();
    }

    internal void Clear()
    {
        if (!End.IsValid)
            return;
        Array.Clear(_counts);
        End = Lsn.Invalid;
    }

    /// <param name="perRecord">A row for each type of record that occurred, else one for each resource manager.</param>
    internal void Show(bool perRecord, PostgresMajor major, WalText text)
    {
        if (!End.IsValid && major.Number >= 15)
            return;
        Counts total = Sum(_counts);
        if (major.Number >= 15)
            text.Append("WAL statistics between "u8).AppendLsn(Start).Append(" and "u8).AppendLsn(End).Append(":\n"u8);
        Heading(["Type", "N", "(%)", "Record size", "(%)", "FPI size", "(%)", "Combined size", "(%)"], text);
        Heading(["----", "-", "---", "-----------", "---", "--------", "---", "-------------", "---"], text);
        for (int id = 0; id < 256; id++)
        {
            var manager = (ResourceManagerId)id;
            if (!ResourceManagers.IsValid(manager, major))
                continue;
            Span<Counts> types = _counts.AsSpan(id * Types, Types);
            if (perRecord)
            {
                for (int type = 0; type < Types; type++)
                {
                    if (types[type].Records != 0)
                        Row(NameOf(manager, type, major), types[type], total, text);
                }
            }
            else if (Sum(types) is var sum && (sum.Records != 0 || manager <= WalDescription.LastBuiltIn))
                Row(Encoding.UTF8.GetString(WalDescription.Name(manager)), sum, total, text);
        }
        Heading(["", "--------", "", "--------", "", "--------", "", "--------"], text);
        Total(total, text);
    }

    private static Counts Sum(ReadOnlySpan<Counts> counts)
    {
        var sum = new Counts();
        foreach (ref readonly Counts item in counts)
            sum.Add(item);
        return sum;
    }

    private static string NameOf(ResourceManagerId manager, int type, PostgresMajor major)
    {
        ReadOnlySpan<byte> name = WalDescription.Identify(manager, (byte)(type << 4), major);
        return $"{Encoding.UTF8.GetString(WalDescription.Name(manager))}/{(name.IsEmpty ? $"UNKNOWN ({type << 4:x})" : Encoding.UTF8.GetString(name))}";
    }

    private static void Heading(ReadOnlySpan<string> columns, WalText text)
    {
        text.AppendLeft(Encoding.UTF8.GetBytes(columns[0]), NameWidth);
        for (int i = 1; i < columns.Length; i++)
            text.Append((byte)' ').AppendRight(Encoding.UTF8.GetBytes(columns[i]), i % 2 == 1 ? NumberWidth : PercentWidth);
        text.Append((byte)'\n');
    }

    private static void Row(string name, in Counts counts, in Counts total, WalText text)
    {
        text.AppendLeft(Encoding.UTF8.GetBytes(name), NameWidth);
        ReadOnlySpan<ulong> values = [counts.Records, counts.RecordBytes, counts.ImageBytes, counts.RecordBytes + counts.ImageBytes];
        ReadOnlySpan<ulong> totals = [total.Records, total.RecordBytes, total.ImageBytes, total.RecordBytes + total.ImageBytes];
        for (int i = 0; i < values.Length; i++)
            text.Append((byte)' ').AppendPadded(values[i], NumberWidth).Append(" ("u8).AppendRight(Encoding.UTF8.GetBytes(Percent(values[i], totals[i])), 6).Append((byte)')');
        text.Append((byte)'\n');
    }

    private static void Total(in Counts total, WalText text)
    {
        ulong bytes = total.RecordBytes + total.ImageBytes;
        text.AppendLeft("Total"u8, NameWidth).Append((byte)' ').AppendPadded(total.Records, NumberWidth).Append((byte)' ').AppendLeft(default, ShareWidth)
            .AppendPadded(total.RecordBytes, NumberWidth).Append((byte)' ').AppendLeft(Share(total.RecordBytes, bytes), ShareWidth)
            .AppendPadded(total.ImageBytes, NumberWidth).Append((byte)' ').AppendLeft(Share(total.ImageBytes, bytes), ShareWidth)
            .AppendPadded(bytes, NumberWidth).Append(" [100%]\n"u8);
    }

    private static byte[] Share(ulong part, ulong whole) => Encoding.UTF8.GetBytes($"[{Percent(part, whole)}%]");

    /// <summary>%.02f of a share; a tie goes to the even digit, as printf has it.</summary>
    private static string Percent(ulong part, ulong whole)
    {
        double percent = whole == 0 ? 0 : 100 * (double)part / whole;
        double eighths = percent * 8;
        if (eighths == Math.Floor(eighths) && eighths % 4 == 1)
            percent -= 0.001; // .125 and .625: the only ties whose even digit is the lower one
        return percent.ToString("F2", CultureInfo.InvariantCulture);
    }
}
