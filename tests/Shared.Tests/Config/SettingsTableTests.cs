using Pgrepl.Shared.Config;

namespace Pgrepl.Shared.Tests.Config;

public sealed class SettingsTableTests
{
    [TestCase("max_wal_size", "1GB", "1024", "1GB")]
    [TestCase("max_wal_size", "1536MB", "1536", "1536MB")]
    [TestCase("max_wal_size", "1.5GB", "1536", "1536MB")]
    [TestCase("max_wal_size", "2097152 kB", "2048", "2GB")]
    [TestCase("max_wal_size", "64", "64", "64MB")]
    [TestCase("wal_keep_size", "0", "0", "0")]
    [TestCase("wal_writer_delay", "10s", "10000", "10s")]
    [TestCase("wal_writer_delay", "0.2s", "200", "200ms")]
    [TestCase("wal_writer_delay", " 200 ms ", "200", "200ms")]
    [TestCase("wal_writer_delay", "1500us", "2", "2ms")]
    [TestCase("checkpoint_timeout", "1h", "3600", "1h")]
    [TestCase("checkpoint_timeout", "90s", "90", "90s")]
    [TestCase("checkpoint_timeout", "1d", "86400", "1d")]
    [TestCase("wal_sender_timeout", "60000", "60000", "1min")]
    [TestCase("wal_writer_flush_after", "1MB", "128", "1MB")]
    [TestCase("wal_writer_flush_after", "129", "129", "1032kB")]
    [TestCase("wal_buffers", "-1", "512", "4MB")]
    [TestCase("wal_buffers", "1", "4", "32kB")]
    [TestCase("pgrepl.max_message_size", "16MB", "16384", "16MB")]
    [TestCase("pgrepl.relay_keep", "1024 MB", "1GB", "1GB")]
    [TestCase("pgrepl.relay_keep", "7d", "7d", "7d")]
    [TestCase("pgrepl.relay_keep", "36h,2048MB", "2GB, 36h", "2GB, 36h")]
    [TestCase("pgrepl.relay_keep", "0", "0", "0")]
    [TestCase("pgrepl.relay_keep", "", "0", "0")]
    [TestCase("port", "0x1538", "5432", "5432")]
    [TestCase("port", "5.432e3", "5432", "5432")]
    [TestCase("port", "+80", "80", "80")]
    [TestCase("extra_float_digits", "-15", "-15", "-15")]
    [TestCase("unix_socket_permissions", "0700", "448", "0700")]
    [TestCase("unix_socket_permissions", "0x1c0", "448", "0700")]
    [TestCase("hot_standby", "TRUE", "on", "on")]
    [TestCase("hot_standby", "of", "off", "off")]
    [TestCase("hot_standby", "1", "on", "on")]
    [TestCase("synchronous_commit", "REMOTE_APPLY", "remote_apply", "remote_apply")]
    [TestCase("synchronous_commit", "yes", "on", "on")]
    [TestCase("log_min_messages", "debug", "debug2", "debug2")]
    [TestCase("application_name", "wal\nreceiver é", "wal?receiver ?", "wal?receiver ?")]
    [TestCase("DateStyle", "iso", "ISO, MDY", "ISO, MDY")]
    [TestCase("DateStyle", "ISO, European", "ISO, DMY", "ISO, DMY")]
    [TestCase("client_encoding", "'utf-8'", "UTF8", "UTF8")]
    [TestCase("TimeZone", "utc", "UTC", "UTC")]
    [TestCase("TimeZone", "etc/utc", "Etc/UTC", "Etc/UTC")]
    [TestCase("TimeZone", "europe/berlin", "Europe/Berlin", "Europe/Berlin")]
    [TestCase("TimeZone", "cet", "CET", "CET")]
    [TestCase("TimeZone", "gmt-2", "GMT-2", "GMT-2")]
    [TestCase("TimeZone", "GMT+02:00", "GMT+02:00", "GMT+02:00")]
    [TestCase("TimeZone", "foo3", "FOO3", "FOO3")]
    [TestCase("TimeZone", "-7", "<-07>+07", "<-07>+07")]
    [TestCase("TimeZone", "5.5", "<+05:30>-05:30", "<+05:30>-05:30")]
    [TestCase("TimeZone", "<+05:30>-05:30", "<+05:30>-05:30", "<+05:30>-05:30")]
    [TestCase("default_transaction_isolation", "Serializable", "serializable", "serializable")]
    [TestCase("recovery_target_timeline", "0x10", "16", "16")]
    [TestCase("synchronous_standby_names", "FIRST 2 (a, b)", "FIRST 2 (a, b)", "FIRST 2 (a, b)")]
    public void A_value_has_one_canonical_text_and_shows_as_PostgreSQL_shows_it(string name, string text, string canonical, string shown)
    {
        SettingDefinition definition = SettingsTable.Get(name);
        string actual = SettingsTable.Normalise(definition, text);
        Assert.That((actual, SettingsTable.Show(definition, actual)), Is.EqualTo((canonical, shown)));
    }

    private const string MemoryHint = "Valid units for this parameter are \"B\", \"kB\", \"MB\", \"GB\", and \"TB\".";
    private const string KeepHint = "Give a size such as \"1GB\", an age such as \"7d\", or both: \"1GB, 7d\". 0 keeps nothing.";
    private const string TimeHint = "Valid units for this parameter are \"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\".";

