using System.Runtime.InteropServices;

namespace McpActors.Benchmarks.Measuring;

/// <summary>Signals to processes that this program, or a node of it, has started; always by pid.</summary>
internal static partial class Signals
{
    /// <summary>SIGKILL.</summary>
    public const int Kill = 9;

    /// <summary>SIGTERM.</summary>
    public const int Terminate = 15;

    /// <summary>SIGCONT.</summary>
    public const int Continue = 18;

    /// <summary>SIGSTOP.</summary>
    public const int Stop = 19;

    /// <summary>Sends one; a process that is gone is no error.</summary>
    public static void Send(int pid, int signal)
    {
        if (pid > 1)
        {
            _ = SendSignal(pid, signal);
        }
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int pid, int signal);
}
