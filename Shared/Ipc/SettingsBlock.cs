using Pgrepl.Shared.Native;

namespace Pgrepl.Shared.Ipc;

/// <summary>The accepted configuration: the postmaster parses and writes, children read when the generation has moved.</summary>
public sealed class SettingsBlock
{
    /// <summary>Bytes; a configuration beyond it is refused by the postmaster.</summary>
    public const int SettingsSize = 64 * 1024;

    public const int HbaSize = 256 * 1024;
    public const int IdentSize = 128 * 1024;

    internal SettingsBlock(SharedMemory memory, SegmentLayout layout)
    {
        layout.NewCacheLine();
        Generation = new(memory, layout.Int32("settings.generation"));
        Settings = new(memory, layout.Bytes("settings.values", SharedText.Reserve(SettingsSize)), SettingsSize);
        Hba = new(memory, layout.Bytes("settings.hba", SharedText.Reserve(HbaSize)), HbaSize);
        Ident = new(memory, layout.Bytes("settings.ident", SharedText.Reserve(IdentSize)), IdentSize);
    }

    /// <summary>Moves after all three texts are written.</summary>
    public SharedInt32 Generation { get; }

    /// <summary>SettingValues.Serialize().</summary>
    public SharedText Settings { get; }

    /// <summary>HbaFile.ToText() of pg_hba.conf and what it includes, as accepted.</summary>
    public SharedText Hba { get; }

    /// <summary>IdentMap.ToText(), likewise.</summary>
    public SharedText Ident { get; }
}
