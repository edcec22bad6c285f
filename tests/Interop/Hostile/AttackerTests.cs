using System.Diagnostics;
using System.Text;

namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>A scripted attacker on TCP who has no password: nobody gets in, the node's memory stays flat, and others are served all the while.</summary>
public sealed class AttackerTests
{
    private const string Secret = "nobody-guesses-this";

    /// <summary>A client-first-message without fault.</summary>
    private const string First = "n,,n=,r=fyko+d2lbbFgONRv9qkxdawL";

    private TestNode _node = null!;

    [OneTimeSetUp]
    public void Start() => _node = TestNode.PrimaryWithPassword(Secret).Start();

    [OneTimeTearDown]
    public void Stop() => _node?.Dispose();

    [TearDown]
    public void Nobody_is_in_and_others_are_served()
    {
        (int code, string output, string errors) = PostgresTools.Run("psql", "-X", "-w", "-A", "-t", "-d", $"host=127.0.0.1 port={_node.Port} user=postgres dbname=postgres password={Secret}", "-c", "SELECT 1");
        Assert.That((code, output), Is.EqualTo((0, "1\n")), errors);
        Assert.That(_node.Log, Does.Not.Contain(Secret).And.Not.Contain("PANIC").And.Not.Contain("internal error"));
    }

