using System.Buffers;
using System.Buffers.Text;
using System.IO.Enumeration;
using System.Text;
using McpActors.Core.Monitoring;

namespace McpActors.Actors.Servers.Processes;

/// <summary>
/// Reads /proc by plain system calls into stack buffers: File.OpenHandle would take a lock and two allocations for
/// each of the hundreds of files of a sweep. A process that is gone reads as null.
/// </summary>
public static unsafe class ProcFs
{
    private const int ClockTicksName = 2;
    private static readonly double s_ticksPerSecond = OperatingSystem.IsLinux() ? Math.Max(1, (double)Native.Sysconf(ClockTicksName)) : 100;
    private static string? s_lastOwner;

    /// <summary>Clock ticks per second, the unit of <see cref="ProcRow.StartTicks"/>; 100 on usual machines.</summary>
    public static double TicksPerSecond => s_ticksPerSecond;

    /// <summary>Identifies this boot of the machine; empty where the kernel does not tell.</summary>
    public static string BootId()
    {
        Span<byte> buffer = stackalloc byte[64];
        var length = ReadSmall("/proc/sys/kernel/random/boot_id\0"u8, buffer);
        return length <= 0 ? "" : Encoding.ASCII.GetString(buffer[..length]).Trim();
    }

    /// <summary>Now, in clock ticks since boot.</summary>
    public static long NowTicks() => (long)(Native.SecondsSinceBoot() * s_ticksPerSecond);

    /// <summary>Reads /proc/PID/stat, or null when the process is gone.</summary>
    public static ProcRow? ReadProcess(int pid)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var length = ReadOf(pid, "/stat"u8, buffer);
        if (length <= 0)
        {
            return null;
        }

        // The name in parentheses may hold anything, a ')' included: the fields follow the last one.
        var text = buffer[..length];
        var close = text.LastIndexOf((byte)')');
        if (close < 0 || close + 3 >= text.Length)
        {
            return null;
        }

        var state = (char)text[close + 2];
        var fields = text[(close + 4)..];
        Span<long> values = stackalloc long[21];
        for (var i = 0; i < values.Length; i++)
        {
            if (!Utf8Parser.TryParse(fields, out values[i], out var used))
            {
                // An unsigned field beyond long (a limit, never one of ours): skip it.
                used = fields.IndexOf((byte)' ');
                if (used < 0)
                {
                    return null;
                }
            }

            fields = used < fields.Length ? fields[(used + 1)..] : [];
        }

