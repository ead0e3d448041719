namespace McpActors.Core.Protection;

/// <content>Outcomes, and the guardian's own life: policy, recovery, clock.</content>
public static partial class AuthorizationDecider
{
    private const string Lost = "The node stopped before the outcome was recorded.";

    private static Decision AdoptPolicy(AuthorizationState state, AuthorizationCommand.AdoptPolicy c, DateTimeOffset at)
    {
        if (state.Policy is { } current && current.Revision != c.Policy.Revision)
        {
            if (c.By is not { } by || state.Requests.GetValueOrDefault(by) is not { } grant || !grant.Authorizes(c.Policy))
            {
                return No(Refusals.PolicyNotAuthorized);
            }

            if (c.Policy.Revision.Number <= current.Revision.Number)
            {
                return No(Refusals.PolicyRollback);
            }

            return Done(new AuthorizationEvent.PolicyAdopted(c.Policy, c.SingleOperator, by, at));
        }

        return state.Policy is not null && state.SingleOperator == c.SingleOperator
            ? Done()
            : Done(new AuthorizationEvent.PolicyAdopted(c.Policy, c.SingleOperator, null, at));
    }

    private static Decision Complete(AuthorizationState state, AuthorizationCommand.Complete c, DateTimeOffset at) =>
        state.Requests.GetValueOrDefault(c.Id) is not { } record ? No(Refusals.UnknownRequest)
        : record.Phase is not AuthorizationPhase.Consumed ? No(Refusals.NotRunning)
        : !Enum.IsDefined(c.Outcome) ? No(Refusals.BadRequest)
        : Done(new AuthorizationEvent.Completed(c.Id, c.Outcome, Cut(c.Detail), at));

    private static Decision Recover(AuthorizationState state, AuthorizationCommand.Recover c, DateTimeOffset at) => Done(
    [
        .. state.Busy.Values.Distinct()
            .Where(id => !c.StillRunning.Contains(id))
            .OrderBy(id => id.Value, StringComparer.Ordinal)
            .Select(id => new AuthorizationEvent.Completed(id, OperationOutcome.Indeterminate, Lost, at)),
    ]);

    private static Decision Reconcile(AuthorizationState state, AuthorizationCommand.Reconcile c, DateTimeOffset at) =>
        Barred(c.Directory.Find(c.By), human: true, p => p.MayApprove) is { } barred ? No(barred)
        : !Reasons.IsAcceptable(c.Reason) ? No(Refusals.BadReason)
        : !Reasons.SaysSomething(c.Reason) ? No(Refusals.ReasonNeeded)
        : !state.Frozen.ContainsValue(c.Id) ? No(Refusals.NotFrozen)
        : Done(new AuthorizationEvent.Reconciled(c.Id, c.By, c.Reason, at));

    private static Decision ConfirmClock(AuthorizationState state, AuthorizationCommand.ConfirmClock c, DateTimeOffset at, DateTimeOffset now)
    {
        if (Barred(c.Directory.Find(c.By), human: true, p => p.MayConfirmClock) is { } barred)
        {
            return No(barred);
        }

        if (!Reasons.SaysSomething(c.Reason))
        {
            return No(Refusals.ReasonNeeded);
        }

        if (!state.ClockSuspect)
        {
            return No(Refusals.ClockNotSuspect);
        }

        // With the clock set back, an open request would live longer than its thirty minutes.
        var shown = now.ToUniversalTime();
        return Done(
        [
            .. state.Open.OrderBy(id => id.Value, StringComparer.Ordinal).Select(id => new AuthorizationEvent.Expired(id, at)),
            new AuthorizationEvent.ClockConfirmed(c.By, c.Reason, shown.AddTicks(-(shown.Ticks % TimeSpan.TicksPerMicrosecond))),
        ]);
    }

    // An outcome is always recorded: what does not fit is cut, what is not Unicode is replaced.
    private static string Cut(string? detail)
    {
        var text = detail ?? "";
        text = text.Length <= MaxDetail ? text : text[..MaxDetail];
        return Unicode.IsWellFormed(text) ? text : string.Concat(text.Select(c => char.IsSurrogate(c) ? '\uFFFD' : c));
    }
}
