using System.Text.Json;

namespace McpActors.Cli.Api;

/// <summary>
/// Reads the node's answers leniently: a field that is missing or null is null, a number where words were expected is
/// its own text. A newer node may say more than this program knows, and must not break it.
/// </summary>
internal static class JsonView
{
    /// <summary>The field as text, or null.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.Child(name) is { } value ? value.AsText() : null;

    /// <summary>The value as text; what is no text is its own JSON.</summary>
    public static string AsText(this JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return value.GetRawText();
        }

        try
        {
            return value.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair is valid JSON ("\ud800") but no text.
            return value.GetRawText();
        }
    }

    /// <summary>The field as a whole number, or null.</summary>
    public static long? Number(this JsonElement element, string name) =>
        element.Child(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number : null;

    /// <summary>The field as a number, or null.</summary>
    public static double? Real(this JsonElement element, string name) =>
        element.Child(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number : null;

    /// <summary>Whether the field is <c>true</c>; null where it is neither true nor false.</summary>
    public static bool? Flag(this JsonElement element, string name) => element.Child(name)?.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    /// <summary>The field itself, or null where it is missing or null.</summary>
    public static JsonElement? Child(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object &&
        element.TryGetProperty(name, out var value) &&
        value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>The elements of an array field; none where it is no array.</summary>
    public static IReadOnlyList<JsonElement> Items(this JsonElement element, string name) =>
        element.Child(name) is { ValueKind: JsonValueKind.Array } value ? [.. value.EnumerateArray()] : [];

    /// <summary>The elements of an array field, joined; null where there are none.</summary>
    public static string? Joined(this JsonElement element, string name, string separator = ", ")
    {
        var items = element.Items(name);
        return items.Count == 0 ? null : string.Join(separator, items.Select(AsText));
    }
}
