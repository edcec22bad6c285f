using System.Text;
using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Postmaster;

/// <summary>Connections that begin with TLS: a walsender takes them before their first packet, and asks here about it.</summary>
/// <remarks>docs/decisions/0007.</remarks>
internal sealed partial class Postmaster
{
    private bool MayUseTls(PendingConnection connection) => _settings.Bool("ssl") && connection.IsTcp;

    /// <summary>It began with a TLS handshake, and may.</summary>
    private bool StartsTls(PendingConnection connection) => connection.BeganWithTls && MayUseTls(connection);

    /// <summary>Whether TLS will work, and what of pg_hba.conf will not match.</summary>
    /// <exception cref="PgException">F0000: a file cannot be used.</exception>
    private void CheckTls(SettingValues settings, byte[] hba)
    {
        if (settings.Bool("ssl"))
        {
            TlsFiles.Load(settings).Dispose();
            return;
        }
        foreach (HbaLine line in HbaFile.FromText(Encoding.UTF8.GetString(hba)).Lines.Where(line => line.Type == HbaConnectionType.HostSsl))
            _log.Log("hostssl record cannot match because SSL is disabled", $"Line {line.LineNumber} of configuration file \"{line.File}\".", "Set ssl = true in pgrepl.toml.");
    }

    /// <exception cref="PgException">57P03: the state of the node lets nobody in; told before there is TLS.</exception>
    private void BeginTls(PendingConnection connection, HandoverKind kind)
    {
        CheckState();
        HandOver(connection, kind).AwaitsPacket = true;
    }

    private void ReadQuestions(int firstEntry, int count)
    {
        Span<byte> question = stackalloc byte[16];
        for (int i = 0; i < count; i++)
        {
            Child child = _children[i];
            if (_poller.Found(firstEntry + i) == 0)
                continue;
            try
            {
                int length = SocketCalls.ReceiveDescriptor(child.Pair, question, out _);
                if (length > 0)
                    Answer(child, question[..length]);
            }
            catch (SystemCallException)
            {
                // It died before it had read what it was sent; it is reaped next.
            }
        }
    }

    private void Answer(Child child, ReadOnlySpan<byte> question)
    {
        child.IsAuthenticated |= Admission.IsAuthenticated(question);
        if (Admission.IsOfCancel(question, out int pid, out int key))
            Cancel(pid, key);
        if (!Admission.IsOfSession(question, out bool replication))
            return;
        PgException? refused = null;
        try
        {
            CheckState();
            CheckLimits(replication, isOperator: false);
            if (replication)
                BecomeReplication(child);
            child.AwaitsPacket = false;
        }
        catch (PgException error)
        {
            refused = error; // logged by whoever tells the client
        }
        _ = SocketCalls.SendDescriptor(child.Pair, Admission.Answer(refused), -1);
    }
}
