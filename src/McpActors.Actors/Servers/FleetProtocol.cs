using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>What crosses the boundary of the fleet singleton.</summary>
public static class FleetProtocol
{
    /// <summary>A node declares all servers of its files. Answered by <see cref="Accepted"/> or <see cref="Refused"/>.</summary>
    public sealed record Declare(IReadOnlyList<DeclaredServer> Servers, string Node, DateTimeOffset At);

    /// <summary>The declaration is durable.</summary>
    public sealed record Accepted(long Revision, int Servers, int Changes);

    /// <summary>The declaration was not taken; nothing changed.</summary>
    public sealed record Refused(string Reason);

    /// <summary>A server's supervisor has started and knows nothing yet: tell it what is wanted.</summary>
    public sealed record Announce(string Name);

    /// <summary>A server's supervisor has stopped (its shard moves, or it was restarted).</summary>
    public sealed record SupervisorStopped(string Name, string Node);

    /// <summary>Asks for a <see cref="ServerPage"/>.</summary>
    /// <param name="After">The last name of the page before, or null for the first.</param>
    /// <param name="Limit">1 to 200.</param>
    public sealed record ListServers(string? After, int Limit);

    /// <summary>Servers in the order of their names.</summary>
    /// <param name="Items">The page.</param>
    /// <param name="More">True when more follow.</param>
    /// <param name="Total">All servers of the fleet.</param>
    /// <param name="Revision">The fleet's revision.</param>
    public sealed record ServerPage(IReadOnlyList<ServerProtocol.ServerStatus> Items, bool More, int Total, long Revision);

    /// <summary>Asks for a <see cref="ServerFound"/>.</summary>
    public sealed record FindServer(string Name);

    /// <summary>A server's status and declaration, or null for both.</summary>
    public sealed record ServerFound(ServerProtocol.ServerStatus? Status, DeclaredServer? Declared);

    /// <summary>The sender wants every <see cref="ServerProtocol.ServerStatus"/> whose state changes, for the next minute.</summary>
    public sealed record Subscribe;

    /// <summary>The sender wants no more of them.</summary>
    public sealed record Unsubscribe;
}
