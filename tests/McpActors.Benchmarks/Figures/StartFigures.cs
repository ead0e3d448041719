using System.Diagnostics;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>From the start of the node's process to a whole fleet in health, and from SIGTERM to nothing left.</summary>
internal static class StartFigures
{
    /// <summary>Takes turns with a bare loop that starts the same servers.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var servers = bench.Options.Fleet;
        List<double> up = [], healthy = [], stop = [], bare = [], empty = [];
        for (var i = 0; i < bench.Options.Starts; i++)
        {
            bare.Add(await BareAsync(bench, servers).ConfigureAwait(false));
            var app = NodeProcess.StartEmptyApp();
            await using (app.ConfigureAwait(false))
            {
                empty.Add((await app.UntilAnswersAsync("", bench.Options.Limit).ConfigureAwait(false)).TotalSeconds);
            }

            var node = NodeProcess.StartNode(bench.Node, bench.StdioFleet(servers));
            await using (node.ConfigureAwait(false))
            {
                up.Add((await node.UntilAnswersAsync("healthz/live", bench.Options.Limit).ConfigureAwait(false)).TotalSeconds);
                healthy.Add((await node.UntilHealthyAsync(servers, bench.Options.Limit).ConfigureAwait(false)).TotalSeconds);
                stop.Add((await node.StopAsync().ConfigureAwait(false)).TotalSeconds);
            }
        }

        var bareLoop = new Samples(bare);
        var name = $"{servers} stdio servers";
        bench.Report.Add(new Figure("start of the node to HTTP answering, median", new Samples(up).Median, "s", new Baseline(new Samples(empty).Median, "empty app")));
        bench.Report.Add(new Figure($"start of the node to {name} healthy, median", new Samples(healthy).Median, "s", new Baseline(bareLoop.Median, "bare loop"), servers == 50 ? 1.8 : null));
        bench.Report.Add(new Figure($"start of the node to {name} healthy, least", new Samples(healthy).Min, "s", new Baseline(bareLoop.Min, "bare loop")));
        bench.Report.Add(new Figure($"of which servers: HTTP answering to all {name} healthy, median",
            new Samples(healthy.Zip(up, (h, u) => h - u)).Median, "s", new Baseline(bareLoop.Median, "bare loop")));
        bench.Report.Add(new Figure($"SIGTERM to nothing left, {name}, median", new Samples(stop).Median, "s", Goal: 10));
    }

    // As many at a time as the node starts by default.
    private static async Task<double> BareAsync(Bench bench, int count)
    {
        var servers = new BareServer?[count];
        try
        {
            var start = Stopwatch.GetTimestamp();
            await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                async (i, _) => servers[i] = await BareServer.StartAsync(bench.Server).ConfigureAwait(false)).ConfigureAwait(false);
            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            foreach (var server in servers)
            {
                if (server is not null)
                {
                    await server.DisposeAsync().ConfigureAwait(false);
                }
            }
        }
    }
}
