using Akka.Actor;
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
            (_, registry, _) => FleetProps(registry.Get<McpServerActor>(), time),
            new ClusterSingletonOptions { BufferSize = 1000 },
            createProxyToo: true);

    /// <summary>The fleet under the supervisor that brings it back after the journal failed.</summary>
    public static Props FleetProps(IActorRef servers, TimeProvider time) => BackoffSupervisor.Props(Backoff.OnStop(
        FleetActor.Props(servers, time),
        childName: "desired",
        minBackoff: TimeSpan.FromMilliseconds(500),
        maxBackoff: TimeSpan.FromSeconds(10),
        randomFactor: 0.2,
        maxNrOfRetries: -1));
}
