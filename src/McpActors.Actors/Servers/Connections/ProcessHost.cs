using System.Collections.Concurrent;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Connections;

/// <summary>
/// All processes of this node: starts them, writes them down, looks at them in one pass over /proc for whoever asks,
/// and ends them all when the node leaves.
/// </summary>
internal sealed class ProcessHost(ProcessLedger ledger, TimeProvider time) : IProcessSampler
{
    // Fifty servers that look every two seconds share the pass over /proc of whoever looked first. The marks in the
    // environments, which find what has left its session, cost ten times as much and are read for the samples only.
    private static readonly TimeSpan s_tableAge = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_markedTableAge = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<HostedProcess, byte> _running = new();
    private readonly ConcurrentDictionary<ChildProcess, byte> _checks = new();
    private readonly Lock _gate = new();
    private (ProcTable Table, long At)? _plain;
    private (ProcTable Table, long At)? _marked;

    /// <summary>Starts a server's process and writes it down.</summary>
    /// <exception cref="ProcessStartException">It could not be started; nothing is left.</exception>
    public HostedProcess Start(ServerDefinition definition, ServerLog log)
    {
        var startedAt = time.GetUtcNow();
        var child = ChildProcess.Start(new ChildStart
        {
            Definition = definition.Process!,
            NodeId = ledger.NodeId,
            Stderr = log.Stderr.Append,
            Stdout = definition.Transport == ServerTransport.Stdio ? null : log.Stdout.Append,
            Time = time,
        });
        var hosted = new HostedProcess(definition.Name, child, log, this, startedAt);
        _running[hosted] = 0;
        try
        {
            ledger.Add(child, definition.Name);
        }
        catch (IOException e)
        {
            // The mark in its environment finds it too; a full disk is no reason to leave a server down.
            log.Note("The process could not be written down: " + e.Message);
        }

        log.Note($"started as process {child.Pid}");
        return hosted;
    }

    /// <summary>
    /// Ends what still runs under a server's name: when its supervisor was replaced after a failure, the old process may
    /// still be on its way out, and two copies of one server may fight over its files.
    /// </summary>
    public Task EndEarlierAsync(string server, TimeSpan grace) =>
        Task.WhenAll(_running.Keys.Where(p => p.Server == server).Select(p => p.StopAsync(grace)));

    /// <summary>What /proc shows of a child now, at most a second old.</summary>
    public ProcessSigns Signs(ChildProcess child)
    {
        var table = Table(ref _plain, s_tableAge, markers: false);
        child.Remember(table);
        return ProcFs.Signs(table, child);
    }

    public TreeSample? Sample(int pid, string instance)
    {
        Guid? id = Guid.TryParse(instance, out var parsed) ? parsed : null;

        // A process that has only just been started is missing in a table that is older than it.
        return ProcFs.Sample(Table(ref _marked, s_markedTableAge, markers: true), pid, id)
            ?? ProcFs.Sample(Table(ref _marked, TimeSpan.Zero, markers: true), pid, id);
    }

    public async Task<string?> RunAsync(ProcessDefinition process, TimeSpan limit)
    {
        // What a self-check prints is its own; only the last line is told, scrubbed by the caller's definition.
        using var log = new ServerLog("self-check", time, null, new ServerLogOptions
        {
            RingLines = 20,
            Scrub = new SecretScrubber(process.Env.Values).Scrub,
        });
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(new ChildStart
            {
                Definition = process,
                NodeId = ledger.NodeId,
                Stderr = log.Stderr.Append,
                Stdout = log.Stdout.Append,
                Time = time,
            });
        }
        catch (ProcessStartException e)
        {
            return e.Refusal.Words;
        }

