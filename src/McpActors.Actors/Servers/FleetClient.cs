using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Hosting;
using McpActors.Actors.Cluster;
using McpActors.Core.Servers;
using Microsoft.Extensions.Options;

namespace McpActors.Actors.Servers;

/// <summary>The only place that asks actors: the edge between HTTP and the cluster.</summary>
internal sealed class FleetClient(
    ActorSystem system,
    IRequiredActor<FleetActor> fleet,
    IRequiredActor<McpServerActor> servers,
    IOptions<NodeOptions> options,
    TimeProvider time) : IFleet
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    public Task<FleetProtocol.ServerPage> ListAsync(string? after, int limit, CancellationToken cancellationToken) =>
        AskAsync<FleetProtocol.ServerPage>(fleet.ActorRef, new FleetProtocol.ListServers(after, limit), cancellationToken);

    public Task<FleetProtocol.ServerFound> FindAsync(string name, CancellationToken cancellationToken) =>
        AskAsync<FleetProtocol.ServerFound>(fleet.ActorRef, new FleetProtocol.FindServer(name), cancellationToken);

    public async Task<T?> AskServerAsync<T>(ServerProtocol.IServerMessage query, CancellationToken cancellationToken)
        where T : class
    {
        // The fleet is asked first: a question about an unknown name must not create a supervisor for it.
        var found = await FindAsync(query.Name, cancellationToken).ConfigureAwait(false);
        return found.Status is null
            ? null
            : await AskAsync<object>(servers.ActorRef, query, cancellationToken).ConfigureAwait(false) switch
            {
                T report => report,
                _ => throw new TimeoutException($"The supervisor of {query.Name} is only just starting."),
            };
    }

    public async Task<object> DeclareAsync(IReadOnlyList<DeclaredServer> declared, CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                return await AskAsync<object>(fleet.ActorRef,
                    new FleetProtocol.Declare(declared, options.Value.Name, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                // The singleton may be moving, or the journal may be slow: declaring again changes nothing twice.
            }
        }
    }

    public async IAsyncEnumerable<ServerProtocol.ServerStatus> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<ServerProtocol.ServerStatus>(
            new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        var watcher = system.ActorOf(Props.Create(() => new WatcherActor(fleet.ActorRef, channel.Writer)));
        try
        {
            await foreach (var status in channel.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return status;
            }
        }
        finally
        {
            system.Stop(watcher);
        }
    }

    private static async Task<T> AskAsync<T>(IActorRef actor, object question, CancellationToken cancellationToken)
    {
        try
        {
            return await actor.Ask<T>(question, s_limit, cancellationToken).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            throw new TimeoutException($"The fleet did not answer within {s_limit.TotalSeconds:0} s.");
        }
    }

    /// <summary>Subscribes to the fleet while one reader listens, and renews it, so that a fail-over is survived.</summary>
    private sealed class WatcherActor : ReceiveActor, IWithTimers
    {
        private readonly IActorRef _fleet;

        public WatcherActor(IActorRef fleet, ChannelWriter<ServerProtocol.ServerStatus> writer)
        {
            _fleet = fleet;
            Receive<ServerProtocol.ServerStatus>(status => writer.TryWrite(status));
            Receive<FleetProtocol.Subscribe>(subscribe => fleet.Tell(subscribe));
        }

        public ITimerScheduler Timers { get; set; } = null!;

        protected override void PreStart() => Timers.StartPeriodicTimer(
            nameof(FleetProtocol.Subscribe), new FleetProtocol.Subscribe(), TimeSpan.Zero, TimeSpan.FromSeconds(20));

        protected override void PostStop() => _fleet.Tell(new FleetProtocol.Unsubscribe());
    }
}
