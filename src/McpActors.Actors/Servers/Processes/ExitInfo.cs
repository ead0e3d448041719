namespace McpActors.Actors.Servers.Processes;

/// <summary>How a process ended: by a status of its own or by a signal.</summary>
/// <param name="Code">Its exit status, 0 to 255, or null when a signal ended it or nobody knows.</param>
/// <param name="Signal">The number of the signal that ended it, or null.</param>
public sealed record ExitInfo(int? Code, int? Signal)
{
    private static readonly string[] SignalNames =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
        "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
        "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>An end whose status went to somebody else.</summary>
    public static ExitInfo Unknown { get; } = new(null, null);

    /// <summary>
    /// A phrase that follows the server's name: <c>exited with status 3</c>, <c>was killed by SIGKILL</c>.
    /// The meanings of 126 and 127 are the shell's.
    /// </summary>
    public string Words => this switch
    {
        { Signal: Native.SigKill } => "was killed by SIGKILL (by somebody, or by the kernel when memory ran out)",
        { Signal: { } signal } => $"was killed by {NameOf(signal)}",
        { Code: 126 } => "exited with status 126 (a command in it could not be executed)",
        { Code: 127 } => "exited with status 127 (a command in it was not found)",
        { Code: { } code } => $"exited with status {code}",
        _ => "ended, and its status is unknown",
    };

    /// <summary>Reads the status word of <c>waitpid</c>.</summary>
    internal static ExitInfo FromWaitStatus(int status) =>
        (status & 0x7f) == 0 ? new ExitInfo((status >> 8) & 0xff, null) : new ExitInfo(null, status & 0x7f);

    /// <summary>The name of a signal of Linux.</summary>
    public static string NameOf(int signal) =>
        signal > 0 && signal < SignalNames.Length ? SignalNames[signal] : $"signal {signal}";
}
