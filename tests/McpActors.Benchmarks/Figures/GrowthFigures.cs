using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>How the node grows with its fleet: small HTTP servers that all live in this process.</summary>
internal static class GrowthFigures
{
    private const double Mega = 1_000_000;

    /// <summary>Measures each size, the smallest being the baseline of memory and CPU time.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var fleet = await HttpFleet.StartAsync().ConfigureAwait(false);
        await using (fleet.ConfigureAwait(false))
        {
            IdleFigures.Idle? least = null;
            foreach (var count in bench.Options.Growth)
            {
                var bare = await BareAsync(fleet, count).ConfigureAwait(false);
                var node = NodeProcess.StartNode(bench.Node, Bench.FleetFile(count, i => new JsonObject { ["type"] = "http", ["url"] = fleet.Url(i).ToString() }));
                await using (node.ConfigureAwait(false))
                {
                    var up = await node.UntilAnswersAsync("healthz/live", bench.Options.Limit).ConfigureAwait(false);
                    var healthy = await node.UntilHealthyAsync(count, bench.Options.Limit).ConfigureAwait(false);
                    var idle = await IdleFigures.IdleAsync(node, bench.Options.Settle, bench.Options.GrowthIdle).ConfigureAwait(false);
                    least ??= idle;
                    var smallest = $"{bench.Options.Growth[0]} servers";
                    bench.Report.Add(new Figure($"node up to {count} HTTP servers healthy", (healthy - up).TotalSeconds, "s", new Baseline(bare, "bare loop")));
                    bench.Report.Add(new Figure($"resident memory, {count} HTTP servers", idle.Memory.Resident / Mega, "MB", new Baseline(least.Memory.Resident / Mega, smallest)));
                    bench.Report.Add(new Figure($"anonymous memory, {count} HTTP servers", idle.Memory.Anonymous / Mega, "MB", new Baseline(least.Memory.Anonymous / Mega, smallest)));
                    bench.Report.Add(new Figure($"CPU time, {count} HTTP servers", idle.CpuPercent, "% of a core", new Baseline(least.CpuPercent, smallest)));
                }
            }
        }
    }

    // The requests that a client of the initialize era cannot do without: two, and a list of tools as the node asks for.
    private static async Task<double> BareAsync(HttpFleet fleet, int count)
    {
        string[] messages =
        [
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}}""",
            """{"jsonrpc":"2.0","method":"notifications/initialized"}""",
            """{"jsonrpc":"2.0","id":2,"method":"tools/list"}""",
        ];
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        var start = Stopwatch.GetTimestamp();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, stop) =>
        {
            foreach (var message in messages)
            {
                using var content = new StringContent(message, Encoding.UTF8, "application/json");
                using var response = await http.PostAsync(fleet.Url(i), content, stop).ConfigureAwait(false);
                response.EnsureSuccessStatusCode();
            }
        }).ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }
}
