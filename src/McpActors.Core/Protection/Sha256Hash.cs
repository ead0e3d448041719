using System.Security.Cryptography;
using System.Text;

namespace McpActors.Core.Protection;

/// <summary>A SHA-256 hash as 64 lower-case hexadecimal digits. The default value is no hash and equals none.</summary>
public readonly record struct Sha256Hash
{
    /// <summary>Hexadecimal digits of a hash.</summary>
    public const int Length = 64;

    private readonly string? _value;

    private Sha256Hash(string value) => _value = value;

    /// <summary>64 lower-case hexadecimal digits; empty for the default value.</summary>
    public string Value => _value ?? "";

    /// <summary>False for the default value only.</summary>
    public bool IsValid => _value is not null;

    /// <summary>
    /// The hash of <c>domain LF bytes</c>. Two domains never share a hash: no domain holds a line feed.
    /// </summary>
    /// <param name="domain">What is hashed, such as <c>mcpactors/authorization-request/v1</c>; ASCII without a line feed.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="ArgumentException">The domain is empty, not ASCII, or holds a line feed.</exception>
    public static Sha256Hash Of(string domain, ReadOnlySpan<byte> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(domain);
        if (domain.Contains('\n', StringComparison.Ordinal) || !Ascii.IsValid(domain))
        {
            throw new ArgumentException("A domain is ASCII without a line feed.", nameof(domain));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.ASCII.GetBytes(domain + "\n"));
        hash.AppendData(bytes);
        return new Sha256Hash(Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Exactly 64 lower-case hexadecimal digits, or false.</summary>
    public static bool TryParse(string? text, out Sha256Hash hash)
    {
        hash = HexText.Is(text, Length) ? new Sha256Hash(text!) : default;
        return hash.IsValid;
    }

    /// <summary>Exactly 64 lower-case hexadecimal digits.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static Sha256Hash Parse(string? text) => TryParse(text, out var hash)
        ? hash
        : throw new FormatException("A SHA-256 hash is 64 lower-case hexadecimal digits.");

    /// <inheritdoc cref="Value"/>
    public override string ToString() => Value;
}

internal static class HexText
{
    /// <summary>True for exactly that many lower-case hexadecimal digits.</summary>
    public static bool Is(ReadOnlySpan<char> text, int length)
    {
        if (text.Length != length)
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiHexDigitLower(c))
            {
                return false;
            }
        }

        return true;
    }
}
