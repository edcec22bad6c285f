using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

public sealed class SettingValuesTests
{
    [Test]
    public void Defaults_are_typed()
    {
        SettingValues values = SettingValues.Defaults;
        Assert.Multiple(() =>
        {
            Assert.That(values.Int("port"), Is.EqualTo(5432));
            Assert.That(values.Bool("hot_standby"), Is.True);
            Assert.That(values.Duration("wal_sender_timeout"), Is.EqualTo(TimeSpan.FromMinutes(1)));
            Assert.That(values.Duration("checkpoint_timeout"), Is.EqualTo(TimeSpan.FromMinutes(5)));
            Assert.That(values.Bytes("pgrepl.max_message_size"), Is.EqualTo(16 << 20));
            Assert.That(values.Bytes("wal_buffers"), Is.EqualTo(4 << 20));
            Assert.That(values.List("unix_socket_directories"), Is.EqualTo(new[] { "/tmp" }));
            Assert.That(values.List("pgrepl.peers"), Is.Empty);
            Assert.That(values.Show("wal_segment_size"), Is.EqualTo("16MB"));
            Assert.That(values.Show("unix_socket_permissions"), Is.EqualTo("0777"));
            Assert.That(values["SERVER_VERSION"], Is.EqualTo("15.18"));
        });
    }

    [Test]
    public void With_makes_a_changed_copy()
    {
        SettingValues changed = SettingValues.Defaults.With("PORT", "1234", SettingSource.CommandLine);
        Assert.Multiple(() =>
        {
            Assert.That((changed.Int("port"), changed.SourceName("port")), Is.EqualTo((1234, "command line")));
            Assert.That(SettingValues.Defaults.Int("port"), Is.EqualTo(5432));
            Assert.That(changed.Changes(SettingValues.Defaults).Select(d => d.Name), Is.EqualTo(new[] { "port" }));
        });
    }

    [Test]
    public void Another_process_reads_the_same_values()
    {
        SettingValues values = SettingValues.Defaults
            .With("primary_conninfo", "host=a password='ü;\"'", SettingSource.RecoverySettings)
            .With("wal_writer_delay", "10ms", SettingSource.ConfigurationFile)
            .With("wal_segment_size", "1MB", SettingSource.Override);
        SettingValues read = SettingValues.Deserialize(values.Serialize());
        Assert.Multiple(() =>
        {
            Assert.That(read.Changes(values), Is.Empty);
            Assert.That(read.Source("primary_conninfo"), Is.EqualTo(SettingSource.RecoverySettings));
        });
    }

    [Test]
    public void Damaged_bytes_are_refused()
    {
        byte[] bytes = SettingValues.Defaults.With("port", "1234", SettingSource.CommandLine).Serialize();
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<InvalidDataException>(() => SettingValues.Deserialize(bytes.AsSpan(0, length)), $"{length} bytes");
    }

    [TestCase("a, b ,c", new[] { "a", "b", "c" })]
    [TestCase("\"a, \"\"b\", /with space/x ", new[] { "a, \"b", "/with space/x" })]
    [TestCase("  ", new string[0])]
    public void A_list_is_split_as_PostgreSQL_splits_directories(string text, string[] items)
    {
        Assert.That(SettingValues.Defaults.With("unix_socket_directories", text, SettingSource.CommandLine).List("unix_socket_directories"), Is.EqualTo(items));
    }
}
