using Akka.Cluster.Hosting;
using Akka.Cluster.Sharding;
using Akka.Hosting;
using Akka.Pattern;

namespace McpActors.Actors.Servers;

/// <summary>The fleet singleton and the shard region of the servers.</summary>
internal static class ServersHosting
{
    /// <summary>The name of the shard region; part of every node's wire.</summary>
    public const string RegionName = "servers";

    private const int Shards = 50;

    /// <summary>Adds the region, then the singleton with its proxy.</summary>
    public static AkkaConfigurationBuilder WithServers(this AkkaConfigurationBuilder builder, Func<ServerContext> context, TimeProvider time) => builder
        .WithShardRegion<McpServerActor>(
            RegionName,
            (_, _, _) => name => McpServerActor.Props(name, context()),
            HashCodeMessageExtractor.Create(Shards, message => (message as ServerProtocol.IServerMessage)?.Name ?? "", message => message),
            new ShardOptions
            {
                RememberEntities = false,
                HandOffStopMessage = ServerProtocol.StopSupervising.Instance,
                ShouldPassivateIdleEntities = false,
            })
        .WithSingleton<FleetActor>(
            "fleet",
            (_, registry, _) => BackoffSupervisor.Props(Backoff.OnStop(
                FleetActor.Props(registry.Get<McpServerActor>(), time),
                childName: "desired",
                minBackoff: TimeSpan.FromMilliseconds(500),
                maxBackoff: TimeSpan.FromSeconds(10),
                randomFactor: 0.2,
                maxNrOfRetries: -1)),
            new ClusterSingletonOptions { BufferSize = 1000 },
            createProxyToo: true);
}
