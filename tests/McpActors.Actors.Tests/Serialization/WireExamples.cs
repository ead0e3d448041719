using System.Text.Json.Nodes;
using McpActors.Actors.Servers;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Tests.Serialization;

/// <summary>One example of every registered record with every field filled. They are as fixed as the golden files.</summary>
internal static class WireExamples
{
    private static readonly DateTimeOffset s_at = new DateTimeOffset(2026, 11, 23, 10, 20, 30, TimeSpan.Zero).AddTicks(1234567);

    private static readonly DeclaredServer s_declared = new(
        "alpha", ServerTransport.Http, "npx", ["-y", "pkg@1.2.3", "--motto=grüße \"quoted\""], ["API_KEY", "HOME"],
        "https://mcp.example/mcp", ["Authorization"], true, "high", ["beta", "gamma"], "/fleet/.mcp.json", 42);

    private static readonly ServerProtocol.ServerStatus s_status = new(
        "alpha", ServerState.AuthNeeded, "It answers HTTP 401.", s_at, "Give it valid credentials.", ServerTransport.Sse, "node-1", 4711,
        "pkg", "1.2.3", "2025-06-18", "initialize", 12, 3.25, 7, s_at.AddSeconds(1));

    private static readonly ServerProtocol.ProbeReport s_probe = new(s_at, "timeout", 5000.5, "No answer within 5 s.");

    public static IReadOnlyDictionary<string, object> All { get; } = new Dictionary<string, object>
    {
        ["fleet.server-declared-v1"] = new FleetEvent.ServerDeclared(s_declared, 3, "node-1", s_at),
        ["fleet.server-withdrawn-v1"] = new FleetEvent.ServerWithdrawn("alpha", 4, "node-1", s_at),
        ["fleet.declare-v1"] = new FleetProtocol.Declare([s_declared, s_declared with { Name = "beta", Transport = ServerTransport.Stdio }], "node-1", s_at),
        ["fleet.accepted-v1"] = new FleetProtocol.Accepted(3, 2, 1),
        ["fleet.refused-v1"] = new FleetProtocol.Refused("The journal could not be written; nothing was changed."),
        ["fleet.announce-v1"] = new FleetProtocol.Announce("alpha"),
        ["fleet.supervisor-stopped-v1"] = new FleetProtocol.SupervisorStopped("alpha", "node-1"),
        ["fleet.list-servers-v1"] = new FleetProtocol.ListServers("alpha", 50),
        ["fleet.server-page-v1"] = new FleetProtocol.ServerPage([s_status], true, 9, 3),
        ["fleet.find-server-v1"] = new FleetProtocol.FindServer("alpha"),
        ["fleet.server-found-v1"] = new FleetProtocol.ServerFound(s_status, s_declared),
        ["fleet.subscribe-v1"] = new FleetProtocol.Subscribe(),
        ["fleet.unsubscribe-v1"] = new FleetProtocol.Unsubscribe(),
        ["server.supervise-v1"] = new ServerProtocol.Supervise("alpha", s_declared, 3),
        ["server.withdraw-v1"] = new ServerProtocol.Withdraw("alpha"),
        ["server.stop-v1"] = ServerProtocol.StopSupervising.Instance,
        ["server.status-v1"] = s_status,
        ["server.not-supervised-v1"] = new ServerProtocol.NotSupervised("alpha"),
        ["server.get-health-v1"] = new ServerProtocol.GetHealth("alpha"),
        ["server.health-v1"] = new ServerProtocol.HealthReport(
            "alpha", ServerState.CrashLooping, "It failed 6 times.", s_at, "Read its log.", "discover", 3, s_probe, s_at.AddSeconds(60),
            [s_probe, s_probe with { Outcome = "answered", LatencyMs = 1.5, Detail = "tools/list fails with -32603." }],
            [new StateChange(s_at, ServerState.Starting, "It is being started."), new StateChange(s_at, ServerState.CrashLooping, "It failed 6 times.")],
            new ServerProtocol.ProcessReport(4711, s_at, "S", 3)),
        ["server.get-metrics-v1"] = new ServerProtocol.GetMetrics("alpha", s_at, s_at.AddHours(1), TimeSpan.FromMinutes(1.5)),
        ["server.metrics-v1"] = new ServerProtocol.MetricsReport(
            "alpha", s_at, s_at.AddHours(1), 90, [new ServerProtocol.MetricPoint(s_at, 1, 2.5, 50_000_000_000, 1.25, 4, 20, 1000, 2000, 2, 7)]),
        ["server.get-logs-v1"] = new ServerProtocol.GetLogs("alpha", 100),
        ["server.logs-v1"] = new ServerProtocol.LogReport(
            "alpha", [new ServerProtocol.LogLine(s_at, "stderr", "listening"), new ServerProtocol.LogLine(s_at, "node", "started as process 4711")], 2, 5, 6, 7),
        ["server.get-version-v1"] = new ServerProtocol.GetVersion("alpha"),
        ["server.version-v1"] = new ServerProtocol.VersionReport(
            "alpha",
            new ServerProtocol.PackageReport("npm", "pkg", "1.2.3", true, "An exact version is written.", "/fleet/.mcp.json", 42),
            new ServerProtocol.ServerInfoReport("pkg-server", "1.2.3", "The package's server"),
            "2026-07-28", "discover",
            new ServerProtocol.SurfaceReport(new string('a', 64), 12, 3, 4, 5, true, s_at)),
        ["server.get-tools-v1"] = new ServerProtocol.GetTools("alpha", 10, 50),
        ["server.tools-v1"] = new ServerProtocol.ToolsReport(
            "alpha", new string('a', 64), [JsonNode.Parse("""{"name":"echo","inputSchema":{"type":"object","n":1.50,"x":null}}""")!], 12),
    };
}
