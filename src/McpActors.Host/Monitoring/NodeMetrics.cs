using McpActors.Actors;
using OpenTelemetry.Metrics;

namespace McpActors.Host.Monitoring;

/// <summary>What <c>/metrics</c> shows: the servers of this node, and the node's own process.</summary>
internal static class NodeMetrics
{
    // Series per instrument. 5,000 servers with ten states each stay below it; OpenTelemetry's own default (2,000) does not suffice for 200.
    private const int CardinalityLimit = 60_000;

    private static readonly double[] s_seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Adds the meters and the Prometheus exporter.</summary>
    public static void AddNodeMetrics(this IServiceCollection services) => services.AddOpenTelemetry().WithMetrics(metrics => metrics
        .AddMeter(McpActorsServices.MeterName)
        .AddMeter("System.Runtime")
        .AddView(instrument => instrument.Name == "mcpactors.probe.duration"
            ? new ExplicitBucketHistogramConfiguration { Boundaries = s_seconds, CardinalityLimit = CardinalityLimit }
            : new MetricStreamConfiguration { CardinalityLimit = CardinalityLimit })
        .AddPrometheusExporter(o =>
        {
            // Neither helps anybody who asks about servers, and the scope would be a label on every series.
            o.ScopeInfoEnabled = false;
            o.TargetInfoEnabled = false;
        }));
}
