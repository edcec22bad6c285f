using System.Text;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Config.Toml;

namespace Pgrepl.Shared.Tests.Config;

/// <summary>Files come from people, values from the network: no reader falls over what it gets.</summary>
public sealed class HostileBytesTests
{
    [Test]
    public void Random_bytes_never_crash_the_readers()
    {
        int seed = Environment.TickCount;
        TestContext.Out.WriteLine($"seed {seed}");
        var random = new Random(seed);
        ReadOnlySpan<byte> alphabet = "ab=\"'\\[]{},.#\n\r\t 019+-_eux(@/\0\xC3\xA9"u8;
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = new byte[random.Next(30)];
            foreach (ref byte b in bytes.AsSpan())
                b = alphabet[random.Next(alphabet.Length)];
            foreach (Action<byte[]> read in (Action<byte[]>[])[b => TomlReader.Read("f", b), b => ConfFile.Parse("f", b),
                b => HbaFile.Parse(Encoding.UTF8.GetString(b), "f"), b => IdentMap.Parse(Encoding.UTF8.GetString(b), "f")])
            {
                try
                {
                    read(bytes);
                }
                catch (ConfigurationException)
                {
                    // says where and what; anything else fails the test
                }
            }
            try
            {
                SynchronousStandbyNames.Parse(Encoding.UTF8.GetString(bytes));
            }
            catch (PgException)
            {
                // likewise
            }
        }
    }
}
