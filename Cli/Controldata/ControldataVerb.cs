using System.CommandLine;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Controldata;

/// <summary>pgrepl controldata: pg_controldata, word for word, and the same as JSON.</summary>
internal sealed class ControldataVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Argument<string?> _path = new("DATADIR") { Description = "the data directory, instead of -D", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ControldataVerb() => Command = new Command("controldata", "Shows the control file of a data directory, as pg_controldata does.") { _path, _directory, _json };

    public Command Command { get; }

    public string[] Examples => ["pgrepl controldata -D /var/lib/pgrepl/main", "pgrepl controldata /var/lib/pgrepl/main --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory data = CommonOptions.DirectoryOf(arguments.GetValue(_directory) ?? arguments.GetValue(_path));
        byte[] bytes = ControlFile.ReadUnjudged(data);
        if (bytes.Length < ControlFileData.Size)
            throw new PgException(SqlStates.DataCorrupted, $"could not read file \"{data.ControlFile}\": read {bytes.Length} of {ControlFileData.Size}");
        ControlFileReport report = ControlFileReport.Of(bytes);
        if (arguments.GetValue(_json))
        {
            terminal.Line(ToJson(report).ToJsonString());
            return ExitCodes.Ok;
        }
        foreach (string warning in report.Warnings)
            terminal.Line(warning);
        foreach (ControlFileReport.Line line in report.Lines)
            terminal.Line($"{line.Label,-ControlFileReport.LabelWidth}{line.Value}");
        return ExitCodes.Ok;
    }

    private static JsonObject ToJson(ControlFileReport report)
    {
        JsonObject json = new() { ["checksum_good"] = report.ChecksumGood };
        foreach (ControlFileReport.Line line in report.Lines)
            json[line.Key] = line.Value;
        return json;
    }
}
