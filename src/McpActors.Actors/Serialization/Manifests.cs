using System.Collections.Frozen;
using McpActors.Actors.Servers;
using McpActors.Core.Servers;

namespace McpActors.Actors.Serialization;

/// <summary>
/// The names of everything that reaches the journal or the wire. A name is never changed and never re-used:
/// a record that changes incompatibly gets a new name, and its old reader stays. New fields are added as nullable.
/// </summary>
public static class Manifests
{
    /// <summary>Every registered type by its manifest.</summary>
    public static FrozenDictionary<string, Type> Types { get; } = new Dictionary<string, Type>
    {
        // The journal of the fleet
        ["fleet.server-declared-v1"] = typeof(FleetEvent.ServerDeclared),
        ["fleet.server-withdrawn-v1"] = typeof(FleetEvent.ServerWithdrawn),

        // The fleet's messages
        ["fleet.declare-v1"] = typeof(FleetProtocol.Declare),
        ["fleet.accepted-v1"] = typeof(FleetProtocol.Accepted),
        ["fleet.refused-v1"] = typeof(FleetProtocol.Refused),
        ["fleet.announce-v1"] = typeof(FleetProtocol.Announce),
        ["fleet.supervisor-stopped-v1"] = typeof(FleetProtocol.SupervisorStopped),
        ["fleet.list-servers-v1"] = typeof(FleetProtocol.ListServers),
        ["fleet.server-page-v1"] = typeof(FleetProtocol.ServerPage),
        ["fleet.find-server-v1"] = typeof(FleetProtocol.FindServer),
        ["fleet.server-found-v1"] = typeof(FleetProtocol.ServerFound),
        ["fleet.subscribe-v1"] = typeof(FleetProtocol.Subscribe),
        ["fleet.unsubscribe-v1"] = typeof(FleetProtocol.Unsubscribe),

        // A server's messages
        ["server.supervise-v1"] = typeof(ServerProtocol.Supervise),
        ["server.withdraw-v1"] = typeof(ServerProtocol.Withdraw),
        ["server.stop-v1"] = typeof(ServerProtocol.StopSupervising),
        ["server.status-v1"] = typeof(ServerProtocol.ServerStatus),
        ["server.not-supervised-v1"] = typeof(ServerProtocol.NotSupervised),
        ["server.get-health-v1"] = typeof(ServerProtocol.GetHealth),
        ["server.health-v1"] = typeof(ServerProtocol.HealthReport),
        ["server.get-metrics-v1"] = typeof(ServerProtocol.GetMetrics),
        ["server.metrics-v1"] = typeof(ServerProtocol.MetricsReport),
        ["server.get-logs-v1"] = typeof(ServerProtocol.GetLogs),
        ["server.logs-v1"] = typeof(ServerProtocol.LogReport),
        ["server.get-version-v1"] = typeof(ServerProtocol.GetVersion),
        ["server.version-v1"] = typeof(ServerProtocol.VersionReport),
        ["server.get-tools-v1"] = typeof(ServerProtocol.GetTools),
        ["server.tools-v1"] = typeof(ServerProtocol.ToolsReport),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The manifest of every registered type.</summary>
    public static FrozenDictionary<Type, string> Names { get; } = Types.ToFrozenDictionary(p => p.Value, p => p.Key);
}
