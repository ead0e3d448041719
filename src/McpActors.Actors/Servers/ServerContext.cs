using Akka.Actor;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging;

namespace McpActors.Actors.Servers;

/// <summary>What a node gives to the servers' actors that it hosts.</summary>
internal sealed record ServerContext(
    string Node,
    LocalServers Local,
    IConnector Connector,
    ServerLogs Logs,
    ServerGauges Gauges,
    IProcessSampler Processes,
    NodeLife Life,
    TimeProvider Time,
    ILogger Log)
{
    /// <summary>The way to the fleet singleton, wherever it is; set when the actor system is up.</summary>
    public required Func<IActorRef> Fleet { get; init; }
}

/// <summary>The servers as this node's own files declare them, secrets included.</summary>
public sealed class LocalServers(FleetDeclaration declaration)
{
    private readonly Dictionary<string, ServerDefinition> _byName =
        declaration.Servers.ToDictionary(s => s.Name, StringComparer.Ordinal);

    /// <summary>All that was read.</summary>
    public FleetDeclaration Declaration { get; } = declaration;

    /// <summary>A server's definition, or null where this node's files do not declare it.</summary>
    public ServerDefinition? Find(string name) => _byName.GetValueOrDefault(name);
}
