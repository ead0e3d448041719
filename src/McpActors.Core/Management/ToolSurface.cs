using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace McpActors.Core.Management;

/// <summary>What a server can declare. The order is that of the hash and never changes.</summary>
public enum SurfaceKind
{
    /// <summary>Tools, by <c>name</c>.</summary>
    Tool,

    /// <summary>Prompts, by <c>name</c>.</summary>
    Prompt,

    /// <summary>Resources, by <c>uri</c>.</summary>
    Resource,

    /// <summary>Resource templates, by <c>uriTemplate</c>.</summary>
    ResourceTemplate,

    /// <summary>The instructions for the model: one item or none.</summary>
    Instructions,
}

/// <summary>Everything that a server declared, all pages together. A list that the server does not offer is empty.</summary>
/// <param name="Tools">The items of every page of <c>tools/list</c>.</param>
/// <param name="Prompts">The items of every page of <c>prompts/list</c>.</param>
/// <param name="Resources">The items of every page of <c>resources/list</c>.</param>
/// <param name="ResourceTemplates">The items of every page of <c>resources/templates/list</c>.</param>
/// <param name="Instructions">The instructions, or null when the server gives none.</param>
public sealed record SurfaceDeclaration(
    IReadOnlyList<JsonNode?> Tools,
    IReadOnlyList<JsonNode?> Prompts,
    IReadOnlyList<JsonNode?> Resources,
    IReadOnlyList<JsonNode?> ResourceTemplates,
    string? Instructions)
{
    /// <summary>A server that declares nothing.</summary>
    public static SurfaceDeclaration Empty { get; } = new([], [], [], [], null);
}

/// <summary>One declared item.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name or URI, at most <see cref="ToolSurface.MaxNameLength"/> characters of it; a claim of the server.</param>
/// <param name="Hash">SHA-256 over its whole declaration, lower-case hex.</param>
/// <param name="Fault">Why it has no canonical form (its hash is then over the text as it came), or null.</param>
public sealed record SurfaceItem(SurfaceKind Kind, string Name, string Hash, CanonicalJsonFault? Fault);

/// <summary>All items of one kind.</summary>
/// <param name="Kind">The kind.</param>
/// <param name="Count">How many there are; 0 or more.</param>
/// <param name="Hash">SHA-256 over their hashes, lower-case hex.</param>
public sealed record SurfaceKindSummary(SurfaceKind Kind, int Count, string Hash);

/// <summary>What happened to an item between two surfaces.</summary>
public enum SurfaceChangeType
{
    /// <summary>Only the later one has it.</summary>
    Added,

    /// <summary>Only the earlier one has it.</summary>
    Removed,

    /// <summary>Both have it, with different declarations.</summary>
    Changed,
}

/// <summary>One difference between two surfaces.</summary>
public sealed record SurfaceChange(SurfaceKind Kind, SurfaceChangeType Type, string Name);

/// <summary>The differences between two surfaces, ordered by kind, then name.</summary>
public sealed record SurfaceDiff(IReadOnlyList<SurfaceChange> Changes)
{
    /// <summary>True when the two surfaces declare the same.</summary>
    public bool IsEmpty => Changes.Count == 0;

    /// <summary>The names of one kind that changed in one way, sorted.</summary>
    public IReadOnlyList<string> Names(SurfaceKind kind, SurfaceChangeType type) =>
        [.. Changes.Where(c => c.Kind == kind && c.Type == type).Select(c => c.Name)];
}

/// <summary>
/// A fingerprint of everything that a server declares to a model. Two surfaces with the same <see cref="Hash"/>
/// declare the same; the order in which a server lists things does not matter, every character does (a space or a
/// zero-width character in a description changes the hash: nothing is trimmed or normalized).
/// </summary>
/// <remarks>
/// What is left out: the envelope of a list answer, that is <c>nextCursor</c>, its <c>_meta</c>, and its cache hints
/// (<c>ttlMs</c>, <c>cacheScope</c>), which vary from call to call. Nothing of an item is left out, its <c>_meta</c> and
/// unknown members included, because an instruction to a model may hide anywhere. A server that puts the time of
/// day into an item therefore changes its surface with every call, and rightly looks suspicious.
/// Numbers are compared as IEEE doubles (RFC 8785).
/// </remarks>
public sealed record ToolSurface
{
    /// <summary>The longest name that is kept for display; the hash covers all of it.</summary>
    public const int MaxNameLength = 512;

    /// <summary>The name shown for an item that has none.</summary>
    public const string Nameless = "(no name)";

