using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Pgrepl.Shared.Native;
using Pgrepl.Wal;

namespace Pgrepl.Shared.Storage;

/// <summary>pgrepl.roles: the roles of a node, with SCRAM verifiers and never a password.</summary>
/// <remarks>UTF-8 text, replaced as a whole; every line ends with a line feed. Read at each login, so a change counts from the next one on.
/// <code>
/// pgrepl roles 1                            magic and version
/// nonce HEX                                 32 bytes: makes the salt that an unknown role is answered with
/// ATTRIBUTES VERIFIER NAME                  superuser,replication or -; SCRAM-SHA-256$… or -; the rest of the line is the name
/// crc32c HEX                                of every byte before this line
/// </code></remarks>
public sealed class RoleFile
{
    private const string Magic = "pgrepl roles ";
    private const int Version = 1;
    private const int NonceSize = 32;

    private readonly SortedDictionary<string, Role> _roles;

    private RoleFile(byte[] nonce, SortedDictionary<string, Role> roles)
    {
        Nonce = nonce;
        _roles = roles;
    }

    /// <summary>Secret of this node: with it nobody can tell a made-up salt from a real one.</summary>
    public ReadOnlyMemory<byte> Nonce { get; }

    /// <summary>By name.</summary>
    public IReadOnlyCollection<Role> Roles => _roles.Values;

    public Role? Find(string name) => _roles.GetValueOrDefault(name);

    /// <summary>Without roles.</summary>
    public static RoleFile Empty() => new(RandomNumberGenerator.GetBytes(NonceSize), new(StringComparer.Ordinal));

    /// <returns><see cref="Empty"/> when there is none.</returns>
    /// <exception cref="PgException">XX001: damaged; or it cannot be read.</exception>
    public static RoleFile Read(DataDirectory directory) =>
        DurableFile.TryRead(directory.RoleFile) is { } bytes ? Parse(bytes, directory.RoleFile) : Empty();

    /// <summary>Reads, changes and writes the file durably; two who change it at once do so one after the other.</summary>
    /// <param name="change">Gets the file's roles by name.</param>
    public static void Change(DataDirectory directory, Action<IDictionary<string, Role>> change)
    {
        using SafeFileHandle held = DurableFile.Open(directory.Path, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec);
        FileError.ThrowIfNegative(FileCalls.Lock(held, FileLock.Exclusive), $"could not lock directory \"{directory.Path}\"");
        RoleFile file = Read(directory);
        change(file._roles);
        DurableFile.Replace(directory.RoleFile, file.ToBytes());
    }

    private static RoleFile Parse(byte[] bytes, string path)
    {
        string text = Encoding.UTF8.GetString(bytes);
        if (!text.StartsWith(Magic, StringComparison.Ordinal))
            throw Damaged("it does not begin as a file of roles");
        string[] lines = text.Split('\n');
        if (lines[0] != $"{Magic}{Version}")
            throw Damaged($"its version is \"{lines[0][Magic.Length..]}\", expected {Version}");
        int trailer = bytes.AsSpan(0, Math.Max(bytes.Length - 1, 0)).LastIndexOf((byte)'\n') + 1;
        if (lines.Length < 4 || lines[^1].Length > 0 || lines[^2] != Checksum(bytes.AsSpan(0, trailer)))
            throw Damaged("its checksum is wrong");
        var roles = new SortedDictionary<string, Role>(StringComparer.Ordinal);
        foreach (string line in lines[2..^2])
        {
            Role role = ParseRole(line) ?? throw Damaged($"it has a line that is no role: \"{line[(line.LastIndexOf(' ') + 1)..]}\"");
            roles[role.Name] = role;
        }
        return new RoleFile(Convert.FromHexString(lines[1]["nonce ".Length..]), roles);

        PgException Damaged(string what) => new(SqlStates.DataCorrupted, $"file \"{path}\" is damaged: {what}",
            hint: "Nobody can log in with a password. Remove the file and add the roles again with pgrepl role add.");
    }

    private static Role? ParseRole(string line)
    {
        string[] parts = line.Split(' ', 3);
        if (parts.Length < 3 || parts[2].Length == 0)
            return null;
        ScramVerifier? verifier = ScramVerifier.TryParse(parts[1]);
        if (verifier is null && parts[1] != "-")
            return null;
        string[] attributes = parts[0].Split(',');
        return new Role(parts[2], attributes.Contains("superuser"), attributes.Contains("replication"), verifier);
    }

    private byte[] ToBytes()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Magic}{Version}\nnonce {Convert.ToHexStringLower(Nonce.Span)}\n");
        foreach (Role role in _roles.Values)
        {
            string attributes = (role.Superuser, role.Replication) switch
            {
                (true, true) => "superuser,replication",
                (true, false) => "superuser",
                (false, true) => "replication",
                _ => "-",
            };
            text.Append(CultureInfo.InvariantCulture, $"{attributes} {role.Verifier?.ToText() ?? "-"} {role.Name}\n");
        }
        byte[] body = Encoding.UTF8.GetBytes(text.ToString());
        return [.. body, .. Encoding.UTF8.GetBytes(Checksum(body) + "\n")];
    }

    private static string Checksum(ReadOnlySpan<byte> bytes) => $"crc32c {Crc32C.Compute(bytes):x8}";
}
