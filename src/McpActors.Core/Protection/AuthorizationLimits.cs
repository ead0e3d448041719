namespace McpActors.Core.Protection;

/// <summary>Bounds against approval fatigue.</summary>
public sealed record AuthorizationLimits
{
    /// <summary>The product's bounds.</summary>
    public static AuthorizationLimits Default { get; } = new();

    /// <summary>Open requests (pending or approved) of one requester; 10.</summary>
    public int OpenPerRequester { get; init; } = 10;

    /// <summary>Open requests of all; 100.</summary>
    public int Open { get; init; } = 100;

    /// <summary>Requests that one requester files within <see cref="Window"/>, whatever became of them; 120.</summary>
    public int FiledPerRequester { get; init; } = 120;

    /// <summary>Ten minutes.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>After the first denial the same request must wait this long, after each further one twice as long; 5 minutes.</summary>
    public TimeSpan CoolDown { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>It never waits longer than this; 8 hours.</summary>
    public TimeSpan MaxCoolDown { get; init; } = TimeSpan.FromHours(8);

    /// <summary>Tokens that are signed for one approval, each replacing the one before; 5.</summary>
    public int Seals { get; init; } = 5;

    /// <summary>How long the same request must wait after that many denials, 1 or more.</summary>
    public TimeSpan CoolDownAfter(int denials)
    {
        // 2^20 times any delay is beyond the longest; a larger shift would overflow.
        var ticks = (double)CoolDown.Ticks * (1 << Math.Min(denials - 1, 20));
        return TimeSpan.FromTicks((long)Math.Min(ticks, MaxCoolDown.Ticks));
    }
}
