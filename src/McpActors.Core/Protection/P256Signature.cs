namespace McpActors.Core.Protection;

/// <summary>
/// What an ECDSA signature over P-256 may look like as 64 bytes r || s (RFC 7518, section 3.4). With (r, s) the pair
/// (r, n - s) verifies too; only the one with the lower s is accepted here, so that a signature has one spelling.
/// </summary>
internal static class P256Signature
{
    public const int Length = 64;

    // The order n of the base point (FIPS 186-4, D.1.2.3), and (n - 1) / 2.
    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];

    private static ReadOnlySpan<byte> HalfOrder =>
    [
        0x7F, 0xFF, 0xFF, 0xFF, 0x80, 0x00, 0x00, 0x00, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xDE, 0x73, 0x7D, 0x56, 0xD3, 0x8B, 0xCF, 0x42, 0x79, 0xDC, 0xE5, 0x61, 0x7E, 0x31, 0x92, 0xA8,
    ];

    /// <summary>True when 1 ≤ r &lt; n and 1 ≤ s ≤ n / 2.</summary>
    public static bool IsCanonical(ReadOnlySpan<byte> signature) =>
        signature.Length == Length
        && InRange(signature[..32], Order, inclusive: false)
        && InRange(signature[32..], HalfOrder, inclusive: true);

    /// <summary>Replaces s by n - s where that is lower.</summary>
    /// <exception cref="ArgumentException">These are not 64 bytes of r and s between 1 and n - 1.</exception>
    public static void Canonicalize(Span<byte> signature)
    {
        if (signature.Length != Length || !InRange(signature[..32], Order, inclusive: false) || !InRange(signature[32..], Order, inclusive: false))
        {
            throw new ArgumentException("A P-256 signature is 64 bytes: r and s, each from 1 to n - 1.", nameof(signature));
        }

        var s = signature[32..];
        if (s.SequenceCompareTo(HalfOrder) <= 0)
        {
            return;
        }

        var borrow = 0;
        for (var i = 31; i >= 0; i--)
        {
            var digit = Order[i] - s[i] - borrow;
            borrow = digit < 0 ? 1 : 0;
            s[i] = (byte)digit;
        }
    }

    private static bool InRange(ReadOnlySpan<byte> number, ReadOnlySpan<byte> bound, bool inclusive) =>
        number.ContainsAnyExcept((byte)0)
        && (number.SequenceCompareTo(bound) is var order && (order < 0 || (inclusive && order == 0)));
}
