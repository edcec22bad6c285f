using System.Globalization;
using Pgrepl.Shared;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Postmaster;

/// <summary>postmaster.pid: written with each change of state, and looked at: without it, or with somebody else's, this is not our data directory any more.</summary>
/// <remarks>Answers to AddToDataDirLockFile and RecheckDataDirLockFile, PostgreSQL 15, src/backend/utils/init/miscinit.c.</remarks>
internal sealed partial class Postmaster
{
    /// <summary>PostgreSQL looks once a minute; a node made anew in the same place should not meet us for so long.</summary>
    private const int PidFileCheckMilliseconds = 5000;

    private string _pidFileStatus = "";
    private long _pidFileChecked = Environment.TickCount64;
    private bool _pidFileIsLost;

    /// <summary>Makes the file: without it the node does not start.</summary>
    /// <exception cref="PgException">The disk does not take it.</exception>
    private void CreatePidFile()
    {
        _pidFileStatus = PostmasterPidFile.Starting;
        PidFileFor(_pidFileStatus).Write(_data, durable: true);
    }

    /// <summary>A disk that does not take it is no reason to end: whoever reads it knows less, no more.</summary>
    private void WritePidFile(string status)
    {
        if (_pidFileStatus == status || _pidFileIsLost)
            return;
        _pidFileStatus = status;
        try
        {
            PidFileFor(status).Write(_data);
        }
        catch (PgException error)
        {
            _log.Log(error.Message);
        }
    }

    private PostmasterPidFile PidFileFor(string status) =>
        new(Environment.ProcessId, _data.Path, _startTime, _settings.Int("port"), _listen!.FirstUnixDirectory, _listen.FirstAddress, status);

    private void CheckPidFile(long now)
    {
        if (_pidFileIsLost || now < _pidFileChecked + PidFileCheckMilliseconds)
            return;
        _pidFileChecked = now;
        if (LosesPidFile())
            RequestShutdown(ShutdownMode.Immediate, "performing immediate shutdown because data directory lock file is invalid");
    }

    /// <returns>True: nothing may be written there any more.</returns>
    private bool LosesPidFile()
    {
        if (WhatIsWrongWithPidFile() is not { } wrong)
            return false;
        _pidFileIsLost = true;
        _log.Log(wrong);
        return true;
    }

    /// <returns><see langword="null"/>: it is ours, or cannot be read now, which says nothing.</returns>
    private string? WhatIsWrongWithPidFile()
    {
        string first;
        try
        {
            first = File.ReadLines(_data.PostmasterPid).FirstOrDefault("");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return $"could not open file \"{PostmasterPidFile.Name}\": No such file or directory";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
        return first == Environment.ProcessId.ToString(CultureInfo.InvariantCulture) ? null
            : $"lock file \"{PostmasterPidFile.Name}\" contains wrong PID: {first} instead of {Environment.ProcessId}";
    }

    private void DeletePidFile()
    {
        if (!_pidFileIsLost && WhatIsWrongWithPidFile() is null)
            _ = FileCalls.Unlink(_data.PostmasterPid); // one that cannot be removed is in nobody's way
    }
}
