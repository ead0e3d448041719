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
        .WithSummary("Server-sent events: server_state, whenever a server's state, cause or process changes.");

    private static async IAsyncEnumerable<SseItem<ServerStateEvent>> EventsAsync(
        IFleet fleet, CancellationToken gone, [EnumeratorCancellation] CancellationToken stopping)
    {
        using var both = CancellationTokenSource.CreateLinkedTokenSource(gone, stopping);
        var events = fleet.WatchAsync(both.Token).GetAsyncEnumerator(both.Token);
        await using (events.ConfigureAwait(false))
        {
            while (await NextAsync(events).ConfigureAwait(false))
            {
                var s = events.Current;
                yield return new SseItem<ServerStateEvent>(new ServerStateEvent(s.Name, s.State, s.Cause, s.ReportedAt, s.Node), "server_state");
            }
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
