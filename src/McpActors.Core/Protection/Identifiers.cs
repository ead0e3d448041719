namespace McpActors.Core.Protection;

/// <summary>The id of an authorization request: 128 random bits as 32 lower-case hexadecimal digits.</summary>
public readonly record struct RequestId
{
    /// <summary>Hexadecimal digits of an id.</summary>
    public const int Length = 32;

    private readonly string? _value;

    private RequestId(string value) => _value = value;

    /// <summary>32 lower-case hexadecimal digits; empty for the default value.</summary>
    public string Value => _value ?? "";

    /// <summary>False for the default value only.</summary>
    public bool IsValid => _value is not null;

    /// <summary>The id of 128 bits that the caller took from a cryptographic random generator.</summary>
    /// <exception cref="ArgumentException">There are not exactly 16 bytes.</exception>
    public static RequestId FromBytes(ReadOnlySpan<byte> random) => new(RandomId.Text(random));

    /// <summary>Exactly 32 lower-case hexadecimal digits, or false.</summary>
    public static bool TryParse(string? text, out RequestId id)
    {
        id = HexText.Is(text, Length) ? new RequestId(text!) : default;
        return id.IsValid;
    }

    /// <inheritdoc cref="Value"/>
    public override string ToString() => Value;
}

/// <summary>The id of one signed token (<c>jti</c>): 128 random bits as 32 lower-case hexadecimal digits.</summary>
public readonly record struct TokenId
{
    /// <summary>Hexadecimal digits of an id.</summary>
    public const int Length = 32;

    private readonly string? _value;

    private TokenId(string value) => _value = value;

    /// <summary>32 lower-case hexadecimal digits; empty for the default value.</summary>
    public string Value => _value ?? "";

    /// <summary>False for the default value only.</summary>
    public bool IsValid => _value is not null;

    /// <summary>The id of 128 bits that the caller took from a cryptographic random generator.</summary>
    /// <exception cref="ArgumentException">There are not exactly 16 bytes.</exception>
    public static TokenId FromBytes(ReadOnlySpan<byte> random) => new(RandomId.Text(random));

    /// <summary>Exactly 32 lower-case hexadecimal digits, or false.</summary>
    public static bool TryParse(string? text, out TokenId id)
    {
        id = HexText.Is(text, Length) ? new TokenId(text!) : default;
        return id.IsValid;
    }

    /// <inheritdoc cref="Value"/>
    public override string ToString() => Value;
}

/// <summary>128 random bits that make two requests for the same thing differ in their digests.</summary>
public readonly record struct RequestNonce
{
    /// <summary>Hexadecimal digits of a nonce.</summary>
    public const int Length = 32;

    private readonly string? _value;

    private RequestNonce(string value) => _value = value;

    /// <summary>32 lower-case hexadecimal digits; empty for the default value.</summary>
    public string Value => _value ?? "";

    /// <summary>False for the default value only.</summary>
    public bool IsValid => _value is not null;

    /// <summary>The nonce of 128 bits that the caller took from a cryptographic random generator.</summary>
    /// <exception cref="ArgumentException">There are not exactly 16 bytes.</exception>
    public static RequestNonce FromBytes(ReadOnlySpan<byte> random) => new(RandomId.Text(random));

    /// <summary>Exactly 32 lower-case hexadecimal digits, or false.</summary>
    public static bool TryParse(string? text, out RequestNonce nonce)
    {
        nonce = HexText.Is(text, Length) ? new RequestNonce(text!) : default;
        return nonce.IsValid;
    }

    /// <inheritdoc cref="Value"/>
    public override string ToString() => Value;
}

internal static class RandomId
{
    public static string Text(ReadOnlySpan<byte> random) => random.Length == 16
        ? Convert.ToHexStringLower(random)
        : throw new ArgumentException("An id is made of exactly 16 random bytes.", nameof(random));
}
