namespace Pgrepl.Interop.Tests.WalDump;

/// <summary>One run of the workload for all tests of this namespace, made when the first one asks.</summary>
[SetUpFixture]
public sealed class SharedWorkload
{
    private static readonly Lazy<EveryRecord> Made = new(() => EveryRecord.Run(15));

    internal static EveryRecord EveryRecord => Made.Value;

    [OneTimeTearDown]
    public void Remove()
    {
        if (Made.IsValueCreated)
            Made.Value.Dispose();
    }
}
