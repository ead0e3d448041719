using System.Diagnostics;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks.Figures;

/// <summary>What a node that only watches costs: memory, CPU time, disk, network; against an app that does nothing.</summary>
internal static class IdleFigures
{
    private const double Mega = 1_000_000;
    private const double PerMinute = 60;

    /// <summary>Measures the empty app, then the node with each size of the fleet.</summary>
    public static async Task RunAsync(Bench bench)
    {
        var empty = await EmptyAsync(bench).ConfigureAwait(false);
        foreach (var servers in bench.Options.Fleets)
        {
            var node = NodeProcess.StartNode(bench.Node, bench.StdioFleet(servers));
            await using (node.ConfigureAwait(false))
            {
                await node.UntilAnswersAsync("healthz/startup", bench.Options.Limit).ConfigureAwait(false);
                await node.UntilHealthyAsync(servers, bench.Options.Limit).ConfigureAwait(false);
                var idle = await IdleAsync(node, bench.Options.Settle, bench.Options.Idle).ConfigureAwait(false);
                Tell(bench, servers, idle, empty);
            }
        }
    }

    /// <summary>Lets a program settle, then looks at it for a while without talking to it.</summary>
    public static async Task<Idle> IdleAsync(NodeProcess node, TimeSpan settle, TimeSpan length)
    {
        node.HangUp();
        await Task.Delay(settle).ConfigureAwait(false);
        var (cpu, io, net, at) = (ProcReadings.CpuSeconds(node.Pid), ProcReadings.Io(node.Pid), ProcReadings.NetworkBytes(node.Pid), Stopwatch.GetTimestamp());
        var connections = 0;
        while (Stopwatch.GetElapsedTime(at) < length)
        {
            await Task.Delay(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
            connections = Math.Max(connections, ProcReadings.Connections(node.Pid));
        }

        var seconds = Stopwatch.GetElapsedTime(at).TotalSeconds;
        var after = ProcReadings.Io(node.Pid);
        return new Idle(
            ProcReadings.Memory(node.Pid),
            (ProcReadings.CpuSeconds(node.Pid) - cpu) / seconds * 100,
            (after.WriteCalls - io.WriteCalls) / seconds,
            (after.DiskWriteBytes - io.DiskWriteBytes + after.DiskReadBytes - io.DiskReadBytes) / seconds * PerMinute,
            connections == 0 ? 0 : (ProcReadings.NetworkBytes(node.Pid) - net) / seconds * PerMinute,
            connections);
    }

    private static async Task<Idle> EmptyAsync(Bench bench)
    {
        var app = NodeProcess.StartEmptyApp();
        await using (app.ConfigureAwait(false))
        {
            await app.UntilAnswersAsync("", bench.Options.Limit).ConfigureAwait(false);
            return await IdleAsync(app, bench.Options.Settle, bench.Options.Idle).ConfigureAwait(false);
        }
    }

    private static void Tell(Bench bench, int servers, Idle idle, Idle empty)
    {
        const string EmptyName = "empty app";
        var full = servers == bench.Options.Fleet;
        var with = $"idle, {servers} stdio servers";
        bench.Report.Add(new Figure($"resident memory, {with}", idle.Memory.Resident / Mega, "MB", new Baseline(empty.Memory.Resident / Mega, EmptyName), 256));
        bench.Report.Add(new Figure($"proportional memory, {with}", idle.Memory.Proportional / Mega, "MB", new Baseline(empty.Memory.Proportional / Mega, EmptyName)));
        bench.Report.Add(new Figure($"anonymous memory, {with}", idle.Memory.Anonymous / Mega, "MB", new Baseline(empty.Memory.Anonymous / Mega, EmptyName)));
        bench.Report.Add(new Figure($"CPU time, {with}", idle.CpuPercent, "% of a core", new Baseline(empty.CpuPercent, EmptyName), 5));
        if (full)
        {
            bench.Report.Add(new Figure($"write calls (upper bound of disk operations), {with}", idle.WriteCallsPerSecond, "a second", Goal: 10));
            bench.Report.Add(new Figure($"disk bytes, {with}", idle.DiskBytesPerMinute / 1000, "kB a minute"));
            bench.Report.Add(new Figure($"network, {with}", idle.NetworkBytesPerMinute / Mega, "MB a minute", Goal: 1));
            bench.Report.Note(idle.Connections == 0
                ? "Network: the idle node never held a TCP connection when it was looked at, once a second."
                : $"Network: up to {idle.Connections} connections; the bytes are those of all programs of the machine, an upper bound.");
        }
    }

    /// <summary>An idle program.</summary>
    public sealed record Idle(
        MemoryReading Memory,
        double CpuPercent,
        double WriteCallsPerSecond,
        double DiskBytesPerMinute,
        double NetworkBytesPerMinute,
        int Connections);
}
