namespace Pgrepl.Wal;

/// <summary>multixact_identify and multixact_desc.</summary>
/// <remarks>Source of truth: PostgreSQL 15 to 18, src/backend/access/rmgrdesc/mxactdesc.c.</remarks>
internal static class MultiXactDescription
{
    internal static ReadOnlySpan<byte> Identify(byte info) => (info & WalRecordHeader.OperationMask) switch
    {
        MultiXactInfo.ZeroOffsetsPage => "ZERO_OFF_PAGE"u8,
        MultiXactInfo.ZeroMembersPage => "ZERO_MEM_PAGE"u8,
        MultiXactInfo.CreateId => "CREATE_ID"u8,
        MultiXactInfo.TruncateId => "TRUNCATE_ID"u8,
        _ => default,
    };

    internal static bool Describe(WalReader record, WalText text) => record.Header.Operation switch
    {
        MultiXactInfo.ZeroOffsetsPage or MultiXactInfo.ZeroMembersPage => ZeroPage(record.MainData, record.Major, text),
        MultiXactInfo.CreateId => Create(record.MainData, text),
        MultiXactInfo.TruncateId => Truncate(record.MainData, text),
        _ => true,
    };

    private static bool ZeroPage(ReadOnlySpan<byte> data, PostgresMajor major, WalText text)
    {
        if (!MultiXactZeroPage.TryRead(data, major, out MultiXactZeroPage zero))
            return false;
        text.AppendSigned(zero.Page);
        return true;
    }

    private static bool Create(ReadOnlySpan<byte> data, WalText text)
    {
        if (!MultiXactCreate.TryRead(data, out MultiXactCreate create))
            return false;
        text.AppendUnsigned(create.Multi).Append(" offset "u8).AppendUnsigned(create.Offset).Append(" nmembers "u8).AppendUnsigned((uint)create.Members.Length).Append(": "u8);
        foreach (ref readonly MultiXactMember member in create.Members)
            text.AppendUnsigned(member.Xid).Append((byte)' ').Append(NameOf(member.Status)).Append((byte)' ');
        return true;
    }

    private static bool Truncate(ReadOnlySpan<byte> data, WalText text)
    {
        if (!MultiXactTruncate.TryRead(data, out MultiXactTruncate truncate))
            return false;
        text.Append("offsets ["u8).AppendUnsigned(truncate.StartMulti).Append(", "u8).AppendUnsigned(truncate.EndMulti)
            .Append("), members ["u8).AppendUnsigned(truncate.StartMember).Append(", "u8).AppendUnsigned(truncate.EndMember).Append((byte)')');
        return true;
    }

    private static ReadOnlySpan<byte> NameOf(MultiXactStatus status) => status switch
    {
        MultiXactStatus.ForKeyShare => "(keysh)"u8,
        MultiXactStatus.ForShare => "(sh)"u8,
        MultiXactStatus.ForNoKeyUpdate => "(fornokeyupd)"u8,
        MultiXactStatus.ForUpdate => "(forupd)"u8,
        MultiXactStatus.NoKeyUpdate => "(nokeyupd)"u8,
        MultiXactStatus.Update => "(upd)"u8,
        _ => "(unk)"u8,
    };
}
