using System.Collections.Immutable;

namespace McpActors.Core.Monitoring;

/// <summary>All that is known of a server's health.</summary>
public sealed record Health
{
    /// <summary>The longest kept history of probes and of changes.</summary>
    public const int RecentLimit = 20;

    /// <summary>The state.</summary>
    public required ServerState State { get; init; }

    /// <summary>Why, in words.</summary>
    public required string Cause { get; init; }

    /// <summary>Since when the state holds; a changed cause does not reset it.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>What a person could do about it; empty when nothing needs doing.</summary>
    public required string NextAction { get; init; }

    /// <summary>Probes failed in a row.</summary>
    public int FailuresInRow { get; init; }

    /// <summary>The last probes, oldest first.</summary>
    public ImmutableList<ProbeOutcome> Recent { get; init; } = [];

    /// <summary>The last changes of state, oldest first.</summary>
    public ImmutableList<StateChange> History { get; init; } = [];

    /// <summary>What /proc showed last; null when there is no process.</summary>
    public ProcessSigns? Signs { get; init; }

    /// <summary>How many readings in a row showed the main process stopped.</summary>
    public int StoppedReadings { get; init; }

    /// <summary>What is wrong beside the probes, by what was looked at (its self-check, what it declares).</summary>
    public ImmutableSortedDictionary<string, string> Complaints { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>True once a connection stands and probes make sense.</summary>
    public bool Connected { get; init; }

    /// <summary>True when the connection belongs to a process of this node.</summary>
    public bool HasProcess { get; init; }

    /// <summary>A server of which nothing is known yet.</summary>
    public static Health Initial(DateTimeOffset now) => new()
    {
        State = ServerState.Unknown,
        Cause = "Nothing is known of it yet.",
        Since = now,
        NextAction = "",
    };

    /// <summary>The last probe, or null.</summary>
    public ProbeOutcome? LastProbe => Recent.Count == 0 ? null : Recent[^1];
}
