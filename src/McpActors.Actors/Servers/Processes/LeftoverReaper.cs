using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Processes;

/// <summary>What the clean-up at the node's start did.</summary>
/// <param name="Ended">The processes that were ended.</param>
/// <param name="Survivors">Those that could not be: another user's, or hanging in the kernel.</param>
/// <param name="Words">One sentence for each, for the console and the log; empty when there was nothing to do.</param>
public sealed record ReapReport(IReadOnlyList<Leftover> Ended, IReadOnlyList<Leftover> Survivors, IReadOnlyList<string> Words);

/// <summary>Ends what an earlier run of this node left behind; runs at the node's start, before anything is started.</summary>
public static class LeftoverReaper
{
    private static readonly TimeSpan s_gentle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly HashSet<Guid> s_none = [];

    /// <summary>SIGTERM (and SIGCONT) to every leftover, 1 s, SIGKILL; at most 6 s in all. Records of what is gone are removed.</summary>
    /// <param name="ledger">This node's ledger.</param>
    /// <param name="time">The clock of the waits.</param>
    /// <param name="cancellationToken">Stops the clean-up where it is.</param>
    public static async Task<ReapReport> ReapAsync(ProcessLedger ledger, TimeProvider time, CancellationToken cancellationToken = default)
    {
        var records = ledger.Read();
        var bootId = ProcFs.BootId();
        var seen = new Dictionary<(int, long), Leftover>();
        var started = time.GetTimestamp();
        IReadOnlyList<Leftover> left;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var table = ProcTable.Take(markers: true);
            left = LeftoverDecider.Decide(records, [.. table.Rows.Select(Facts)], bootId, ledger.NodeId, Environment.ProcessId, s_none);
            var elapsed = time.GetElapsedTime(started);
            if (left.Count == 0 || elapsed > s_bound)
            {
                break;
            }

            foreach (var leftover in left)
            {
                var isNew = seen.TryAdd((leftover.Pid, leftover.StartTicks), leftover);
                if (elapsed >= s_gentle)
                {
                    Send(leftover, Native.SigKill);
                }
                else if (isNew)
                {
                    Send(leftover, Native.SigTerm);
                    Send(leftover, Native.SigCont);
                }
            }

            await Task.Delay(s_poll, time, cancellationToken).ConfigureAwait(false);
        }

        var survivors = left.Select(l => (l.Pid, l.StartTicks)).ToHashSet();
        foreach (var record in records.Where(r => !survivors.Contains((r.Pid, r.StartTicks))))
        {
            ledger.Remove(record.Instance);
        }

        var ended = seen.Values.Where(l => !survivors.Contains((l.Pid, l.StartTicks))).ToList();
        return new ReapReport(
            ended,
            left,
            [
                .. ended.Select(l => $"Ended process {l.Pid}{Of(l)}, left behind by an earlier run of this node: {l.Reason}."),
                .. left.Select(l => $"Process {l.Pid}{Of(l)}, left behind by an earlier run of this node, could not be ended. Look at it with: ps -fp {l.Pid}"),
            ]);
    }

    private static string Of(Leftover leftover) => leftover.Server is null ? "" : $" of server \"{LogText.Escape(leftover.Server)}\"";

    private static void Send(Leftover leftover, int signal) =>
        Native.SignalVerified(leftover.Pid, signal, pid => ProcFs.ReadProcess(pid)?.StartTicks == leftover.StartTicks);

    private static ProcessFacts Facts(ProcRow row) =>
        new(row.Pid, row.Ppid, row.Session, row.StartTicks, row.State is 'Z' or 'X', row.Instance, row.Owner);
}
