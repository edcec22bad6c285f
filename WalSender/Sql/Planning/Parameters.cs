using Pgrepl.Shared;

namespace Pgrepl.WalSender.Sql;

/// <summary>The parameters of one statement: declared by the client, or found while planning.</summary>
internal sealed class ParameterList
{
    private readonly List<ParameterSlot> _slots = [];
    private readonly bool _allowed;

    /// <param name="declared">Type OIDs of the Parse message, zero for those to be found out; null: a simple query, which has none.</param>
    /// <exception cref="PgException">0A000: a type this node does not have.</exception>
    public ParameterList(IReadOnlyList<uint>? declared)
    {
        _allowed = declared is not null;
        foreach (uint oid in declared ?? [])
        {
            SqlType type = oid == 0 ? SqlType.Unknown : SqlType.Find(oid)
                ?? throw SqlErrors.NotSupported($"parameters of the type with OID {oid} are not supported by this node", $"Types here are {string.Join(", ", SqlType.All.Skip(1))}.");
            _slots.Add(new ParameterSlot(_slots.Count, type));
        }
    }

    public ParameterExpr Use(ParameterNode node)
    {
        if (!_allowed)
            throw new PgException(SqlStates.UndefinedParameter, $"there is no parameter ${node.Number}").At(node.Position);
        while (_slots.Count < node.Number)
            _slots.Add(new ParameterSlot(_slots.Count, SqlType.Unknown));
        return new ParameterExpr(_slots[node.Number - 1], node.Position);
    }

    /// <exception cref="PgException">42P18: nothing says what type a parameter has.</exception>
    public SqlType[] Finish()
    {
        foreach (ParameterSlot slot in _slots)
            if (slot.Type == SqlType.Unknown)
                throw new PgException(SqlErrors.IndeterminateDatatype, $"could not determine data type of parameter ${slot.Index + 1}");
        return [.. _slots.Select(slot => slot.Type)];
    }
}
