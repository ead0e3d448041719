namespace McpActors.Core.Protection;

/// <summary>
/// The right to carry out one approved request, once. Nobody can make one but from an authorization that is consumed and
/// not ended; workers accept nothing else. It lives in one process and is neither stored nor sent.
/// </summary>
public sealed class AuthorizationGrant
{
    private AuthorizationGrant(AuthorizationRequest request, TokenId token)
    {
        Request = request;
        Token = token;
    }

    /// <summary>What was approved; this is executed.</summary>
    public AuthorizationRequest Request { get; }

    /// <summary>The token that was used.</summary>
    public TokenId Token { get; }

    /// <summary>
    /// The grant of a token that was just used, or null. To be called once, in the handler of the persisted event, never
    /// in replay: what was running when the node stopped becomes indeterminate by <see cref="AuthorizationCommand.Recover"/>.
    /// </summary>
    /// <param name="state">The state after the event.</param>
    /// <param name="consumed">The persisted event.</param>
    public static AuthorizationGrant? For(AuthorizationState state, AuthorizationEvent.Consumed consumed)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(consumed);
        return state.Requests.GetValueOrDefault(consumed.Id) is { Phase: AuthorizationPhase.Consumed } record && record.Request.Digest == consumed.Digest
            ? new AuthorizationGrant(record.Request, consumed.Token)
            : null;
    }

    /// <summary>True when exactly this was approved: the operation, one of the targets in that incarnation, and every parameter.</summary>
    public bool Covers(string operation, AuthorizationTarget target, CanonicalObject parameters) =>
        Request.Operation == operation && Request.Parameters.Equals(parameters) && Request.Targets.Any(t => t.Target == target);
}