    /// <summary>Stands for the hash of an item that cannot be read at all; it equals nothing, not even itself.</summary>
    public const string UnreadableHash = "unreadable";

    private const int DeepestAsWritten = 256;
    private const string Domain = "mcpactors/tool-surface/v1";

    /// <summary>SHA-256 over the hashes of all kinds, lower-case hex.</summary>
    public required string Hash { get; init; }

    /// <summary>One summary for each <see cref="SurfaceKind"/>, in its order.</summary>
    public required IReadOnlyList<SurfaceKindSummary> Kinds { get; init; }

    /// <summary>Every item, sorted by kind, name (ordinal) and hash.</summary>
    public required IReadOnlyList<SurfaceItem> Items { get; init; }

    /// <summary>
    /// False when an item could not be read at all: then the surface must not be pinned, and equal hashes say nothing
    /// about that item. <see cref="Diff"/> counts it as changed every time.
    /// </summary>
    public bool IsComplete => Items.All(i => i.Hash != UnreadableHash);

    /// <summary>How many items of a kind there are.</summary>
    public int Count(SurfaceKind kind) => Kinds.Single(k => k.Kind == kind).Count;

    /// <summary>
    /// The fingerprint of a declaration. Never fails: an item without a canonical form (twice the same member, half a
    /// surrogate pair) is hashed as it was written, apart from the canonical ones, and named with its fault.
    /// </summary>
    public static ToolSurface Of(SurfaceDeclaration declaration)
    {
        ArgumentNullException.ThrowIfNull(declaration);
        List<SurfaceItem> items =
        [
            .. declaration.Tools.Select(node => Item(SurfaceKind.Tool, "name", node)),
            .. declaration.Prompts.Select(node => Item(SurfaceKind.Prompt, "name", node)),
            .. declaration.Resources.Select(node => Item(SurfaceKind.Resource, "uri", node)),
            .. declaration.ResourceTemplates.Select(node => Item(SurfaceKind.ResourceTemplate, "uriTemplate", node)),
        ];
        if (declaration.Instructions is { } instructions)
        {
            var node = JsonValue.Create(instructions);
            items.Add(Item(SurfaceKind.Instructions, null, node) with { Name = "instructions" });
        }

        items.Sort(static (a, b) =>
            a.Kind != b.Kind ? a.Kind.CompareTo(b.Kind)
            : string.CompareOrdinal(a.Name, b.Name) is var byName and not 0 ? byName
            : string.CompareOrdinal(a.Hash, b.Hash));
        SurfaceKindSummary[] kinds = [.. Enum.GetValues<SurfaceKind>().Select(kind => Summary(kind, items))];
        return new ToolSurface
        {
            Hash = Sha256("surface", [.. kinds.Select(k => $"{Word(k.Kind)}:{k.Count}:{k.Hash}")]),
            Kinds = kinds,
            Items = items,
        };
    }

