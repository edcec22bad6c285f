namespace Pgrepl.Wal.Tests;

public sealed class Crc32CTests
{
    [Test]
    public void Known_vectors_come_out()
    {
        Assert.That(Crc32C.Compute("123456789"u8), Is.EqualTo(0xE3069283));
        Assert.That(Crc32C.Compute(default), Is.Zero);
        Assert.That(Crc32C.Compute(new byte[32]), Is.EqualTo(0x8A9136AA), "RFC 3720, B.4");
        byte[] ones = new byte[32];
        Array.Fill(ones, (byte)0xFF);
        Assert.That(Crc32C.Compute(ones), Is.EqualTo(0x62A8AB43), "RFC 3720, B.4");
    }

    [Test]
    public void Pieces_give_the_same_as_the_whole()
    {
        Random random = Seed.New();
        byte[] bytes = new byte[1000];
        random.NextBytes(bytes);
        for (int round = 0; round < 1000; round++)
        {
            int first = random.Next(bytes.Length + 1);
            uint state = Crc32C.Append(Crc32C.Append(Crc32C.Initial, bytes.AsSpan(0, first)), bytes.AsSpan(first));
            Assert.That(Crc32C.Finish(state), Is.EqualTo(Crc32C.Compute(bytes)));
        }
    }
}
