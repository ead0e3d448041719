namespace McpActors.Core.Servers;

/// <summary>A process that a node started, as the node wrote it down right after the start.</summary>
/// <param name="Pid">Its number, which is also that of its group and session.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
/// <param name="BootId">The boot of the machine that the ticks count from.</param>
/// <param name="Instance">The mark of that start in its environment.</param>
/// <param name="Server">The server's name.</param>
/// <param name="NodeId">The node that started it.</param>
/// <param name="NodePid">That node's own process.</param>
/// <param name="NodeStartTicks">When that node's process started, in clock ticks since boot.</param>
public sealed record ProcessRecord(
    int Pid,
    long StartTicks,
    string BootId,
    Guid Instance,
    string Server,
    string NodeId,
    int NodePid,
    long NodeStartTicks);

/// <summary>A process that runs now, as far as the decision needs it.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Ppid">Its parent's number.</param>
/// <param name="Session">Its session.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot.</param>
/// <param name="IsZombie">It has ended and only waits to be collected.</param>
/// <param name="Instance">The mark of a start in its environment, or null.</param>
/// <param name="Owner">The node id in its environment, or null.</param>
public sealed record ProcessFacts(int Pid, int Ppid, int Session, long StartTicks, bool IsZombie, Guid? Instance, string? Owner);

/// <summary>A process to end.</summary>
/// <param name="Pid">Its number; to be signalled only while its start time is the same.</param>
/// <param name="StartTicks">Its start time.</param>
/// <param name="Server">The server that it belonged to, where it is known.</param>
/// <param name="Reason">Why it is ours, in words.</param>
public sealed record Leftover(int Pid, long StartTicks, string? Server, string Reason);

/// <summary>
/// Decides which processes an earlier run of this node left behind. It errs on the side of leaving a process alone:
/// one is ours only when its number, start time and boot match a record, when it is a member of such a one's session,
/// or when its environment carries our node's id and a start that is not alive in this run. What lies below a node
/// that still lives is never a leftover: somebody may have copied a data folder, node id and records included.
/// </summary>
public static class LeftoverDecider
{
    /// <summary>The processes to end, in the order of the table.</summary>
    /// <param name="records">What this node wrote down.</param>
    /// <param name="processes">What runs now.</param>
    /// <param name="bootId">This boot; empty where it is unknown, and then no record matches.</param>
    /// <param name="nodeId">This node; empty matches nothing.</param>
    /// <param name="self">The node's own process; it, its ancestors and process 1 are never ended.</param>
    /// <param name="alive">Starts that belong to this run of the node.</param>
    public static IReadOnlyList<Leftover> Decide(
        IReadOnlyCollection<ProcessRecord> records,
        IReadOnlyCollection<ProcessFacts> processes,
        string bootId,
        string nodeId,
        int self,
        IReadOnlySet<Guid> alive)
    {
        var byPid = new Dictionary<int, ProcessFacts>();
        foreach (var process in processes)
        {
            byPid[process.Pid] = process;
        }

        var untouchable = AncestorsOf(self, byPid);
        var matched = new Dictionary<int, ProcessRecord>();
        var otherNodes = new HashSet<int>();
        var serverOfInstance = new Dictionary<Guid, string>();
        foreach (var record in records)
        {
            serverOfInstance[record.Instance] = record.Server;
            if (bootId.Length == 0 || record.BootId != bootId)
            {
                continue;
            }

            if (record.NodePid != self && byPid.TryGetValue(record.NodePid, out var node) && node.StartTicks == record.NodeStartTicks && !node.IsZombie)
            {
                otherNodes.Add(record.NodePid);
            }

            if (!alive.Contains(record.Instance) && byPid.TryGetValue(record.Pid, out var process) && process.StartTicks == record.StartTicks)
            {
                matched[record.Pid] = record;
            }
        }

        var leftovers = new List<Leftover>();
        foreach (var process in processes)
        {
            if (process.IsZombie || untouchable.Contains(process.Pid) || (process.Instance is { } living && alive.Contains(living)) ||
                (otherNodes.Count > 0 && AncestorsOf(process.Pid, byPid).Overlaps(otherNodes)))
            {
                continue;
            }

            if (matched.TryGetValue(process.Pid, out var record))
            {
                leftovers.Add(new Leftover(process.Pid, process.StartTicks, record.Server, "it is recorded with the same number and start time"));
            }
            else if (nodeId.Length > 0 && process.Owner == nodeId && process.Instance is { } instance)
            {
                leftovers.Add(new Leftover(process.Pid, process.StartTicks, serverOfInstance.GetValueOrDefault(instance), "its environment names this node and an earlier start"));
            }
            else if (matched.TryGetValue(process.Session, out var leader) && process.StartTicks >= leader.StartTicks)
            {
                leftovers.Add(new Leftover(process.Pid, process.StartTicks, leader.Server, $"it is in the session of the recorded process {leader.Pid}"));
            }
        }

        // A descendant in a session of its own with an emptied environment carries no mark; its ancestry still tells.
        var ending = leftovers.Select(l => l.Pid).ToHashSet();
        foreach (var process in processes)
        {
            if (process.IsZombie || process.Instance is not null || untouchable.Contains(process.Pid) || ending.Contains(process.Pid))
            {
                continue;
            }

            var ancestors = AncestorsOf(process.Pid, byPid);
            if (!ancestors.Overlaps(otherNodes) && leftovers.FirstOrDefault(l => ancestors.Contains(l.Pid)) is { } parent)
            {
                leftovers.Add(new Leftover(process.Pid, process.StartTicks, parent.Server, $"it descends from process {parent.Pid}"));
            }
        }

        return leftovers;
    }

    private static HashSet<int> AncestorsOf(int self, Dictionary<int, ProcessFacts> byPid)
    {
        var found = new HashSet<int> { 0, 1 };
        for (var pid = self; found.Add(pid) && byPid.TryGetValue(pid, out var process); pid = process.Ppid)
        {
        }

        return found;
    }
}
