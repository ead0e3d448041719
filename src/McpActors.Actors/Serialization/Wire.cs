using System.Collections.Concurrent;
using System.Text.Json;

namespace McpActors.Actors.Serialization;

/// <summary>The words that enumerations have outside the code.</summary>
public static class Wire
{
    private static readonly ConcurrentDictionary<Enum, string> s_names = new();

    /// <summary>The snake-case form: <c>AuthNeeded</c> is <c>auth_needed</c>.</summary>
    public static string Name(Enum value) => s_names.GetOrAdd(value, v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()));
}
