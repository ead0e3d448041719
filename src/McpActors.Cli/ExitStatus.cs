namespace McpActors.Cli;

/// <summary>What the process says to its caller; part of the contract of the command line.</summary>
public static class ExitStatus
{
    /// <summary>Done.</summary>
    public const int Done = 0;

    /// <summary>The node refused, failed, or does not know what was asked for.</summary>
    public const int Failed = 1;

    /// <summary>The command line itself makes no sense.</summary>
    public const int Usage = 2;

    /// <summary>No node could be reached.</summary>
    public const int CannotConnect = 3;
}

/// <summary>Ends a verb with words for people and an exit status. The message names the next step.</summary>
internal sealed class CommandFailure(int status, string message) : Exception(message)
{
    /// <summary>One of <see cref="ExitStatus"/>.</summary>
    public int Status { get; } = status;
}
