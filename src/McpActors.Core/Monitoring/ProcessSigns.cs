namespace McpActors.Core.Monitoring;

/// <summary>What can be told about a server's processes without calling it: read from /proc and its streams every few seconds.</summary>
/// <param name="State">
/// The main process's letter in /proc (R running, S sleeping, D disk, T stopped, t traced, Z zombie), or null when it is gone.
/// </param>
/// <param name="Processes">Processes in its tree, itself and zombies included.</param>
/// <param name="DeadDescendants">Descendants that have ended and were not collected by their parent (zombies).</param>
/// <param name="StoppedDescendants">Descendants that a signal or a debugger has stopped.</param>
/// <param name="UnreadInputBytes">
/// An upper bound of what we sent and it has not read, in bytes (the kernel counts its own overhead, too: 768 for a
/// short line); 0 means that it has read everything, null that its input is closed.
/// </param>
/// <param name="UnreadOutputBytes">What it wrote and we have not read, in bytes; null when its output is closed.</param>
public sealed record ProcessSigns(
    char? State,
    int Processes,
    int DeadDescendants,
    int StoppedDescendants,
    long? UnreadInputBytes,
    long? UnreadOutputBytes)
{
    /// <summary>The main process is gone or a zombie.</summary>
    public bool IsDead => State is null or 'Z' or 'X';

    /// <summary>The main process is stopped (SIGSTOP, a terminal, a debugger).</summary>
    public bool IsStopped => State is 'T' or 't';
}

/// <summary>What the whole process tree of a server uses at one moment.</summary>
/// <param name="RssBytes">Resident memory in bytes; pages that several processes share count in each.</param>
/// <param name="CpuSeconds">User and system time since the start, in seconds, that of collected children included.</param>
/// <param name="Threads">Threads.</param>
/// <param name="OpenFiles">Open descriptors.</param>
/// <param name="DiskReadBytes">Bytes fetched from disks since the start.</param>
/// <param name="DiskWriteBytes">Bytes sent to disks since the start.</param>
/// <param name="Processes">Living processes.</param>
public sealed record TreeSample(
    long RssBytes,
    double CpuSeconds,
    int Threads,
    int OpenFiles,
    long DiskReadBytes,
    long DiskWriteBytes,
    int Processes);
