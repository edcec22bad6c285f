using System.Globalization;
using System.Numerics;

namespace Pgrepl.Wal.Tests;

/// <summary>The formats of descriptions, against what printf prints.</summary>
public sealed class WalTextTests
{
    [Test]
    public void Numbers_look_as_printf_has_them()
    {
        var text = new WalText();
        text.AppendUnsigned(4294967295).Append((byte)' ').AppendSigned(-5).Append((byte)' ').AppendHex(0).Append((byte)' ').AppendHex(0xF, 2).Append((byte)' ').AppendHex(0xABCDEF01)
            .Append((byte)' ').AppendLowerHex(0xF0).Append((byte)'|').AppendPadded(42, 6).Append((byte)'|').AppendPadded(1234567, 6).Append((byte)'|').AppendLeft("Heap"u8, 6).Append((byte)'|')
            .AppendRight("N"u8, 3);
        Assert.That(text.ToString(), Is.EqualTo("4294967295 -5 0 0F ABCDEF01 f0|    42|1234567|Heap  |  N"));
    }

    [Test]
    public void Values_look_as_postgres_prints_them()
    {
        var text = new WalText();
        text.AppendLsn(new Lsn(0x1_0000_00A0)).Append((byte)' ').AppendLongLsn(new Lsn(0x1_0000_00A0)).Append((byte)' ').AppendRelation(new RelFileNode(1663, 5, 16384)).Append((byte)' ')
            .AppendPath(new RelFileNode(1663, 5, 16384), 3, PostgresMajor.LogCluster).Append((byte)' ').AppendPath(new RelFileNode(1664, 0, 1262), 0, PostgresMajor.Of(18)).Append((byte)' ').AppendPath(new RelFileNode(16390, 5, 16384), 2, PostgresMajor.LogCluster)
            .Append((byte)' ').AppendUpToZero("ab\0c"u8);
        Assert.That(text.ToString(), Is.EqualTo("1/A0 1/000000A0 1663/5/16384 base/5/16384_init global/1262 pg_tblspc/16390/PG_15_202209061/5/16384_vm ab"));
    }

    [TestCase(0L, "2000-01-01 00:00:00.000000 UTC")]
    [TestCase(7L, "2000-01-01 00:00:00.000007 UTC")]
    [TestCase(848_743_500_123_456L, "2026-11-23 10:05:00.123456 UTC")]
    [TestCase(-1_500_000L, "1999-12-31 23:59:59.-500000 UTC")]
    [TestCase(-1_000_007L, "1999-12-31 23:59:59.-00007 UTC")]
    public void A_time_keeps_the_oddities_of_postgres(long time, string expected) => Assert.That(new WalText().AppendTimestamp(time).ToString(), Is.EqualTo(expected));

    [TestCase(0, "0")]
    [TestCase(1, "1")]
    [TestCase(-12.5, "-12.5")]
    [TestCase(10, "10")]
    [TestCase(300000, "300000")]
    [TestCase(999999.5, "1e+06")]
    [TestCase(1000000, "1e+06")]
    [TestCase(1234567, "1.23457e+06")]
    [TestCase(1000005, "1e+06", Description = "a half goes to the even digit")]
    [TestCase(1000015, "1.00002e+06")]
    [TestCase(1000005.0000001, "1.00001e+06")]
    [TestCase(0.0001, "0.0001")]
    [TestCase(0.00001234, "1.234e-05")]
    [TestCase(0.1, "0.1")]
    [TestCase(2.5e-310, "2.5e-310")]
    [TestCase(1.7976931348623157e308, "1.79769e+308")]
    [TestCase(double.PositiveInfinity, "inf")]
    [TestCase(double.NegativeInfinity, "-inf")]
    public void A_double_looks_as_g_of_printf_has_it(double value, string expected) => Assert.That(new WalText().AppendDouble(value).ToString(), Is.EqualTo(expected));

    [TestCase(0, "0.000000")]
    [TestCase(-1, "-1.000000")]
    [TestCase(12.5, "12.500000")]
    [TestCase(0.0078125, "0.007812", Description = "a half goes to the even digit")]
    [TestCase(0.0234375, "0.023438")]
    [TestCase(999.9999996, "1000.000000")]
    [TestCase(999999.9999995, "999999.999999", Description = "a little less than a half")]
    [TestCase(2.5e-310, "0.000000")]
    [TestCase(1e22, "10000000000000000000000.000000")]
    [TestCase(double.NaN, "-nan", Description = "the sign of this one is set")]
    [TestCase(double.PositiveInfinity, "inf")]
    public void A_double_looks_as_f_of_printf_has_it(double value, string expected) => Assert.That(new WalText().AppendFixed(value).ToString(), Is.EqualTo(expected));

    [Test]
    public void The_largest_double_is_told_in_full() =>
        Assert.That(new WalText().AppendFixed(double.MaxValue).ToString(), Is.EqualTo(((BigInteger)double.MaxValue).ToString(CultureInfo.InvariantCulture) + ".000000"));

    [Test]
    public void Text_grows_and_is_kept()
    {
        var text = new WalText();
        byte[] part = new byte[10_000];
        part.AsSpan().Fill((byte)'x');
        text.Append(part).Append(part).Append("end"u8);
        Assert.That(text.Length, Is.EqualTo(20_003));
        text.Truncate(20_000);
        text.Append((byte)'!');
        Assert.That(text.Bytes[19_999..].ToArray(), Is.EqualTo("x!"u8.ToArray()));
        text.Clear();
        Assert.That(text.Length, Is.Zero);
    }
}
