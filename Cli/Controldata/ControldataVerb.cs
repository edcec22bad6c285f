using System.CommandLine;
using System.Text.Json.Nodes;
using Pgrepl.Cli.CommandLine;
using Pgrepl.Shared;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Cli.Controldata;

/// <summary>pgrepl controldata: pg_controldata, word for word, and the same as JSON. A relay has pgrepl.relay instead.</summary>
internal sealed class ControldataVerb : IVerb
{
    private readonly Option<string?> _directory = CommonOptions.DataDirectory();
    private readonly Argument<string?> _path = new("DATADIR") { Description = "the data directory, instead of -D", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = CommonOptions.Json();

    public ControldataVerb() => Command = new Command("controldata", "Shows the control file of a data directory, as pg_controldata does; of a relay what it has in its place.") { _path, _directory, _json };

    public Command Command { get; }

    public string[] Examples => ["pgrepl controldata -D /var/lib/pgrepl/main", "pgrepl controldata /var/lib/pgrepl/main --json"];

    public int Run(ParseResult arguments, Terminal terminal)
    {
        DataDirectory data = CommonOptions.DirectoryOf(arguments.GetValue(_directory) ?? arguments.GetValue(_path));
        if (RelayFile.Exists(data))
            return Show(RelayFileReport.Of(RelayFile.Read(data)), new JsonObject { ["relay"] = true }, arguments.GetValue(_json), terminal);
        byte[] bytes = ControlFile.ReadUnjudged(data);
        if (bytes.Length < ControlFileData.Size)
            throw new PgException(SqlStates.DataCorrupted, $"could not read file \"{data.ControlFile}\": read {bytes.Length} of {ControlFileData.Size}");
        ControlFileReport report = ControlFileReport.Of(bytes);
        if (!arguments.GetValue(_json))
        {
            foreach (string warning in report.Warnings)
                terminal.Line(warning);
        }
        return Show(report.Lines, new JsonObject { ["checksum_good"] = report.ChecksumGood }, arguments.GetValue(_json), terminal);
    }

    private static int Show(IReadOnlyList<ControlFileReport.Line> lines, JsonObject json, bool asJson, Terminal terminal)
    {
        foreach (ControlFileReport.Line line in lines)
        {
            json[line.Key] = line.Value;
            if (!asJson)
                terminal.Line($"{line.Label,-ControlFileReport.LabelWidth}{line.Value}");
        }
        if (asJson)
            terminal.Line(json.ToJsonString());
        return ExitCodes.Ok;
    }
}
