using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <summary>One thing to change, named explicitly.</summary>
/// <param name="Kind">One of <see cref="TargetKinds"/>.</param>
/// <param name="Id">Its name; 1 to 512 characters without control characters and without <c>*</c> or <c>?</c>.</param>
/// <param name="Instance">
/// Which incarnation of that name: another thing of the same name, made later, has another one. 1 to 128 printable ASCII characters.
/// </param>
public sealed record AuthorizationTarget(string Kind, string Id, string Instance)
{
    /// <summary>The longest id, in characters.</summary>
    public const int MaxIdLength = 512;

    /// <summary>The longest instance, in characters.</summary>
    public const int MaxInstanceLength = 128;

    /// <summary>What is locked while an operation runs or its outcome is unknown: the name, whatever its incarnation.</summary>
    public TargetKey Key => new(Kind, Id);

    internal bool IsValid =>
        Kind is { Length: >= 1 and <= 32 } && TargetSelector.IsId(Id) && !Id.AsSpan().ContainsAny('*', '?')
        && Instance is { Length: >= 1 and <= MaxInstanceLength } && Instance.All(c => c is > ' ' and <= '~');
}

/// <summary>A thing that can be changed, whatever its incarnation.</summary>
public readonly record struct TargetKey(string Kind, string Id);

/// <summary>A target and the hash of what is there.</summary>
public sealed record TargetState(AuthorizationTarget Target, Sha256Hash State)
{
    internal bool IsValid => Target is { IsValid: true } && State.IsValid;
}

/// <summary>What a requester asks to change: a name, or for a batch a pattern in which <c>*</c> stands for any characters.</summary>
/// <param name="Kind">One of <see cref="TargetKinds"/>.</param>
/// <param name="Id">The name or pattern, 1 to 512 characters.</param>
public sealed record TargetSelector(string Kind, string Id)
{
    /// <summary>True when it may cover several targets.</summary>
    public bool IsPattern => Id.Contains('*', StringComparison.Ordinal);

    /// <summary>True when the target's kind and name fit; case counts.</summary>
    public bool Matches(AuthorizationTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return target.Kind == Kind && (IsPattern ? Fits(Id, target.Id) : target.Id == Id);
    }

    /// <summary>
    /// The explicit list that stands in the digest: every target of the inventory that fits now, sorted by name. What is
    /// added to the fleet later is not covered.
    /// </summary>
    public ImmutableArray<TargetState> Expand(IEnumerable<TargetState> inventory) =>
        [.. inventory.Where(t => Matches(t.Target)).OrderBy(t => t.Target.Id, StringComparer.Ordinal)];

    internal static bool IsId(string? id) =>
        id is { Length: >= 1 and <= AuthorizationTarget.MaxIdLength } && Unicode.IsWellFormed(id) && !id.Any(char.IsControl);

    // Greedy with one point to fall back to: linear for one star, never more than pattern x text.
    private static bool Fits(string pattern, string text)
    {
        int p = 0, t = 0, star = -1, mark = 0;
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                star = p++;
                mark = t;
            }
            else if (p < pattern.Length && pattern[p] == text[t])
            {
                p++;
                t++;
            }
            else if (star >= 0)
            {
                p = star + 1;
                t = ++mark;
            }
            else
            {
                return false;
            }
        }

        return pattern.AsSpan(p).TrimStart('*').IsEmpty;
    }
}