    [TestCase("port", "abc", "invalid value for parameter \"port\": \"abc\"", null)]
    [TestCase("port", "", "invalid value for parameter \"port\": \"\"", null)]
    [TestCase("port", "80s", "invalid value for parameter \"port\": \"80s\"", null)]
    [TestCase("port", "65536", "65536 is outside the valid range for parameter \"port\" (1 .. 65535)", null)]
    [TestCase("port", "99999999999", "invalid value for parameter \"port\": \"99999999999\"", "Value exceeds integer range.")]
    [TestCase("max_wal_size", "1mb", "invalid value for parameter \"max_wal_size\": \"1mb\"", MemoryHint)]
    [TestCase("max_wal_size", "1s", "invalid value for parameter \"max_wal_size\": \"1s\"", MemoryHint)]
    [TestCase("max_wal_size", "1MB", "1 MB is outside the valid range for parameter \"max_wal_size\" (2 .. 2147483647)", null)]
    [TestCase("wal_writer_delay", "1 parsec", "invalid value for parameter \"wal_writer_delay\": \"1 parsec\"", TimeHint)]
    [TestCase("wal_writer_delay", "11s", "11000 ms is outside the valid range for parameter \"wal_writer_delay\" (1 .. 10000)", null)]
    [TestCase("wal_writer_delay", "nan", "invalid value for parameter \"wal_writer_delay\": \"nan\"", null)]
    [TestCase("pgrepl.max_message_size", "12kB", "12 kB is outside the valid range for parameter \"pgrepl.max_message_size\" (64 .. 1044480)", null)]
    [TestCase("hot_standby", "o", "parameter \"hot_standby\" requires a Boolean value", null)]
    [TestCase("hot_standby", "maybe", "parameter \"hot_standby\" requires a Boolean value", null)]
    [TestCase("synchronous_commit", "sometimes", "invalid value for parameter \"synchronous_commit\": \"sometimes\"", "Available values: local, remote_write, remote_apply, on, off.")]
    [TestCase("client_encoding", "nope", "invalid value for parameter \"client_encoding\": \"nope\"", null)]
    [TestCase("IntervalStyle", "iso_8601", "invalid value for parameter \"IntervalStyle\": \"iso_8601\"", "Available values: postgres.")]
    [TestCase("DateStyle", "German", "invalid value for parameter \"DateStyle\": \"German\"", null)]
    [TestCase("TimeZone", "Nowhere/Land", "invalid value for parameter \"TimeZone\": \"Nowhere/Land\"", null)]
    [TestCase("primary_slot_name", "Bad", "invalid value for parameter \"primary_slot_name\": \"Bad\"", "Replication slot names may only contain lower case letters, numbers, and the underscore character.")]
    [TestCase("recovery_target_timeline", "newest", "invalid value for parameter \"recovery_target_timeline\": \"newest\"", null)]
    [TestCase("pgrepl.relay_keep", "1024", "invalid value for parameter \"pgrepl.relay_keep\": \"1024\"", KeepHint)]
    [TestCase("pgrepl.relay_keep", "1GB, 2GB", "invalid value for parameter \"pgrepl.relay_keep\": \"1GB, 2GB\"", KeepHint)]
    [TestCase("pgrepl.relay_keep", "-1d", "invalid value for parameter \"pgrepl.relay_keep\": \"-1d\"", KeepHint)]
    [TestCase("pgrepl.relay_keep", "a week", "invalid value for parameter \"pgrepl.relay_keep\": \"a week\"", KeepHint)]
    [TestCase("listen_addresses", "a,,b", "invalid value for parameter \"listen_addresses\": \"a,,b\"", null)]
    public void A_bad_value_is_told_in_PostgreSQLs_words(string name, string text, string message, string? hint)
    {
        PgException e = Assert.Throws<PgException>(() => SettingsTable.Normalise(SettingsTable.Get(name), text))!;
        Assert.That((e.SqlState, e.Message, e.Hint), Is.EqualTo((SqlStates.InvalidParameterValue, message, hint)));
    }

    [Test]
    public void Every_default_is_canonical_and_every_name_is_found_in_any_case()
    {
        Assert.Multiple(() =>
        {
            foreach (SettingDefinition definition in SettingsTable.All)
            {
                Assert.That(SettingsTable.Normalise(definition, definition.Default), Is.EqualTo(definition.Default), definition.Name);
                Assert.That(SettingsTable.Find(definition.Name.ToUpperInvariant()), Is.SameAs(definition));
                Assert.That(definition.Description, Does.EndWith("."));
            }
        });
    }

    [TestCase("client_encoding", "latin-1", "Conversion between LATIN1 and UTF8 is not supported.")]
    [TestCase("client_encoding", "mule_internal", "Conversion between MULE_INTERNAL and UTF8 is not supported.")]
    [TestCase("standard_conforming_strings", "off", "A backslash in '...' is always an ordinary character here.")]
    public void A_value_that_would_not_act_is_refused(string name, string text, string detail)
    {
        PgException e = Assert.Throws<PgException>(() => SettingsTable.Normalise(SettingsTable.Get(name), text))!;
        Assert.That((e.SqlState, e.Message, e.Detail), Is.EqualTo((SqlStates.FeatureNotSupported, $"invalid value for parameter \"{name}\": \"{text}\"", detail)));
    }

    [TestCase("../../../etc/passwd")]
    [TestCase("/etc/localtime")]
    [TestCase("200")]
    [TestCase("tzdata.zi")]
    [TestCase("Europe")]
    [TestCase("")]
    public void Time_zone_that_is_none_is_refused(string text) =>
        Assert.That(() => SettingsTable.Normalise(SettingsTable.Get("TimeZone"), text), Throws.TypeOf<PgException>().With.Message.EqualTo($"invalid value for parameter \"TimeZone\": \"{text}\""));

    [Test]
    public void An_unknown_name_is_42704()
    {
        PgException e = Assert.Throws<PgException>(() => SettingsTable.Get("x"))!;
        Assert.That((e.SqlState, e.Message), Is.EqualTo((SqlStates.UndefinedObject, "unrecognized configuration parameter \"x\"")));
    }
}
