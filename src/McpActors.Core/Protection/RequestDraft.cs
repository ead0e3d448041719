using System.Text.Json;

namespace McpActors.Core.Protection;

/// <summary>All that a requester says. Everything else about a request is computed here.</summary>
/// <param name="Operation">The operation's name as sent.</param>
/// <param name="Target">What to change.</param>
/// <param name="Parameters">The operation's parameters.</param>
/// <param name="Reason">Why; may be empty where no reason is needed.</param>
public sealed record RequestDraft(string Operation, TargetSelector Target, CanonicalObject Parameters, string Reason)
{
    /// <summary>
    /// Reads the body <c>{operation, target: {kind, id}, parameters?, reason?}</c>. Null for anything else: not strict JSON,
    /// another member (an <c>id</c>, a <c>risk_level</c>, an <c>expires_at</c>), a wrong type.
    /// </summary>
    public static RequestDraft? TryRead(ReadOnlyMemory<byte> utf8)
    {
        var json = StrictJson.Read(utf8);
        return json.Ok && StrictJson.HasMembers(json.Value, ["operation", "target"], ["parameters", "reason"])
            && Text(json.Value, "operation") is { } operation
            && json.Value.GetProperty("target") is var target && StrictJson.HasMembers(target, ["kind", "id"], [])
            && Text(target, "kind") is { } kind && Text(target, "id") is { } id
            && Parameters(json.Value) is { } parameters
            && Reason(json.Value) is { } reason
                ? new RequestDraft(operation, new TargetSelector(kind, id), parameters, reason)
                : null;

        static string? Text(JsonElement value, string name) =>
            value.GetProperty(name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;

        static string? Reason(JsonElement value) => value.TryGetProperty("reason", out _) ? Text(value, "reason") : "";

        static CanonicalObject? Parameters(JsonElement value) =>
            !value.TryGetProperty("parameters", out var parameters) ? CanonicalObject.Empty
            : parameters.ValueKind == JsonValueKind.Object ? CanonicalObject.FromElement(parameters)
            : null;
    }
}
