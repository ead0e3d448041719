using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace McpActors.Core.Audit;

/// <summary>Signs notes. Behind it stands a private key, wherever that lies; signing needs randomness, so it is not done here.</summary>
public interface INoteSigner
{
    /// <summary>The public key and its name.</summary>
    NoteKey Key { get; }

    /// <summary>
    /// ECDSA on P-256 over SHA-256 of the text, as an ASN.1 DER sequence (RFC 3279), with the key of this signer only.
    /// </summary>
    byte[] Sign(ReadOnlySpan<byte> text);
}

/// <summary>
/// A public key by which notes are verified: ECDSA on P-256, the signature type 0x02 of C2SP signed-note. Ed25519, the
/// type 0x01 that the specification describes itself, is not in the .NET base library. For type 0x02 the key id is the
/// begin of the SHA-256 of the key in SPKI form, without the name; the signature is ASN.1 DER over SHA-256 of the text.
/// Deployed logs do the same, and the tests verify a checkpoint of one of them.
/// </summary>
public sealed class NoteKey
{
    private const byte EcdsaType = 0x02;
    private const string P256 = "1.2.840.10045.3.1.7";

    private readonly byte[] _spki;

    private NoteKey(string name, byte[] spki)
    {
        Name = name;
        _spki = spki;
        Id = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(spki));
    }

    /// <summary>The key's name; for a log's key the origin of its checkpoints.</summary>
    public string Name { get; }

    /// <summary>The first four bytes of SHA-256 over the SPKI form, big-endian.</summary>
    public uint Id { get; }

    /// <summary>The key in SPKI form (SubjectPublicKeyInfo, DER).</summary>
    public ReadOnlyMemory<byte> Spki => _spki;

    /// <summary>The key in the common text form <c>name+key id in hex+base64(0x02 || SPKI)</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Name}+{Id:x8}+{Convert.ToBase64String([EcdsaType, .. _spki])}");

    /// <summary>A key from its SPKI form; null when the name is none or the bytes are not exactly one P-256 key.</summary>
    public static NoteKey? Of(string name, ReadOnlySpan<byte> spki)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name))
        {
            return null;
        }

        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(spki, out var read);

            // One key has one spelling: another encoding of the same point would have another id.
            return read == spki.Length && key.ExportParameters(false).Curve.Oid.Value == P256 && key.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(spki)
                ? new NoteKey(name, spki.ToArray())
                : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>Reads <see cref="ToString"/>; null for any other type of key, a wrong id or another spelling.</summary>
    public static NoteKey? Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var parts = text.Split('+', 3);
        return parts.Length == 3 && SignedNote.Base64(parts[2]) is { Length: > 1 } bytes && bytes[0] == EcdsaType
            && Of(parts[0], bytes.AsSpan(1)) is { } key && key.ToString() == text ? key : null;
    }

    /// <summary>Whether the signature over the text is from this key.</summary>
    public bool Verifies(ReadOnlySpan<byte> text, ReadOnlySpan<byte> signature)
    {
        using var key = ECDsa.Create();
        key.ImportSubjectPublicKeyInfo(_spki, out _);
        return key.VerifyData(text, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
    }

    /// <summary>Not empty, no Unicode space, no plus, and nothing that a note may not hold.</summary>
    internal static bool IsName(string name) =>
        name.Length > 0 && AuditText.WellFormed(name) == name
        && !name.EnumerateRunes().Any(rune => Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || rune.Value == '+');
}

/// <summary>The keys that are known, each by its name and id.</summary>
public sealed class NoteKeyRing
{
    private readonly Dictionary<(string Name, uint Id), NoteKey> _keys = [];

    /// <summary>A ring of keys.</summary>
    /// <exception cref="ArgumentException">Two different keys have the same name and id, so that a signature would not say whose it is.</exception>
    public NoteKeyRing(IEnumerable<NoteKey> keys)
    {
        ArgumentNullException.ThrowIfNull(keys);
        foreach (var key in keys)
        {
            if (_keys.TryGetValue((key.Name, key.Id), out var other) && !other.Spki.Span.SequenceEqual(key.Spki.Span))
            {
                throw new ArgumentException($"Two keys have the name '{key.Name}' and the same id. Give one of them another name.", nameof(keys));
            }

            _keys[(key.Name, key.Id)] = key;
        }
    }

    internal IEnumerable<NoteKey> Keys => _keys.Values;

    internal NoteKey? Find(string name, uint id) => _keys.GetValueOrDefault((name, id));
}
