namespace Pgrepl.Startup;

internal static class Program
{
    private static int Main() => 0;
}
