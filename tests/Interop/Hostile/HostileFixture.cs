namespace Pgrepl.Interop.Tests.Hostile;

/// <summary>One node for all attacks of a fixture; at the end it must be as healthy as before.</summary>
public abstract class HostileFixture(params string[] settings)
{
    private HostileNode _hostile = null!;

    internal HostileNode Hostile => _hostile;

    [OneTimeSetUp]
    public void Start() => _hostile = new HostileNode(settings);

    [OneTimeTearDown]
    public void Stop()
    {
        try
        {
            _hostile.AssertHealthy();
        }
        finally
        {
            _hostile.Dispose();
        }
    }
}
