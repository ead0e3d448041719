namespace McpActors.Core.Protection;

/// <content>Approving, and letting a token count.</content>
public static partial class AuthorizationDecider
{
    private static Decision Approve(AuthorizationState state, AuthorizationPolicy policy, AuthorizationCommand.Approve c, DateTimeOffset at)
    {
        if (Barred(c.Directory.Find(c.By), human: true, p => p.MayApprove) is { } barred)
        {
            return No(barred);
        }

        if (state.Requests.GetValueOrDefault(c.Id) is not { } record)
        {
            return No(Refusals.UnknownRequest);
        }

        var request = record.Request;
        var own = c.By == request.Requester;
        if (Refusal() is { } refusal)
        {
            return No(refusal);
        }

        var given = new AuthorizationEvent.ApprovalGiven(c.Id, c.By, own, c.Digest, c.Reason, c.Via, at);
        // Earlier approvers may have lost their say since.
        var after = state.Apply(given).Requests[c.Id];
        return after.CountingApprovals(c.Directory, state.SingleOperator) >= request.RequiredApprovals
            ? Done(given, new AuthorizationEvent.Authorized(c.Id, at))
            : Done(given);

        Refusal? Refusal() =>
            record.Phase is AuthorizationPhase.Approved ? Refusals.AlreadyApproved
            : record.Phase is not AuthorizationPhase.Pending ? NotOpen(record.Phase)
            : c.Digest != request.Digest ? Refusals.DigestMismatch
            : request.Policy != policy.Revision ? Refusals.PolicyChanged
            : own && !state.SingleOperator ? Refusals.OwnRequest
            : own && request.Tier.IsCritical() ? Refusals.OwnCritical
            : own && !c.SteppedUp ? Refusals.StepUpNeeded
            : record.Approvals.Any(a => a.By == c.By) ? Refusals.AlreadyApprovedByYou
            : !IsVia(c.Via) ? Refusals.BadRequest
            : Reason(request.Tier, c.Reason);
    }

    private static bool IsVia(string? via) =>
        via is { Length: >= 1 and <= 64 } && via.All(x => char.IsAsciiLetterLower(x) || char.IsAsciiDigit(x) || x == '_');

    /// <summary>Why no token of this request may be signed for this principal now, or null.</summary>
    internal static Refusal? CannotSeal(
        AuthorizationState state, RequestId id, PrincipalId by, PrincipalDirectory directory, AuthorizationLimits limits)
    {
        if (state.ClockSuspect)
        {
            return Refusals.ClockSuspect;
        }

        if (state.Policy is not { } policy)
        {
            return Refusals.NoPolicy;
        }

        var principal = directory.Find(by);
        if (Barred(principal, human: false, p => p.MayRequest || p.MayApprove) is { } barred)
        {
            return barred;
        }

        if (state.Requests.GetValueOrDefault(id) is not { } record)
        {
            return Refusals.UnknownRequest;
        }

        if (by != record.Request.Requester && record.Approvals.All(a => a.By != by))
        {
            return principal!.MayApprove ? Refusals.NotRequester : Refusals.NotYours;
        }

        return record.Phase is AuthorizationPhase.Pending ? Refusals.NotApproved
            : record.Phase is not AuthorizationPhase.Approved ? NotOpen(record.Phase)
            : record.Request.Policy != policy.Revision ? Refusals.PolicyChanged
            : record.Seal?.Count >= limits.Seals ? Refusals.TooManySeals
            : null;
    }

    private static Decision Seal(AuthorizationState state, AuthorizationCommand.Seal c, DateTimeOffset at, AuthorizationLimits limits)
    {
        if (CannotSeal(state, c.Id, c.By, c.Directory, limits) is { } refusal)
        {
            return No(refusal);
        }

        var request = state.Requests[c.Id].Request;
        var claims = c.Token.Claims;
        return claims.Request == c.Id && claims.Digest == request.Digest && claims.Holder == request.Requester
            && claims.Policy == request.Policy && claims.ExpiresAt == request.ExpiresAt && claims.IssuedAt <= at
                ? Done(new AuthorizationEvent.TokenSealed(c.Id, claims.Id, c.Token.KeyId, c.Token.Fingerprint, at))
                : No(Refusals.BadRequest);
    }
}
