namespace McpActors.Core.Audit;

/// <summary>
/// What happened to a log. Which one is told of what is stored stands in docs/audit-log.md as a table.
/// </summary>
public enum LogFaultKind
{
    /// <summary>The record at this place is not the one that was written there.</summary>
    Edit,

    /// <summary>The record of this place is gone, later ones are there.</summary>
    Delete,

    /// <summary>A record stands here that was never written.</summary>
    Insert,

    /// <summary>The record of this place is there, but later.</summary>
    Reorder,

    /// <summary>The last records are gone, and the database itself still knows of them.</summary>
    Truncate,

    /// <summary>The log's own key signed two histories: one that the records contradict and one that they match, or two for one size.</summary>
    Fork,

    /// <summary>The whole database is older than a checkpoint kept outside of it: an old copy was put back.</summary>
    Rollback,

    /// <summary>The record is good; its searchable row is wrong, missing or belongs to no record.</summary>
    Projection,
}

/// <summary>A fault of a log and where it begins.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Sequence">The first bad sequence number.</param>
/// <param name="Last">
/// The last one that may be bad for the same reason: the same number where the place is known, the end of the range
/// where only two checkpoints enclose it, the last missing record where several are gone.
/// </param>
/// <param name="Detail">A sentence for people: what was seen, and what to do.</param>
public sealed record LogFinding(LogFaultKind Kind, long Sequence, long Last, string Detail);

/// <summary>One row of the log as the database has it; what the database lacks is null.</summary>
/// <param name="Sequence">The stored sequence number.</param>
/// <param name="Payload">The stored bytes; null where only a leaf hash or a searchable row is left, and in a quick check.</param>
/// <param name="Leaf">The stored leaf hash.</param>
/// <param name="Projection">The searchable row of that number.</param>
public sealed record StoredRecord(long Sequence, ReadOnlyMemory<byte>? Payload, MerkleHash? Leaf, ProjectionRow? Projection);

/// <summary>A checkpoint whose signature was verified (<see cref="CheckpointReader"/>), and where it was kept.</summary>
/// <param name="Checkpoint">What was signed.</param>
/// <param name="Place">A name for people, such as <c>anchors file</c>.</param>
/// <param name="InDatabase">True when it lies in the database that is verified, and so goes back in time together with it.</param>
public sealed record AnchoredCheckpoint(Checkpoint Checkpoint, string Place, bool InDatabase);

/// <summary>How much is read.</summary>
public enum LogCheck
{
    /// <summary>Stored leaf hashes against the checkpoints. Finds gaps, a log that is cut or old, changed leaf hashes; no edited payload, no wrong row.</summary>
    Quick,

    /// <summary>Every byte of every payload, every leaf hash, every searchable row.</summary>
    Full,
}

/// <summary>What became of a check.</summary>
public enum LogStatus
{
    /// <summary>Everything fits, up to the newest checkpoint.</summary>
    Intact,

    /// <summary>The records fit each other, but there was no checkpoint to hold them against: that proves nothing.</summary>
    Unproven,

    /// <summary>There is a finding.</summary>
    Tampered,
}

/// <summary>What became of a check.</summary>
/// <param name="Size">Records that were read up to the first fault of the records, with those before the start of a resumed check.</param>
/// <param name="Root">The root over them: of the payloads (full) or the stored leaf hashes (quick).</param>
/// <param name="TrustedThrough">The records 1 to this one are those that were signed; 0 when no checkpoint fitted.</param>
/// <param name="NewestCheckpoint">The size in the newest checkpoint, or null without any.</param>
/// <param name="Records">The first fault of the records, or null.</param>
/// <param name="Projection">The first fault of the searchable rows before that, or null.</param>
public sealed record LogVerdict(
    long Size,
    MerkleHash Root,
    long TrustedThrough,
    long? NewestCheckpoint,
    LogFinding? Records,
    LogFinding? Projection)
{
    /// <summary>The fault with the lowest sequence number; that of the record where both stand at the same one.</summary>
    public LogFinding? First => Projection is null || (Records is not null && Records.Sequence <= Projection.Sequence) ? Records : Projection;

    /// <summary>The outcome in one word.</summary>
    public LogStatus Status => First is not null ? LogStatus.Tampered : NewestCheckpoint is null ? LogStatus.Unproven : LogStatus.Intact;

    /// <summary>Records that no fitting checkpoint reaches, so that only their links speak for them.</summary>
    public long Unanchored => Math.Max(0, Size - TrustedThrough);
}
