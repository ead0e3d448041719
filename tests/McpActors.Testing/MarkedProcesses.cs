using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace McpActors.Testing;

/// <summary>A process that carries a node's mark.</summary>
/// <param name="Pid">Its number.</param>
/// <param name="State">Its letter in /proc.</param>
/// <param name="CommandLine">Its command line, joined by spaces.</param>
public sealed record MarkedProcess(int Pid, char State, string CommandLine);

/// <summary>Finds what a node has started by the mark that every descendant inherits, and signals processes.</summary>
public static partial class MarkedProcesses
{
    /// <summary>SIGKILL, SIGTERM, SIGSTOP and SIGCONT of Linux.</summary>
    public const int Kill = 9, Term = 15, Stop = 19, Continue = 18;

    /// <summary>Living processes whose environment names this node; zombies are none.</summary>
    public static IReadOnlyList<MarkedProcess> Of(string nodeId)
    {
        var mark = Encoding.ASCII.GetBytes($"MCPACTORS_OWNER={nodeId}\0");
        var found = new List<MarkedProcess>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid))
            {
                continue;
            }

            try
            {
                if (File.ReadAllBytes(folder + "/environ").AsSpan().IndexOf(mark) >= 0 && StateOf(pid) is { } state and not ('Z' or 'X'))
                {
                    found.Add(new MarkedProcess(pid, state, File.ReadAllText(folder + "/cmdline").Replace('\0', ' ').Trim()));
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It ended while it was looked at, or it is another user's.
            }
        }

        return found;
    }

    /// <summary>True while a process of that number is there and no zombie.</summary>
    public static bool IsAlive(int pid) => StateOf(pid) is not (null or 'Z' or 'X');

    /// <summary>The children of a process, zombies left out.</summary>
    public static IReadOnlyList<int> ChildrenOf(int pid) =>
        [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var child) ? child : 0)
            .Where(child => child > 0 && Stat(child) is [not ("Z" or "X"), var parent, ..] && parent == pid.ToString(CultureInfo.InvariantCulture))];

    /// <summary>Sends a signal; a process that is gone is no error.</summary>
    public static void Signal(int pid, int signal)
    {
        if (pid <= 1)
        {
            throw new ArgumentOutOfRangeException(nameof(pid), pid, "Tests signal single processes of their own.");
        }

        _ = SendSignal(pid, signal);
    }

    /// <summary>Ends everything that carries the mark, again and again until nothing does.</summary>
    public static Task KillAllAsync(string nodeId) => Poll.UntilAsync(
        TimeSpan.FromSeconds(20),
        () =>
        {
            var left = Of(nodeId);
            foreach (var process in left)
            {
                Signal(process.Pid, Kill);
            }

            return left.Count == 0;
        },
        () => "these processes survive SIGKILL: " + string.Join(", ", Of(nodeId)));

    private static char? StateOf(int pid) => Stat(pid) is [{ Length: 1 } state, ..] ? state[0] : null;

    // The fields behind the name, which stands in brackets and may hold anything.
    private static string[]? Stat(int pid)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int pid, int signal);
}
