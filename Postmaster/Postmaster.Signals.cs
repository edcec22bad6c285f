using Pgrepl.Shared;
using Pgrepl.Shared.Config;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster;

/// <summary>Signals: what operators and children ask of the postmaster.</summary>
/// <remarks>Answers to pmdie, SIGHUP_handler and sigusr1_handler, PostgreSQL 15, src/backend/postmaster/postmaster.c.</remarks>
internal sealed partial class Postmaster
{
    /// <summary>How the node was asked to end; a later request may only be more urgent.</summary>
    private enum ShutdownMode
    {
        None,
        Smart,
        Fast,
        Immediate,
    }

    private ShutdownMode _shutdown;
    private bool _walReceiverRequested;

    private void TakeSignals()
    {
        for (int signal = _signals.Take(); signal != 0; signal = _signals.Take())
        {
            switch (signal)
            {
                case Signal.SIGHUP:
                    Reload();
                    break;
                case Signal.SIGTERM:
                    RequestShutdown(ShutdownMode.Smart, "received smart shutdown request");
                    break;
                case Signal.SIGINT:
                    RequestShutdown(ShutdownMode.Fast, "received fast shutdown request");
                    break;
                case Signal.SIGQUIT:
                    RequestShutdown(ShutdownMode.Immediate, "received immediate shutdown request");
                    break;
                case Signal.SIGUSR1:
                    LookAtFlags();
                    break;
            }
        }
    }

    private void RequestShutdown(ShutdownMode mode, string message)
    {
        if (mode <= _shutdown)
            return;
        _shutdown = mode;
        _log.Log(message);
        WritePidFile(PostmasterPidFile.Stopping);
        if (mode == ShutdownMode.Immediate)
        {
            Happened(PostmasterEvent.ImmediateShutdown);
            EndEverybody();
        }
        else if (mode == ShutdownMode.Fast)
        {
            if (_state < PostmasterState.StopBackends)
                _log.Log("aborting any active transactions");
        }
    }

    /// <summary>sigusr1_handler: children's flags, then the promote file.</summary>
    private void LookAtFlags()
    {
        PmSignalState flags = _segment.PostmasterSignals;
        if (flags.Take(PostmasterSignal.RecoveryStarted) && _state == PostmasterState.Startup && _shutdown == ShutdownMode.None)
        {
            Happened(PostmasterEvent.RecoveryStarted);
            WritePidFile(PostmasterPidFile.Standby);
            _log.Log("ready to accept replication and status connections");
        }
        if (flags.Take(PostmasterSignal.BeginHotStandby) && _state == PostmasterState.Recovery && _shutdown == ShutdownMode.None)
        {
            Happened(PostmasterEvent.ConsistencyReached);
            WritePidFile(PostmasterPidFile.Ready);
        }
        if (flags.Take(PostmasterSignal.StartWalReceiver))
        {
            _walReceiverRequested = true;
            MaybeStartWalReceiver();
        }
        if (flags.Take(PostmasterSignal.ReloadRequested))
            Reload();
        _ = flags.Take(PostmasterSignal.AdvanceStateMachine); // the loop looks at everything next

        TakePromotionRequest();
    }

    /// <summary>Startup takes the file down; one that came when there was nothing left to promote is in nobody's way, but should not stay.</summary>
    private void TakePromotionRequest()
    {
        if (!File.Exists(_data.PromoteFile))
            return;
        if (_state is PostmasterState.Startup or PostmasterState.Recovery or PostmasterState.HotStandby && Find(ProcessKind.Startup) is { } startup)
            ProcessCalls.Kill(startup.Pid, Signal.SIGUSR2);
        else if (_state == PostmasterState.Run)
            _ = FileCalls.Unlink(_data.PromoteFile);
    }

    private void Reload()
    {
        _systemd.Reloading();
        _log.Log("received SIGHUP, reloading configuration files");
        if (ReloadConfiguration())
            foreach (Child child in _children)
                ProcessCalls.Kill(child.Pid, Signal.SIGHUP);
        _systemd.Reloaded(); // after a failed one too: the node goes on as it was
    }

    /// <returns>False: it stays as it was, and the log says why.</returns>
    private bool ReloadConfiguration()
    {
        try
        {
            SettingValues loaded = LoadConfiguration(out byte[] hba, out byte[] ident);
            SettingValues accepted = NodeConfiguration.Reload(_settings, loaded, out IReadOnlyList<string> messages);
            foreach (string message in messages)
                _log.Log(message);
            _settings = accepted;
            PublishSettings(hba, ident);
            return true;
        }
        catch (ConfigurationException error)
        {
            _log.Log(error.Message, error.Detail, error.Hint);
            _log.Log($"configuration file \"{error.File}\" contains errors; no changes were applied");
            return false;
        }
        catch (Exception error) when (error is PgException or IOException or UnauthorizedAccessException)
        {
            _log.Log(error.Message, hint: "The configuration stays as it was.");
            return false;
        }
    }
}
