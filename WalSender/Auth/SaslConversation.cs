using System.Buffers.Binary;
using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.WalSender.Auth;

/// <summary>Carries one SCRAM exchange over a client's connection, within authentication_timeout.</summary>
/// <param name="deadline">Environment.TickCount64 at which the client has had its time.</param>
/// <remarks>Source of truth: CheckSASLAuth, PostgreSQL 15, src/backend/libpq/auth-sasl.c; AuthenticationSASL and its kin in protocol.h.</remarks>
internal sealed class SaslConversation(ClientSession session, long deadline)
{
    private const int Sasl = 10, SaslContinue = 11, SaslFinal = 12;

    /// <returns>False: the client proved nothing.</returns>
    /// <exception cref="PgException">08P01 and others: the client does not keep to the protocol; 57014: it took too long.</exception>
    /// <exception cref="ConnectionLostException">It left, as psql does to ask for a password.</exception>
    public bool Run(ScramExchange exchange, ChannelBinding bindings)
    {
        session.Reader.Authenticating = true;
        session.Writer.Authentication(Sasl, Encoding.UTF8.GetBytes(string.Concat(bindings.Mechanisms.Select(m => m + "\0")) + "\0"));
        string? first = TakeInitial(Read(), bindings);
        if (first is null) // no initial response: it is asked for
        {
            session.Writer.Authentication(SaslContinue, default);
            first = Text(Read());
        }
        session.Writer.Authentication(SaslContinue, Encoding.UTF8.GetBytes(exchange.Begin(first)));
        if (exchange.Finish(Text(Read())) is not { } proof)
            return false;
        session.Writer.Authentication(SaslFinal, Encoding.UTF8.GetBytes(proof));
        session.Reader.Authenticating = false;
        return true;
    }

    /// <summary>SASLInitialResponse: the mechanism, NUL, four bytes of length (-1: nothing), the client's first message.</summary>
    private static string? TakeInitial(ReadOnlySpan<byte> payload, ChannelBinding bindings)
    {
        int end = payload.IndexOf((byte)0);
        if (end < 0)
            throw new PgException(SqlStates.ProtocolViolation, "invalid string in message");
        bindings.Choose(Encoding.UTF8.GetString(payload[..end]));
        payload = payload[(end + 1)..];
        if (payload.Length < 4)
            throw new PgException(SqlStates.ProtocolViolation, "insufficient data left in message");
        int length = BinaryPrimitives.ReadInt32BigEndian(payload);
        payload = payload[4..];
        if (length == -1 && payload.IsEmpty)
            return null;
        if (length < 0 || length > payload.Length)
            throw new PgException(SqlStates.ProtocolViolation, "insufficient data left in message");
        if (length < payload.Length)
            throw new PgException(SqlStates.ProtocolViolation, "invalid message format");
        return Text(payload);
    }

    private static string Text(ReadOnlySpan<byte> message)
    {
        if (message.IsEmpty)
            throw ScramAttributes.Malformed("The message is empty.");
        if (message.Contains((byte)0))
            throw ScramAttributes.Malformed("Message length does not match input length.");
        return Encoding.Latin1.GetString(message); // byte for byte: what was signed must not change
    }

    private ReadOnlySpan<byte> Read()
    {
        while (true)
        {
            session.Process.Latch.Reset();
            bool sent = session.TryFlush();
            if (session.Reader.TryRead(out _, out ReadOnlySpan<byte> payload))
                return payload;
            long left = deadline - Environment.TickCount64;
            if (left <= 0)
                throw new PgException(SqlStates.QueryCanceled, "canceling authentication due to timeout");
            WakeEvents events = session.Wait((int)Math.Min(left, int.MaxValue), forWriting: !sent);
            if (session.Process.Loop.ShutdownRequested || session.Process.Loop.User2Requested)
                throw Interrupts.Ending();
            if ((events & (WakeEvents.SocketReadable | WakeEvents.SocketClosed)) != 0 && !session.Receive())
                throw new ConnectionLostException("the client left while it was to authenticate itself");
        }
    }
}
