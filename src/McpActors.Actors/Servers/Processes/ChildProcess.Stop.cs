namespace McpActors.Actors.Servers.Processes;

/// <summary>What it took to end a process and all that belonged to it.</summary>
/// <param name="Exit">How the main process ended, or null when it could not be ended (it hangs in the kernel).</param>
/// <param name="By">What ended it: <c>itself</c>, <c>end of input</c>, <c>SIGTERM</c>, <c>SIGKILL</c> or <c>nothing</c>.</param>
/// <param name="LeftoversKilled">Further processes of its group, session or instance that had to be signalled.</param>
/// <param name="Survivors">Processes that could not be killed.</param>
public sealed record StopReport(ExitInfo? Exit, string By, int LeftoversKilled, IReadOnlyList<int> Survivors)
{
    /// <summary>The report in one sentence.</summary>
    public string Words
    {
        get
        {
            var main = Exit is null
                ? "The process could not be killed: it hangs in the kernel (often a dead disk or network file system)"
                : By == "itself" ? $"The process {Exit.Words}" : $"The process {Exit.Words} after {By}";
            var rest = LeftoversKilled == 0 ? "" : $"; {LeftoversKilled} of its child processes were still there and were ended";
            var left = Survivors.Count == 0 ? "" : $"; still alive: {string.Join(", ", Survivors)}";
            return main + rest + left + ".";
        }
    }
}

public sealed partial class ChildProcess
{
    /// <summary>After SIGKILL a process goes at once, unless it hangs in the kernel; 5 s are for a very busy machine.</summary>
    private static readonly TimeSpan s_killBound = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _hurry = new();
    private readonly HashSet<(int Pid, long StartTicks)> _descendants = [];
    private Task<StopReport>? _stop;

