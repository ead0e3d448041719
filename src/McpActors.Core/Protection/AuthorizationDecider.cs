using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <summary>
/// What a command leads to. The events are to be persisted also when the command is refused: a refusal may come with the
/// discovery that a request expired or that the clock went back.
/// </summary>
/// <param name="Events">What happened, in order; may be empty.</param>
/// <param name="Refusal">Why the command was refused, or null when it was carried out.</param>
public sealed record Decision(ImmutableArray<AuthorizationEvent> Events, Refusal? Refusal)
{
    /// <summary>True when the command was carried out.</summary>
    public bool Accepted => Refusal is null;

    /// <summary>The state after the events.</summary>
    public AuthorizationState After(AuthorizationState state) => Events.Aggregate(state, (s, e) => s.Apply(e));
}

/// <summary>
/// Decides about authorizations, alone with what it is given: the state (drawn at <see cref="AuthorizationState"/>), a
/// command, and the time. Finals are final, any deny wins, and there is no arm that allows what no rule allows.
/// <para>
/// Before each command: a clock that went back by more than <see cref="ClockTolerance"/> makes the state suspect, in which
/// nothing is filed, approved, sealed, consumed, reconciled or adopted until a human confirms the clock (deny, cancel and
/// outcomes are still recorded); and every open request whose time is over expires, at the exact instant.
/// </para>
/// </summary>
public static partial class AuthorizationDecider
{
    /// <summary>How far the clock may go back unnoticed: 2 seconds. Time stands still meanwhile.</summary>
    public static readonly TimeSpan ClockTolerance = TimeSpan.FromSeconds(2);

    /// <summary>The longest detail of an outcome, in characters; a longer one is cut.</summary>
    public const int MaxDetail = 2000;

    /// <summary>The events or the refusal. The same input gives the same decision; nothing is changed.</summary>
    /// <param name="state">The state.</param>
    /// <param name="command">What is asked for.</param>
    /// <param name="now">What the clock shows.</param>
    /// <param name="limits">Bounds; the product's when null.</param>
    public static Decision Decide(AuthorizationState state, AuthorizationCommand command, DateTimeOffset now, AuthorizationLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(command);
        var passed = Passed(state, now);
        var current = passed.Aggregate(state, (s, e) => s.Apply(e));
        var at = current.Time(now);
        var decision = command switch
        {
            AuthorizationCommand.Deny c => Deny(current, c, at),
            AuthorizationCommand.Cancel c => Cancel(current, c, at),
            AuthorizationCommand.Complete c => Complete(current, c, at),
            AuthorizationCommand.Recover c => Recover(current, c, at),
            AuthorizationCommand.ConfirmClock c => ConfirmClock(current, c, at, now),
            AuthorizationCommand.Tick => Done(),
            _ when current.ClockSuspect => No(Refusals.ClockSuspect),
            AuthorizationCommand.AdoptPolicy c => AdoptPolicy(current, c, at),
            AuthorizationCommand.Reconcile c => Reconcile(current, c, at),
            _ when current.Policy is null => No(Refusals.NoPolicy),
            AuthorizationCommand.Submit c => Submit(current, current.Policy, c, at, limits ?? AuthorizationLimits.Default),
            AuthorizationCommand.Approve c => Approve(current, current.Policy, c, at),
            AuthorizationCommand.Seal c => Seal(current, c, at, limits ?? AuthorizationLimits.Default),
            AuthorizationCommand.Consume c => Consume(current, current.Policy, c, at),
            _ => throw new ArgumentException($"{command.GetType().Name} is not decided here.", nameof(command)),
        };
        return decision with { Events = [.. passed, .. decision.Events] };
    }

    private static ImmutableArray<AuthorizationEvent> Passed(AuthorizationState state, DateTimeOffset now)
    {
        var events = ImmutableArray.CreateBuilder<AuthorizationEvent>();
        // The first event of all has nothing to be compared with.
        if (!state.ClockSuspect && state.LastSeen > DateTimeOffset.MinValue && now < state.LastSeen - ClockTolerance)
        {
            events.Add(new AuthorizationEvent.ClockSuspected(now.ToUniversalTime(), state.LastSeen));
        }

        var at = state.Time(now);
        foreach (var id in state.Open.Where(id => state.Requests[id].Request.ExpiresAt <= at).OrderBy(id => id.Value, StringComparer.Ordinal))
        {
            events.Add(new AuthorizationEvent.Expired(id, at));
        }

        return events.ToImmutable();
    }

    private static Decision Done(params ImmutableArray<AuthorizationEvent> events) => new(events, null);

    private static Decision No(Refusal refusal) => new([], refusal);

    /// <summary>Why a principal may not do something, or null.</summary>
    private static Refusal? Barred(Principal? principal, bool human, Func<Principal, bool> may) => principal switch
    {
        null => Refusals.UnknownPrincipal,
        { Enabled: false } => Refusals.Disabled,
        { Kind: not PrincipalKind.Human } when human => Refusals.NotHuman,
        _ when !may(principal) => Refusals.MissingRole,
        _ => null,
    };

    /// <summary>The refusal of an act on a request that is neither pending nor approved.</summary>
    private static Refusal NotOpen(AuthorizationPhase phase) => phase switch
    {
        AuthorizationPhase.Denied => Refusals.WasDenied,
        AuthorizationPhase.Expired => Refusals.WasExpired,
        AuthorizationPhase.Cancelled => Refusals.WasCancelled,
        _ => Refusals.NotOpen,
    };
}
