namespace McpActors.Core.Protection;

/// <summary>A decision and, when a token was signed, that token. It is handed out after the events are persisted, never before.</summary>
public sealed record Issue(Decision Decision, SignedToken? Token);

/// <summary>
/// Approving and signing in one step, so that the approval and the fingerprint of its token reach the journal together.
/// Pure but for the signer.
/// </summary>
public sealed class AuthorizationIssuer
{
    private readonly TokenRealm _realm;
    private readonly ITokenSigner _signer;

    /// <summary>An issuer for one installation and the key in use.</summary>
    public AuthorizationIssuer(TokenRealm realm, ITokenSigner signer)
    {
        ArgumentNullException.ThrowIfNull(realm);
        ArgumentNullException.ThrowIfNull(signer);
        _realm = realm;
        _signer = signer;
    }

    /// <summary>Decides about an approval and, when it is the last that was needed, signs the token.</summary>
    /// <param name="token">A fresh random id, used only then.</param>
    /// <remarks>What the signer throws comes through; nothing has happened then.</remarks>
    public Issue Approve(
        AuthorizationState state, AuthorizationCommand.Approve command, TokenId token, DateTimeOffset now, AuthorizationLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(command);
        var approved = AuthorizationDecider.Decide(state, command, now, limits);
        if (!approved.Events.Any(e => e is AuthorizationEvent.Authorized))
        {
            return new Issue(approved, null);
        }

        var issue = Renew(approved.After(state), command.Id, command.By, command.Directory, token, now, limits);
        return issue with { Decision = issue.Decision with { Events = [.. approved.Events, .. issue.Decision.Events] } };
    }

    /// <summary>Signs a new token for an approved request; the earlier one is dead. For a holder who lost it, or never got it.</summary>
    /// <param name="by">The requester, or one of the approvers.</param>
    /// <param name="token">A fresh random id.</param>
    public Issue Renew(
        AuthorizationState state, RequestId id, PrincipalId by, PrincipalDirectory directory, TokenId token, DateTimeOffset now,
        AuthorizationLimits? limits = null)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(directory);
        var passed = AuthorizationDecider.Decide(state, new AuthorizationCommand.Tick(), now, limits);
        var current = passed.After(state);
        // Asked before signing: the key signs nothing that is not approved.
        if (AuthorizationDecider.CannotSeal(current, id, by, directory, limits ?? AuthorizationLimits.Default) is { } refusal)
        {
            return new Issue(passed with { Refusal = refusal }, null);
        }

        var signed = TokenWriter.Write(TokenClaims.For(_realm, current.Requests[id].Request, token, current.Time(now)), _signer);
        var sealing = AuthorizationDecider.Decide(current, new AuthorizationCommand.Seal(id, by, directory, signed), now, limits);
        return new Issue(sealing with { Events = [.. passed.Events, .. sealing.Events] }, sealing.Accepted ? signed : null);
    }
}
