using Pgrepl.Shared;
using Pgrepl.Shared.Libpq;

namespace Pgrepl.WalReceiver;

internal sealed partial class Upstream
{
    /// <summary>The next message, if it is here; never waits.</summary>
    /// <param name="message">Valid until the next call.</param>
    /// <returns>Data, WouldBlock or End: the server has ended the stream.</returns>
    /// <exception cref="PgException"><c>could not receive data from WAL stream: …</c></exception>
    /// <exception cref="WalRemovedException">The stream has come to WAL that is gone.</exception>
    public CopyReadStatus Receive(out ReadOnlySpan<byte> message)
    {
        CopyReadStatus status = _client.TryGetCopyData(out message);
        if (status == CopyReadStatus.WouldBlock)
        {
            if (!_client.ConsumeInput())
                throw CouldNotReceive(_client.ErrorMessage);
            status = _client.TryGetCopyData(out message);
        }
        switch (status)
        {
            case CopyReadStatus.Data or CopyReadStatus.WouldBlock:
                return status;
            case CopyReadStatus.End:
                CheckEnd();
                return status;
            default:
                throw CouldNotReceive(_client.ErrorMessage);
        }
    }

    /// <summary>Queues a message.</summary>
    /// <returns>False: there is no room now; try again later.</returns>
    public bool Send(ReadOnlySpan<byte> message) => _client.PutCopyData(message);

    /// <summary>Sends what is queued, as far as the socket takes it.</summary>
    /// <returns>True: something is left.</returns>
    public bool Flush() => _client.Flush() switch
    {
        0 => false,
        1 => true,
        _ => throw new PgException(SqlStates.ConnectionFailure, $"could not send data to WAL stream: {_client.ErrorMessage}"),
    };

    /// <summary>At a timeline's end the COPY is still open our way; at the server's shutdown the command is complete.</summary>
    private void CheckEnd()
    {
        using PgResult? result = NextResult();
        if (result is null || result.Status is PgResultStatus.CopyIn)
            return;
        if (result.Status != PgResultStatus.CommandOk)
            throw result.IsError ? Removed(result, CouldNotReceive(result.ErrorMessage, result.ErrorDetail, WhatToDo(result.ErrorMessage) ?? result.ErrorHint)) : CouldNotReceive(_client.ErrorMessage);
        using PgResult? more = NextResult();
        if (more is not null && _client.IsAlive)
            throw new PgException(SqlStates.ProtocolViolation, $"unexpected result after CommandComplete: {_client.ErrorMessage}");
    }

    private static PgException CouldNotReceive(string why, string? detail = null, string? hint = null) =>
        new(SqlStates.ConnectionFailure, $"could not receive data from WAL stream: {why}", detail, hint);
}
