using System.Diagnostics;
using System.Globalization;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>How soon a killed server serves again, and how soon a stopped one is called wedged. Each server is harmed once.</summary>
internal static class RecoveryFigures
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(20);

    /// <summary>Harms servers one after another.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var (kills, stops) = (bench.Options.Kills, bench.Options.Stops);
        var node = NodeProcess.StartNode(bench.Node, bench.StdioFleet(kills + stops));
        await using (node.ConfigureAwait(false))
        {
            await node.UntilHealthyAsync(kills + stops, bench.Options.Limit).ConfigureAwait(false);
            await Task.Delay(bench.Options.Settle).ConfigureAwait(false);
            List<double> healthy = [], bare = [], wedged = [];
            for (var i = 0; i < kills; i++)
            {
                bare.Add(await BareAsync(bench).ConfigureAwait(false));
                healthy.Add(await HarmAsync(node, i, Signals.Kill, (now, pid) => now.State == "healthy" && now.Pid is not null && now.Pid != pid).ConfigureAwait(false));
            }

            // All at once: each is a server, a supervisor and a timer of its own.
            wedged.AddRange(await Task.WhenAll(Enumerable.Range(kills, stops)
                .Select(i => HarmAsync(node, i, Signals.Stop, (now, _) => now.State == "wedged"))).ConfigureAwait(false));

            var (again, least) = (new Samples(healthy), new Samples(bare));
            bench.Report.Add(new Figure($"kill -9 of a server to healthy again, median of {kills}", again.Median * 1000, "ms", new Baseline(least.Median * 1000, "bare start"), 400));
            bench.Report.Add(new Figure($"kill -9 of a server to healthy again, p95 of {kills}", again.P95 * 1000, "ms", new Baseline(least.P95 * 1000, "bare start")));
            bench.Report.Add(new Figure($"SIGSTOP of a server to wedged, median of {stops}", new Samples(wedged).Median, "s", new Baseline(9.6, "monit, measured before"), 6));
            bench.Report.Add(new Figure($"SIGSTOP of a server to wedged, greatest of {stops}", new Samples(wedged).Max, "s", new Baseline(9.6, "monit, measured before"), 6));
        }
    }

    private static async Task<double> BareAsync(Bench bench)
    {
        var start = Stopwatch.GetTimestamp();
        var server = await BareServer.StartAsync(bench.Server).ConfigureAwait(false);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await server.DisposeAsync().ConfigureAwait(false);
        return seconds;
    }

    private static async Task<double> HarmAsync(NodeProcess node, int number, int signal, Func<ServerRow, int, bool> reached)
    {
        var name = "s" + number.ToString("0000", CultureInfo.InvariantCulture);
        var pid = (await node.ServerAsync(name).ConfigureAwait(false)).Pid
            ?? throw new InvalidOperationException($"{name} has no process.");
        Signals.Send(pid, signal);
        var start = Stopwatch.GetTimestamp();
        try
        {
            while (!reached(await node.ServerAsync(name).ConfigureAwait(false), pid))
            {
                if (Stopwatch.GetElapsedTime(start) > s_limit)
                {
                    throw new TimeoutException($"{name} did not get where it should within {s_limit.TotalSeconds:0} s of signal {signal}.");
                }

                await Task.Delay(5).ConfigureAwait(false);
            }

            return Stopwatch.GetElapsedTime(start).TotalSeconds;
        }
        finally
        {
            if (signal == Signals.Stop)
            {
                Signals.Send(pid, Signals.Continue);
            }
        }
    }
}