        // values[0] is field 4 of proc(5), the parent.
        return new ProcRow(
            pid,
            (int)values[0],
            (int)values[1],
            (int)values[2],
            state,
            values[18],
            (values[10] + values[11] + values[12] + values[13]) / s_ticksPerSecond,
            (int)values[16],
            values[20] * Environment.SystemPageSize);
    }

    /// <summary>The row with our marks from /proc/PID/environ, where it may be read.</summary>
    public static ProcRow WithMarkers(ProcRow row)
    {
        if (row.State == 'Z')
        {
            return row;
        }

        // Most environments fit the first read, and our marks come first in a child's. A shell may reorder them.
        var rented = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            var length = ReadOf(row.Pid, "/environ"u8, rented);
            if (length == rented.Length)
            {
                var larger = ArrayPool<byte>.Shared.Rent(1024 * 1024);
                ArrayPool<byte>.Shared.Return(rented);
                rented = larger;
                length = ReadOf(row.Pid, "/environ"u8, rented);
            }

            if (length <= 0)
            {
                return row;
            }

            ReadOnlySpan<byte> text = rented.AsSpan(0, length);
            var instance = ValueOf(text, "MCPACTORS_INSTANCE="u8);
            var owner = ValueOf(text, "MCPACTORS_OWNER="u8);
            return row with
            {
                Instance = Utf8Parser.TryParse(instance, out Guid id, out var used) && used == instance.Length ? id : null,
                Owner = owner.IsEmpty ? null : Intern(owner),
            };
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Bytes read from and written to disks, children that were collected included; null where it may not be read.</summary>
    public static (long ReadBytes, long WriteBytes)? ReadIo(int pid)
    {
        Span<byte> buffer = stackalloc byte[512];
        var length = ReadOf(pid, "/io"u8, buffer);
        if (length <= 0)
        {
            return null;
        }

        ReadOnlySpan<byte> text = buffer[..length];
        return Number(text, "\nread_bytes: "u8) is { } read && Number(text, "\nwrite_bytes: "u8) is { } written ? (read, written) : null;
    }

    /// <summary>Descriptors that the process has open, or null where that may not be seen.</summary>
    public static int? OpenFiles(int pid)
    {
        try
        {
            var count = 0;
            foreach (var _ in new FileSystemEnumerable<byte>($"/proc/{pid}/fd", static (ref FileSystemEntry _) => 0, new EnumerationOptions { IgnoreInaccessible = false, AttributesToSkip = 0 }))
            {
                count++;
            }

            return count;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Sums over the tree of one server; null when nothing of it is alive.</summary>
    public static TreeSample? Sample(ProcTable table, int pid, Guid? instance = null)
    {
        long rss = 0;
        double cpu = 0;
        var threads = 0;
        var files = 0;
        long read = 0;
        long written = 0;
        var count = 0;
        foreach (var row in table.TreeOf(pid, instance))
        {
            cpu += row.CpuSeconds;
            if (row.State is 'Z' or 'X')
            {
                continue;
            }

            count++;
            rss += row.RssBytes;
            threads += row.Threads;
            files += OpenFiles(row.Pid) ?? 0;
            if (ReadIo(row.Pid) is { } io)
            {
                read += io.ReadBytes;
                written += io.WriteBytes;
            }
        }

        return count == 0 ? null : new TreeSample(rss, cpu, threads, files, read, written, count);
    }

    /// <summary>What can be told without a call to the server.</summary>
    /// <param name="table">A fresh table.</param>
    /// <param name="child">The server's process.</param>
    public static ProcessSigns Signs(ProcTable table, ChildProcess child)
    {
        char? state = null;
        var processes = 0;
        var dead = 0;
        var stopped = 0;
        foreach (var row in table.TreeOf(child.Pid, child.Instance))
        {
            if (row.Pid == child.Pid)
            {
                state = row.StartTicks == child.StartTimeTicks ? row.State : null;
                processes++;
                continue;
            }

            processes++;
            dead += row.State is 'Z' or 'X' ? 1 : 0;
            stopped += row.State is 'T' or 't' ? 1 : 0;
        }

        return new ProcessSigns(state, processes, dead, stopped, child.UnreadInput(), child.UnreadOutput());
    }

    private static string Intern(ReadOnlySpan<byte> owner)
    {
        var last = s_lastOwner;
        if (last is not null && Ascii.Equals(owner, last))
        {
            return last;
        }

        return s_lastOwner = Encoding.UTF8.GetString(owner[..Math.Min(owner.Length, 200)]);
    }

    /// <summary>The value of a variable, found at the start of an entry only.</summary>
    private static ReadOnlySpan<byte> ValueOf(ReadOnlySpan<byte> environment, ReadOnlySpan<byte> nameAndEquals)
    {
        while (!environment.IsEmpty)
        {
            var at = environment.IndexOf(nameAndEquals);
            if (at < 0)
            {
                return [];
            }

            if (at == 0 || environment[at - 1] == 0)
            {
                var value = environment[(at + nameAndEquals.Length)..];
                var end = value.IndexOf((byte)0);
                return end < 0 ? value : value[..end];
            }

            environment = environment[(at + nameAndEquals.Length)..];
        }

        return [];
    }

    private static long? Number(ReadOnlySpan<byte> text, ReadOnlySpan<byte> label)
    {
        var at = text.IndexOf(label);
        return at >= 0 && Utf8Parser.TryParse(text[(at + label.Length)..], out long value, out _) ? value : null;
    }

    private static int ReadOf(int pid, ReadOnlySpan<byte> file, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[40];
        "/proc/"u8.CopyTo(path);
        if (!Utf8Formatter.TryFormat(pid, path[6..], out var digits))
        {
            return -1;
        }

        file.CopyTo(path[(6 + digits)..]);
        path[6 + digits + file.Length] = 0;
        return ReadSmall(path, buffer);
    }

    /// <summary>Fills the buffer from a file; -1 when it cannot be read. The path ends in a NUL.</summary>
    private static int ReadSmall(ReadOnlySpan<byte> path, Span<byte> buffer)
    {
        fixed (byte* p = path)
        fixed (byte* b = buffer)
        {
            var fd = Native.Open(p, Native.OpenReadOnly | Native.OpenCloseOnExec, 0);
            if (fd < 0)
            {
                return -1;
            }

            var total = 0;
            while (total < buffer.Length)
            {
                var n = Native.Read(fd, b + total, (nuint)(buffer.Length - total));
                if (n <= 0)
                {
                    total = n < 0 && total == 0 ? -1 : total;
                    break;
                }

                total += (int)n;
            }

            _ = Native.Close(fd);
            return total;
        }
    }
}
