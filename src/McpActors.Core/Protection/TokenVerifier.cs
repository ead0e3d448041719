using System.Text;

namespace McpActors.Core.Protection;

/// <summary>Why a token is refused. For the audit log; the caller learns only that it is.</summary>
public enum TokenFault
{
    /// <summary>There is none.</summary>
    Missing,

    /// <summary>Shorter or longer than any token.</summary>
    Length,

    /// <summary>Not three parts of canonical base64url, or a signature that is not 64 bytes.</summary>
    Encoding,

    /// <summary>A header that is not byte for byte the one of an approval token.</summary>
    Header,

    /// <summary>No such key.</summary>
    UnknownKey,

    /// <summary>The key's time has not come or is over.</summary>
    KeyOutOfWindow,

    /// <summary>r or s is out of range, or s is the higher of the two.</summary>
    SignatureForm,

    /// <summary>The signature is not that of the key.</summary>
    Signature,

    /// <summary>A payload that is not byte for byte of the form of an approval token.</summary>
    Payload,

    /// <summary>Another issuer.</summary>
    Issuer,

    /// <summary>Another installation.</summary>
    Audience,

    /// <summary>It ends before it begins, or lives longer than a request.</summary>
    Lifetime,

    /// <summary>Issued in the future.</summary>
    NotYet,

    /// <summary>Over.</summary>
    Expired,
}

/// <summary>What checking a token gave. Only <see cref="TokenVerifier"/> makes a valid one.</summary>
public abstract record TokenCheck
{
    private TokenCheck()
    {
    }

    /// <summary>Authentic, for this installation, and in its time. Whether it may still be used is the guardian's to decide.</summary>
    public sealed record Valid : TokenCheck
    {
        internal Valid(TokenClaims claims, string keyId, Sha256Hash fingerprint)
        {
            Claims = claims;
            KeyId = keyId;
            Fingerprint = fingerprint;
        }

        /// <summary>What it says.</summary>
        public TokenClaims Claims { get; }

        /// <summary>The key that signed it.</summary>
        public string KeyId { get; }

        /// <summary>SHA-256 over its text.</summary>
        public Sha256Hash Fingerprint { get; }
    }

    /// <summary>Anything else.</summary>
    public sealed record Refused(TokenFault Fault) : TokenCheck;
}

/// <summary>
/// Checks approval tokens. It accepts exactly this, and nothing else:
/// <list type="number">
/// <item>A text of <see cref="MinLength"/> to <see cref="MaxLength"/> characters; the length is looked at first.</item>
/// <item>Three parts between exactly two dots, each base64url without padding, white space, other alphabet or loose
/// bits (RFC 4648, 3.5).</item>
/// <item>A first part that decodes to exactly
/// <c>{"alg":"ES256","kid":"K","typ":"mcpactors-approval+jwt"}</c>, K being 1 to 64 of <c>A-Z a-z 0-9 - _</c>: no other
/// member, order, case or blank. <c>jwk</c>, <c>jku</c>, <c>x5u</c>, <c>x5c</c>, <c>crit</c> cannot occur, nothing is fetched.</item>
/// <item>K is a key of the ring, within its window now and at <c>iat</c>. The ring holds keys for approvals only.</item>
/// <item>A third part that decodes to 64 bytes r || s with 1 ≤ r &lt; n and 1 ≤ s ≤ n/2: of the two signatures that
/// mathematics allows, (r, s) and (r, n - s), only the lower is taken.</item>
/// <item>The ECDSA signature (P-256, SHA-256) of the first two parts as written, by that key.</item>
/// <item>A second part that decodes to exactly
/// <c>{"aud":"A","cnf":{"principal":"P"},"dig":"D","exp":E,"iat":I,"iss":"S","jti":"J","pol":"N.H","rid":"R"}</c>:
/// A and S 1 to 128 of <c>A-Z a-z 0-9 . _ : / -</c>, P a <see cref="PrincipalId"/>, D and H 64 lower-case hex digits, J and R 32,
/// E, I (1 to 12 digits) and N (1 to 9, not 0) whole numbers without sign, leading zero, point or exponent.</item>
/// <item>S and A equal to the realm's issuer and audience, ordinally.</item>
/// <item>I &lt; E ≤ I + 1800 and I ≤ now &lt; E, without any skew.</item>
/// </list>
/// Because a signature draws randomness, two signings of the same claims differ. That only one of them counts is the
/// decider's: it keeps the fingerprint of the one text that was handed out.
/// </summary>
public sealed class TokenVerifier
{
    /// <summary>The shortest text that is looked at, in characters.</summary>
    public const int MinLength = 400;

