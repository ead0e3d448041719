using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <content>Using a token.</content>
public static partial class AuthorizationDecider
{
    private static Decision Consume(AuthorizationState state, AuthorizationPolicy policy, AuthorizationCommand.Consume c, DateTimeOffset at)
    {
        if (Barred(c.Directory.Find(c.By), human: false, p => p.MayRequest) is { } barred)
        {
            return No(barred);
        }

        // The token comes before the request, so that nobody without a good token learns which requests there are.
        if (c.Token is not TokenCheck.Valid token)
        {
            return No(Refusals.Token(c.Token is TokenCheck.Refused refused ? refused.Fault : TokenFault.Missing));
        }

        if (token.Claims.Holder != c.By)
        {
            return No(Refusals.HolderMismatch);
        }

        if (token.Claims.Request != c.Id)
        {
            return No(Refusals.OtherRequest);
        }

        if (state.Requests.GetValueOrDefault(c.Id) is not { } record)
        {
            return No(Refusals.UnknownRequest);
        }

        var refusal = Unusable(record, token, c.By, at)
            ?? Withdrawn(state, policy, record, c.Directory)
            ?? Moved(state, record.Request, c.Current);
        return refusal is null
            ? Done(new AuthorizationEvent.Consumed(c.Id, c.By, token.Claims.Id, record.Request.Digest, at))
            : No(refusal);
    }

    /// <summary>Is it this request's one token, and can the request be used?</summary>
    private static Refusal? Unusable(AuthorizationRecord record, TokenCheck.Valid token, PrincipalId by, DateTimeOffset at) =>
        record.Request.Requester != by ? Refusals.HolderMismatch
        : token.Claims.Digest != record.Request.Digest ? Refusals.TokenDigest
        : record.Phase switch
        {
            AuthorizationPhase.Approved => token.Claims.ExpiresAt <= at ? Refusals.TokenExpired
                : record.Seal is { } seal && seal.Fingerprint == token.Fingerprint && seal.Token == token.Claims.Id && seal.KeyId == token.KeyId ? null
                : Refusals.TokenSuperseded,
            AuthorizationPhase.Pending => Refusals.NotApproved,
            AuthorizationPhase.Denied => Refusals.TokenDenied,
            AuthorizationPhase.Expired => Refusals.TokenExpired,
            AuthorizationPhase.Cancelled => Refusals.TokenCancelled,
            _ => Refusals.AlreadyConsumed,
        };

    /// <summary>Does the consent still stand?</summary>
    private static Refusal? Withdrawn(AuthorizationState state, AuthorizationPolicy policy, AuthorizationRecord record, PrincipalDirectory directory) =>
        record.Request.Policy != policy.Revision ? Refusals.PolicyChanged
        : policy.For(record.Request.Operation) is not PolicyVerdict.NeedsApproval needs || needs.Tier != record.Request.Tier ? Refusals.PolicyChanged
        : record.CountingApprovals(directory, state.SingleOperator) < record.Request.RequiredApprovals ? Refusals.ApprovalLost
        : null;

    /// <summary>Is there still what was approved to be changed, and does nothing else touch it?</summary>
    private static Refusal? Moved(AuthorizationState state, AuthorizationRequest request, ImmutableArray<TargetState> current) =>
        request.Targets.Any(t => state.Frozen.ContainsKey(t.Target.Key)) ? Refusals.TargetFrozen
        : request.Targets.Any(t => state.Busy.ContainsKey(t.Target.Key)) ? Refusals.TargetBusy
        : current.IsDefault || current.Length != request.Targets.Length || !request.Targets.All(new HashSet<TargetState>(current).Contains) ? Refusals.StaleTarget
        : null;
}
