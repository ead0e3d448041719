using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using McpActors.Actors.Servers;
using McpActors.Core.Monitoring;

namespace McpActors.Host.Servers;

/// <summary>A change of a server's state.</summary>
internal sealed record ServerStateEvent(string Name, ServerState State, string Cause, DateTimeOffset At, string? Node);

/// <summary>The stream of what happens.</summary>
internal static class EventsApi
{
    /// <summary>Maps <c>/api/v1/events</c>.</summary>
    public static void MapEvents(this IEndpointRouteBuilder routes) => routes
        .MapGet("/api/v1/events", (IFleet fleet, IHostApplicationLifetime life, CancellationToken gone) =>
            TypedResults.ServerSentEvents(EventsAsync(fleet, gone, life.ApplicationStopping)))
        .WithTags("events")
        .WithSummary("Server-sent events: server_state for every server as it is now, then whenever its state, cause or process changes.");

    private static async IAsyncEnumerable<SseItem<ServerStateEvent>> EventsAsync(
        IFleet fleet, CancellationToken gone, [EnumeratorCancellation] CancellationToken stopping)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping);
        var events = fleet.WatchAsync(both.Token).GetAsyncEnumerator(both.Token);

        // Subscribed first, listed then: a change in between comes twice rather than never. The list also brings the
        // headers to a reader of a quiet fleet at once.
        var next = NextAsync(events);
        try
        {
            foreach (var status in await AllAsync(fleet, both.Token).ConfigureAwait(false))
            {
                yield return Item(status);
            }

            while (await next.ConfigureAwait(false))
            {
                yield return Item(events.Current);
                next = NextAsync(events);
            }
        }
        finally
        {
            // An enumerator may not be disposed while it still waits.
            await both.CancelAsync().ConfigureAwait(false);
            await next.ConfigureAwait(false);
            await events.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static SseItem<ServerStateEvent> Item(ServerProtocol.ServerStatus s) =>
        new(new ServerStateEvent(s.Name, s.State, s.Cause, s.ReportedAt, s.Node), "server_state");

    private static async Task<IReadOnlyList<ServerProtocol.ServerStatus>> AllAsync(IFleet fleet, CancellationToken stop)
    {
        try
        {
            return await fleet.ListAllAsync(stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            // Without the present states the stream still tells what changes.
            return [];
        }
    }

    private static async Task<bool> NextAsync(IAsyncEnumerator<ServerProtocol.ServerStatus> events)
    {
        try
        {
            return await events.MoveNextAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The reader has left, or the node leaves: the stream simply ends.
            return false;
        }
    }
}
