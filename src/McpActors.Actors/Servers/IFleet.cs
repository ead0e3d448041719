using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>The read-only questions of the HTTP edge about the fleet, and a node's own declaration.</summary>
/// <remarks>Every call is bounded by 5 s and throws <see cref="TimeoutException"/> when nobody answers by then.</remarks>
public interface IFleet
{
    /// <summary>A page of servers in the order of their names.</summary>
    Task<FleetProtocol.ServerPage> ListAsync(string? after, int limit, CancellationToken cancellationToken);

    /// <summary>Every server in the order of their names, page by page.</summary>
    async Task<IReadOnlyList<ServerProtocol.ServerStatus>> ListAllAsync(CancellationToken cancellationToken)
    {
        var all = new List<ServerProtocol.ServerStatus>();
        FleetProtocol.ServerPage page;
        do
        {
            page = await ListAsync(all.Count == 0 ? null : all[^1].Name, 200, cancellationToken).ConfigureAwait(false);
            all.AddRange(page.Items);
        }
        while (page.More);
        return all;
    }

    /// <summary>One server; both parts are null when the fleet has none of that name.</summary>
    Task<FleetProtocol.ServerFound> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Asks a server's supervisor, wherever it lives; null when the fleet has no such server.</summary>
    /// <typeparam name="T">The report that answers the query.</typeparam>
    Task<T?> AskServerAsync<T>(ServerProtocol.IServerMessage query, CancellationToken cancellationToken)
        where T : class;

    /// <summary>Declares this node's servers, until the fleet has accepted or refused them.</summary>
    Task<object> DeclareAsync(IReadOnlyList<DeclaredServer> servers, CancellationToken cancellationToken);

    /// <summary>Changes of state as they happen, until the token ends it. At most 1,000 wait for a slow reader; then the oldest are dropped.</summary>
    IAsyncEnumerable<ServerProtocol.ServerStatus> WatchAsync(CancellationToken cancellationToken);
}
