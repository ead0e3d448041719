using McpActors.Actors.Serialization;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>Puts what a supervisor knows into the words of its protocol.</summary>
internal static class ServerReports
{
    /// <summary>The server at a glance.</summary>
    public static ServerProtocol.ServerStatus Status(
        DeclaredServer declared,
        Health health,
        LaunchedProcess? process,
        ServerProtocol.VersionReport? version,
        int restarts,
        string node,
        DateTimeOffset now) => new(
            declared.Name,
            health.State,
            health.Cause,
            health.Since,
            health.NextAction,
            declared.Transport,
            node,
            process?.Pid,
            version?.Package?.Name,
            version?.Package?.Version ?? version?.ServerInfo?.Version,
            version?.ProtocolVersion,
            version?.Era,
            version?.Surface?.Tools,
            health.LastProbe is { Answered: true } probe ? Milliseconds(probe.Latency) : null,
            restarts,
            now);

    /// <summary>Health in full.</summary>
    public static ServerProtocol.HealthReport Health(
        string name, Health health, DateTimeOffset? nextProbe, LaunchedProcess? process, string? era) => new(
            name,
            health.State,
            health.Cause,
            health.Since,
            health.NextAction,
            era,
            health.FailuresInRow,
            health.LastProbe is { } last ? Probe(last) : null,
            nextProbe,
            [.. health.Recent.Select(Probe)],
            [.. health.History],
            process is null
                ? null
                : new ServerProtocol.ProcessReport(process.Pid, process.StartedAt, health.Signs?.State?.ToString(), health.Signs?.Processes ?? 1));

    private static ServerProtocol.ProbeReport Probe(ProbeOutcome outcome) => new(
        outcome.At,
        outcome.Failure is { } failure ? Wire.Name(failure) : "answered",
        Milliseconds(outcome.Latency),
        outcome.Detail);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 2);
}
