using System.Runtime.InteropServices;

namespace Pgrepl.Wal;

/// <summary>A message of the shared invalidation queue. Which of the fields count depends on <see cref="Kind"/>.</summary>
/// <param name="Head">The kind in the low byte; the rest is padding, or the high part of a backend id.</param>
/// <param name="Database">dbId; of smgr the tablespace.</param>
/// <param name="Object">catId, relId, a hash value; of smgr the database.</param>
/// <param name="Last">Of smgr the relation.</param>
/// <remarks>Source of truth: SharedInvalidationMessage, PostgreSQL 15, src/include/storage/sinval.h: a union of 16 bytes.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly record struct InvalidationMessage(uint Head, uint Database, uint Object, uint Last)
{
    /// <summary>SHAREDINVAL*_ID; from 0 on the number of a catalogue cache.</summary>
    public const sbyte Catalog = -1, Relcache = -2, Smgr = -3, RelationMap = -4, Snapshot = -5;

    public sbyte Kind => (sbyte)Head;
}
