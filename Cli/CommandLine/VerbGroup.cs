using System.CommandLine;

namespace Pgrepl.Cli.CommandLine;

/// <summary>Verbs that stand under one word: <c>pgrepl role add</c>.</summary>
internal sealed record VerbGroup(Command Command, IVerb[] Verbs);
