using System.Text.Json.Nodes;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>What crosses a server's shard boundary. Every record here has a manifest and golden bytes.</summary>
public static class ServerProtocol
{
    /// <summary>A message to one server; the shard region routes it by the name.</summary>
    public interface IServerMessage
    {
        /// <summary>The server's name.</summary>
        string Name { get; }
    }

    /// <summary>The fleet wants this server supervised as declared. Idempotent; the answer is a status report to the fleet.</summary>
    public sealed record Supervise(string Name, DeclaredServer Declared, long Revision) : IServerMessage;

    /// <summary>The fleet no longer wants this server: stop it and forget it.</summary>
    public sealed record Withdraw(string Name) : IServerMessage;

    /// <summary>The shard moves or the node leaves: stop the process, then the supervisor.</summary>
    public sealed record StopSupervising
    {
        /// <summary>The only one.</summary>
        public static StopSupervising Instance { get; } = new();
    }

    /// <summary>Asks for <see cref="HealthReport"/>.</summary>
    public sealed record GetHealth(string Name) : IServerMessage;

    /// <summary>Asks for <see cref="MetricsReport"/>.</summary>
    /// <param name="Name">The server.</param>
    /// <param name="From">The first moment, inclusive.</param>
    /// <param name="To">The last moment, exclusive.</param>
    /// <param name="Step">Points are merged to one per step (the last of each); zero for all.</param>
    public sealed record GetMetrics(string Name, DateTimeOffset From, DateTimeOffset To, TimeSpan Step) : IServerMessage;

    /// <summary>Asks for <see cref="LogReport"/>.</summary>
    public sealed record GetLogs(string Name, int Tail) : IServerMessage;

    /// <summary>Asks for <see cref="VersionReport"/>.</summary>
    public sealed record GetVersion(string Name) : IServerMessage;

    /// <summary>Asks for <see cref="ToolsReport"/>.</summary>
    public sealed record GetTools(string Name, int Offset, int Limit) : IServerMessage;

    /// <summary>The answer to a query about a server that is not supervised.</summary>
    public sealed record NotSupervised(string Name);

    /// <summary>What everybody may know of a server at a glance.</summary>
    public sealed record ServerStatus(
        string Name,
        ServerState State,
        string Cause,
        DateTimeOffset Since,
        string NextAction,
        ServerTransport Transport,
        string? Node,
        int? Pid,
        string? Package,
        string? PackageVersion,
        string? ProtocolVersion,
        string? Era,
        int? Tools,
        double? LatencyMs,
        int Restarts,
        DateTimeOffset ReportedAt);

    /// <summary>Health in full.</summary>
    public sealed record HealthReport(
        string Name,
        ServerState State,
        string Cause,
        DateTimeOffset Since,
        string NextAction,
        string? Era,
        int ConsecutiveFailures,
        ProbeReport? LastProbe,
        DateTimeOffset? NextProbeAt,
        IReadOnlyList<ProbeReport> RecentProbes,
        IReadOnlyList<StateChange> History,
        ProcessReport? Process);

    /// <summary>One probe: <c>answered</c>, or why it failed.</summary>
    public sealed record ProbeReport(DateTimeOffset At, string Outcome, double LatencyMs, string? Detail);

    /// <summary>The process behind a server.</summary>
    public sealed record ProcessReport(int Pid, DateTimeOffset StartedAt, string? State, int Processes);

    /// <summary>Samples of a server, oldest first. Bytes, seconds and milliseconds as the names say.</summary>
    public sealed record MetricsReport(
        string Name, DateTimeOffset From, DateTimeOffset To, double StepSeconds, IReadOnlyList<MetricPoint> Points);

    /// <summary>One sample of a server and its process tree; null where there is no process.</summary>
    public sealed record MetricPoint(
        DateTimeOffset At,
        int Up,
        double? LatencyMs,
        long? ResidentBytes,
        double? CpuSeconds,
        int? Threads,
        int? OpenFiles,
        long? DiskReadBytes,
        long? DiskWriteBytes,
        int? Processes,
        int Restarts);

    /// <summary>The last lines of a server's log.</summary>
    public sealed record LogReport(
        string Name, IReadOnlyList<LogLine> Lines, int Count, long Dropped, long GarbageLines, long OversizedLines);

    /// <summary>One line; the stream is <c>stderr</c>, <c>stdout</c> or <c>node</c> (what the supervisor did).</summary>
    public sealed record LogLine(DateTimeOffset At, string Stream, string Text);

    /// <summary>What runs.</summary>
    public sealed record VersionReport(
        string Name,
        PackageReport? Package,
        ServerInfoReport? ServerInfo,
        string? ProtocolVersion,
        string? Era,
        SurfaceReport? Surface);

    /// <summary>The package as configured, and where its version is written.</summary>
    public sealed record PackageReport(
        string Ecosystem, string? Name, string? Version, bool Pinned, string? Reason, string? File, int? Line);

    /// <summary>What the server says of itself: a claim, no proof.</summary>
    public sealed record ServerInfoReport(string? Name, string? Version, string? Title);

    /// <summary>The hash of all that it declares, and how much that is.</summary>
    public sealed record SurfaceReport(
        string Sha256, int Tools, int Prompts, int Resources, int ResourceTemplates, bool Complete, DateTimeOffset ReadAt);

    /// <summary>The tools as the server declares them.</summary>
    public sealed record ToolsReport(string Name, string? Sha256, IReadOnlyList<JsonNode> Items, int Total);
}
