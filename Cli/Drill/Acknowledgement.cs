using System.Globalization;
using Pgrepl.Wal;

namespace Pgrepl.Cli.Drill;

/// <summary>A message whose commit was acknowledged: the row that says where it lies had arrived.</summary>
/// <param name="Number">The message; client n of c sends n, n + c, n + 2c …</param>
/// <param name="Position">What pg_logical_emit_message answered.</param>
internal readonly record struct Acknowledgement(long Number, Lsn Position)
{
    /// <summary>A line of the file <c>acknowledged</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Number} {Position}");
}
