using System.Globalization;

namespace McpActors.Benchmarks.Measuring;

/// <summary>Memory of one process in bytes, from /proc/PID/smaps_rollup.</summary>
/// <param name="Resident">All resident pages.</param>
/// <param name="Proportional">The same, pages shared with n processes counted as one n-th.</param>
/// <param name="Anonymous">What it made itself: heaps, stacks; never the mapped files.</param>
internal sealed record MemoryReading(long Resident, long Proportional, long Anonymous);

/// <summary>Input and output of one process since its start, from /proc/PID/io.</summary>
/// <param name="WriteCalls">Calls of write and its kin, to whatever descriptor: an upper bound of disk writes.</param>
/// <param name="DiskReadBytes">Bytes fetched from a disk.</param>
/// <param name="DiskWriteBytes">Bytes that go to a disk.</param>
internal sealed record IoReading(long WriteCalls, long DiskReadBytes, long DiskWriteBytes);

/// <summary>Reads /proc from outside of the process that is measured.</summary>
internal static class ProcReadings
{
    // The unit of utime and stime on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    /// <summary>User and system time so far, in seconds.</summary>
    public static double CpuSeconds(int pid)
    {
        var stat = StatFields(pid);
        return (Number(stat[11]) + Number(stat[12])) / TicksPerSecond;
    }

    /// <summary>Its memory now.</summary>
    public static MemoryReading Memory(int pid)
    {
        var values = Table($"/proc/{pid}/smaps_rollup");
        return new MemoryReading(values["Rss"] * 1024, values["Pss"] * 1024, values["Anonymous"] * 1024);
    }

    /// <summary>Its input and output so far.</summary>
    public static IoReading Io(int pid)
    {
        var values = Table($"/proc/{pid}/io");
        return new IoReading(values["syscw"], values["read_bytes"], values["write_bytes"]);
    }

    /// <summary>Established TCP connections of the process.</summary>
    public static int Connections(int pid)
    {
        const string Established = "01";
        var own = Directory.EnumerateFiles($"/proc/{pid}/fd")
            .Select(fd => new FileInfo(fd).LinkTarget ?? "")
            .Where(target => target.StartsWith("socket:[", StringComparison.Ordinal))
            .Select(target => target["socket:[".Length..^1])
            .ToHashSet(StringComparer.Ordinal);
        return new[] { "tcp", "tcp6" }
            .Select(family => $"/proc/{pid}/net/{family}")
            .Where(File.Exists)
            .SelectMany(File.ReadLines)
            .Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields.Length > 9 && fields[3] == Established && own.Contains(fields[9]));
    }

    /// <summary>Bytes received and sent on every interface of the network that the process sees.</summary>
    public static long NetworkBytes(int pid) => File.ReadLines($"/proc/{pid}/net/dev").Skip(2)
        .Select(line => line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .Sum(fields => (long)(Number(fields[0]) + Number(fields[8])));

    /// <summary>Processes whose parent is this one.</summary>
    public static List<int> Children(int pid)
    {
        var children = new List<int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var child))
            {
                try
                {
                    if ((int)Number(StatFields(child)[1]) == pid)
                    {
                        children.Add(child);
                    }
                }
                catch (IOException)
                {
                    // It ended between the listing and the look.
                }
            }
        }

        return children;
    }

    // The name may hold anything, a ')' included: fields count from the last one. [0] is the state.
    private static string[] StatFields(int pid)
    {
        var text = File.ReadAllText($"/proc/{pid}/stat");
        return text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static Dictionary<string, long> Table(string path) => File.ReadLines(path)
        .Select(line => line.Split([':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .Where(parts => parts.Length >= 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .ToDictionary(parts => parts[0], parts => (long)Number(parts[1]), StringComparer.Ordinal);

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