    [TestCase("SCRAM-SHA-256-PLUS", First, "08P01 client selected an invalid SASL authentication mechanism")]
    [TestCase("PLAIN", First, "08P01 client selected an invalid SASL authentication mechanism")]
    [TestCase("SCRAM-SHA-256", "", "08P01 malformed SCRAM message")]
    [TestCase("SCRAM-SHA-256", "p=tls-server-end-point,,n=,r=abc", "08P01 malformed SCRAM message")]
    [TestCase("SCRAM-SHA-256", "n,a=postgres,n=,r=abc", "0A000 client uses authorization identity, but it is not supported")]
    [TestCase("SCRAM-SHA-256", "n,,n=\0,r=abc", "08P01 malformed SCRAM message")]
    public void A_first_message_out_of_order_ends_the_connection(string mechanism, string message, string error)
    {
        using RawClient client = Asked();
        client.Send(Initial(mechanism, message));
        Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { $"E FATAL {error}", "end" }));
    }

    [Test]
    public void A_proof_that_was_overheard_opens_nothing()
    {
        string overheard = "c=biws,r=fyko+d2lbbFgONRv9qkxdawLold-server-nonce,p=" + Convert.ToBase64String(new byte[32]);
        using RawClient client = Asked();
        client.Send([.. Initial("SCRAM-SHA-256", First), .. RawClient.Message('p', Encoding.UTF8.GetBytes(overheard))]);
        Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { "E FATAL 08P01 invalid SCRAM response", "end" }));
    }

    [Test]
    public void A_query_in_place_of_a_password_is_not_run()
    {
        using RawClient client = Asked();
        client.Send(RawClient.Query("SELECT pg_switch_wal()"));
        Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { "E FATAL 08P01 expected SASL response, got message type 81", "end" }));
    }

    [Test]
    public void A_password_message_of_a_gigabyte_takes_no_memory()
    {
        using RawClient client = Asked();
        client.TrySend([(byte)'p', .. RawClient.Int32(0x3FFFFFFF), .. new byte[4096]]);
        Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { "E FATAL 08P01 invalid message length", "end" }));
    }

    [Test, CancelAfter(60_000)]
    public void Who_says_nothing_or_drips_is_cut_off_in_time()
    {
        using TestNode impatient = TestNode.PrimaryWithPassword(Secret).Start("authentication_timeout=2s");
        using RawClient silent = Asked(node: impatient), dripping = Asked(node: impatient);
        long start = Stopwatch.GetTimestamp();
        dripping.TrySend((byte)'p', 0, 0);
        foreach (RawClient client in new[] { silent, dripping })
            Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { "E FATAL 57014 canceling authentication due to timeout", "end" }));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(40)));
    }

    [TestCase("../../etc/passwd")]
    [TestCase("/etc/passwd")]
    [TestCase("..")]
    [TestCase("a/b")]
    public void A_slot_is_no_path(string name)
    {
        (int code, _, string errors) = PostgresTools.Run("psql", "-X", "-w", "-d", $"host=127.0.0.1 port={_node.Port} user=postgres dbname=postgres password={Secret}", "-c", $"SELECT pg_create_physical_replication_slot('{name}', true)");
        Assert.That((code, errors), Is.EqualTo((1, $"ERROR:  replication slot name \"{name}\" contains invalid character\nHINT:  Replication slot names may only contain lower case letters, numbers, and the underscore character.\n")));
        Assert.That(Directory.GetFileSystemEntries(_node.Data.ReplicationSlots), Is.Empty);
    }

    [Test, CancelAfter(60_000)]
    public void Sixty_guesses_leave_the_postmaster_as_it_was()
    {
        int postmaster = _node.PostmasterPid!.Value, memory = 0, descriptors = 0;
        for (int i = 0; i < 60; i++)
        {
            if (i == 30) // its code is compiled by then
                (memory, descriptors) = (ProcessFacts.ResidentKilobytes(postmaster), ProcessFacts.OpenDescriptors(postmaster));
            using RawClient client = Asked(i % 2 == 0 ? "postgres" : $"guess{i}");
            client.Send(Initial("SCRAM-SHA-256", First));
            string nonce = Encoding.UTF8.GetString(client.ReadPayload()).Split(',')[0][6..];
            client.Send(RawClient.Message('p', Encoding.UTF8.GetBytes($"c=biws,r={nonce},p={Convert.ToBase64String(new byte[32])}")));
            Assert.That(client.ReadUntilReady(), Is.EqualTo(new[] { $"E FATAL 28P01 password authentication failed for user \"{(i % 2 == 0 ? "postgres" : $"guess{i}")}\"", "end" }));
        }
        Assert.That(ProcessFacts.ResidentKilobytes(postmaster) - memory, Is.LessThan(8 * 1024), "kB more than before");
        Eventually.Holds(() => ProcessFacts.OpenDescriptors(postmaster) < descriptors + 8);
    }

    [Test]
    public void Salt_and_iterations_do_not_tell_who_is_there()
    {
        string Salt(string user)
        {
            using RawClient client = Asked(user);
            client.Send(Initial("SCRAM-SHA-256", First));
            string[] fields = Encoding.UTF8.GetString(client.ReadPayload()).Split(',');
            Assert.That((fields.Length, fields[2], Convert.FromBase64String(fields[1][2..]).Length), Is.EqualTo((3, "i=4096", 16)));
            return fields[1];
        }

        string[] salts = [.. new[] { "nobody", "nobody", "postgres", "postgres", "nobody2" }.Select(Salt)];
        Assert.That((salts[1], salts[3]), Is.EqualTo((salts[0], salts[2])), "one who is not there has the same salt each time, as one who is");
        Assert.That(salts.Distinct().Count(), Is.EqualTo(3));
    }

    [Test]
    public void Files_are_their_owners_alone_and_no_process_may_leave_a_core()
    {
        foreach (string path in Directory.EnumerateFileSystemEntries(_node.Data.Path, "*", SearchOption.AllDirectories).Append(_node.Data.Path))
            Assert.That(ModeOf(path) & (UnixFileMode)0b000_111_111, Is.EqualTo(UnixFileMode.None), path);
        foreach (int pid in (int[])[_node.PostmasterPid!.Value, .. _node.Children("walwriter")])
            Assert.That(File.ReadLines($"/proc/{pid}/limits").First(l => l.StartsWith("Max core file size", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[4..6], Is.EqualTo(new[] { "0", "0" }));
    }

    /// <returns>None of it when the file was a temporary one and has its name by now.</returns>
    private static UnixFileMode ModeOf(string path)
    {
        try
        {
            return File.GetUnixFileMode(path);
        }
        catch (FileNotFoundException)
        {
            return UnixFileMode.None;
        }
    }

    /// <summary>A connection that has been asked for a password.</summary>
    private RawClient Asked(string user = "postgres", TestNode? node = null)
    {
        RawClient client = RawClient.Tcp(node ?? _node);
        client.Send(RawClient.Startup(3 << 16, "user", user, "database", "postgres"));
        Assert.That(Encoding.UTF8.GetString(client.ReadPayload()), Does.EndWith("SCRAM-SHA-256\0\0"));
        return client;
    }

    private static byte[] Initial(string mechanism, string message)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        return RawClient.Message('p', [.. Encoding.UTF8.GetBytes(mechanism), 0, .. RawClient.Int32(bytes.Length), .. bytes]);
    }
}
