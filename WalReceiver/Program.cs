namespace Pgrepl.WalReceiver;

internal static class Program
{
    private static int Main() => 0;
}
