using System.Diagnostics;
using System.Globalization;

namespace Pgrepl.TestSupport;

/// <summary>Runs a reader over mutated inputs: it ends in time, within a bound of memory, and throws nothing but what it says it throws.</summary>
/// <remarks>Every round has a generator of its own out of seed and number, so a failure comes back with the seed alone, however fast the machine is.
/// PGREPL_TEST_SEED repeats a run, PGREPL_FUZZ_SECONDS lengthens each target.</remarks>
public sealed class Fuzz(string name, params IReadOnlyList<byte[]> corpus)
{
    /// <summary>Longest time one input may take; a machine under load is slow, a hang is for ever.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(10);

    private static readonly double Seconds =
        Environment.GetEnvironmentVariable("PGREPL_FUZZ_SECONDS") is { Length: > 0 } given ? double.Parse(given, CultureInfo.InvariantCulture) : 0.4;

    /// <summary>At least so many rounds, however slow the machine.</summary>
    private const int FewestRounds = 300;

    private int _round;
    private long _roundStarted;
    private byte[] _input = [];
    private string? _failure;

    /// <summary>Bytes that may be allocated for one input of no length: buffers, the error and its stack trace.</summary>
    public int BaseAllocation { get; init; } = 256 * 1024;

    /// <summary>Bytes that may be allocated for each byte of input.</summary>
    public int AllocationPerByte { get; init; } = 64;

    /// <summary>Makes checksums good again, for the checks behind them; it sees every other input.</summary>
    public Func<byte[], byte[]>? Repair { get; init; }

    /// <summary>Runs for the time set, at least <see cref="FewestRounds"/> inputs.</summary>
    /// <param name="declared">The errors that the reader says it throws.</param>
    /// <param name="read">The reader under test.</param>
    public void Run(Action<byte[]> read, params IReadOnlyList<Type> declared)
    {
        foreach (byte[] item in corpus)
            Assert.That(() => read(item), Throws.Nothing, $"{name}: what is valid is taken: {Convert.ToHexString(item.AsSpan(0, Math.Min(item.Length, 200)))}");
        int seed = Seed.New().Next();
        _roundStarted = Stopwatch.GetTimestamp();
        Thread worker = new(() => Work(read, declared, seed), maxStackSize: 8 << 20) { IsBackground = true }; // as much stack as a process has
        worker.Start();
        while (!worker.Join(50))
        {
            int round = _round;
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _roundStarted)) > Deadline && round == _round)
                Assert.Fail($"{name}: round {round} does not end: {Describe(_input)}");
        }
        TestContext.Out.WriteLine($"{name}: {_round} inputs");
        if (_failure is not null)
            Assert.Fail($"{name}: round {_round}: {_failure}\n{Describe(_input)}");
    }

    private void Work(Action<byte[]> read, IReadOnlyList<Type> declared, int seed)
    {
        Mutator mutator = new(corpus);
        long end = Stopwatch.GetTimestamp() + (long)(Seconds * Stopwatch.Frequency);
        for (; _round < FewestRounds || Stopwatch.GetTimestamp() < end; _round++)
        {
            _input = mutator.Next(new Random(unchecked(seed + _round)));
            if (Repair is not null && _round % 2 == 0)
                _input = Repair(_input);
            Volatile.Write(ref _roundStarted, Stopwatch.GetTimestamp());
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                read(_input);
            }
            catch (Exception error) when (declared.Contains(error.GetType()))
            {
                // refused, in words of its own
            }
            catch (Exception error)
            {
                _failure = error.ToString();
                return;
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before, limit = BaseAllocation + (long)AllocationPerByte * _input.Length;
            if (allocated <= limit)
                continue;
            _failure = $"{allocated} bytes were allocated for an input of {_input.Length}, {limit} are the limit";
            return;
        }
    }

    private static string Describe(byte[] input) =>
        $"{Convert.ToHexString(input.AsSpan(0, Math.Min(input.Length, 20_000)))}\n{System.Text.Encoding.Latin1.GetString(input.AsSpan(0, Math.Min(input.Length, 2000)))}";
}
