using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <summary>
/// What can be asked of the guardian. Whatever a command needs to know of the world travels in it: the principals as they
/// stand now, the targets as they are now, fresh random ids.
/// </summary>
public abstract record AuthorizationCommand
{
    private AuthorizationCommand()
    {
    }

    /// <summary>Put a policy in force.</summary>
    /// <param name="Policy">The policy as read.</param>
    /// <param name="SingleOperator">The node's mode.</param>
    /// <param name="By">
    /// The request for <see cref="Operations.ChangePolicy"/> that is being executed. It is needed for any other policy than
    /// the first, and its parameter <c>hash</c> is the new policy's <see cref="PolicyRevision.Hash"/>.
    /// </param>
    public sealed record AdoptPolicy(AuthorizationPolicy Policy, bool SingleOperator, RequestId? By) : AuthorizationCommand;

    /// <summary>File a request.</summary>
    /// <param name="Id">A fresh random id.</param>
    /// <param name="Nonce">A fresh random nonce.</param>
    /// <param name="Draft">What the requester says.</param>
    /// <param name="Targets">Everything that the draft's target stands for, as it is now (<see cref="TargetSelector.Expand"/>).</param>
    /// <param name="Factors">What the node found out about the risk.</param>
    public sealed record Submit(
        RequestId Id, RequestNonce Nonce, PrincipalId By, PrincipalDirectory Directory,
        RequestDraft Draft, ImmutableArray<TargetState> Targets, ImmutableArray<RiskFactor> Factors) : AuthorizationCommand;

    /// <summary>Approve a request.</summary>
    /// <param name="Digest">The digest of what the approver saw.</param>
    /// <param name="Via">How the approver is signed in, such as <c>session</c> or <c>api_key</c>: at most 64 of <c>a-z 0-9 _</c>. It does not make a second person.</param>
    /// <param name="SteppedUp">True when the approver proved the credential again for this very approval.</param>
    public sealed record Approve(
        RequestId Id, PrincipalId By, PrincipalDirectory Directory,
        Sha256Hash Digest, string Reason, string Via, bool SteppedUp) : AuthorizationCommand;

    /// <summary>Deny a request, also an approved one that was not used yet.</summary>
    public sealed record Deny(RequestId Id, PrincipalId By, PrincipalDirectory Directory, string Reason) : AuthorizationCommand;

    /// <summary>Take an own request back.</summary>
    public sealed record Cancel(RequestId Id, PrincipalId By, PrincipalDirectory Directory) : AuthorizationCommand;

    /// <summary>Let a signed token of an approved request count, and any earlier one of it no longer.</summary>
    /// <param name="By">The requester, or an approver of this request.</param>
    public sealed record Seal(RequestId Id, PrincipalId By, PrincipalDirectory Directory, SignedToken Token) : AuthorizationCommand;

    /// <summary>Use a token.</summary>
    /// <param name="Id">The request that is to be executed.</param>
    /// <param name="Token">What the verifier says of the token.</param>
    /// <param name="Current">The request's targets as they are now.</param>
    public sealed record Consume(
        RequestId Id, PrincipalId By, PrincipalDirectory Directory,
        TokenCheck Token, ImmutableArray<TargetState> Current) : AuthorizationCommand;

    /// <summary>An executed operation ended.</summary>
    public sealed record Complete(RequestId Id, OperationOutcome Outcome, string Detail) : AuthorizationCommand;

    /// <summary>The guardian came back: what was being executed and runs nowhere any more has an unknown outcome.</summary>
    public sealed record Recover(ImmutableHashSet<RequestId> StillRunning) : AuthorizationCommand;

    /// <summary>A human looked at the targets of an operation of unknown outcome.</summary>
    public sealed record Reconcile(RequestId Id, PrincipalId By, PrincipalDirectory Directory, string Reason) : AuthorizationCommand;

    /// <summary>A human confirms that the clock, which went back, is right now. Every open request expires by it.</summary>
    public sealed record ConfirmClock(PrincipalId By, PrincipalDirectory Directory, string Reason) : AuthorizationCommand;

    /// <summary>Time passed: expire what is due.</summary>
    public sealed record Tick : AuthorizationCommand;
}
