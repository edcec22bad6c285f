using System.Text.RegularExpressions;

namespace Pgrepl.House.Tests;

/// <summary>Who may know whom: Wal and Native on the ground, then Config, Storage, Ipc, Protocol, then Node, Libpq, Processes, then the executables.</summary>
/// <remarks>docs/decisions/0004 says why Protocol is a room of Shared.</remarks>
public sealed partial class FloorsTests
{
    private static readonly string[] Executables = ["Postmaster", "Startup", "WalReceiver", "WalSender", "WalWriter", "Cli"];

    /// <summary>A room may know itself, rooms of its own floor, and every floor below.</summary>
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Wal"] = 0,
        ["Native"] = 0,
        ["Config"] = 1,
        ["Storage"] = 1,
        ["Ipc"] = 1,
        ["Protocol"] = 1,
        ["Node"] = 2,
        ["Libpq"] = 2,
        ["Processes"] = 2,
    };

    private static IEnumerable<string> Rooms => Floors.Keys;

    private static IEnumerable<string> Folders => Rooms.Select(room => $"Shared/{room}").Concat(Executables);

    [Test]
    public void Every_folder_of_Shared_is_on_a_floor() => Assert.That(
        Tree.Sources.Where(path => path.StartsWith("Shared/", StringComparison.Ordinal) && path.Count(c => c == '/') > 1).Select(Room).Distinct(),
        Is.SubsetOf(Rooms));

    [TestCaseSource(nameof(Folders))]
    public void A_room_says_what_it_is_for(string folder)
    {
        string path = Path.Combine(Tree.Root, folder, "README.md");
        Assert.That(path, Does.Exist);
        string text = File.ReadAllText(path);
        foreach (string part in (string[])["Start at", "Always true", "Not here"])
            Assert.That(text, Does.Contain(part).IgnoreCase, path);
    }

    [TestCaseSource(nameof(Rooms))]
    public void A_room_of_Shared_knows_no_room_above_it(string room)
    {
        foreach ((string path, string known) in Knows(room))
            Assert.That(Floors.GetValueOrDefault(known, int.MaxValue), Is.LessThanOrEqualTo(Floors[room]), $"{path} uses {known}");
    }

    [Test]
    public void The_two_rooms_on_the_ground_know_nobody()
    {
        foreach (string room in Rooms.Where(room => Floors[room] == 0))
            Assert.That(Knows(room).Select(use => $"{use.Path} uses {use.Room}"), Is.Empty);
    }

    [Test]
    public void No_two_rooms_of_Shared_know_each_other()
    {
        Dictionary<string, HashSet<string>> open = Rooms.ToDictionary(room => room, room => Knows(room).Select(use => use.Room).ToHashSet());
        while (open.FirstOrDefault(room => room.Value.Count == 0).Key is { } free)
        {
            open.Remove(free);
            foreach (HashSet<string> known in open.Values)
                known.Remove(free);
        }
        Assert.That(open.Select(room => $"{room.Key} → {string.Join(", ", room.Value)}"), Is.Empty, "rooms in a circle");
    }

    [TestCaseSource(nameof(Executables))]
    public void An_executable_references_Shared_alone(string executable)
    {
        string project = Tree.Read($"{executable}/Pgrepl.{executable}.csproj");
        foreach (Match reference in ProjectReference().Matches(project))
            if (!reference.Value.Contains("ReferenceOutputAssembly=\"false\" Private=\"false\"", StringComparison.Ordinal))
                Assert.That(reference.Groups[1].Value, Is.EqualTo("../Shared/Pgrepl.Shared.csproj"));
        string others = string.Join('|', Executables.Where(other => other != executable));
        foreach (string path in Tree.Sources.Where(path => path.StartsWith(executable + "/", StringComparison.Ordinal)))
            Assert.That(Regex.Match(Tree.Code(path), $@"\bPgrepl\.({others})\b").Value, Is.Empty, path);
    }

    [Test]
    public void Wal_references_no_project_and_Shared_references_Wal_alone()
    {
        Assert.That(ProjectReference().Matches(Tree.Read("Shared/Wal/Pgrepl.Wal.csproj")), Is.Empty);
        Assert.That(
            ProjectReference().Matches(Tree.Read("Shared/Pgrepl.Shared.csproj")).Select(reference => reference.Groups[1].Value),
            Is.EqualTo(["Wal/Pgrepl.Wal.csproj"]));
    }

    [Test]
    public void Addresses_and_native_calls_stay_in_Native_and_Libpq()
    {
        foreach (string path in Tree.Sources.Where(path => Room(path) is not ("Native" or "Libpq")))
            Assert.That(NativeWord().Match(Tree.Code(path)).Value, Is.Empty, path);
        foreach (string project in Tree.Projects.Where(project => project != "Shared/Pgrepl.Shared.csproj"))
            Assert.That(Tree.Read(project), Does.Not.Contain("AllowUnsafeBlocks"), project);
    }

    /// <summary>What each file of a room mentions of other rooms; an executable counts as the room of its name.</summary>
    private static IEnumerable<(string Path, string Room)> Knows(string room) =>
        from path in Tree.Sources
        where Room(path) == room
        from Match use in Namespace().Matches(Tree.Code(path))
        let known = use.Groups[1].Value
        where known != room && (Floors.ContainsKey(known) || Executables.Contains(known))
        select (path, known);

    /// <summary>The room of Shared that a file is in, or an empty text.</summary>
    private static string Room(string path) => path.Split('/') is ["Shared", var room, _, ..] ? room : "";

    [GeneratedRegex(@"\b(?:Pgrepl\.Shared|Pgrepl|Shared)\.(\w+)")]
    private static partial Regex Namespace();

    [GeneratedRegex("<ProjectReference Include=\"([^\"]+)\"[^>]*>")]
    private static partial Regex ProjectReference();

    [GeneratedRegex(@"\b(unsafe|DllImport|LibraryImport)\b")]
    private static partial Regex NativeWord();
}
