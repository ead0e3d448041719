using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <summary>
/// All authorizations, rebuilt from the journal by <see cref="Apply"/>.
/// <code>
///   Requested
///       |
///       v      last needed approval             token used
///    Pending ------------------------> Approved ----------> Consumed --+--> Succeeded
///       |                                 |                            +--> Failed
///       |   a human denies                |                            '--> Indeterminate (targets frozen)
///       +---------------------------------+--> Denied                           |
///       |   30 minutes are over           |                                     v
///       +---------------------------------+--> Expired                 Reconciled (targets free,
///       |   the requester takes it back   |                            the phase stays)
///       '---------------------------------'--> Cancelled
/// </code>
/// Succeeded, Failed, Indeterminate, Denied, Expired and Cancelled are final.
/// </summary>
public sealed record AuthorizationState
{
    /// <summary>Final requests that are remembered; older ones are unknown, and unknown is refused.</summary>
    public const int MaxRemembered = 1000;

    /// <summary>Things whose denials are remembered.</summary>
    public const int MaxDenials = 1000;

    /// <summary>How long after the last denial of a thing its denials are forgotten.</summary>
    public static readonly TimeSpan DenialMemoryTime = TimeSpan.FromDays(7);

    /// <summary>Nothing happened yet.</summary>
    public static AuthorizationState Empty { get; } = new();

    /// <summary>The policy in force, or null before the first.</summary>
    public AuthorizationPolicy? Policy { get; private init; }

    /// <summary>Whether one person may approve own requests that are not critical.</summary>
    public bool SingleOperator { get; private init; }

    /// <summary>The open and running requests and the last final ones.</summary>
    public ImmutableDictionary<RequestId, AuthorizationRecord> Requests { get; private init; } = ImmutableDictionary<RequestId, AuthorizationRecord>.Empty;

    /// <summary>The requests that are pending or approved.</summary>
    public ImmutableHashSet<RequestId> Open { get; private init; } = [];

    /// <summary>Targets of running operations, and which request runs.</summary>
    public ImmutableDictionary<TargetKey, RequestId> Busy { get; private init; } = ImmutableDictionary<TargetKey, RequestId>.Empty;

    /// <summary>Targets that nobody may change, and the requests of unknown outcome that froze them.</summary>
    public ImmutableDictionary<TargetKey, RequestId> Frozen { get; private init; } = ImmutableDictionary<TargetKey, RequestId>.Empty;

    /// <summary>Denials by <see cref="AuthorizationRequest.Subject"/>.</summary>
    public ImmutableDictionary<Sha256Hash, DenialMemory> Denials { get; private init; } = ImmutableDictionary<Sha256Hash, DenialMemory>.Empty;

    /// <summary>The time of the latest event.</summary>
    public DateTimeOffset LastSeen { get; private init; } = DateTimeOffset.MinValue;

    /// <summary>True from the moment the clock went back until a human confirms it.</summary>
    public bool ClockSuspect { get; private init; }

    /// <summary>When the next open request expires, or null when none is open: the moment for a <see cref="AuthorizationCommand.Tick"/>.</summary>
    public DateTimeOffset? NextExpiry => Open.IsEmpty ? null : Open.Min(id => Requests[id].Request.ExpiresAt);

    private ImmutableQueue<RequestId> Finals { get; init; } = [];

    private int FinalCount { get; init; }

