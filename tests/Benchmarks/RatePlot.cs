using System.Globalization;
using System.Text;

namespace Pgrepl.Benchmarks;

/// <summary>Rates against the number of clients, as an SVG that can be read on light and dark pages.</summary>
internal static class RatePlot
{
    private const int Width = 760, Height = 400, Left = 70, Right = 240, Top = 20, Bottom = 50, Grid = 5;

    private static readonly string[] Colours = ["#d62728", "#1f77b4", "#2ca02c", "#fc9272", "#6baed6", "#98df8a"];

    /// <param name="lines">Each with a rate per number of clients, per second.</param>
    public static string Draw(int[] clients, (string Name, double[] Rates)[] lines)
    {
        double highest = Math.Ceiling(lines.Max(line => line.Rates.Max()) / 5000) * 5000;
        StringBuilder svg = new();
        svg.AppendLine(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"#ffffff\"/>");
        for (int i = 0; i <= Grid; i++)
        {
            double rate = highest * i / Grid;
            svg.AppendLine(CultureInfo.InvariantCulture, $"<path d=\"M{Left} {Y(rate):0.0}H{Width - Right}\" stroke=\"#dddddd\"/><text x=\"{Left - 8}\" y=\"{Y(rate) + 4:0.0}\" text-anchor=\"end\">{rate:0}</text>");
        }
        foreach (int number in clients)
            svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{X(number):0.0}\" y=\"{Height - Bottom + 18}\" text-anchor=\"middle\">{number}</text>");
        svg.AppendLine(CultureInfo.InvariantCulture, $"<text x=\"{(Left + Width - Right) / 2}\" y=\"{Height - 10}\" text-anchor=\"middle\">clients</text><text x=\"{Left}\" y=\"{Top - 6}\" text-anchor=\"middle\">commits/s</text>");
        for (int i = 0; i < lines.Length; i++)
        {
            string colour = Colours[i % Colours.Length], points = string.Join(' ', clients.Select((number, at) => string.Create(CultureInfo.InvariantCulture, $"{X(number):0.0},{Y(lines[i].Rates[at]):0.0}")));
            svg.AppendLine(CultureInfo.InvariantCulture, $"<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
            svg.AppendLine(CultureInfo.InvariantCulture, $"<path d=\"M{Width - Right + 15} {Top + 20 + i * 20}h20\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{Width - Right + 40}\" y=\"{Top + 24 + i * 20}\">{lines[i].Name}</text>");
        }
        return svg.AppendLine("</svg>").ToString();

        double X(int number) => Left + (Width - Left - Right) * Math.Log2(number) / Math.Log2(clients[^1]);
        double Y(double rate) => Height - Bottom - (Height - Bottom - Top) * rate / highest;
    }
}
