using System.Text;
using Pgrepl.Shared.Native;

namespace Pgrepl.Cli.Init;

/// <summary>The first pg_hba.conf and pg_ident.conf of a node.</summary>
internal static class AuthenticationFiles
{
    private const string Map = "pgrepl";

    /// <summary>The methods that -A takes, as pg_hba.conf names them.</summary>
    internal static readonly string[] Methods = ["trust", "peer", "scram-sha-256", "reject"];

    /// <param name="method"><see langword="null"/>: peer on the socket, scram-sha-256 on TCP.</param>
    internal static string Hba(string? method, string? superUser)
    {
        string local = method is null or "peer" ? superUser is null || superUser == SystemUser() ? "peer" : $"peer map={Map}" : method;
        string host = method is null or "peer" ? "scram-sha-256" : method;
        var text = new StringBuilder();
        text.Append("""
            # Who may connect, from where, and how they prove who they are; the first line that fits decides. PostgreSQL's format.
            # Methods: trust, reject, peer, scram-sha-256 (passwords: pgrepl role add NAME --pwfile FILE).

            # TYPE   DATABASE     USER  ADDRESS        METHOD

            """);
        foreach (string database in new[] { "all", "replication" })
        {
            text.Append($"local    {database,-12} all                  {local}\n");
            text.Append($"host     {database,-12} all   127.0.0.1/32   {host}\n");
            text.Append($"host     {database,-12} all   ::1/128        {host}\n");
        }
        return text.ToString();
    }

    internal static string Ident(string? superUser)
    {
        const string head = "# Which database user an operating system user may be: peer with map=NAME. PostgreSQL's format.\n\n# MAPNAME  SYSTEM-USERNAME  PG-USERNAME\n";
        string? system = SystemUser();
        return superUser is null || system is null || superUser == system
            ? head
            : $"{head}{Map}  {system}  {system}\n{Map}  {system}  {superUser}\n";
    }

    private static string? SystemUser() => ProcessCalls.UserName(ProcessCalls.EffectiveUserId);
}