        _checks[child] = 0;
        await using (child.ConfigureAwait(false))
        {
            try
            {
                var exit = await child.Exited.WaitAsync(limit, time).ConfigureAwait(false);
                await child.DrainAsync(TimeSpan.FromMilliseconds(200)).ConfigureAwait(false);
                return exit.Code == 0 ? null : $"It {exit.Words}. {log.LastLines(1)}".TrimEnd();
            }
            catch (TimeoutException)
            {
                return $"It did not end within {HealthDecider.Text(limit)}.";
            }
            finally
            {
                await child.CleanUpAsync(CancellationToken.None).ConfigureAwait(false);
                _checks.TryRemove(child, out _);
            }
        }
    }

    private ProcTable Table(ref (ProcTable Table, long At)? kept, TimeSpan age, bool markers)
    {
        lock (_gate)
        {
            if (kept is not { } known || time.GetElapsedTime(known.At) > age)
            {
                kept = known = (ProcTable.Take(markers), time.GetTimestamp());
            }

            return known.Table;
        }
    }

    /// <summary>Ends every process of this node, all at once; bounded by twice the longest grace and a little.</summary>
    public Task StopAllAsync(TimeSpan grace) => Task.WhenAll(
        [.. _running.Keys.Select(p => p.StopAsync(grace)), .. _checks.Keys.Select(c => c.CleanUpAsync(CancellationToken.None))]);

    /// <summary>
    /// Ends what the node has adopted: descendants of dead servers that hid from every mark (a session of their own and
    /// an emptied environment). To be called last, when no server runs any more.
    /// </summary>
    public static void EndAdopted()
    {
        foreach (var row in ProcTable.Take().Rows.Where(r => r.Ppid == Environment.ProcessId && r.State is not ('Z' or 'X')))
        {
            Native.SignalVerified(row.Pid, Native.SigKill, pid => ProcFs.ReadProcess(pid)?.StartTicks == row.StartTicks);
        }
    }

    /// <summary>A process has ended and nothing of it is left.</summary>
    public void Forget(HostedProcess process)
    {
        ledger.Remove(process.Process);
        _running.TryRemove(process, out _);
    }
}

/// <summary>A process of this node with its log.</summary>
internal sealed class HostedProcess(string server, ChildProcess process, ServerLog log, ProcessHost host, DateTimeOffset startedAt)
{
    private const int QuotedLines = 5;

    private readonly Lock _gate = new();
    private Task? _stopping;

    /// <summary>The server's name.</summary>
    public string Server { get; } = server;

    /// <summary>The process.</summary>
    public ChildProcess Process { get; } = process;

    /// <summary>What others may know of it.</summary>
    public LaunchedProcess Launched { get; } = new(process.Pid, startedAt, process.Instance.ToString("N"));

    /// <summary>Its standard output, with only what may be JSON-RPC.</summary>
    public StdoutFilter ReadLines(SecretScrubber scrub, Action<string> cut) => new(Process.Stdout, new StdoutFilterOptions
    {
        Scrub = scrub.Scrub,
        OversizedLine = words =>
        {
            log.Note(words);
            cut(words);
        },
    });

    /// <summary>What /proc shows now.</summary>
    public ProcessSigns ReadSigns() => host.Signs(Process);

    /// <summary>The last lines that it wrote, for an error text; empty when there are none.</summary>
    public string LastLines()
    {
        var lines = log.LastLines(QuotedLines, Launched.StartedAt);
        return lines.Length == 0 ? "" : " Its last lines: " + lines.ReplaceLineEndings(" | ");
    }

    /// <summary>Ends it and all that it started. The second call waits for the first.</summary>
    public Task StopAsync(TimeSpan grace)
    {
        lock (_gate)
        {
            return _stopping ??= StopOnceAsync(grace);
        }
    }

    private async Task StopOnceAsync(TimeSpan grace)
    {
        var report = await Process.StopAsync(grace, CancellationToken.None).ConfigureAwait(false);
        log.Note(report.Words);
        if (report.Survivors.Count == 0)
        {
            host.Forget(this);
        }
    }
}