    /// <summary>The longest text that is looked at, in characters: a little more than the longest possible token.</summary>
    public const int MaxLength = 1200;

    private const int SignatureCharacters = 86;
    private readonly TokenRealm _realm;
    private readonly TokenKeyRing _keys;

    /// <summary>A verifier for one installation.</summary>
    public TokenVerifier(TokenRealm realm, TokenKeyRing keys)
    {
        ArgumentNullException.ThrowIfNull(realm);
        ArgumentNullException.ThrowIfNull(keys);
        _realm = realm;
        _keys = keys;
    }

    /// <summary>Checks a token. Never throws for what a stranger sent.</summary>
    /// <param name="token">The text exactly as it came; null when there was none.</param>
    /// <param name="now">The guardian's time (<see cref="AuthorizationState.Time"/>).</param>
    public TokenCheck Verify(string? token, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(token))
        {
            return new TokenCheck.Refused(TokenFault.Missing);
        }

        if (token.Length is < MinLength or > MaxLength)
        {
            return new TokenCheck.Refused(TokenFault.Length);
        }

        return Check(token, now, out var claims, out var keyId) is { } fault
            ? new TokenCheck.Refused(fault)
            : new TokenCheck.Valid(claims!, keyId!, TokenWriter.FingerprintOf(token));
    }

    // Null when everything fits; claims and key are set then.
    private TokenFault? Check(ReadOnlySpan<char> token, DateTimeOffset now, out TokenClaims? claims, out string? keyId)
    {
        claims = null;
        keyId = null;
        var first = token.IndexOf('.');
        var last = token.LastIndexOf('.');
        if (first <= 0 || last == first || token[(first + 1)..last].Contains('.') || token.Length - last - 1 != SignatureCharacters)
        {
            return TokenFault.Encoding;
        }

        Span<byte> bytes = stackalloc byte[StrictBase64Url.DecodedLength(MaxLength)];
        var header = bytes[..StrictBase64Url.DecodedLength(first)];
        var payload = bytes[header.Length..][..StrictBase64Url.DecodedLength(last - first - 1)];
        Span<byte> signature = stackalloc byte[P256Signature.Length];
        if (!StrictBase64Url.TryDecode(token[..first], header)
            || !StrictBase64Url.TryDecode(token[(first + 1)..last], payload)
            || !StrictBase64Url.TryDecode(token[(last + 1)..], signature))
        {
            return TokenFault.Encoding;
        }

        keyId = TokenFormat.ReadHeader(header);
        if (keyId is null)
        {
            return TokenFault.Header;
        }

        if (_keys.Find(keyId) is not { } key)
        {
            return TokenFault.UnknownKey;
        }

        if (!P256Signature.IsCanonical(signature))
        {
            return TokenFault.SignatureForm;
        }

        Span<byte> input = stackalloc byte[last];
        Encoding.ASCII.GetBytes(token[..last], input);
        if (!key.Verify(input, signature))
        {
            return TokenFault.Signature;
        }

        // Only now: what is not authentic is not worth reading.
        claims = TokenFormat.ReadPayload(payload);
        return claims is null ? TokenFault.Payload : Fault(claims, key, now);
    }

    private TokenFault? Fault(TokenClaims claims, TokenKey key, DateTimeOffset now) =>
        claims.Issuer != _realm.Issuer ? TokenFault.Issuer
        : claims.Audience != _realm.Audience ? TokenFault.Audience
        : claims.ExpiresAt <= claims.IssuedAt || claims.ExpiresAt - claims.IssuedAt > AuthorizationRequest.Lifetime ? TokenFault.Lifetime
        : claims.IssuedAt > now ? TokenFault.NotYet
        : claims.ExpiresAt <= now ? TokenFault.Expired
        : !key.Counts(now) || !key.Counts(claims.IssuedAt) ? TokenFault.KeyOutOfWindow
        : null;
}
