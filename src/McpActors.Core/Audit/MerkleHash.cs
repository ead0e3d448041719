using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace McpActors.Core.Audit;

/// <summary>A SHA-256 hash: 32 bytes, compared by value. The default value is 32 zero bytes.</summary>
public readonly record struct MerkleHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Length = 32;

    private static readonly SearchValues<char> HexDigits = SearchValues.Create("0123456789abcdef");
    private static readonly SearchValues<byte> HexBytes = SearchValues.Create("0123456789abcdef"u8);

    private readonly ulong _a;
    private readonly ulong _b;
    private readonly ulong _c;
    private readonly ulong _d;

    /// <summary>The hash with these bytes.</summary>
    /// <exception cref="ArgumentException">There are not exactly 32.</exception>
    public MerkleHash(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException("A hash has 32 bytes.", nameof(bytes));
        }

        _a = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _b = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _c = BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]);
        _d = BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]);
    }

    /// <summary>Writes the 32 bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no room for them.</exception>
    public void CopyTo(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _a);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _b);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], _c);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], _d);
    }

    /// <summary>The 32 bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Length];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>64 digits of lower-case hex.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>Standard base64 with padding: 44 characters, as checkpoints write a root.</summary>
    public string ToBase64()
    {
        Span<byte> bytes = stackalloc byte[Length];
        CopyTo(bytes);
        return Convert.ToBase64String(bytes);
    }

    /// <summary>Reads 64 digits of lower-case hex; anything else, upper case included, is refused.</summary>
    public static bool TryParse([NotNullWhen(true)] string? hex, out MerkleHash hash)
    {
        hash = default;
        if (hex is null || hex.Length != 2 * Length || hex.AsSpan().ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        hash = new MerkleHash(Convert.FromHexString(hex));
        return true;
    }

    /// <summary>Reads 64 digits of lower-case hex in ASCII.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> hex, out MerkleHash hash)
    {
        hash = default;
        Span<byte> bytes = stackalloc byte[Length];
        if (hex.Length != 2 * Length
            || hex.ContainsAnyExcept(HexBytes)
            || Convert.FromHexString(hex, bytes, out _, out _) != OperationStatus.Done)
        {
            return false;
        }

        hash = new MerkleHash(bytes);
        return true;
    }
}