    /// <summary>
    /// The items of one list answer (the <c>result</c> of <c>tools/list</c> and its like), without the envelope around
    /// them; empty when there is no such list.
    /// </summary>
    public static IReadOnlyList<JsonNode?> ItemsOf(SurfaceKind kind, JsonNode? result)
    {
        var member = kind switch
        {
            SurfaceKind.Tool => "tools",
            SurfaceKind.Prompt => "prompts",
            SurfaceKind.Resource => "resources",
            SurfaceKind.ResourceTemplate => "resourceTemplates",
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "There is no list of these."),
        };
        return Member(result, member) is JsonArray list ? [.. list] : [];
    }

    /// <summary>
    /// What changed from <paramref name="before"/> to <paramref name="after"/>. Where a server declares a name several
    /// times, all its declarations count as one.
    /// </summary>
    public static SurfaceDiff Diff(ToolSurface before, ToolSurface after)
    {
        ArgumentNullException.ThrowIfNull(before);
        ArgumentNullException.ThrowIfNull(after);
        var old = ByName(before);
        var young = ByName(after);
        var changes = new List<SurfaceChange>();
        foreach (var key in old.Keys.Union(young.Keys).OrderBy(k => k.Kind).ThenBy(k => k.Name, StringComparer.Ordinal))
        {
            var was = old.GetValueOrDefault(key);
            var isNow = young.GetValueOrDefault(key);
            if (was != isNow || was?.Contains(UnreadableHash, StringComparison.Ordinal) == true)
            {
                var type = was is null ? SurfaceChangeType.Added : isNow is null ? SurfaceChangeType.Removed : SurfaceChangeType.Changed;
                changes.Add(new SurfaceChange(key.Kind, type, key.Name));
            }
        }

        return new SurfaceDiff(changes);

        static Dictionary<(SurfaceKind Kind, string Name), string> ByName(ToolSurface surface) => surface.Items
            .GroupBy(i => (i.Kind, i.Name))
            .ToDictionary(g => g.Key, g => string.Join(' ', g.Select(i => i.Hash).Order(StringComparer.Ordinal)));
    }

    private static SurfaceItem Item(SurfaceKind kind, string? nameMember, JsonNode? node)
    {
        var name = nameMember is not null && Member(node, nameMember) is JsonValue value ? NameIn(value) : Nameless;
        var canonical = CanonicalJson.Of(node);
        var hash = canonical.Ok
            ? Sha256("item", [Word(kind)], canonical.Utf8.Span)
            : AsWritten(node) is { } text ? Sha256("item-as-written", [Word(kind)], MemoryMarshal.AsBytes(text.AsSpan()))
            : UnreadableHash;
        return new SurfaceItem(kind, name, hash, canonical.Fault);
    }

    private static string NameIn(JsonValue value)
    {
        string? name;
        try
        {
            value.TryGetValue(out name);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: there is no such text to show.
            name = null;
        }

        return name switch
        {
            null => Nameless,
            { Length: > MaxNameLength } => name[..MaxNameLength],
            _ => name,
        };
    }

    private static JsonNode? Member(JsonNode? node, string member)
    {
        try
        {
            return node is JsonObject obj && obj.TryGetPropertyValue(member, out var value) ? value : null;
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // Parsed nodes look at their members late, and throw then: twice the same name, half a surrogate pair.
            return null;
        }
    }

    /// <summary>
    /// A text that differs wherever two nodes without canonical form differ, or null when the node cannot be read. The
    /// runtime's own writer will not do: it turns each half of a surrogate pair into the same replacement character.
    /// </summary>
    private static string? AsWritten(JsonNode? node)
    {
        var text = new StringBuilder();
        try
        {
            Write(node, 0);
            return text.ToString();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException or NotSupportedException)
        {
            return null;
        }

        void Write(JsonNode? part, int depth)
        {
            switch (part)
            {
                case JsonObject obj when depth < DeepestAsWritten && Readable(obj):
                    foreach (var (name, value) in obj)
                    {
                        text.Append('o').Append(name.Length).Append(':').Append(name);
                        Write(value, depth + 1);
                    }

                    text.Append('}');
                    break;
                case JsonArray list when depth < DeepestAsWritten:
                    foreach (var value in list)
                    {
                        text.Append('a');
                        Write(value, depth + 1);
                    }

                    text.Append(']');
                    break;
                case JsonValue value when value.TryGetValue<JsonElement>(out var element):
                    Leaf('e', element.GetRawText());
                    break;
                case JsonValue value when value.TryGetValue<string>(out var s):
                    Leaf('s', s);
                    break;
                default:
                    Leaf('j', part?.ToJsonString() ?? "null");
                    break;
            }
        }

        void Leaf(char type, string value) => text.Append(type).Append(value.Length).Append(':').Append(value);
    }

    private static bool Readable(JsonObject obj)
    {
        try
        {
            return obj.Count >= 0;
        }
        catch (ArgumentException)
        {
            // A member that is there twice: the object can still be written, though not looked into.
            return false;
        }
    }

    private static SurfaceKindSummary Summary(SurfaceKind kind, List<SurfaceItem> items)
    {
        // Sorted by hash: names are cut for display, hashes are not.
        string[] hashes = [.. items.Where(i => i.Kind == kind).Select(i => i.Hash).Order(StringComparer.Ordinal)];
        return new SurfaceKindSummary(kind, hashes.Length, Sha256("kind", [Word(kind), .. hashes]));
    }

    // Words of the hash, apart from the names in code: renaming a member must not change a pin.
    private static string Word(SurfaceKind kind) => kind switch
    {
        SurfaceKind.Tool => "tool",
        SurfaceKind.Prompt => "prompt",
        SurfaceKind.Resource => "resource",
        SurfaceKind.ResourceTemplate => "resource-template",
        SurfaceKind.Instructions => "instructions",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No such kind."),
    };

    // No field holds a line feed and the free bytes come last, so no two inputs share an encoding.
    private static string Sha256(string level, IReadOnlyList<string> fields, ReadOnlySpan<byte> rest = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{Domain}/{level}\n{fields.Count}\n{string.Join('\n', fields)}\n"));
        hash.AppendData(rest);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
