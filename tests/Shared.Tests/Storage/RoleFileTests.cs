using Pgrepl.Shared.Libpq;
using Pgrepl.Shared.Storage;

namespace Pgrepl.Shared.Tests.Storage;

public sealed class RoleFileTests : WithTestDirectory
{
    [Test]
    public void Roles_are_read_as_they_were_written()
    {
        ScramVerifier verifier = ScramVerifier.TryParse(PgPassword.ToScram("secret", "x"))!;
        Role[] roles = [new("replicator", false, true, verifier), new("an odd, näme", true, false, null), new("both", true, true, verifier), new("plain", false, false, verifier)];
        foreach (Role role in roles)
            RoleFile.Change(Data, all => all.Add(role.Name, role));
        RoleFile file = RoleFile.Read(Data);
        Assert.That(file.Roles.Select(r => r.Name), Is.EqualTo(roles.Select(r => r.Name).Order(StringComparer.Ordinal)));
        foreach (Role role in roles)
        {
            Role found = file.Find(role.Name)!;
            Assert.That((found.Superuser, found.Replication, found.Verifier?.ToText()), Is.EqualTo((role.Superuser, role.Replication, role.Verifier?.ToText())));
        }
        Assert.That(file.Nonce.ToArray(), Is.EqualTo(RoleFile.Read(Data).Nonce.ToArray()), "the nonce stays");
        Assert.That(File.GetUnixFileMode(Data.RoleFile), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
    }

    [Test]
    public void Every_changed_byte_is_found()
    {
        RoleFile.Change(Data, all => all.Add("a", new Role("a", false, true, null)));
        byte[] good = File.ReadAllBytes(Data.RoleFile);
        for (int i = 0; i <= good.Length; i++)
        {
            byte[] bad = i == good.Length ? good[..^1] : [.. good[..i], (byte)(good[i] ^ 1), .. good[(i + 1)..]];
            File.WriteAllBytes(Data.RoleFile, bad);
            Assert.That(Assert.Throws<PgException>(() => RoleFile.Read(Data), $"byte {i}")!.SqlState, Is.EqualTo(SqlStates.DataCorrupted));
        }
    }

    [Test]
    public void Changes_at_once_come_one_after_the_other()
    {
        Parallel.For(0, 16, i => RoleFile.Change(Data, all => all.Add($"r{i}", new Role($"r{i}", false, false, null))));
        Assert.That(RoleFile.Read(Data).Roles, Has.Count.EqualTo(16));
    }

    [TestCase("", SqlStates.InvalidName)]
    [TestCase("two\nlines", SqlStates.InvalidName)]
    [TestCase("pg_monitor", SqlStates.ReservedName)]
    [TestCase("public", SqlStates.ReservedName)]
    [TestCase("a234567890b234567890c234567890d234567890e234567890f234567890g234", SqlStates.NameTooLong)]
    public void A_name_that_is_none_is_refused(string name, string sqlState) =>
        Assert.That(Assert.Throws<PgException>(() => Role.CheckName(name))!.SqlState, Is.EqualTo(sqlState));

    [TestCase("md5c61daba5ec56bbd4a4a15aa0e9b8ad1e")]
    [TestCase("SCRAM-SHA-256$4096:c2FsdA==$AAAA:AAAA")]
    [TestCase("SCRAM-SHA-256$0:c2FsdA==$pTyu2Bwdc9ZLnjh+VjrSD1HcAF29Iv5nvGrp5AxF7Zo=:pTyu2Bwdc9ZLnjh+VjrSD1HcAF29Iv5nvGrp5AxF7Zo=")]
    [TestCase("SCRAM-SHA-256$4096$c2FsdA==:pTyu2Bwdc9ZLnjh+VjrSD1HcAF29Iv5nvGrp5AxF7Zo=:pTyu2Bwdc9ZLnjh+VjrSD1HcAF29Iv5nvGrp5AxF7Zo=")]
    public void What_is_no_verifier_is_none(string text) => Assert.That(ScramVerifier.TryParse(text), Is.Null);
}
