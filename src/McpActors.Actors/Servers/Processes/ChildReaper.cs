using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Collects the exit status of every process that <see cref="ChildProcess"/> started, on SIGCHLD and so at once, and
/// takes in orphans: the node declares itself their reaper, so that a grandchild whose parent died comes to the node
/// and leaves no zombie behind, also in a container whose first process collects nobody.
/// </summary>
/// <remarks>
/// Children of System.Diagnostics.Process are left alone: they stay in the node's own session, and only zombies of
/// other sessions are taken in, after a delay in which .NET has collected its own.
/// </remarks>
internal static class ChildReaper
{
    private static readonly ConcurrentDictionary<int, Action> s_children = new();
    private static readonly Lock s_gate = new();
    private static readonly TimeSpan s_orphanDelay = TimeSpan.FromSeconds(2);
    private static PosixSignalRegistration? s_registration;
    private static ITimer? s_orphanTimer;
    private static int s_orphanTimerSet;

    /// <summary>Registers for SIGCHLD and for orphans; before the first start.</summary>
    public static void EnsureRunning()
    {
        lock (s_gate)
        {
            if (s_registration is not null || OperatingSystem.IsWindows())
            {
                return;
            }

            _ = Native.Prctl(Native.SubreaperOption, 1, 0, 0, 0);
            s_orphanTimer = TimeProvider.System.CreateTimer(_ => ReapOrphans(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            s_registration = PosixSignalRegistration.Create(PosixSignal.SIGCHLD, _ => OnChildSignal());
        }
    }

    /// <summary>Calls <paramref name="check"/> whenever some child has ended, and once now: it may have ended already.</summary>
    public static void Watch(int pid, Action check)
    {
        s_children[pid] = check;
        check();
    }

    /// <summary>The process was collected.</summary>
    public static void Forget(int pid) => s_children.TryRemove(pid, out _);

    /// <summary>Looks at every child now; for a caller that saw a zombie although a signal should have told.</summary>
    public static void CheckAll()
    {
        foreach (var check in s_children.Values)
        {
            check();
        }
    }

    private static void OnChildSignal()
    {
        CheckAll();
        if (Interlocked.Exchange(ref s_orphanTimerSet, 1) == 0)
        {
            s_orphanTimer?.Change(s_orphanDelay, Timeout.InfiniteTimeSpan);
        }
    }

    private static void ReapOrphans()
    {
        Volatile.Write(ref s_orphanTimerSet, 0);
        try
        {
            ReapOrphans(ProcTable.Take());
        }
        catch (IOException)
        {
            // /proc was not readable just now; the next SIGCHLD tries again.
        }
    }

    /// <summary>Collects the zombies that were adopted, as a table shows them.</summary>
    public static unsafe void ReapOrphans(ProcTable table)
    {
        var self = Environment.ProcessId;
        if (!table.TryGet(self, out var node))
        {
            return;
        }

        foreach (var row in table.Rows)
        {
            if (row.Ppid == self && row.State == 'Z' && row.Session != node.Session && !s_children.ContainsKey(row.Pid))
            {
                int status;
                _ = Native.WaitPid(row.Pid, &status, Native.WaitNoHang);
            }
        }
    }
}
