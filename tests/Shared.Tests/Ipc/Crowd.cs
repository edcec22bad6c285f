namespace Pgrepl.Shared.Tests.Ipc;

/// <summary>Threads that run side by side, started together; what one of them throws, the test throws.</summary>
internal static class Crowd
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    public static void Run(params Action[] bodies)
    {
        List<Exception> failures = [];
        using Barrier start = new(bodies.Length);
        Thread[] threads = [.. bodies.Select(body => new Thread(() =>
        {
            try
            {
                start.SignalAndWait();
                body();
            }
#pragma warning disable CA1031 // whatever it is, it belongs to the test's own thread
            catch (Exception error)
#pragma warning restore CA1031
            {
                lock (failures)
                    failures.Add(error);
            }
        })
        { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        foreach (Thread thread in threads)
            Assert.That(thread.Join(Patience), Is.True, "a thread is stuck");
        if (failures.Count > 0)
            throw new AggregateException(failures);
    }
}
