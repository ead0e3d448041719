using System.Collections.Immutable;

namespace McpActors.Core.Audit;

/// <summary>Who did it.</summary>
/// <param name="Kind">What kind of principal it is.</param>
/// <param name="Id">Its id; for somebody unauthenticated, whatever is known (an address), never what he claimed to be.</param>
public sealed record AuditActor(AuditActorKind Kind, string Id);

/// <summary>Kinds of principals.</summary>
public enum AuditActorKind
{
    /// <summary>Nobody who proved who he is.</summary>
    Anonymous,

    /// <summary>A person.</summary>
    Human,

    /// <summary>A service account.</summary>
    Service,

    /// <summary>The node itself, under a standing policy.</summary>
    System,
}

/// <summary>What was acted upon.</summary>
/// <param name="Kind">Such as <c>server</c> or <c>file</c>.</param>
/// <param name="Id">Its name, as the caller wrote it.</param>
/// <param name="Uid">Which instance of that name, or null.</param>
public sealed record AuditTarget(string Kind, string Id, string? Uid = null);

/// <summary>One decision of an approver.</summary>
/// <param name="Approver">The principal's id.</param>
/// <param name="Time">When, in microseconds since 1970-01-01 UTC.</param>
/// <param name="Granted">True for an approval, false for a denial.</param>
/// <param name="SelfApproved">True where the requester approved it himself, in single-operator mode.</param>
/// <param name="Reason">His words, or null.</param>
public sealed record AuditApproval(string Approver, long Time, bool Granted, bool SelfApproved = false, string? Reason = null);

/// <summary>What went wrong, or why it was refused.</summary>
/// <param name="Code">The reason code, such as <c>no_token</c>; it goes here and never to the caller.</param>
/// <param name="Message">More about it, scrubbed of secrets, or null.</param>
public sealed record AuditError(string Code, string? Message = null);

/// <summary>Whether and how a mutation can be, or was, taken back.</summary>
public sealed record AuditRollback(AuditRollbackState State, string? Reference = null);

/// <summary>States of a rollback.</summary>
public enum AuditRollbackState
{
    /// <summary>It can be taken back; the reference names the backup.</summary>
    Available,

    /// <summary>There is no way back.</summary>
    Impossible,

    /// <summary>It was taken back.</summary>
    Done,

    /// <summary>Taking it back was tried and failed.</summary>
    Failed,
}

/// <summary>How an attempt stands with this record.</summary>
public enum AuditOutcome
{
    /// <summary>Something was noticed or recorded; nobody asked for anything (a state change, a restart by policy).</summary>
    Observed,

    /// <summary>Filed, approved or begun: another record follows.</summary>
    Pending,

    /// <summary>Done.</summary>
    Succeeded,

    /// <summary>Tried, and it did not work.</summary>
    Failed,

    /// <summary>Not allowed, malformed or unauthenticated: nothing happened.</summary>
    Refused,

    /// <summary>An approver said no.</summary>
    Denied,

    /// <summary>The time for it passed.</summary>
    Expired,

    /// <summary>Its requester took it back.</summary>
    Cancelled,

    /// <summary>Begun, and nobody knows how it ended.</summary>
    Indeterminate,
}

/// <summary>What a record tells, before it has a place in the log. Nothing in it is a secret: see <see cref="SecretHasher.Protect"/>.</summary>
/// <param name="Event">What happened: a word of up to 64 lower-case letters, digits, dots and underscores.</param>
/// <param name="Outcome">How it stands.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Node">Where it was recorded.</param>
public sealed record AuditEntry(string Event, AuditOutcome Outcome, AuditActor Actor, string Node)
{
    /// <summary>The id of the authorization request, or null.</summary>
    public string? Request { get; init; }

    /// <summary>The operation as the caller named it, known or not; null where there is none.</summary>
    public string? Operation { get; init; }

    /// <summary>What it was aimed at, or null.</summary>
    public AuditTarget? Target { get; init; }

    /// <summary>Its parameters with every secret replaced by a keyed hash, or null.</summary>
    public AuditParameters? Parameters { get; init; }

    /// <summary>The digest of the request, lower-case hex, or null.</summary>
    public string? Digest { get; init; }

    /// <summary>The requester's words, raw, or null. Shown only through <see cref="AuditText.OneLine"/>.</summary>
    public string? Reason { get; init; }

    /// <summary>The decisions so far, in their order; at most 64.</summary>
    public ImmutableArray<AuditApproval> Approvals { get; init; } = [];

    /// <summary>The id of the token (its <c>jti</c>, never the token), or null.</summary>
    public string? TokenId { get; init; }

    /// <summary>What went wrong, or null.</summary>
    public AuditError? Error { get; init; }

    /// <summary>How long it took, in microseconds, or null.</summary>
    public long? Duration { get; init; }

    /// <summary>Whether it can be or was taken back, or null.</summary>
    public AuditRollback? Rollback { get; init; }

    /// <summary>The revision of the policy that applied, from 0, or null where none did.</summary>
    public long? PolicyRevision { get; init; }

    /// <inheritdoc/>
    public bool Equals(AuditEntry? other) =>
        other is not null && Event == other.Event && Outcome == other.Outcome && Actor == other.Actor && Node == other.Node
        && Request == other.Request && Operation == other.Operation && Target == other.Target && Equals(Parameters, other.Parameters)
        && Digest == other.Digest && Reason == other.Reason && Approvals.AsSpan().SequenceEqual(other.Approvals.AsSpan())
        && TokenId == other.TokenId && Error == other.Error && Duration == other.Duration && Rollback == other.Rollback
        && PolicyRevision == other.PolicyRevision;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Event, Outcome, Actor, Node, Request, Operation, Target, TokenId);
}

/// <summary>One record of the audit log.</summary>
/// <param name="Sequence">Its place, from 1; its leaf in the Merkle tree is the one with index Sequence - 1.</param>
/// <param name="Time">Microseconds since 1970-01-01 UTC; never less than that of the record before it.</param>
/// <param name="Previous">
/// The leaf hash of the record before it, null for the first. The tree proves that a log is whole; this link is what
/// lets the verifier say which record is bad without a checkpoint after every one.
/// </param>
/// <param name="Entry">What it tells.</param>
public sealed record AuditRecord(long Sequence, long Time, MerkleHash? Previous, AuditEntry Entry)
{
    /// <summary>Numbers up to here survive JSON exactly (RFC 8785 writes doubles): 2^53 - 1.</summary>
    public const long MaxNumber = (1L << 53) - 1;
}
