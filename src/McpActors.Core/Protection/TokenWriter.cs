using System.Text;

namespace McpActors.Core.Protection;

/// <summary>A signed token. Its text is a credential of its holder: it goes to the holder and nowhere else.</summary>
/// <param name="Text">JWS compact serialization.</param>
/// <param name="Claims">What it says.</param>
/// <param name="KeyId">The key that signed it.</param>
/// <param name="Fingerprint">SHA-256 over the text: what is recorded instead of it.</param>
public sealed record SignedToken(string Text, TokenClaims Claims, string KeyId, Sha256Hash Fingerprint)
{
    /// <summary>The token's id, never its text.</summary>
    public override string ToString() => $"token {Claims.Id}";
}

/// <summary>Writes approval tokens: JWS ES256 (RFC 7515, RFC 7518) in the one spelling that <see cref="TokenVerifier"/> reads.</summary>
public static class TokenWriter
{
    /// <summary>Signs the claims.</summary>
    /// <exception cref="ArgumentException">
    /// The claims, the key's id or the signature are not what a verifier could accept: a fault of the caller or of the key.
    /// </exception>
    public static SignedToken Write(TokenClaims claims, ITokenSigner signer)
    {
        ArgumentNullException.ThrowIfNull(claims);
        ArgumentNullException.ThrowIfNull(signer);
        var payload = Encoding.ASCII.GetBytes(TokenFormat.Payload(claims));
        if (TokenFormat.ReadPayload(payload) != claims || !TokenFormat.IsKeyId(signer.KeyId)
            || claims.ExpiresAt <= claims.IssuedAt || claims.ExpiresAt - claims.IssuedAt > AuthorizationRequest.Lifetime)
        {
            throw new ArgumentException("These claims cannot stand in a token.", nameof(claims));
        }

        var input = $"{StrictBase64Url.Encode(Encoding.ASCII.GetBytes(TokenFormat.Header(signer.KeyId)))}.{StrictBase64Url.Encode(payload)}";
        var signature = signer.Sign(Encoding.ASCII.GetBytes(input));
        P256Signature.Canonicalize(signature);
        var text = $"{input}.{StrictBase64Url.Encode(signature)}";
        return new SignedToken(text, claims, signer.KeyId, FingerprintOf(text));
    }

    internal static Sha256Hash FingerprintOf(ReadOnlySpan<char> token)
    {
        var bytes = new byte[token.Length];
        Encoding.ASCII.GetBytes(token, bytes);
        return Sha256Hash.Of("mcpactors/approval-token/v1", bytes);
    }
}
