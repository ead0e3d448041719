using System.Collections.Immutable;

namespace McpActors.Core.Protection;

/// <summary>How much can go wrong. There is no zero.</summary>
public enum RiskLevel
{
    /// <summary>A short interruption of one server.</summary>
    Low = 1,

    /// <summary>One server behaves otherwise afterwards.</summary>
    Medium = 2,

    /// <summary>Data or several servers are at stake.</summary>
    High = 3,

    /// <summary>The whole fleet or its protection is at stake.</summary>
    Critical = 4,
}

/// <summary>A circumstance that raises the risk, as the node found it; never as the requester claims it.</summary>
/// <param name="Code">A stable name, such as <c>new_release</c>: 1 to 64 of <c>a-z 0-9 _</c>.</param>
/// <param name="Level">The risk is at least this.</param>
/// <param name="Text">What was found, in words; at most 500 characters.</param>
public sealed record RiskFactor(string Code, RiskLevel Level, string Text)
{
    /// <summary>The most factors of one request.</summary>
    public const int MaxCount = 32;

    internal bool IsValid =>
        Code is { Length: >= 1 and <= 64 } && Code.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        && Enum.IsDefined(Level)
        && Text is { Length: <= 500 } && Unicode.IsWellFormed(Text);
}

/// <summary>Computes risk and impact of a request. The requester has no say in either.</summary>
public static class RiskAssessment
{
    private const int NamesShown = 5;

    /// <summary>The highest of the operation's own risk, the factors' and, from ten targets on, <see cref="RiskLevel.High"/>.</summary>
    public static RiskLevel Level(Operation.Mutation operation, int targets, ImmutableArray<RiskFactor> factors)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var level = targets >= 10 && operation.Risk < RiskLevel.High ? RiskLevel.High : operation.Risk;
        foreach (var factor in factors)
        {
            level = factor.Level > level ? factor.Level : level;
        }

        return level;
    }

    /// <summary>What will happen to what, in one sentence: <c>Restarts server a.</c></summary>
    public static string Impact(Operation.Mutation operation, ImmutableArray<TargetState> targets)
    {
        ArgumentNullException.ThrowIfNull(operation);
        var names = string.Join(", ", targets.Take(NamesShown).Select(t => t.Target.Id));
        return targets.Length == 1
            ? $"{operation.Verb} {operation.TargetKind} {names}."
            : $"{operation.Verb} {targets.Length} {operation.TargetKind}s: {names}{(targets.Length > NamesShown ? " and others" : "")}.";
    }

    internal static string Word(RiskLevel level) => level switch
    {
        RiskLevel.Low => "low",
        RiskLevel.Medium => "medium",
        RiskLevel.High => "high",
        RiskLevel.Critical => "critical",
        _ => throw new ArgumentOutOfRangeException(nameof(level), level, "No such level."),
    };

    internal static RiskLevel? Parse(string? word) => word switch
    {
        "low" => RiskLevel.Low,
        "medium" => RiskLevel.Medium,
        "high" => RiskLevel.High,
        "critical" => RiskLevel.Critical,
        _ => null,
    };
}
