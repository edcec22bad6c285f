using System.Diagnostics;
using Pgrepl.Shared.Ipc;
using Pgrepl.Shared.Native;
using Pgrepl.Shared.Processes;

namespace Pgrepl.Benchmarks;

/// <summary>Two sides of a latch, each in its wait when the other wakes it. Two threads stand for two processes: the latch's memory and its eventfd are shared in the same way.</summary>
internal static class WakeUps
{
    private const int Turns = 20_001;

    /// <param name="busyPoll">Microseconds that a wait looks before it sleeps.</param>
    /// <param name="add">Each median of a fifth of all: microseconds from the setter's look at the clock to the waiter's.</param>
    public static void Measure(int busyPoll, Action<double> add)
    {
        SharedSegment segment = SharedSegment.Create(processSlots: 4, walBufferPages: 8, generation: 1);
        int[] events = [Descriptors.CreateEvent(), Descriptors.CreateEvent()];
        Latch[] latches = [new(segment.Slots[0], events[0]), new(segment.Slots[1], events[1])];
        long turn = 0, setAt = 0;
        double[] found = new double[Turns];
        Thread other = new(() => Side(1));
        other.Start();
        Side(0);
        other.Join();
        foreach (double[] part in found.Skip(1).Chunk((Turns - 1) / 5))
            add(part.Order().ElementAt(part.Length / 2));
        Array.ForEach(events, Descriptors.Close);
        Descriptors.Close(segment.Memory.Descriptor);

        void Side(int mine)
        {
            EventLoop loop = new(segment, latches[mine], -1) { BusyPollMicroseconds = busyPoll };
            for (int i = mine; i < Turns; i += 2)
            {
                while (true)
                {
                    latches[mine].Reset();
                    if (Volatile.Read(ref turn) == i)
                        break;
                    loop.Wait(1000);
                }
                found[i] = Stopwatch.GetElapsedTime(Volatile.Read(ref setAt)).TotalMicroseconds;
                Thread.SpinWait(2000); // until the other waits
                Volatile.Write(ref setAt, Stopwatch.GetTimestamp());
                Volatile.Write(ref turn, i + 1);
                latches[1 - mine].Set();
            }
        }
    }
}
