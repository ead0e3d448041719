namespace McpActors.Core.Audit;

/// <summary>
/// What the writer of the log remembers between two records; immutable, and small enough for any snapshot
/// (the frontier, one hash, one time).
/// </summary>
/// <param name="Frontier">The tree over all records.</param>
/// <param name="LastLeaf">The leaf hash of the newest record, or null before the first.</param>
/// <param name="LastTime">The time of the newest record in microseconds since 1970-01-01 UTC, or 0.</param>
public sealed record AuditLogState(MerkleFrontier Frontier, MerkleHash? LastLeaf, long LastTime)
{
    /// <summary>A log without records.</summary>
    public static AuditLogState Empty { get; } = new(MerkleFrontier.Empty, null, 0);

    /// <summary>The sequence number of the newest record; 0 before the first.</summary>
    public long Sequence => Frontier.Size;

    /// <summary>
    /// The next record and the state with it. A clock that went back does not turn the order round: the record then
    /// carries the time of the one before it.
    /// </summary>
    /// <param name="entry">What the record tells.</param>
    /// <param name="now">Microseconds since 1970-01-01 UTC.</param>
    /// <param name="completed">Told every node that became complete in the tree, for whoever stores them; the leaf first.</param>
    /// <returns>The record, or the fault of its canonical form; then nothing was appended.</returns>
    /// <exception cref="ArgumentException">The entry or the time is one that no caller may pass; see <see cref="AuditLeaf.Encode"/>.</exception>
    public AuditAppend Append(AuditEntry entry, long now, Action<MerkleNode>? completed = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        var record = new AuditRecord(Sequence + 1, Math.Max(now, LastTime), LastLeaf, entry);
        var payload = AuditLeaf.Encode(record);
        if (!payload.Ok)
        {
            return new AuditAppend(null, payload.Fault);
        }

        var leaf = MerkleTree.LeafHash(payload.Utf8.Span);
        return new AuditAppend(new AppendedRecord(record, payload.Utf8, leaf, Next(leaf, record.Time, completed)), null);
    }

    /// <summary>The state with a stored record, for recovery from the journal.</summary>
    /// <exception cref="InvalidOperationException">The record does not follow this state: the journal was tampered with.</exception>
    public AuditLogState Replay(ReadOnlySpan<byte> payload)
    {
        var header = LeafHeader.Read(payload);
        if (header is null || header.Sequence != Sequence + 1 || header.Previous != LastLeaf || header.Time < LastTime)
        {
            throw new InvalidOperationException(
                $"The journal's record {Sequence + 1} does not follow the one before it. Run 'mcpactors audit verify --full' and restore the database from a backup.");
        }

        return Next(MerkleTree.LeafHash(payload), header.Time, null);
    }

    private AuditLogState Next(MerkleHash leaf, long time, Action<MerkleNode>? completed) => new(Frontier.Append(leaf, completed), leaf, time);
}

/// <summary>A record that was appended, or why it could not be.</summary>
/// <param name="Appended">The record, or null.</param>
/// <param name="Fault">Why there is none, or null.</param>
public sealed record AuditAppend(AppendedRecord? Appended, CanonicalJsonFault? Fault);

/// <summary>A record and what is stored of it.</summary>
/// <param name="Record">The record.</param>
/// <param name="Payload">Its bytes.</param>
/// <param name="Leaf">Its leaf hash.</param>
/// <param name="State">The log with it.</param>
public sealed record AppendedRecord(AuditRecord Record, ReadOnlyMemory<byte> Payload, MerkleHash Leaf, AuditLogState State);
