using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>What the node's probe measures of a server, against a ping over bare pipes to the same build.</summary>
internal static class ProbeFigures
{
    // Both sides ask once a second, so that both find a server and a processor that have gone to sleep.
    private static readonly TimeSpan s_pace = TimeSpan.FromSeconds(1);

    /// <summary>Probes for a while, then pings for as long.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var servers = bench.Options.Probed;
        var side = new JsonObject
        {
            ["servers"] = new JsonObject(Enumerable.Range(0, servers).Select(i => KeyValuePair.Create<string, JsonNode?>(
                $"s{i:0000}", new JsonObject { ["probe"] = new JsonObject { ["interval"] = "1s" } }))),
        };
        var probed = new List<double>();
        var node = NodeProcess.StartNode(bench.Node, bench.StdioFleet(servers), side.ToJsonString());
        await using (node.ConfigureAwait(false))
        {
            await node.UntilHealthyAsync(servers, bench.Options.Limit).ConfigureAwait(false);
            await Task.Delay(s_pace * 12).ConfigureAwait(false);
            for (var i = 0; i < servers; i++)
            {
                using var health = await node.JsonAsync(string.Create(CultureInfo.InvariantCulture, $"api/v1/servers/s{i:0000}/health")).ConfigureAwait(false);

                // The first probes compile the node's code; what is measured is a node that runs.
                probed.AddRange(health.RootElement.GetProperty("recentProbes").EnumerateArray().Skip(2)
                    .Where(p => p.GetProperty("outcome").GetString() == "answered")
                    .Select(p => p.GetProperty("latencyMs").GetDouble()));
            }
        }

        var (with, bare) = (new Samples(probed), new Samples(await BareAsync(bench, servers).ConfigureAwait(false)));
        bench.Report.Add(new Figure($"probe of a server, median of {with.Count}", with.Median, "ms", new Baseline(bare.Median, "bare ping")));
        bench.Report.Add(new Figure("added by the node, median", with.Median - bare.Median, "ms", Goal: 100));
        bench.Report.Add(new Figure("added by the node, p95", with.P95 - bare.P95, "ms", Goal: 100));
    }

    private static async Task<List<double>> BareAsync(Bench bench, int count)
    {
        var latencies = new List<double>();
        var servers = new List<BareServer>();
        try
        {
            for (var i = 0; i < count; i++)
            {
                servers.Add(await BareServer.StartAsync(bench.Server).ConfigureAwait(false));
            }

            for (var round = 0; round < 12; round++)
            {
                await Task.Delay(s_pace).ConfigureAwait(false);
                foreach (var server in servers)
                {
                    var start = Stopwatch.GetTimestamp();
                    await server.PingAsync().ConfigureAwait(false);
                    if (round >= 2)
                    {
                        latencies.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
                    }
                }
            }

            return latencies;
        }
        finally
        {
            foreach (var server in servers)
            {
                await server.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