    /// <summary>The guardian's time: what the clock shows, but never before the latest event; UTC, whole microseconds.</summary>
    public DateTimeOffset Time(DateTimeOffset now)
    {
        var utc = now.ToUniversalTime();
        var whole = utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond));
        return whole < LastSeen ? LastSeen : whole;
    }

    /// <summary>How often the same thing was denied lately; 0 when never.</summary>
    public DenialMemory? DenialsOf(Sha256Hash subject, DateTimeOffset at) =>
        Denials.GetValueOrDefault(subject) is { } memory && at - memory.Last < DenialMemoryTime ? memory : null;

    /// <summary>The state after an event.</summary>
    /// <exception cref="InvalidOperationException">The event is impossible in this state: the journal is damaged, or the shell is wrong.</exception>
    public AuthorizationState Apply(AuthorizationEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        if (happened.At < LastSeen && happened is not AuthorizationEvent.ClockConfirmed)
        {
            throw Impossible(happened, "its time lies before an earlier event");
        }

        return Next(happened) with { LastSeen = happened.At };
    }

    private AuthorizationState Next(AuthorizationEvent happened) => happened switch
    {
        AuthorizationEvent.PolicyAdopted e => Adopted(e),
        AuthorizationEvent.Requested e => Filed(e),
        AuthorizationEvent.ApprovalGiven e => Given(e),
        AuthorizationEvent.Authorized e => With(Expect(e, e.Id, AuthorizationPhase.Pending, Enough) with { Phase = AuthorizationPhase.Approved, ChangedAt = e.At }),
        AuthorizationEvent.TokenSealed e => Sealed(e),
        AuthorizationEvent.Denied e => RememberDenial(e).Finish(Expect(e, e.Id, IsOpen), AuthorizationPhase.Denied, e.Reason, e.At),
        AuthorizationEvent.Cancelled e => Finish(Expect(e, e.Id, r => IsOpen(r) && r.Request.Requester == e.By), AuthorizationPhase.Cancelled, "", e.At),
        AuthorizationEvent.Expired e => Finish(Expect(e, e.Id, r => IsOpen(r) && (ClockSuspect || e.At >= r.Request.ExpiresAt)), AuthorizationPhase.Expired, "", e.At),
        AuthorizationEvent.Consumed e => Used(e),
        AuthorizationEvent.Completed e => Ended(e),
        AuthorizationEvent.Reconciled e => Unfrozen(e),
        AuthorizationEvent.ClockSuspected e when !ClockSuspect && e.Shown < LastSeen => this with { ClockSuspect = true },
        AuthorizationEvent.ClockConfirmed when ClockSuspect && Open.IsEmpty => this with { ClockSuspect = false },
        _ => throw Impossible(happened, "the state does not allow it"),
    };

    private AuthorizationState Adopted(AuthorizationEvent.PolicyAdopted e)
    {
        var first = Policy is null;
        var same = Policy is not null && Policy.Revision == e.Policy.Revision;
        var higher = Policy is not null && e.Policy.Revision.Number > Policy.Revision.Number
            && e.By is { } by && Requests.GetValueOrDefault(by) is { } grant && grant.Authorizes(e.Policy);
        return first || same || higher
            ? this with { Policy = e.Policy, SingleOperator = e.SingleOperator }
            : throw Impossible(e, "nothing authorized the policy");
    }

    private AuthorizationState Filed(AuthorizationEvent.Requested e)
    {
        var request = e.Request;
        if (Policy is null || request.Policy != Policy.Revision || Requests.ContainsKey(request.Id) || request.ExpiresAt <= e.At || request.CreatedAt > e.At)
        {
            throw Impossible(e, "the id, the policy or the time is wrong");
        }

        var record = new AuthorizationRecord(request, AuthorizationPhase.Pending, [], null, "", e.At);
        return With(record) with { Open = Open.Add(request.Id) };
    }

    private AuthorizationState Given(AuthorizationEvent.ApprovalGiven e)
    {
        var record = Expect(e, e.Id, AuthorizationPhase.Pending, r =>
            e.Digest == r.Request.Digest && e.At < r.Request.ExpiresAt && r.Approvals.All(a => a.By != e.By)
            && e.SelfApproved == (e.By == r.Request.Requester) && !(e.SelfApproved && (!SingleOperator || r.Request.Tier.IsCritical())));
        return With(record with { Approvals = record.Approvals.Add(new Approval(e.By, e.SelfApproved, e.Reason, e.Via, e.At)) });
    }

    private AuthorizationState Sealed(AuthorizationEvent.TokenSealed e)
    {
        var record = Expect(e, e.Id, AuthorizationPhase.Approved, _ => e.Token.IsValid && e.Fingerprint.IsValid);
        return With(record with { Seal = new TokenSeal(e.Token, e.KeyId, e.Fingerprint, (record.Seal?.Count ?? 0) + 1) });
    }

    private AuthorizationState Used(AuthorizationEvent.Consumed e)
    {
        var record = Expect(e, e.Id, AuthorizationPhase.Approved, r =>
            e.Digest == r.Request.Digest && e.By == r.Request.Requester && e.Token == r.Seal?.Token && e.At < r.Request.ExpiresAt
            && Enough(r) && Keys(r).All(k => !Busy.ContainsKey(k) && !Frozen.ContainsKey(k)));
        return With(record with { Phase = AuthorizationPhase.Consumed, ChangedAt = e.At }) with
        {
            Open = Open.Remove(e.Id),
            Busy = Busy.AddRange(Keys(record).Select(k => KeyValuePair.Create(k, e.Id))),
        };
    }

    private AuthorizationState Ended(AuthorizationEvent.Completed e)
    {
        var phase = e.Outcome switch
        {
            OperationOutcome.Succeeded => AuthorizationPhase.Succeeded,
            OperationOutcome.Failed => AuthorizationPhase.Failed,
            OperationOutcome.Indeterminate => AuthorizationPhase.Indeterminate,
            _ => throw Impossible(e, "there is no such outcome"),
        };
        var record = Expect(e, e.Id, AuthorizationPhase.Consumed, _ => true);
        var state = Finish(record, phase, e.Detail, e.At);
        state = state with { Busy = Busy.RemoveRange(Keys(record)) };
        return phase is AuthorizationPhase.Indeterminate
            ? state with { Frozen = Frozen.SetItems(Keys(record).Select(k => KeyValuePair.Create(k, e.Id))) }
            : state;
    }

    private AuthorizationState Unfrozen(AuthorizationEvent.Reconciled e)
    {
        TargetKey[] keys = [.. Frozen.Where(f => f.Value == e.Id).Select(f => f.Key)];
        return keys.Length > 0 ? this with { Frozen = Frozen.RemoveRange(keys) } : throw Impossible(e, "nothing is frozen by it");
    }

    private AuthorizationState RememberDenial(AuthorizationEvent.Denied e)
    {
        var subject = Expect(e, e.Id, IsOpen).Request.Subject;
        var denials = Denials.SetItem(subject, new DenialMemory((DenialsOf(subject, e.At)?.Count ?? 0) + 1, e.At));
        if (denials.Count > MaxDenials)
        {
            denials = denials.Remove(denials.MinBy(d => (d.Value.Last, d.Key.Value)).Key);
        }

        return this with { Denials = denials };
    }

    private AuthorizationState Finish(AuthorizationRecord record, AuthorizationPhase phase, string detail, DateTimeOffset at)
    {
        var id = record.Request.Id;
        var state = With(record with { Phase = phase, Detail = detail, ChangedAt = at }) with
        {
            Open = Open.Remove(id),
            Finals = Finals.Enqueue(id),
            FinalCount = FinalCount + 1,
        };
        if (state.FinalCount <= MaxRemembered)
        {
            return state;
        }

        var finals = state.Finals.Dequeue(out var oldest);
        return state with { Finals = finals, FinalCount = MaxRemembered, Requests = state.Requests.Remove(oldest) };
    }

    private AuthorizationState With(AuthorizationRecord record) => this with { Requests = Requests.SetItem(record.Request.Id, record) };

    private AuthorizationRecord Expect(AuthorizationEvent e, RequestId id, AuthorizationPhase phase, Func<AuthorizationRecord, bool> holds) =>
        Expect(e, id, r => r.Phase == phase && holds(r));

    private AuthorizationRecord Expect(AuthorizationEvent e, RequestId id, Func<AuthorizationRecord, bool> holds) =>
        Requests.GetValueOrDefault(id) is { } record && holds(record) ? record : throw Impossible(e, $"request {id} is not in the state for it");

    private static bool IsOpen(AuthorizationRecord record) => record.Phase.IsOpen();

    private static bool Enough(AuthorizationRecord record) => record.Approvals.Select(a => a.By).Distinct().Count() >= record.Request.RequiredApprovals;

    private static IEnumerable<TargetKey> Keys(AuthorizationRecord record) => record.Request.Targets.Select(t => t.Target.Key);

    private static InvalidOperationException Impossible(AuthorizationEvent e, string why) => new($"{e.GetType().Name} is impossible: {why}.");
}
