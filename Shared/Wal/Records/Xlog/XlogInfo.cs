namespace Pgrepl.Wal;

/// <summary>Operations of <see cref="ResourceManagerId.Xlog"/>, in the high four bits of a record's info.</summary>
/// <remarks>Source of truth: PostgreSQL 15, src/include/catalog/pg_control.h.</remarks>
public static class XlogInfo
{
    public const byte CheckpointShutdown = 0x00;
    public const byte CheckpointOnline = 0x10;
    public const byte Noop = 0x20;
    public const byte NextOid = 0x30;
    public const byte Switch = 0x40;
    public const byte BackupEnd = 0x50;
    public const byte ParameterChange = 0x60;
    public const byte RestorePoint = 0x70;
    public const byte FpwChange = 0x80;
    public const byte EndOfRecovery = 0x90;
    public const byte FpiForHint = 0xA0;
    public const byte Fpi = 0xB0;
    public const byte OverwriteContrecord = 0xD0;

    /// <summary>From 17 on.</summary>
    public const byte CheckpointRedo = 0xE0;
}
