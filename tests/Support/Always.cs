using FsCheck;
using FsCheck.Fluent;

namespace Pgrepl.TestSupport;

/// <summary>What holds for every value: FsCheck makes values up, shrinks the one that breaks it, and repeats a run by its seed.</summary>
public static class Always
{
    private const int Values = 200;

    /// <summary>Checks it for some hundred values of T. PGREPL_TEST_SEED repeats a run.</summary>
    public static void Holds<T>(Func<T, bool> property) => Holds(ArbMap.Default.ArbFor<T>(), property);

    /// <summary>Checks it for some hundred of the values given.</summary>
    public static void Holds<T>(Arbitrary<T> values, Func<T, bool> property)
    {
        ulong seed = (ulong)Seed.New().NextInt64();
        Prop.ForAll(values, property).Check(Config.QuickThrowOnFailure.WithMaxTest(Values).WithReplay(seed, gamma: 1));
    }

    /// <summary>Texts of any characters, NUL and lone surrogates excepted: what UTF-8 and C strings can carry.</summary>
    public static Arbitrary<string> Texts { get; } = ArbMap.Default.ArbFor<string>().Convert(
        text => new string([.. (text ?? "").Where(c => c != '\0' && !char.IsSurrogate(c))]), text => text);
}
