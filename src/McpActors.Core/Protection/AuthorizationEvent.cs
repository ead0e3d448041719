namespace McpActors.Core.Protection;

/// <summary>How an executed operation ended.</summary>
public enum OperationOutcome
{
    /// <summary>It did what was approved.</summary>
    Succeeded = 1,

    /// <summary>It did not, and changed nothing or put everything back.</summary>
    Failed = 2,

    /// <summary>Nobody knows. Its targets are frozen until a human has looked.</summary>
    Indeterminate = 3,
}

/// <summary>What happened to authorizations. These records are the journal: extend, never edit. Times never go back, but at <see cref="ClockConfirmed"/>.</summary>
/// <param name="At">When, in UTC, whole microseconds.</param>
public abstract record AuthorizationEvent(DateTimeOffset At)
{
    /// <summary>A policy came into force.</summary>
    /// <param name="Policy">The policy; the journal keeps <see cref="AuthorizationPolicy.Canonical"/>.</param>
    /// <param name="SingleOperator">Whether one person may approve own requests that are not critical.</param>
    /// <param name="By">The executed change_policy, or null for the first policy and for a change of the mode alone.</param>
    public sealed record PolicyAdopted(AuthorizationPolicy Policy, bool SingleOperator, RequestId? By, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A request was filed; the journal keeps <see cref="AuthorizationRequest.Canonical"/>.</summary>
    public sealed record Requested(AuthorizationRequest Request, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A human approved.</summary>
    /// <param name="SelfApproved">True when requester and approver are one person (single operator).</param>
    /// <param name="Digest">The digest that the approver sent back.</param>
    /// <param name="Via">How the approver was signed in; never a secret.</param>
    public sealed record ApprovalGiven(
        RequestId Id, PrincipalId By, bool SelfApproved, Sha256Hash Digest, string Reason, string Via, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>The last needed approval is in.</summary>
    public sealed record Authorized(RequestId Id, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A token was signed; an earlier one of the request is dead.</summary>
    /// <param name="Fingerprint">SHA-256 over the one text that counts.</param>
    public sealed record TokenSealed(RequestId Id, TokenId Token, string KeyId, Sha256Hash Fingerprint, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A human denied.</summary>
    public sealed record Denied(RequestId Id, PrincipalId By, string Reason, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>The requester took it back.</summary>
    public sealed record Cancelled(RequestId Id, PrincipalId By, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>Its time is over.</summary>
    public sealed record Expired(RequestId Id, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>The token was used: the intent, durable before the first effect.</summary>
    public sealed record Consumed(RequestId Id, PrincipalId By, TokenId Token, Sha256Hash Digest, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>The operation ended.</summary>
    /// <param name="Detail">What is known, in words; at most <see cref="AuthorizationDecider.MaxDetail"/> characters.</param>
    public sealed record Completed(RequestId Id, OperationOutcome Outcome, string Detail, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A human looked at the targets of an operation of unknown outcome; they may be changed again.</summary>
    public sealed record Reconciled(RequestId Id, PrincipalId By, string Reason, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>The clock went back by more than two seconds.</summary>
    /// <param name="Shown">What it shows.</param>
    /// <param name="At">The latest time known.</param>
    public sealed record ClockSuspected(DateTimeOffset Shown, DateTimeOffset At) : AuthorizationEvent(At);

    /// <summary>A human confirmed the clock. <see cref="AuthorizationEvent.At"/> is what it shows and may lie before earlier events.</summary>
    public sealed record ClockConfirmed(PrincipalId By, string Reason, DateTimeOffset At) : AuthorizationEvent(At);
}
