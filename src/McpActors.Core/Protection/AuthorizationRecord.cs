using System.Collections.Immutable;
using System.Text.Json;

namespace McpActors.Core.Protection;

/// <summary>Where a request stands.</summary>
public enum AuthorizationPhase
{
    /// <summary>Waits for approvals.</summary>
    Pending = 1,

    /// <summary>Has its approvals; its token can be used once.</summary>
    Approved = 2,

    /// <summary>Is being executed.</summary>
    Consumed = 3,

    /// <summary>Final: executed.</summary>
    Succeeded = 4,

    /// <summary>Final: executed without success.</summary>
    Failed = 5,

    /// <summary>Final: executed, with unknown outcome.</summary>
    Indeterminate = 6,

    /// <summary>Final: a human said no.</summary>
    Denied = 7,

    /// <summary>Final: nobody acted in time.</summary>
    Expired = 8,

    /// <summary>Final: taken back.</summary>
    Cancelled = 9,
}

/// <summary>Questions about a phase.</summary>
public static class AuthorizationPhases
{
    /// <summary>True while it can still be approved, denied, cancelled or used.</summary>
    public static bool IsOpen(this AuthorizationPhase phase) => phase is AuthorizationPhase.Pending or AuthorizationPhase.Approved;

    /// <summary>True when nothing changes it any more.</summary>
    public static bool IsFinal(this AuthorizationPhase phase) => phase > AuthorizationPhase.Consumed;
}

/// <summary>One human's approval.</summary>
public sealed record Approval(PrincipalId By, bool SelfApproved, string Reason, string Via, DateTimeOffset At);

/// <summary>The token that counts.</summary>
/// <param name="Count">How many were signed for this approval, this one included; 1 or more.</param>
public sealed record TokenSeal(TokenId Token, string KeyId, Sha256Hash Fingerprint, int Count);

/// <summary>A request and what became of it.</summary>
/// <param name="Detail">Why it was denied, or what is known of its outcome; empty otherwise.</param>
/// <param name="ChangedAt">When it came into this phase.</param>
public sealed record AuthorizationRecord(
    AuthorizationRequest Request,
    AuthorizationPhase Phase,
    ImmutableArray<Approval> Approvals,
    TokenSeal? Seal,
    string Detail,
    DateTimeOffset ChangedAt)
{
    /// <summary>
    /// How many of the approvals count with the principals as they stand now: of distinct humans who may still approve,
    /// not the requester's own but with a single operator for what is not critical.
    /// </summary>
    public int CountingApprovals(PrincipalDirectory directory, bool singleOperator)
    {
        ArgumentNullException.ThrowIfNull(directory);
        return Approvals
            .Where(a => directory.Find(a.By) is { MayApprove: true }
                && (a.By != Request.Requester || (singleOperator && a.SelfApproved && !Request.Tier.IsCritical())))
            .Select(a => a.By)
            .Distinct()
            .Count();
    }

    /// <summary>True while this is the execution of a change to exactly that policy.</summary>
    internal bool Authorizes(AuthorizationPolicy policy) =>
        Phase is AuthorizationPhase.Consumed && Request.Operation == Operations.ChangePolicy
        && Request.Parameters.Member("hash") is { ValueKind: JsonValueKind.String } hash && hash.GetString() == policy.Revision.Hash.Value;
}

/// <summary>How often a thing was denied, and when last.</summary>
public sealed record DenialMemory(int Count, DateTimeOffset Last);
