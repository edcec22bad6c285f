namespace Pgrepl.Benchmarks;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [var name, ..] || Environment.GetEnvironmentVariable("PGREPL_BIN") is not { Length: > 0 })
        {
            Console.Error.WriteLine("usage: PGREPL_BIN=FOLDER-OF-THE-PUBLISHED-BUILD dotnet run --project tests/Benchmarks -c Release -- receive|send|commit|emit|node|judge [AMOUNT [ROUNDS]]");
            return 2;
        }
        TestNode.HaveCrashPoints = false;
        double Number(int index, double otherwise) => arguments.Length > index ? double.Parse(arguments[index], System.Globalization.CultureInfo.InvariantCulture) : otherwise;
        switch (name)
        {
            case "receive":
                ReceiveBenchmark.Run(Number(1, 4), (int)Number(2, 3));
                return 0;
            case "send":
                SendBenchmark.Run(Number(1, 4), (int)Number(2, 3));
                return 0;
            case "commit":
                CommitBenchmark.Run((int)Number(1, 20), (int)Number(2, 3));
                return 0;
            case "emit":
                EmitBenchmark.Run(Number(1, 1), (int)Number(2, 25), arguments.ElementAtOrDefault(3));
                return 0;
            case "node":
                NodeBenchmark.Run((int)Number(1, 20));
                return 0;
            case "judge":
                JudgeBenchmark.Run(Number(1, 0.3), (int)Number(2, 5));
                return 0;
            case "waldump":
                WaldumpBenchmark.Run(Number(1, 2), (int)Number(2, 3));
                return 0;
            default:
                Console.Error.WriteLine($"no benchmark \"{name}\"");
                return 2;
        }
    }
}
