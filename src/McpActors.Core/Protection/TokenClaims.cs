namespace McpActors.Core.Protection;

/// <summary>For which installation, and by whom, tokens are made.</summary>
public sealed record TokenRealm
{
    /// <summary>The longest issuer or audience.</summary>
    public const int MaxLength = 128;

    /// <summary>A realm.</summary>
    /// <param name="issuer">Who signs (<c>iss</c>): 1 to 128 of <c>A-Z a-z 0-9 . _ : / -</c>.</param>
    /// <param name="audience">This one installation (<c>aud</c>), different for every other: the same characters.</param>
    /// <exception cref="FormatException">One of them is anything else.</exception>
    public TokenRealm(string issuer, string audience)
    {
        Issuer = Checked(issuer);
        Audience = Checked(audience);
    }

    /// <summary>The exact <c>iss</c>.</summary>
    public string Issuer { get; }

    /// <summary>The exact <c>aud</c>.</summary>
    public string Audience { get; }

    internal static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '_' or ':' or '/' or '-'))
            {
                return false;
            }
        }

        return true;
    }

    private static string Checked(string text) => IsName(text)
        ? text
        : throw new FormatException("An issuer or audience is 1 to 128 characters of A-Z, a-z, 0-9 and . _ : / -.");
}

/// <summary>What an approval token says. Nothing else can be said in one.</summary>
/// <param name="Issuer">Who signed it.</param>
/// <param name="Audience">The installation that it is for.</param>
/// <param name="Id">Its own id.</param>
/// <param name="Request">The approved request.</param>
/// <param name="Digest">The digest of the approved bytes.</param>
/// <param name="Holder">Who alone may present it.</param>
/// <param name="Policy">The policy under which it was approved.</param>
/// <param name="IssuedAt">Whole seconds; it is not valid before.</param>
/// <param name="ExpiresAt">Whole seconds; from this instant on it is not valid. At most 30 minutes after <paramref name="IssuedAt"/>.</param>
public sealed record TokenClaims(
    string Issuer,
    string Audience,
    TokenId Id,
    RequestId Request,
    Sha256Hash Digest,
    PrincipalId Holder,
    PolicyRevision Policy,
    DateTimeOffset IssuedAt,
    DateTimeOffset ExpiresAt)
{
    /// <summary>The claims for an approved request.</summary>
    /// <param name="realm">This installation.</param>
    /// <param name="request">The request.</param>
    /// <param name="id">A new id.</param>
    /// <param name="now">When; rounded down to whole seconds.</param>
    public static TokenClaims For(TokenRealm realm, AuthorizationRequest request, TokenId id, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(realm);
        ArgumentNullException.ThrowIfNull(request);
        return new TokenClaims(
            realm.Issuer, realm.Audience, id, request.Id, request.Digest, request.Requester, request.Policy,
            DateTimeOffset.FromUnixTimeSeconds(now.ToUnixTimeSeconds()), request.ExpiresAt);
    }
}
