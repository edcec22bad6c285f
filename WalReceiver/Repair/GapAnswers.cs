namespace Pgrepl.WalReceiver.Repair;

/// <summary>Who was asked for missing WAL, and what each said: a sentence for each, in the order they were asked.</summary>
internal sealed class GapAnswers
{
    private readonly List<string> _sentences = [];

    public int Count => _sentences.Count;

    /// <param name="said">May be several lines, as libpq's messages are.</param>
    public void Add(string who, string said)
    {
        string line = string.Join(' ', said.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        _sentences.Add($"{who}: {line}{(line.EndsWith('.') || line.EndsWith('?') ? "" : ".")}");
    }

    public override string ToString() => string.Join('\n', _sentences);
}
