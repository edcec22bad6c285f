using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Storage;

/// <summary>postmaster.pid, PostgreSQL's eight lines, which pg_ctl and our CLI read.</summary>
/// <param name="StartTime">Unix seconds.</param>
/// <param name="SocketDirectory">First Unix socket directory, or empty.</param>
/// <param name="ListenAddress">First listen address, or empty.</param>
/// <param name="Status">starting, stopping, ready or standby (padded to eight characters on disk).</param>
/// <remarks>LOCK_FILE_LINE_*, PM_STATUS_*, PostgreSQL 15, src/include/utils/pidfile.h. Written in place: a reader may see a torn file and looks again.</remarks>
public sealed record PostmasterPidFile(
    int Pid, string DataDirectory, long StartTime, int Port, string SocketDirectory, string ListenAddress, string Status)
{
    public const string Name = "postmaster.pid";
    public const string Starting = "starting";
    public const string Stopping = "stopping";
    public const string Ready = "ready";
    public const string Standby = "standby";

    /// <summary>Reads it, or null when it is not there or not whole.</summary>
    public static PostmasterPidFile? TryRead(DataDirectory data)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(data.PostmasterPid);
        }
        catch (IOException)
        {
            return null;
        }
        if (lines.Length < 1 || !int.TryParse(lines[0], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int pid))
            return null;
        string Line(int number) => lines.Length >= number ? lines[number - 1] : "";
        _ = long.TryParse(Line(3), CultureInfo.InvariantCulture, out long startTime);
        _ = int.TryParse(Line(4), CultureInfo.InvariantCulture, out int port);
        return new PostmasterPidFile(pid, Line(2), startTime, port, Line(5), Line(6), Line(8).TrimEnd());
    }

    /// <summary>Writes it (mode 0600).</summary>
    /// <param name="durable">For the first time: what a power cut leaves of it is not an empty file, which would stand in the way of the next start.</param>
    /// <exception cref="PgException">53100 and its kin: the file may hold old or new lines.</exception>
    public void Write(DataDirectory data, bool durable = false)
    {
        string text = string.Create(CultureInfo.InvariantCulture,
            $"{Pid}\n{DataDirectory}\n{StartTime}\n{Port}\n{SocketDirectory}\n{ListenAddress}\n{0,9} {0,9}\n{Status,-8}\n");
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        using SafeFileHandle file = DurableFile.Open(data.PostmasterPid, OpenFlags.WriteOnly | OpenFlags.Create);
        DurableFile.WriteAll(file, bytes, 0, $"could not write to file \"{data.PostmasterPid}\"");
        FileError.ThrowIfNegative(FileCalls.Truncate(file, bytes.Length), $"could not write to file \"{data.PostmasterPid}\"");
        if (durable)
            DurableFile.Sync(file, data.PostmasterPid);
    }
}
