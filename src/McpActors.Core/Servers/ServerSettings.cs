namespace McpActors.Core.Servers;

/// <summary>What the fleet's side file <c>mcpactors.json</c> says about one server. Every value has a default.</summary>
public sealed record ServerSettings
{
    /// <summary>The settings of a server that the side file does not name.</summary>
    public static ServerSettings Default { get; } = new();

    /// <summary>When and how health is probed.</summary>
    public ProbeSettings Probe { get; init; } = new();

    /// <summary>How often and how fast a failed server is started again.</summary>
    public RestartSettings Restart { get; init; } = new();

    /// <summary>Names of the servers that this one needs.</summary>
    public IReadOnlyList<string> DependsOn { get; init; } = [];

    /// <summary>
    /// Arguments that make the server's command check itself and exit 0 (for example <c>--selfcheck</c>),
    /// added to the command without its own arguments; null when there is no such check.
    /// </summary>
    public IReadOnlyList<string>? SelfCheck { get; init; }

    /// <summary>The package that the server is, where it cannot be read off its command.</summary>
    public PackageSettings? Package { get; init; }

    /// <summary><c>low</c>, <c>normal</c>, <c>high</c> or <c>critical</c>.</summary>
    public string Criticality { get; init; } = "normal";

    /// <summary>Memory and CPU that the server is declared to need; null when it is not declared.</summary>
    public ResourceSettings? Resources { get; init; }

    /// <summary>When maintenance may happen, as the file states it.</summary>
    public IReadOnlyList<string> MaintenanceWindows { get; init; } = [];

    /// <summary>Folders that hold the server's own data, absolute.</summary>
    public IReadOnlyList<string> DataDirectories { get; init; } = [];
}

/// <summary>When and how health is probed.</summary>
public sealed record ProbeSettings
{
    /// <summary>Time between two probes of a healthy server; 1 s to 1 h, 60 s by default. Up to a tenth of it is jitter.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After this long without an answer a probe has failed; 100 ms to 60 s, 5 s by default.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An answer slower than this is slow; three of them in a row are <c>degraded</c>. 10 ms to 60 s, 1 s by default.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(1);
}

/// <summary>How often and how fast a failed server is started again.</summary>
public sealed record RestartSettings
{
    /// <summary>Restarts allowed within <see cref="Window"/> before the server is <c>crash_looping</c>; 0 to 1000, 5 by default.</summary>
    public int Budget { get; init; } = 5;

    /// <summary>The window of the budget; 1 s to 24 h, 10 min by default.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Delay before the first restart, doubled with each further one; 10 ms to 5 min, 100 ms by default.</summary>
    public TimeSpan InitialDelay { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>The longest of those delays; 100 ms to 1 h, 30 s by default.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Time between the slow retries of a crash-looping server; 1 s to 24 h, 5 min by default.</summary>
    public TimeSpan SlowRetry { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A start that has not answered the handshake by then has failed; 1 s to 10 min, 60 s by default (a first <c>npx</c> downloads).</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A server wedged for this long is restarted; 1 s to 24 h, or zero for never. 60 s by default.</summary>
    public TimeSpan WedgedAfter { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>After standard input closes, and again after SIGTERM, the stop waits this long; 100 ms to 60 s, 2 s by default.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>A package as the side file declares it.</summary>
/// <param name="Registry"><c>npm</c>, <c>pypi</c>, <c>nuget</c> or <c>oci</c>.</param>
/// <param name="Name">The package's name in that registry.</param>
/// <param name="Version">The version that is installed, where it is known.</param>
/// <param name="PinnedIn">The file in which the version is written, where it is not the fleet file.</param>
public sealed record PackageSettings(string Registry, string Name, string? Version, string? PinnedIn);

/// <summary>Resources that a server is declared to need.</summary>
/// <param name="MemoryBytes">Resident memory of its whole process tree, in bytes.</param>
/// <param name="Cpu">Cores; 0.5 is half a core.</param>
public sealed record ResourceSettings(long? MemoryBytes, double? Cpu);