    /// <summary>
    /// Ends the process and everything that belongs to it: closes its input, waits, SIGTERM to the group (with SIGCONT,
    /// so that a stopped one can obey), waits, SIGKILL to the group; then kills what left the group but carries its
    /// mark or stayed in its session, and frees the streams. Safe to call again: the first call's graces hold.
    /// </summary>
    /// <param name="grace">Wait after the end of input, and again after SIGTERM; 0 to 60 s.</param>
    /// <param name="cancellationToken">Ends the waiting, not the stop: SIGKILL follows at once.</param>
    /// <returns>What it took; the task does not fail.</returns>
    public async Task<StopReport> StopAsync(TimeSpan grace, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(grace, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(grace, TimeSpan.FromSeconds(60));
        Task<StopReport> stop;
        lock (_gate)
        {
            stop = _stop ??= Task.Run(() => StopOnceAsync(grace));
        }

        await using var hurry = cancellationToken.Register(static source => ((CancellationTokenSource)source!).Cancel(), _hurry).ConfigureAwait(false);
        return await stop.ConfigureAwait(false);
    }

    /// <summary>
    /// After the main process ended by itself: kills the rest of its group, session and instance and frees the streams.
    /// To be awaited before a restart. On a living process it is a stop without grace.
    /// </summary>
    public Task<StopReport> CleanUpAsync(CancellationToken cancellationToken) => StopAsync(TimeSpan.Zero, cancellationToken);

    /// <summary>
    /// Keeps in mind which processes descend from it now: one that makes a session of its own and empties its environment
    /// carries no mark, and is nobody's child once its parent has ended. At most 256 are kept.
    /// </summary>
    public void Remember(ProcTable table)
    {
        lock (_gate)
        {
            if (_collected)
            {
                return;
            }

            foreach (var row in table.TreeOf(Pid).Where(row => row.Pid != Pid))
            {
                if (_descendants.Count < 256)
                {
                    _descendants.Add((row.Pid, row.StartTicks));
                }
            }
        }
    }

    private async Task<StopReport> StopOnceAsync(TimeSpan grace)
    {
        if (!_exited.Task.IsCompleted)
        {
            try
            {
                Remember(ProcTable.Take());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The node is out of descriptors, perhaps: the stop goes on with what was remembered before.
            }
        }

        var by = "itself";
        if (!_exited.Task.IsCompleted)
        {
            by = "end of input";
            await _stdin.DisposeAsync().ConfigureAwait(false);
            if (!await EndedWithinAsync(grace).ConfigureAwait(false))
            {
                by = "SIGTERM";
                SignalGroup(Native.SigTerm);
                SignalGroup(Native.SigCont);
                if (!await EndedWithinAsync(grace).ConfigureAwait(false))
                {
                    by = "SIGKILL";
                    SignalGroup(Native.SigKill);
                    if (!await EndedWithinAsync(s_killBound, hurried: false).ConfigureAwait(false))
                    {
                        by = "nothing";
                    }
                }
            }
        }

        // A leftover that was asked to go by the same SIGTERM has had its time already.
        var gentle = by is "SIGTERM" or "SIGKILL" ? TimeSpan.Zero : Min(grace, TimeSpan.FromSeconds(1));
        var (killed, survivors) = await KillLeftoversAsync(gentle).ConfigureAwait(false);
        await _stdin.DisposeAsync().ConfigureAwait(false);

        // What the dead wrote last is still in the sockets; nobody of them is left to hold these open.
        await DrainAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        await _stderr.DisposeAsync().ConfigureAwait(false);
        await _stdout.DisposeAsync().ConfigureAwait(false);
        return new StopReport(_exited.Task.IsCompleted ? await _exited.Task.ConfigureAwait(false) : null, by, killed, survivors);
    }

    /// <summary>Sends a signal to the group while the main process's number is still its own.</summary>
    private void SignalGroup(int signal)
    {
        lock (_gate)
        {
            if (!_collected)
            {
                _ = Native.Kill(-Pid, signal);
            }
        }
    }

    private async Task<bool> EndedWithinAsync(TimeSpan bound, bool hurried = true)
    {
        try
        {
            await _exited.Task.WaitAsync(bound, _time, hurried ? _hurry.Token : CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // A signal may have been lost in a crowd: look once more before saying no.
            Check();
            return _exited.Task.IsCompleted;
        }
    }

    private async Task<(int Killed, IReadOnlyList<int> Survivors)> KillLeftoversAsync(TimeSpan gentle)
    {
        var signalled = new HashSet<(int, long)>();
        var started = _time.GetTimestamp();
        while (true)
        {
            ProcTable table;
            try
            {
                table = await SharedScan.TakeAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The node is out of descriptors, perhaps: its streams must be freed all the same.
                if (_time.GetElapsedTime(started) > gentle + s_killBound)
                {
                    return (signalled.Count, []);
                }

                await Task.Delay(s_poll, _time).ConfigureAwait(false);
                continue;
            }

            var leftovers = LeftoversIn(table);
            if (signalled.Count > 0)
            {
                // The node adopts an orphan, so its zombie is ours to collect.
                ChildReaper.ReapOrphans(table);
            }

            if (leftovers.Count == 0)
            {
                return (signalled.Count, []);
            }

            var elapsed = _time.GetElapsedTime(started);
            if (elapsed > gentle + s_killBound)
            {
                return (signalled.Count, [.. leftovers.Select(row => row.Pid)]);
            }

            var gently = elapsed < gentle && !_hurry.IsCancellationRequested;
            foreach (var row in leftovers)
            {
                var isNew = signalled.Add((row.Pid, row.StartTicks));
                if (!gently)
                {
                    Send(row, Native.SigKill);
                }
                else if (isNew)
                {
                    Send(row, Native.SigTerm);
                    Send(row, Native.SigCont);
                }
            }

            // Poll: there is no event for the end of somebody else's child.
            await Task.Delay(s_poll, _time).ConfigureAwait(false);
        }

        static void Send(ProcRow row, int signal) =>
            Native.SignalVerified(row.Pid, signal, pid => ProcFs.ReadProcess(pid)?.StartTicks == row.StartTicks);
    }

    /// <summary>
    /// The living that belong to this start, without the main process. A member of the session counts only when it
    /// is not younger than the main process's end: later, the number may name somebody else's session.
    /// </summary>
    private List<ProcRow> LeftoversIn(ProcTable table)
    {
        var leftovers = new List<ProcRow>();
        HashSet<(int Pid, long StartTicks)> descendants;
        lock (_gate)
        {
            // The readings of /proc between probes go on during a stop and may still add to it.
            descendants = [.. _descendants];
        }

        foreach (var row in table.Rows)
        {
            var ofSession = row.Session == Pid && row.StartTicks >= StartTimeTicks && row.StartTicks <= Volatile.Read(ref _exitTicks)
                && (row.Instance is null || row.Instance == Instance);
            var remembered = descendants.Contains((row.Pid, row.StartTicks)) && (row.Instance is null || row.Instance == Instance);
            if ((ofSession || remembered || row.Instance == Instance) && row.State is not ('Z' or 'X') &&
                row.Pid != Pid && row.Pid != 1 && row.Pid != Environment.ProcessId)
            {
                leftovers.Add(row);
            }
        }

        return leftovers;
    }

    private static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
