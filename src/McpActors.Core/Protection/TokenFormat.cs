using System.Globalization;
using System.Text;

namespace McpActors.Core.Protection;

/// <summary>
/// The one spelling of a token's header and payload: RFC 8785 with a fixed set of members and values that need no
/// escape. Reading is matching this spelling; there is no JSON parser that could be tolerant.
/// </summary>
internal static class TokenFormat
{
    public const int MaxKeyIdLength = 64;
    public const long MaxLifetimeSeconds = 30 * 60;

    private const string HeaderStart = "{\"alg\":\"ES256\",\"kid\":\"";
    private const string HeaderEnd = "\",\"typ\":\"mcpactors-approval+jwt\"}";

    // The year 9892, close to the end of what a DateTimeOffset can hold.
    private const long MaxSeconds = 250_000_000_000;
    private const int MaxTimeDigits = 12;

    public static string Header(string keyId) => HeaderStart + keyId + HeaderEnd;

    public static string Payload(TokenClaims claims) => string.Create(CultureInfo.InvariantCulture,
        $$$"""
        {"aud":"{{{claims.Audience}}}","cnf":{"principal":"{{{claims.Holder}}}"},"dig":"{{{claims.Digest}}}","exp":{{{claims.ExpiresAt.ToUnixTimeSeconds()}}},"iat":{{{claims.IssuedAt.ToUnixTimeSeconds()}}},"iss":"{{{claims.Issuer}}}","jti":"{{{claims.Id}}}","pol":"{{{claims.Policy}}}","rid":"{{{claims.Request}}}"}
        """);

    /// <summary>The key id of a header, or null for any other bytes.</summary>
    public static string? ReadHeader(ReadOnlySpan<byte> utf8)
    {
        Span<char> text = stackalloc char[HeaderStart.Length + MaxKeyIdLength + HeaderEnd.Length];
        if (utf8.Length > text.Length || utf8.Length <= HeaderStart.Length + HeaderEnd.Length)
        {
            return null;
        }

        text = text[..Encoding.Latin1.GetChars(utf8, text)];
        if (!text.StartsWith(HeaderStart) || !text.EndsWith(HeaderEnd))
        {
            return null;
        }

        var keyId = text[HeaderStart.Length..^HeaderEnd.Length];
        return IsKeyId(keyId) ? keyId.ToString() : null;
    }

    public static bool IsKeyId(ReadOnlySpan<char> keyId)
    {
        if (keyId.Length is 0 or > MaxKeyIdLength)
        {
            return false;
        }

        foreach (var c in keyId)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or '_'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The claims of a payload, or null for any other bytes.</summary>
    public static TokenClaims? ReadPayload(ReadOnlySpan<byte> utf8)
    {
        // Latin-1 keeps every byte as one character, so that no two byte strings become one text.
        var rest = new Cursor(Encoding.Latin1.GetString(utf8));
        return rest.Skip("{\"aud\":\"") && rest.UntilQuote() is { } audience && TokenRealm.IsName(audience)
            && rest.Skip(",\"cnf\":{\"principal\":\"") && PrincipalId.TryParse(rest.UntilQuote(), out var holder)
            && rest.Skip("},\"dig\":\"") && Sha256Hash.TryParse(rest.UntilQuote(), out var digest)
            && rest.Skip(",\"exp\":") && rest.Number(MaxTimeDigits) is <= MaxSeconds and var expires
            && rest.Skip(",\"iat\":") && rest.Number(MaxTimeDigits) is <= MaxSeconds and var issued
            && rest.Skip(",\"iss\":\"") && rest.UntilQuote() is { } issuer && TokenRealm.IsName(issuer)
            && rest.Skip(",\"jti\":\"") && TokenId.TryParse(rest.UntilQuote(), out var id)
            && rest.Skip(",\"pol\":\"") && rest.Number(9) is >= 1 and var number
            && rest.Skip(".") && Sha256Hash.TryParse(rest.UntilQuote(), out var policy)
            && rest.Skip(",\"rid\":\"") && RequestId.TryParse(rest.UntilQuote(), out var request)
            && rest.Skip("}") && rest.AtEnd
                ? new TokenClaims(
                    issuer, audience, id, request, digest, holder, new PolicyRevision((int)number, policy),
                    DateTimeOffset.UnixEpoch.AddSeconds(issued), DateTimeOffset.UnixEpoch.AddSeconds(expires))
                : null;
    }

    private ref struct Cursor(string text)
    {
        private ReadOnlySpan<char> _rest = text;

        public readonly bool AtEnd => _rest.IsEmpty;

        public bool Skip(string literal)
        {
            if (!_rest.StartsWith(literal))
            {
                return false;
            }

            _rest = _rest[literal.Length..];
            return true;
        }

        public string? UntilQuote()
        {
            var end = _rest.IndexOf('"');
            if (end < 0)
            {
                return null;
            }

            var value = _rest[..end].ToString();
            _rest = _rest[(end + 1)..];
            return value;
        }

        // A whole number without sign, leading zero, fraction or exponent.
        public long? Number(int maxDigits)
        {
            var length = 0;
            while (length < _rest.Length && char.IsAsciiDigit(_rest[length]))
            {
                length++;
            }

            if (length == 0 || length > maxDigits || (length > 1 && _rest[0] == '0'))
            {
                return null;
            }

            var value = long.Parse(_rest[..length], NumberStyles.None, CultureInfo.InvariantCulture);
            _rest = _rest[length..];
            return value;
        }
    }
}
