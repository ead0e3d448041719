using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;

namespace McpActors.Core.Protection;

/// <summary>
/// The use of the private key that signs approval tokens and nothing else. A signer of checkpoints is another type with
/// another key. Signing draws randomness and the key comes from a file: both are the business of whoever implements this.
/// </summary>
public interface ITokenSigner
{
    /// <summary>The id of the key: <see cref="TokenKey.Id"/> of its public half.</summary>
    string KeyId { get; }

    /// <summary>The ECDSA signature (P-256, SHA-256) of the bytes as r || s, 64 bytes; s may be high or low.</summary>
    byte[] Sign(ReadOnlySpan<byte> signingInput);
}

/// <summary>The public half of a key that signs approval tokens, and when its tokens count.</summary>
public sealed class TokenKey
{
    private const string P256 = "1.2.840.10045.3.1.7";
    private readonly ECDsa _key;
    private readonly Lock _gate = new();

    private TokenKey(string id, ECDsa key, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        Id = id;
        _key = key;
        NotBefore = notBefore;
        NotAfter = notAfter;
    }

    /// <summary>
    /// The key's id: base64url of SHA-256 over <c>mcpactors/approval-key/v1 LF X Y</c>. The domain keeps a key that is
    /// (wrongly) used for checkpoints too from having one id in both places.
    /// </summary>
    public string Id { get; }

    /// <summary>From this instant on the key's tokens count.</summary>
    public DateTimeOffset NotBefore { get; }

    /// <summary>From this instant on they no longer do: the end of the overlap after a rotation.</summary>
    public DateTimeOffset NotAfter { get; }

    /// <summary>The key of a SubjectPublicKeyInfo structure.</summary>
    /// <param name="subjectPublicKeyInfo">DER, nothing behind it.</param>
    /// <param name="notBefore">From when its tokens count.</param>
    /// <param name="notAfter">Until when, exclusive; <see cref="DateTimeOffset.MaxValue"/> for a key in use.</param>
    /// <exception cref="CryptographicException">These bytes are not a public key on P-256.</exception>
    /// <exception cref="ArgumentException">The window is empty.</exception>
    public static TokenKey FromSubjectPublicKeyInfo(ReadOnlySpan<byte> subjectPublicKeyInfo, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(subjectPublicKeyInfo, out var read);
        if (read != subjectPublicKeyInfo.Length)
        {
            throw new CryptographicException("Something stands behind the public key.");
        }

        return FromPublicKey(key.ExportParameters(includePrivateParameters: false), notBefore, notAfter);
    }

    /// <summary>The key of a point on the curve. A private half among the parameters is not kept.</summary>
    /// <exception cref="CryptographicException">The curve is not P-256, or the point is not on it.</exception>
    /// <exception cref="ArgumentException">The window is empty.</exception>
    public static TokenKey FromPublicKey(ECParameters parameters, DateTimeOffset notBefore, DateTimeOffset notAfter)
    {
        if (notAfter <= notBefore)
        {
            throw new ArgumentException("A key's tokens count from an instant until a later one.", nameof(notAfter));
        }

        if (parameters.Curve.Oid?.Value != P256)
        {
            throw new CryptographicException("A key for approval tokens is on the curve P-256.");
        }

        var point = new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = parameters.Q };
        // Throws for a point that is not on the curve. A ring keeps its few keys for as long as the node runs.
        return new TokenKey(IdOf(point.Q), ECDsa.Create(point), notBefore, notAfter);
    }

    /// <summary>The id that a key gets, for signers.</summary>
    /// <exception cref="ArgumentException">The point has no coordinates of 32 bytes.</exception>
    public static string IdOf(ECPoint point)
    {
        if (point.X is not { Length: 32 } || point.Y is not { Length: 32 })
        {
            throw new ArgumentException("A point on P-256 has two coordinates of 32 bytes.", nameof(point));
        }

        return StrictBase64Url.Encode(SHA256.HashData([.. Encoding.ASCII.GetBytes("mcpactors/approval-key/v1\n"), .. point.X, .. point.Y]));
    }

    internal bool Counts(DateTimeOffset at) => at >= NotBefore && at < NotAfter;

    // An ECDsa object is not promised to bear two threads at once.
    internal bool Verify(ReadOnlySpan<byte> signingInput, ReadOnlySpan<byte> signature)
    {
        lock (_gate)
        {
            return _key.VerifyData(signingInput, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
    }
}

/// <summary>The keys whose tokens count: the one in use, and after a rotation the last one until the overlap is over.</summary>
public sealed class TokenKeyRing
{
    /// <summary>The most keys of a ring.</summary>
    public const int MaxKeys = 16;

    private readonly FrozenDictionary<string, TokenKey> _keys;

    /// <summary>A ring of these keys.</summary>
    /// <exception cref="ArgumentException">No key, more than <see cref="MaxKeys"/>, or one of them twice.</exception>
    public TokenKeyRing(IEnumerable<TokenKey> keys)
    {
        TokenKey[] all = [.. keys];
        if (all.Length is 0 or > MaxKeys || all.DistinctBy(k => k.Id, StringComparer.Ordinal).Count() != all.Length)
        {
            throw new ArgumentException($"A ring has 1 to {MaxKeys} keys, each of them once.", nameof(keys));
        }

        _keys = all.ToFrozenDictionary(k => k.Id, StringComparer.Ordinal);
    }

    internal TokenKey? Find(string id) => _keys.GetValueOrDefault(id);
}
