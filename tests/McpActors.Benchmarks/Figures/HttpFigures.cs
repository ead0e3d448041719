using System.Diagnostics;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>How long the node takes to answer, with a full fleet.</summary>
internal static class HttpFigures
{
    /// <summary>Asks one after another over one connection.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var servers = bench.Options.Fleet;
        var app = NodeProcess.StartEmptyApp();
        Samples empty;
        await using (app.ConfigureAwait(false))
        {
            await app.UntilAnswersAsync("", bench.Options.Limit).ConfigureAwait(false);
            (_, empty, _) = await AskAsync(bench, app, "", TimeSpan.Zero).ConfigureAwait(false);
        }

        var baseline = new Baseline(empty.Median, "empty app's GET /");
        var node = NodeProcess.StartNode(bench.Node, bench.StdioFleet(servers));
        await using (node.ConfigureAwait(false))
        {
            await node.UntilHealthyAsync(servers, bench.Options.Limit).ConfigureAwait(false);
            await Task.Delay(bench.Options.Settle).ConfigureAwait(false);

            // The exporter answers from a cache for some hundred milliseconds: a pause makes every answer a fresh one.
            var (first, metrics, bytes) = await AskAsync(bench, node, "metrics", TimeSpan.FromMilliseconds(400)).ConfigureAwait(false);
            bench.Report.Add(new Figure($"first GET /metrics, {servers} servers", first, "ms", Goal: 500));
            bench.Report.Add(new Figure($"GET /metrics, {servers} servers, median", metrics.Median, "ms", baseline, 500));
            bench.Report.Add(new Figure($"GET /metrics, {servers} servers, p95", metrics.P95, "ms", Goal: 500));
            bench.Report.Note($"GET /metrics with {servers} servers is {bytes / 1000} kB long.");
            var (_, list, _) = await AskAsync(bench, node, "api/v1/servers?limit=200", TimeSpan.Zero).ConfigureAwait(false);
            bench.Report.Add(new Figure($"GET /api/v1/servers, {servers} servers, median", list.Median, "ms", baseline));
            bench.Report.Add(new Figure($"GET /api/v1/servers, {servers} servers, p95", list.P95, "ms", new Baseline(empty.P95, "empty app's GET /")));
        }
    }

    private static async Task<(double First, Samples Later, long Bytes)> AskAsync(Bench bench, NodeProcess program, string path, TimeSpan pause)
    {
        var times = new List<double>();
        long bytes = 0;
        for (var i = 0; i <= bench.Options.Requests; i++)
        {
            await Task.Delay(pause).ConfigureAwait(false);
            var start = Stopwatch.GetTimestamp();
            bytes = (await program.Http.GetByteArrayAsync(new Uri(path, UriKind.Relative)).ConfigureAwait(false)).LongLength;
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return (times[0], new Samples(times.Skip(1)), bytes);
    }
}
