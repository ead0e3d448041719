using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers.Connections;

/// <summary>Starts and connects servers. An interface, so that the supervisor's timing is tested without processes.</summary>
internal interface IConnector
{
    /// <summary>Starts the server's process where it has one, and shakes hands. Bounded by its start time-out. Never throws.</summary>
    /// <param name="definition">The server, secrets included.</param>
    /// <param name="revision">The protocol revision that the last process of this definition spoke, or null: tried first.</param>
    /// <param name="launched">Called once the process runs, before the handshake.</param>
    /// <param name="cancellationToken">Gives up and cleans up.</param>
    Task<OpenResult> OpenAsync(
        ServerDefinition definition, string? revision, Action<LaunchedProcess> launched, CancellationToken cancellationToken);
}

/// <summary>A process that was just started.</summary>
internal sealed record LaunchedProcess(int Pid, DateTimeOffset StartedAt, string Instance);

/// <summary>What came of an attempt to open a connection.</summary>
internal abstract record OpenResult
{
    private OpenResult()
    {
    }

    /// <summary>It stands.</summary>
    public sealed record Opened(IOpenServer Server) : OpenResult;

    /// <summary>It does not, and nothing of the attempt is left.</summary>
    public sealed record Failed(FailureKind Kind, string Detail) : OpenResult;
}

/// <summary>A connected server and, where it has one, its process.</summary>
internal interface IOpenServer
{
    /// <summary>The conversation.</summary>
    ServerSession Session { get; }

    /// <summary>The process, or null for a remote server.</summary>
    LaunchedProcess? Process { get; }

    /// <summary>Completes, in words, when the process exits or the conversation ends.</summary>
    Task<string> Ended { get; }

    /// <summary>Lines on standard output that were no JSON-RPC.</summary>
    long GarbageLines { get; }

    /// <summary>Lines that were cut at their bound.</summary>
    long OversizedLines { get; }

    /// <summary>What /proc shows of the process now; null without a process.</summary>
    ProcessSigns? ReadSigns();

    /// <summary>Ends the conversation, then the process and all that it started. Bounded; never throws.</summary>
    Task CloseAsync();
}
