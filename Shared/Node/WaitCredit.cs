namespace Pgrepl.Shared.Node;

/// <summary>Whether a short wait is worth while, by what earlier ones have found. Where they are mostly in vain, one now and then still tells whether that has changed.</summary>
/// <param name="found">Credit that a wait brings which found something.</param>
/// <param name="lost">Credit that one in vain costs: the rarer finds may be and still pay, the less.</param>
public sealed class WaitCredit(int found, int lost)
{
    private const int Most = 8;
    private const int AnywayEvery = 32;

    private int _credit = Most;
    private int _leftOut;

    /// <summary>Asked once before each wait.</summary>
    public bool IsWorthWhile() => _credit > 0 || ++_leftOut % AnywayEvery == 0;

    /// <summary>Not worth while for now.</summary>
    public void Forfeit() => _credit = 0;

    /// <summary>Told behind each wait.</summary>
    public void Ended(bool hasFound) => _credit = Math.Clamp(_credit + (hasFound ? found : -lost), 0, Most);
}
