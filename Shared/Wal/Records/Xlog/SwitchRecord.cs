namespace Pgrepl.Wal;

/// <summary>SWITCH: no data; what is left of its segment is not used.</summary>
/// <remarks>Source of truth: RequestXLogSwitch, PostgreSQL 15, src/backend/access/transam/xlog.c.</remarks>
public static class SwitchRecord
{
    public static void Build(WalRecordBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Begin(ResourceManagerId.Xlog, XlogInfo.Switch, 0);
    }
}
