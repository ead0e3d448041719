namespace McpActors.Core.Protection;

/// <summary>
/// Base64url (RFC 4648, section 5) in which every byte string has exactly one spelling: no padding, no white space, no
/// other alphabet, and the bits behind the last byte are zero.
/// </summary>
internal static class StrictBase64Url
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    public static int DecodedLength(int characters) => characters * 6 / 8;

    /// <summary>False for any text that <see cref="Encode"/> would not give back. The span is exactly as long as the decoded bytes.</summary>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes)
    {
        if (text.Length % 4 == 1)
        {
            return false;
        }

        var buffer = 0;
        var bits = 0;
        var at = 0;
        foreach (var c in text)
        {
            var value = Value(c);
            if (value < 0)
            {
                return false;
            }

            buffer = ((buffer << 6) | value) & 0xFFFF;
            bits += 6;
            if (bits >= 8)
            {
                bits -= 8;
                bytes[at++] = (byte)(buffer >> bits);
            }
        }

        return (buffer & ((1 << bits) - 1)) == 0;
    }

    public static string Encode(ReadOnlySpan<byte> bytes)
    {
        var text = new char[((bytes.Length * 8) + 5) / 6];
        var buffer = 0;
        var bits = 0;
        var at = 0;
        foreach (var b in bytes)
        {
            buffer = ((buffer << 8) | b) & 0xFFFF;
            bits += 8;
            while (bits >= 6)
            {
                bits -= 6;
                text[at++] = Alphabet[(buffer >> bits) & 63];
            }
        }

        if (bits > 0)
        {
            text[at] = Alphabet[(buffer << (6 - bits)) & 63];
        }

        return new string(text);
    }

    private static int Value(char c) => c switch
    {
        >= 'A' and <= 'Z' => c - 'A',
        >= 'a' and <= 'z' => c - 'a' + 26,
        >= '0' and <= '9' => c - '0' + 52,
        '-' => 62,
        '_' => 63,
        _ => -1,
    };
}
