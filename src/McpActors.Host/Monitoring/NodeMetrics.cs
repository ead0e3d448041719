using McpActors.Actors;
using McpActors.Core.Monitoring;
using OpenTelemetry.Metrics;

namespace McpActors.Host.Monitoring;

/// <summary>What <c>/metrics</c> shows: the servers of this node, and the node's own process.</summary>
internal static class NodeMetrics
{
    // Beside the servers': the series without labels, the overflow, and those of System.Runtime.
    private const int Spare = 200;

    private static readonly int s_states = Enum.GetValues<ServerState>().Length;

    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Adds the meters and the Prometheus exporter.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="servers">Servers that this node may come to supervise.</param>
    /// <remarks>
    /// The exporter takes memory for every series that an instrument may have when it first sees the instrument. The
    /// limits therefore follow the fleet: one for 5,000 servers, given to every instrument, took 200 MB in every node.
    /// </remarks>
    public static void AddNodeMetrics(this IServiceCollection services, int servers) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter(McpActorsServices.MeterName)
        .AddMeter("System.Runtime")
        .AddView(instrument => instrument.Meter.Name != McpActorsServices.MeterName
            ? new MetricStreamConfiguration { CardinalityLimit = Spare }
            : instrument.Name switch
            {
                "mcpactors.probe.duration" => new ExplicitBucketHistogramConfiguration { Boundaries = s_seconds, CardinalityLimit = Spare + (2 * servers) },
                "mcpactors.server.state" => new MetricStreamConfiguration { CardinalityLimit = Spare + (s_states * servers) },
                _ => new MetricStreamConfiguration { CardinalityLimit = Spare + (2 * servers) },
            })
        .AddPrometheusExporter(o =>
        {
            // Neither helps anybody who asks about servers, and the scope would be a label on every series.
            o.ScopeInfoEnabled = false;
            o.TargetInfoEnabled = false;
        }));
}
