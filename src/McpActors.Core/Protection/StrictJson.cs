using System.Globalization;
using System.Text.Json;
using System.Text.Unicode;

namespace McpActors.Core.Protection;

/// <summary>Why a body is not strict JSON.</summary>
public enum StrictJsonFault
{
    /// <summary>More bytes than allowed. Nothing was parsed.</summary>
    TooLarge,

    /// <summary>The bytes are not UTF-8, or start with a byte-order mark.</summary>
    NotUtf8,

    /// <summary>Not one JSON value: NaN, comments, trailing commas, two roots, rubbish behind the root, nothing at all.</summary>
    Syntax,

    /// <summary>Nested too deep.</summary>
    TooDeep,

    /// <summary>An object names a member twice.</summary>
    DuplicateName,

    /// <summary>A string holds half of a surrogate pair.</summary>
    LoneSurrogate,

    /// <summary>A number is 2^53 or more in magnitude, or cannot be kept exactly as a double prints it (RFC 7493, section 2.2).</summary>
    Number,
}

/// <summary>A value that everybody reads the same way, or why there is none.</summary>
/// <param name="Value">The value; undefined when there is a fault. It lives on its own memory.</param>
/// <param name="Canonical">Its RFC 8785 form; empty when there is a fault.</param>
/// <param name="Fault">Why there is no value, or null.</param>
public sealed record StrictJsonResult(JsonElement Value, ReadOnlyMemory<byte> Canonical, StrictJsonFault? Fault)
{
    /// <summary>True when there is a value.</summary>
    public bool Ok => Fault is null;
}

/// <summary>
/// Reads JSON that has exactly one meaning (I-JSON, RFC 7493, made stricter): what one reader takes for the value, every
/// other reader does too. Never throws for what a stranger wrote.
/// </summary>
public static class StrictJson
{
    /// <summary>The longest body by default, in bytes: 64 KiB.</summary>
    public const int DefaultMaxBytes = 64 * 1024;

    /// <summary>The deepest nesting by default: 32 levels of arrays and objects.</summary>
    public const int DefaultMaxDepth = 32;

    private const double Largest = 9007199254740992;

    /// <summary>Reads one value.</summary>
    /// <param name="utf8">The whole body.</param>
    /// <param name="maxBytes">The longest body, 1 byte to 16 MiB.</param>
    /// <param name="maxDepth">The deepest nesting, 1 to 64.</param>
    /// <exception cref="ArgumentOutOfRangeException">A bound is out of its range.</exception>
    public static StrictJsonResult Read(ReadOnlyMemory<byte> utf8, int maxBytes = DefaultMaxBytes, int maxDepth = DefaultMaxDepth)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxBytes, 16 * 1024 * 1024);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxDepth, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxDepth, 64);
        if (utf8.Length > maxBytes)
        {
            return Refused(StrictJsonFault.TooLarge);
        }

        if (utf8.Span.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF]) || !Utf8.IsValid(utf8.Span))
        {
            return Refused(StrictJsonFault.NotUtf8);
        }

        if (Scan(utf8.Span, maxDepth) is { } fault)
        {
            return Refused(fault);
        }

        using var document = JsonDocument.Parse(utf8, new JsonDocumentOptions { MaxDepth = maxDepth });
        var canonical = CanonicalJson.Of(document.RootElement, CanonicalJsonOptions.ForSigning);
        return canonical.Fault switch
        {
            null => new StrictJsonResult(document.RootElement.Clone(), canonical.Utf8, null),
            CanonicalJsonFault.DuplicateName => Refused(StrictJsonFault.DuplicateName),
            CanonicalJsonFault.LoneSurrogate => Refused(StrictJsonFault.LoneSurrogate),
            CanonicalJsonFault.NotFinite or CanonicalJsonFault.Inexact => Refused(StrictJsonFault.Number),
            CanonicalJsonFault.TooDeep => Refused(StrictJsonFault.TooDeep),
            CanonicalJsonFault.TooLarge => Refused(StrictJsonFault.TooLarge),
            _ => Refused(StrictJsonFault.Syntax),
        };
    }

    /// <summary>True when the value is an object that has all the required members and no other than these and the optional ones.</summary>
    public static bool HasMembers(JsonElement value, IReadOnlyCollection<string> required, IReadOnlyCollection<string> optional)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        var seen = 0;
        foreach (var member in value.EnumerateObject())
        {
            if (required.Contains(member.Name))
            {
                seen++;
            }
            else if (!optional.Contains(member.Name))
            {
                return false;
            }
        }

        return seen == required.Count;
    }

    // Syntax, depth and the size of numbers, before anything is allocated for the value.
    private static StrictJsonFault? Scan(ReadOnlySpan<byte> utf8, int maxDepth)
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = maxDepth + 1 });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject && reader.CurrentDepth >= maxDepth)
                {
                    return StrictJsonFault.TooDeep;
                }

                if (reader.TokenType == JsonTokenType.Number
                    && !(Math.Abs(double.Parse(reader.ValueSpan, NumberStyles.Float, CultureInfo.InvariantCulture)) < Largest))
                {
                    return StrictJsonFault.Number;
                }
            }

            return null;
        }
        catch (JsonException)
        {
            return StrictJsonFault.Syntax;
        }
    }

    private static StrictJsonResult Refused(StrictJsonFault fault) => new(default, default, fault);
}
