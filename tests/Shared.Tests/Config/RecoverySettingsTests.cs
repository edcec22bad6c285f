using Pgrepl.Shared.Config;
using Pgrepl.Shared.Storage;
using Pgrepl.Shared.Tests.Storage;

namespace Pgrepl.Shared.Tests.Config;

public sealed class RecoverySettingsTests : WithTestDirectory
{
    [Test]
    public void Without_either_file_the_node_is_no_standby()
    {
        File.WriteAllText(Data.AutoConf, "primary_conninfo = 'host=a'");
        RecoverySettings settings = RecoverySettings.Read(Data);
        Assert.That((settings.Mode, settings.StandbyMode, settings.Settings.Count), Is.EqualTo((RecoveryMode.None, false, 0)));
    }

    [Test]
    public void Standby_signal_takes_recovery_settings_from_postgresql_auto_conf()
    {
        File.WriteAllText(Data.StandbySignal, "");
        File.WriteAllText(Data.AutoConf, "shared_buffers = 1GB\nprimary_conninfo = 'host=a'\nPrimary_Conninfo = 'host=b'\nrestore_command = 'cp x'\narchive_cleanup_command = 'rm x'\nrecovery_target_lsn = ''\n");
        RecoverySettings settings = RecoverySettings.Read(Data);
        Assert.Multiple(() =>
        {
            Assert.That(settings.Mode, Is.EqualTo(RecoveryMode.StandbySignal));
            Assert.That(settings.Settings, Is.EqualTo(new[] { new RecoverySetting("primary_conninfo", "host=b", Data.AutoConf, 3), new RecoverySetting("restore_command", "cp x", Data.AutoConf, 4) }), "the last one counts");
            Assert.That(settings.Notes, Has.Count.EqualTo(1).And.All.Contains("archive_cleanup_command"));
        });
    }

    [Test]
    public void Standby_signal_alone_is_enough()
    {
        File.WriteAllText(Data.StandbySignal, "");
        Assert.That(RecoverySettings.Read(Data).StandbyMode, Is.True);
    }

    [Test]
    public void Recovery_conf_follows_the_latest_timeline_unless_it_says_otherwise()
    {
        File.WriteAllText(Data.RecoveryConf, "standby_mode = 'on'\nprimary_conninfo = 'host=a'\ntrigger_file = '/x'\n");
        RecoverySettings settings = RecoverySettings.Read(Data);
        Assert.Multiple(() =>
        {
            Assert.That(settings.Mode, Is.EqualTo(RecoveryMode.RecoveryConf));
            Assert.That(settings.Settings.Select(s => (s.Name, s.Value)), Is.EqualTo(new[] { ("primary_conninfo", "host=a"), ("promote_trigger_file", "/x") }));
            Assert.That(settings.Notes.Single(), Does.EndWith("following the latest timeline"));
            Assert.That(NodeConfiguration.Load(Data, [])["recovery_target_timeline"], Is.EqualTo("latest"));
        });
    }

    [Test]
    public void A_mistake_that_a_later_line_puts_right_is_none()
    {
        File.WriteAllText(Data.StandbySignal, "");
        File.WriteAllText(Data.AutoConf, "recovery_target_timeline = 'x'\nrecovery_target_lsn = '0/1'\nRecovery_Target_Timeline = '3'\nrecovery_target_lsn = ''\n");
        Assert.That(RecoverySettings.Read(Data).Settings.Select(s => (s.Name, s.Value)), Is.EqualTo(new[] { ("recovery_target_timeline", "3") }));
    }

    [Test]
    public void An_included_file_is_read_and_named_in_errors()
    {
        File.WriteAllText(Data.StandbySignal, "");
        File.WriteAllText(FileIn("more.conf"), "\nprimary_slot_name = 'Bad'\n");
        File.WriteAllText(Data.AutoConf, "include 'more.conf'\n");
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => RecoverySettings.Read(Data))!;
        Assert.That((e.File, e.Line), Is.EqualTo((FileIn("more.conf"), 2)));
    }

    [Test]
    public void A_value_that_is_no_text_is_refused()
    {
        File.WriteAllBytes(Data.RecoveryConf, [.. "standby_mode = on\nprimary_conninfo = 'password=\\374'\n"u8]);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => RecoverySettings.Read(Data))!;
        Assert.That((e.Line, e.Problem), Is.EqualTo((2, "invalid value for parameter \"primary_conninfo\": expected text in UTF-8")));
    }

    [TestCase("standby_mode = on\nprimary_coninfo = 'x'", 2, "unrecognized recovery parameter \"primary_coninfo\"")]
    [TestCase("port = 1", 1, "unrecognized recovery parameter \"port\"")]
    [TestCase("promote_trigger_file = 'x'", 1, "unrecognized recovery parameter \"promote_trigger_file\"")]
    [TestCase("standby_mode = maybe", 1, "parameter \"standby_mode\" requires a Boolean value")]
    [TestCase("standby_mode = off", 0, "standby_mode is not on")]
    [TestCase("recovery_target_lsn = '0/1'", 1, "parameter \"recovery_target_lsn\" is not supported")]
    [TestCase("recovery_target_timeline = 'x'", 1, "invalid value for parameter \"recovery_target_timeline\": \"x\"")]
    public void A_mistake_in_recovery_conf_is_fatal(string text, int line, string problem)
    {
        File.WriteAllText(Data.RecoveryConf, text);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => RecoverySettings.Read(Data))!;
        Assert.That((e.File, e.Line, e.Problem), Is.EqualTo((Data.RecoveryConf, line, problem)));
    }

    [Test]
    public void Both_files_at_once_are_fatal()
    {
        File.WriteAllText(Data.StandbySignal, "");
        File.WriteAllText(Data.RecoveryConf, "standby_mode = on");
        Assert.That(Assert.Throws<ConfigurationException>(() => RecoverySettings.Read(Data))!.Problem, Is.EqualTo("\"standby.signal\" and \"recovery.conf\" cannot both be present"));
    }
}
