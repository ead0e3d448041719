using System.IO.Enumeration;

namespace McpActors.Actors.Servers.Processes;

/// <summary>One process, as one look at /proc shows it.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="Ppid">Its parent's number.</param>
/// <param name="Pgrp">Its process group.</param>
/// <param name="Session">Its session.</param>
/// <param name="State">The kernel's letter: R running, S sleeping, D disk, T stopped, t traced, Z zombie, X dead, I idle.</param>
/// <param name="StartTicks">When it started, in clock ticks since boot; with the pid it names a process for good.</param>
/// <param name="CpuSeconds">User and system time, that of collected children included, in seconds.</param>
/// <param name="Threads">Threads.</param>
/// <param name="RssBytes">Resident memory in bytes.</param>
/// <param name="Instance">Its <see cref="ChildEnvironment.InstanceMarker"/>, where it was asked for and readable.</param>
/// <param name="Owner">Its <see cref="ChildEnvironment.OwnerMarker"/>, where it was asked for and readable.</param>
public readonly record struct ProcRow(
    int Pid,
    int Ppid,
    int Pgrp,
    int Session,
    char State,
    long StartTicks,
    double CpuSeconds,
    int Threads,
    long RssBytes,
    Guid? Instance = null,
    string? Owner = null);

/// <summary>All processes at one moment: taken once, used for every server of a sweep.</summary>
public sealed class ProcTable
{
    private readonly ProcRow[] _rows;
    private readonly Dictionary<int, int> _indexOfPid;
    private readonly int[] _firstChild;
    private readonly int[] _nextSibling;

    private ProcTable(ProcRow[] rows, bool hasMarkers)
    {
        _rows = rows;
        HasMarkers = hasMarkers;
        _indexOfPid = new Dictionary<int, int>(rows.Length);
        _firstChild = new int[rows.Length];
        _nextSibling = new int[rows.Length];
        Array.Fill(_firstChild, -1);
        for (var i = 0; i < rows.Length; i++)
        {
            _indexOfPid[rows[i].Pid] = i;
        }

        for (var i = 0; i < rows.Length; i++)
        {
            if (_indexOfPid.TryGetValue(rows[i].Ppid, out var parent) && parent != i)
            {
                _nextSibling[i] = _firstChild[parent];
                _firstChild[parent] = i;
            }
            else
            {
                _nextSibling[i] = -1;
            }
        }
    }

    /// <summary>Every process that could be read, in no order.</summary>
    public IReadOnlyList<ProcRow> Rows => _rows;

    /// <summary>True when the environments were read, too.</summary>
    public bool HasMarkers { get; }

    /// <summary>Reads /proc once. Processes that end meanwhile are left out.</summary>
    /// <param name="markers">Reads each environment for our marks: about twice the time.</param>
    public static ProcTable Take(bool markers = false)
    {
        var rows = new List<ProcRow>(256);
        var pids = new FileSystemEnumerable<int>("/proc", ParsePid, new EnumerationOptions { IgnoreInaccessible = true, AttributesToSkip = 0 })
        {
            ShouldIncludePredicate = static (ref FileSystemEntry entry) => char.IsAsciiDigit(entry.FileName[0]),
        };
        foreach (var pid in pids)
        {
            if (ProcFs.ReadProcess(pid) is { } row)
            {
                rows.Add(markers ? ProcFs.WithMarkers(row) : row);
            }
        }

        return new ProcTable([.. rows], markers);
    }

    /// <summary>A table of given rows, for tests of what uses it.</summary>
    internal static ProcTable Of(params ProcRow[] rows) => new(rows, hasMarkers: true);

    /// <summary>The row of one process.</summary>
    public bool TryGet(int pid, out ProcRow row)
    {
        var known = _indexOfPid.TryGetValue(pid, out var index);
        row = known ? _rows[index] : default;
        return known;
    }

    /// <summary>
    /// The process and all that belongs to it: its descendants, the members of its session, and (in a table with
    /// marks) whatever carries its instance. The process itself comes first, when it is there.
    /// </summary>
    /// <param name="pid">The leader of the session.</param>
    /// <param name="instance">The mark of its start, or null.</param>
    public IReadOnlyList<ProcRow> TreeOf(int pid, Guid? instance = null)
    {
        var found = new List<ProcRow>();
        var seen = new HashSet<int>();
        var queue = new Queue<int>();
        if (_indexOfPid.TryGetValue(pid, out var root))
        {
            seen.Add(root);
            queue.Enqueue(root);
        }

        for (var i = 0; i < _rows.Length; i++)
        {
            ref readonly var row = ref _rows[i];
            if ((row.Session == pid || (instance is not null && row.Instance == instance)) && seen.Add(i))
            {
                queue.Enqueue(i);
            }
        }

        while (queue.TryDequeue(out var index))
        {
            found.Add(_rows[index]);
            for (var child = _firstChild[index]; child >= 0; child = _nextSibling[child])
            {
                if (seen.Add(child))
                {
                    queue.Enqueue(child);
                }
            }
        }

        return found;
    }

    private static int ParsePid(ref FileSystemEntry entry) => int.TryParse(entry.FileName, out var pid) ? pid : 0;
}
