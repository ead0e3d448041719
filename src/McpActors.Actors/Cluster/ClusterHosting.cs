using Akka.Cluster.Hosting;
using Akka.Configuration;
using Akka.Hosting;
using Akka.Remote.Hosting;
using McpActors.Actors.Serialization;

namespace McpActors.Actors.Cluster;

/// <summary>The actor system and its cluster: of one node by default, of several where seeds are named.</summary>
internal static class ClusterHosting
{
    /// <summary>The name of every node's actor system.</summary>
    public const string SystemName = "mcpactors";

    // Entities are back about nine seconds after kill -9 of any node with these; Akka's defaults take 49 s.
    // Heartbeats come up to a second late on a busy machine: do not go below a pause of 2 s.
    private const string Settings = """
        akka {
          stdout-loglevel = OFF
          # 50 ms ticks instead of 10 ms: the timer thread was more than half of an idle node's CPU time.
          scheduler.tick-duration = 50ms
          # The host runs the shutdown, and ends when the actor system has. Akka's own signal handler would run first and
          # keep the host from learning of SIGTERM until the actors are gone: supervisors would be asked for anew
          # meanwhile. And an exit from there would overtake the host's last look at the processes.
          coordinated-shutdown.run-by-clr-shutdown-hook = off
          coordinated-shutdown.exit-clr = off
          coordinated-shutdown.phases {
            before-service-unbind.timeout = 9s
            cluster-sharding-shutdown-region.timeout = 10s
          }
          remote.dot-netty.tcp {
            connection-timeout = 3s
            maximum-frame-size = 4194304b
            send-buffer-size = 4194304b
            receive-buffer-size = 4194304b
          }
          cluster {
            gossip-interval = 500ms
            leader-actions-interval = 500ms
            unreachable-nodes-reaper-interval = 500ms
            downing-provider-class = "Akka.Cluster.SBR.SplitBrainResolverProvider, Akka.Cluster"
            split-brain-resolver { active-strategy = keep-majority, stable-after = 2s, down-all-when-unstable = 4s }
            failure-detector {
              heartbeat-interval = 500ms
              acceptable-heartbeat-pause = 2s
              threshold = 8.0
              expected-response-after = 500ms
            }
            singleton.hand-over-retry-interval = 500ms
            singleton-proxy.singleton-identification-interval = 500ms
            sharding {
              retry-interval = 500ms
              waiting-for-state-timeout = 2s
              updating-state-timeout = 3s
              shard-start-timeout = 5s
              shard-failure-backoff = 2s
              entity-restart-backoff = 2s
              coordinator-failure-backoff = 2s
              handoff-timeout = 10s
              # The fleet is the memory of which servers exist; see docs/adr/0004.
              remember-entities = off
              state-store-mode = ddata
              distributed-data.durable.keys = []
            }
          }
        }
        """;

    /// <summary>Adds cluster, remoting, store and serializer.</summary>
    public static AkkaConfigurationBuilder WithCluster(this AkkaConfigurationBuilder builder, NodeOptions options) => builder
        .AddHocon(ConfigurationFactory.ParseString(Settings), HoconAddMode.Prepend)
        .WithRemoting(options.Hostname, options.Port)
        .WithClustering(new ClusterOptions { SeedNodes = [.. options.SeedNodes], MinimumNumberOfMembers = 1 })
        .WithCustomSerializer("mcpactors", Manifests.Types.Values, system => new McpActorsSerializer(system))
        .WithStrictSerialization()
        .WithStore(options)
        .AddStartup((system, _) =>
        {
            if (options.SeedNodes.Count == 0)
            {
                var cluster = Akka.Cluster.Cluster.Get(system);
                cluster.Join(cluster.SelfAddress);
            }
        });
}
