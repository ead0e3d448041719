namespace McpActors.Core.Protection;

/// <content>Filing a request and ending it without an effect.</content>
public static partial class AuthorizationDecider
{
    private static Decision Submit(
        AuthorizationState state, AuthorizationPolicy policy, AuthorizationCommand.Submit c, DateTimeOffset at, AuthorizationLimits limits)
    {
        var by = c.Directory.Find(c.By);
        if (Barred(by, human: false, p => p.MayRequest) is { } barred)
        {
            return No(barred);
        }

        if (TooMany(state, c.By, at, limits) is { } tooMany)
        {
            return No(tooMany);
        }

        ApprovalTier tier;
        switch (policy.For(c.Draft.Operation))
        {
            case PolicyVerdict.NeedsApproval needs:
                tier = needs.Tier;
                break;
            case PolicyVerdict.Allowed:
                return No(Refusals.ReadOnlyOperation);
            case PolicyVerdict.Denied { Reason: DenialReason.UnknownOperation }:
                return No(Refusals.UnknownOperation);
            default:
                return No(Refusals.PolicyDenied);
        }

        if (Operations.Find(c.Draft.Operation) is not Operation.Mutation operation)
        {
            return No(Refusals.UnknownOperation);
        }

        if (Target(operation, c) is { } badTarget)
        {
            return No(badTarget);
        }

        if (Reason(tier, c.Draft.Reason) is { } badReason)
        {
            return No(badReason);
        }

        if (c.Factors.IsDefault || !c.Factors.All(f => f.IsValid))
        {
            return No(Refusals.BadRequest);
        }

        var targets = c.Targets.Sort((a, b) => string.CompareOrdinal(a.Target.Id, b.Target.Id));
        var denials = state.DenialsOf(AuthorizationRequest.SubjectOf(operation.Name, targets, c.Draft.Parameters), at);
        var request = AuthorizationRequest.TryCreate(new AuthorizationRequest.Content
        {
            Id = c.Id,
            Operation = operation.Name,
            Targets = targets,
            Parameters = c.Draft.Parameters,
            Requester = c.By,
            RequesterKind = by!.Kind,
            Reason = c.Draft.Reason,
            Tier = tier,
            Policy = policy.Revision,
            Nonce = c.Nonce,
            Risk = RiskAssessment.Level(operation, targets.Length, c.Factors),
            RiskFactors = c.Factors,
            Impact = RiskAssessment.Impact(operation, targets),
            DeniedBefore = denials?.Count ?? 0,
            CreatedAt = DateTimeOffset.FromUnixTimeSeconds(at.ToUnixTimeSeconds()),
        });
        return request is null ? No(Refusals.BadRequest)
            : state.Requests.ContainsKey(c.Id) ? No(Refusals.DuplicateId)
            : targets.Any(t => state.Frozen.ContainsKey(t.Target.Key)) ? No(Refusals.TargetFrozen)
            : denials is not null && at < denials.Last + limits.CoolDownAfter(denials.Count) ? No(Refusals.CoolingDown)
            : Done(new AuthorizationEvent.Requested(request, at));
    }

    private static Refusal? TooMany(AuthorizationState state, PrincipalId by, DateTimeOffset at, AuthorizationLimits limits) =>
        state.Open.Count(id => state.Requests[id].Request.Requester == by) >= limits.OpenPerRequester ? Refusals.TooManyOpenOfRequester
        : state.Open.Count >= limits.Open ? Refusals.TooManyOpen
        : state.Requests.Values.Count(r => r.Request.Requester == by && at - r.Request.CreatedAt < limits.Window) >= limits.FiledPerRequester ? Refusals.TooManyLately
        : null;

    private static Refusal? Target(Operation.Mutation operation, AuthorizationCommand.Submit c)
    {
        var asked = c.Draft.Target;
        return asked.Kind != operation.TargetKind || !TargetSelector.IsId(asked.Id) || (asked.IsPattern && operation.MaxTargets == 1) ? Refusals.BadTarget
            : c.Targets.IsDefaultOrEmpty ? Refusals.NoTarget
            : c.Targets.Length > operation.MaxTargets || !c.Targets.All(t => t.IsValid && asked.Matches(t.Target))
                || c.Targets.DistinctBy(t => t.Target.Id, StringComparer.Ordinal).Count() != c.Targets.Length ? Refusals.BadTarget
            : null;
    }

    private static Refusal? Reason(ApprovalTier tier, string reason) =>
        !Reasons.IsAcceptable(reason) ? Refusals.BadReason
        : tier.NeedsReason() && !Reasons.SaysSomething(reason) ? Refusals.ReasonNeeded
        : null;

    private static Decision Deny(AuthorizationState state, AuthorizationCommand.Deny c, DateTimeOffset at) =>
        Barred(c.Directory.Find(c.By), human: true, p => p.MayApprove) is { } barred ? No(barred)
        : !Reasons.IsAcceptable(c.Reason) ? No(Refusals.BadReason)
        : state.Requests.GetValueOrDefault(c.Id) is not { } record ? No(Refusals.UnknownRequest)
        : !record.Phase.IsOpen() ? No(NotOpen(record.Phase))
        : Done(new AuthorizationEvent.Denied(c.Id, c.By, c.Reason, at));

    private static Decision Cancel(AuthorizationState state, AuthorizationCommand.Cancel c, DateTimeOffset at)
    {
        // Whoever may take part at all may take back; a requester who lost the role in the meantime too.
        var by = c.Directory.Find(c.By);
        return Barred(by, human: false, _ => true) is { } barred ? No(barred)
            : state.Requests.GetValueOrDefault(c.Id) is not { } record ? No(Refusals.UnknownRequest)
            : record.Request.Requester != c.By ? No(by!.MayApprove ? Refusals.NotRequester : Refusals.NotYours)
            : !record.Phase.IsOpen() ? No(NotOpen(record.Phase))
            : Done(new AuthorizationEvent.Cancelled(c.Id, c.By, at));
    }
}
