using Microsoft.Win32.SafeHandles;

namespace Pgrepl.Wal.Tests;

/// <summary>Gives pages as pg_waldump's own source does, and gives up with its words.</summary>
/// <remarks>Source of truth: WALDumpReadPage, PostgreSQL 15, src/bin/pg_waldump/pg_waldump.c.</remarks>
internal sealed class DumpPages(ForgedFolder folder) : IWalPageSource, IDisposable
{
    private string? _name;
    private SafeFileHandle? _file;

    /// <summary>What ended the whole program; null: nothing did.</summary>
    public string? Fatal { get; private set; }

    public void Dispose() => _file?.Dispose();

    public WalPageResult ReadPage(Lsn pageStart, int requiredBytes, Lsn recordStart, Span<byte> page)
    {
        if (pageStart + (ulong)requiredBytes > folder.End)
            return WalPageResult.Failed(null);
        int count = (int)Math.Min(WalFormat.PageSize, folder.End.Value - pageStart.Value);
        string name = folder.File(pageStart);
        if (name != _name)
        {
            string path = Path.Combine(folder.Path, name);
            if (!File.Exists(path))
                return GiveUp($"could not find file \"{name}\": No such file or directory");
            _file?.Dispose();
            _file = File.OpenHandle(path);
            _name = name;
        }
        int offset = (int)(pageStart.Value % (ulong)folder.SegmentSize);
        page.Fill(0xEE); // what is not valid must not be looked at
        int there = RandomAccess.Read(_file!, page[..count], offset);
        if (there < count)
            return GiveUp($"could not read from file {name}, offset {offset + there}: read 0 of {count - there}");
        return WalPageResult.Available(count, TimelineId.First);
    }

    private WalPageResult GiveUp(string why)
    {
        Fatal ??= why;
        return WalPageResult.Failed(why);
    }
}
