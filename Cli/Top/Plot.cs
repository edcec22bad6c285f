namespace Pgrepl.Cli.Top;

/// <summary>The last values of one figure as a line of bars, the newest at the right.</summary>
internal sealed class Plot(int width = Plot.DefaultWidth)
{
    private const int DefaultWidth = 60;
    private const string Bars = "▁▂▃▄▅▆▇█";

    private readonly Queue<double> _values = new();

    /// <summary>The highest bar.</summary>
    internal double Highest => _values.Count > 0 ? _values.Max() : 0;

    internal void Add(double value)
    {
        _values.Enqueue(Math.Max(0, value));
        if (_values.Count > width)
            _values.Dequeue();
    }

    /// <summary>Zero is the lowest bar, the highest value the highest.</summary>
    public override string ToString()
    {
        double highest = Highest;
        return string.Concat(_values.Select(v => Bars[highest <= 0 ? 0 : (int)Math.Ceiling(v / highest * (Bars.Length - 1))])).PadLeft(width);
    }
}
