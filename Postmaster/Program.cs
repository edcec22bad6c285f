namespace Pgrepl.Postmaster;

internal static class Program
{
    private static int Main() => 0;
}
