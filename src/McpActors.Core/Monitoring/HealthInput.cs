using McpActors.Core.Servers;

namespace McpActors.Core.Monitoring;

/// <summary>What happens to a server, as far as its health is concerned.</summary>
public abstract record HealthInput
{
    private HealthInput()
    {
    }

    /// <summary>Its declaration is at fault: it is not started.</summary>
    public sealed record Blocked(IReadOnlyList<Diagnostic> Faults) : HealthInput;

    /// <summary>It is wanted not to run.</summary>
    public sealed record WantedStopped(string Why) : HealthInput;

    /// <summary>A start or a connection is under way.</summary>
    public sealed record Launching(int Attempt) : HealthInput;

    /// <summary>The handshake is done.</summary>
    /// <param name="HasProcess">True when a process of this node stands behind it.</param>
    public sealed record Connected(bool HasProcess) : HealthInput;

    /// <summary>A start or a connection failed, or one that stood has ended.</summary>
    /// <param name="Kind">Why.</param>
    /// <param name="Detail">In words.</param>
    /// <param name="Next">When it is tried again.</param>
    /// <param name="Reconnect">True for a remote server: nothing is started, only connected.</param>
    public sealed record Failed(FailureKind Kind, string Detail, RestartStep Next, bool Reconnect) : HealthInput;

    /// <summary>Something beside the probe was looked at; the fault is null when it is well.</summary>
    /// <param name="Subject">What was looked at, such as <c>its self-check</c>.</param>
    /// <param name="Fault">What is wrong with it, in words.</param>
    public sealed record Examined(string Subject, string? Fault) : HealthInput;

    /// <summary>A probe ended.</summary>
    public sealed record Probed(ProbeOutcome Outcome) : HealthInput;

    /// <summary>/proc was read.</summary>
    public sealed record SignsRead(ProcessSigns Signs) : HealthInput;
}

/// <summary>What the shell must do.</summary>
public abstract record HealthEffect
{
    private HealthEffect()
    {
    }

    /// <summary>Probe after this delay, instead of whatever probe was planned.</summary>
    /// <param name="Delay">From now.</param>
    /// <param name="Jittered">True when up to a tenth may be added or taken, to spread the fleet's probes.</param>
    /// <param name="Suspicious">True when a sign asks for it: the probe then waits at most 1.5 s.</param>
    public sealed record ProbeAfter(TimeSpan Delay, bool Jittered, bool Suspicious) : HealthEffect;

    /// <summary>Stop probing until the next connection.</summary>
    public sealed record StopProbing : HealthEffect;

    /// <summary>Drop the connection (and its process) and make a new one.</summary>
    public sealed record Restart(string Why) : HealthEffect;
}
