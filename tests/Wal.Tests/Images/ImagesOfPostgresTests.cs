using System.Buffers.Binary;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.Wal.Tests;

/// <summary>Images that a real PostgreSQL wrote, with every compression: each restored page is the data file's, when nothing happened to the page after.</summary>
[Parallelizable(ParallelScope.Self)]
public sealed class ImagesOfPostgresTests
{
    private const int SegmentSize = 1 << 20;

    private static readonly string[] Methods = ["off", "pglz", "lz4", "zstd"];

    /// <summary>Kinds of images that must be among them: compression, and whether there is a hole.</summary>
    private static readonly (WalImageCompression, bool)[] Kinds = [.. from method in Enum.GetValues<WalImageCompression>() from hole in new[] { false, true } select (method, hole)];

    private readonly Dictionary<(RelFileNode Relation, int Fork, uint Number), (Lsn End, byte[]? Page, WalBlockImage Image)> _last = [];
    private readonly Dictionary<WalImageCompression, List<(byte[] Bytes, int PageBytes)>> _compressed = [];
    private PostgresServer _server = null!;

    [OneTimeSetUp]
    public void WriteImages()
    {
        _server = PostgresServer.Primary(1, "autovacuum = off", "full_page_writes = on").Start();
        using PgClient client = _server.Connect();
        foreach (string method in Methods)
            client.QueryOrThrow($"CREATE TABLE {method}_t (id int, text text); INSERT INTO {method}_t SELECT i, CASE WHEN i % 3 = 0 THEN md5(i::text) ELSE repeat('ab', i % 90) END FROM generate_series(1, 3000) i; "
                + $"CREATE TABLE {method}_indexed AS SELECT * FROM {method}_t; CREATE TABLE {method}_small AS SELECT 1 AS id");
        client.QueryOrThrow("CHECKPOINT");
        var start = Lsn.Parse(_server.Ask("SELECT pg_current_wal_insert_lsn()")!);
        foreach (string method in Methods)
        {
            // The first change of a page since the checkpoint comes with its image, and it is the only one; an index is written as images alone; a visibility map is a page without a hole.
            client.QueryOrThrow($"SET wal_compression = '{method}'; DELETE FROM {method}_t WHERE ctid = ANY (ARRAY(SELECT format('(%s,1)', i)::tid FROM generate_series(0, 20) i))");
            client.QueryOrThrow($"CREATE INDEX ON {method}_indexed (text)");
            client.QueryOrThrow($"VACUUM {method}_small");
        }
        client.QueryOrThrow("SELECT pg_logical_emit_message(false, 'end', '')");
        client.Dispose();
        _server.Stop();
        ReadImages(start);
    }

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [Test]
    public void A_restored_image_is_the_page_of_the_data_file()
    {
        var compared = new Dictionary<(WalImageCompression, bool), int>();
        foreach (((RelFileNode relation, int fork, uint number), (Lsn end, byte[]? page, WalBlockImage image)) in _last)
        {
            if (page is null)
                continue;
            BinaryPrimitives.WriteUInt32LittleEndian(page, (uint)(end.Value >> 32)); // PageSetLSN, by replay
            BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(4), (uint)end.Value);
            string file = Path.Combine(_server.Data, "base", $"{relation.Database}", $"{relation.Relation}{(fork == 2 ? "_vm" : fork == 1 ? "_fsm" : "")}");
            byte[] onDisk = new byte[WalFormat.BlockSize];
            using (FileStream stream = File.OpenRead(file))
            {
                stream.Position = number * (long)WalFormat.BlockSize;
                stream.ReadExactly(onDisk);
            }
            onDisk.AsSpan(image.HoleOffset, image.HoleLength).Clear(); // free space, where an index build leaves what it moved: an image has it as zeros
            Assert.That(page.AsSpan().SequenceEqual(onDisk), Is.True, $"{file}, block {number}, {image}; first difference at byte {page.AsSpan().CommonPrefixLength(onDisk)}");
            (WalImageCompression, bool) kind = (image.Compression, image.HoleLength > 0);
            compared[kind] = compared.GetValueOrDefault(kind) + 1;
        }
        TestContext.Out.WriteLine(string.Join('\n', compared.Select(kind => $"{kind.Value,5} {kind.Key}")));
        Assert.That(compared.Keys, Is.SupersetOf(Kinds));
    }

    /// <summary>No CRC protects here: whatever the bytes are, it ends, and nothing is read or written outside.</summary>
    [Test]
    public void Damaged_images_are_refused_or_restored([Values(WalImageCompression.Pglz, WalImageCompression.Lz4, WalImageCompression.Zstd)] WalImageCompression method)
    {
        using var restorer = new WalImageRestorer();
        byte[] room = new byte[3 * WalFormat.BlockSize];
        int refused = 0;
        List<(byte[] Bytes, int PageBytes)> images = _compressed[method];
        new Fuzz($"{method} image", [.. images.Select(image => image.Bytes)]).Run(bytes =>
        {
            int length = images[bytes.Length % images.Count].PageBytes;
            room.AsSpan().Fill(0xEE);
            if (!restorer.TryDecompress(method, bytes, room.AsSpan(WalFormat.BlockSize, length)))
                refused++;
            if (room.AsSpan(0, WalFormat.BlockSize).ContainsAnyExcept((byte)0xEE) || room.AsSpan(WalFormat.BlockSize + length).ContainsAnyExcept((byte)0xEE))
                throw new InvalidOperationException("written outside");
        });
        Assert.That(refused, Is.GreaterThan(0));
        foreach ((byte[] bytes, int length) in images.Take(20))
        {
            byte[] page = new byte[WalFormat.BlockSize];
            Assert.That(restorer.TryDecompress(method, bytes, page.AsSpan(0, length)), "what is good is good after all that");
            Assert.That(restorer.TryDecompress(method, bytes.AsSpan(0, bytes.Length - 1), page.AsSpan(0, length)), Is.False, "cut short");
            long before = GC.GetAllocatedBytesForCurrentThread();
            restorer.TryDecompress(method, bytes, page.AsSpan(0, length));
            Assert.That(GC.GetAllocatedBytesForCurrentThread(), Is.EqualTo(before), "nothing is allocated per image");
            Assert.That(length == WalFormat.BlockSize || !restorer.TryDecompress(method, bytes, page.AsSpan(0, length + 1)), "too little");
        }
    }

    private void ReadImages(Lsn start)
    {
        using var restorer = new WalImageRestorer();
        var reader = new WalReader(new FilePages(_server.Wal, SegmentSize), PostgresMajor.LogCluster, SegmentSize, systemId: 0);
        Assert.That(reader.FindNextRecord(start).IsValid, reader.Error);
        while (reader.Read() == WalReadStatus.Record)
            for (int id = 0; id <= reader.MaxBlockId; id++)
            {
                if (!reader.HasBlock(id))
                    continue;
                WalBlock block = reader.Block(id);
                byte[]? page = block.HasImage && block.Image.Apply ? new byte[WalFormat.BlockSize] : null;
                if (page is not null)
                {
                    Array.Fill(page, (byte)0xEE);
                    Assert.That(restorer.Restore(reader, id, page), Is.Null);
                    if (block.Image.Compression != WalImageCompression.None)
                    {
                        _compressed.TryAdd(block.Image.Compression, []);
                        _compressed[block.Image.Compression].Add((reader.BlockImage(id).ToArray(), WalFormat.BlockSize - block.Image.HoleLength));
                    }
                }
                if (block.Relation.Relation >= 16384) // others, of catalogs, get hint bits that are in no WAL
                    _last[(block.Relation, block.Fork, block.Number)] = (reader.RecordEnd, page, block.Image);
            }
    }
}
