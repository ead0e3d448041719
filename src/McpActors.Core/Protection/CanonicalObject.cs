using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpActors.Core.Protection;

/// <summary>A JSON object as its RFC 8785 bytes, immutable. Equal when the bytes are.</summary>
public sealed class CanonicalObject : IEquatable<CanonicalObject>
{
    private readonly byte[] _utf8;

    private CanonicalObject(byte[] utf8) => _utf8 = utf8;

    /// <summary>An object without members.</summary>
    public static CanonicalObject Empty { get; } = new("{}"u8.ToArray());

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Utf8 => _utf8;

    /// <summary>The object of these bytes, by the rules of <see cref="StrictJson"/>; null when they are anything else.</summary>
    public static CanonicalObject? TryRead(ReadOnlyMemory<byte> utf8)
    {
        var read = StrictJson.Read(utf8);
        return read.Ok && read.Value.ValueKind == JsonValueKind.Object ? new CanonicalObject(read.Canonical.ToArray()) : null;
    }

    /// <summary>The object of this text, by the rules of <see cref="StrictJson"/>; null when it is anything else.</summary>
    public static CanonicalObject? TryRead(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        // A text with half a surrogate pair must not turn into another text on its way to bytes.
        return Unicode.IsWellFormed(text) ? TryRead(Encoding.UTF8.GetBytes(text)) : null;
    }

    /// <summary>A value of one of the members, or null when there is no such member.</summary>
    public JsonElement? Member(string name)
    {
        using var document = JsonDocument.Parse(_utf8);
        return document.RootElement.TryGetProperty(name, out var value) ? value.Clone() : null;
    }

    /// <inheritdoc/>
    public bool Equals(CanonicalObject? other) => other is not null && _utf8.AsSpan().SequenceEqual(other._utf8);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CanonicalObject);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = new HashCode();
        hash.AddBytes(_utf8);
        return hash.ToHashCode();
    }

    /// <summary>The canonical text. It may hold secrets of the caller: not for logs.</summary>
    public override string ToString() => Encoding.UTF8.GetString(_utf8);

    internal static CanonicalObject FromElement(JsonElement element) =>
        TryRead(Encoding.UTF8.GetBytes(element.GetRawText())) ?? throw new FormatException("The parameters are not a strict JSON object.");

    internal JsonNode Node() => JsonNode.Parse(_utf8)!;
}

internal static class Unicode
{
    /// <summary>True when no half of a surrogate pair stands alone.</summary>
    public static bool IsWellFormed(ReadOnlySpan<char> text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsHighSurrogate(text[i]) || i + 1 == text.Length || !char.IsLowSurrogate(text[i + 1]))
                {
                    return false;
                }

                i++;
            }
        }

        return true;
    }
}
