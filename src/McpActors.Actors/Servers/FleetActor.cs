using System.Collections.Immutable;
using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Persistence;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>
/// The cluster singleton that holds the desired state of the fleet (persistent) and the last report on every server
/// (not persistent: after a fail-over every supervisor is asked anew). It is also the memory of which supervisors
/// must exist: whenever one may be gone, it is told again to supervise, and the shard region starts it where it belongs.
/// <code>
///   recovering --done--> serving --Declare--> deciding --persisted--> serving (reply, Supervise / Withdraw)
///                           |                     +-----rejected----> serving (Refused, nothing changed)
///                           +--tick, member gone, supervisor stopped--> Supervise again
/// </code>
/// </summary>
public sealed class FleetActor : ReceivePersistentActor, IWithTimers
{
    private static readonly TimeSpan s_tick = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_stale = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan s_subscription = TimeSpan.FromMinutes(1);

    private readonly IActorRef _servers;
    private readonly TimeProvider _time;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly Dictionary<string, Report> _reports = new(StringComparer.Ordinal);
    private readonly Dictionary<IActorRef, DateTimeOffset> _subscribers = [];
    private FleetState _state = FleetState.Empty;
    private bool _answered;

    /// <summary>Creates the fleet.</summary>
    /// <param name="servers">The shard region of the servers.</param>
    /// <param name="time">The clock.</param>
    public FleetActor(IActorRef servers, TimeProvider time)
    {
        _servers = servers;
        _time = time;
        Recover<FleetEvent>(e => _state = _state.Apply(e));

        Command<FleetProtocol.Declare>(OnDeclare);
        Command<FleetProtocol.Announce>(announce => SuperviseOrWithdraw(announce.Name));
        Command<FleetProtocol.SupervisorStopped>(OnSupervisorStopped);
        Command<ServerProtocol.ServerStatus>(OnStatus);
        Command<FleetProtocol.ListServers>(list => Sender.Tell(Page(list)));
        Command<FleetProtocol.FindServer>(find => Sender.Tell(new FleetProtocol.ServerFound(
            StatusOf(find.Name), _state.Servers.GetValueOrDefault(find.Name))));
        Command<FleetProtocol.Subscribe>(_ => _subscribers[Sender] = _time.GetUtcNow() + s_subscription);
        Command<FleetProtocol.Unsubscribe>(_ => _subscribers.Remove(Sender));
        Command<ClusterEvent.MemberRemoved>(removed => OnNodeGone(removed.Member.Address));
        Command<ClusterEvent.IMemberEvent>(_ => { });
        Command<ClusterEvent.CurrentClusterState>(_ => { });
        Command<Tick>(_ => OnTick());
    }

    /// <inheritdoc/>
    public override string PersistenceId => "fleet";

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>The properties of the singleton.</summary>
    public static Props Props(IActorRef servers, TimeProvider time) =>
        Akka.Actor.Props.Create(() => new FleetActor(servers, time));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Akka.Cluster.Cluster.Get(Context.System).Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.MemberRemoved));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, s_tick);
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        Akka.Cluster.Cluster.Get(Context.System).Unsubscribe(Self);
        base.PostStop();
    }

    /// <inheritdoc/>
    protected override void OnReplaySuccess()
    {
        foreach (var name in _state.Servers.Keys)
        {
            SuperviseOrWithdraw(name);
        }

        base.OnReplaySuccess();
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        _log.Error(cause, "The journal refused {0}; the declaration was not taken.", @event.GetType().Name);
        Refuse("The journal refused the declaration; nothing was changed.");
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        // The actor stops after this, and its back-off supervisor brings it back when the journal may work again.
        Refuse("The journal could not be written; nothing was changed.");
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    // The journal tells of each event of a batch; whoever declared gets one answer.
    private void Refuse(string reason)
    {
        if (!_answered)
        {
            _answered = true;
            Sender.Tell(new FleetProtocol.Refused(reason));
        }
    }

    private void OnDeclare(FleetProtocol.Declare declare)
    {
        ImmutableList<FleetEvent> events;
        try
        {
            events = FleetDecider.Declare(_state, declare.Servers, declare.Node, declare.At);
        }
        catch (ArgumentException e)
        {
            Sender.Tell(new FleetProtocol.Refused(e.Message));
            return;
        }

        if (events.Count == 0)
        {
            Sender.Tell(new FleetProtocol.Accepted(_state.Revision, _state.Servers.Count, 0));
            return;
        }

        // Handlers are counted, because the callback that follows a whole batch also runs when one was rejected.
        var done = 0;
        _answered = false;
        PersistAll(events, happened =>
        {
            _state = _state.Apply(happened);
            switch (happened)
            {
                case FleetEvent.ServerDeclared e:
                    SuperviseOrWithdraw(e.Server.Name);
                    break;
                case FleetEvent.ServerWithdrawn e:
                    _reports.Remove(e.Name);
                    SuperviseOrWithdraw(e.Name);
                    break;
            }

            if (++done == events.Count)
            {
                Sender.Tell(new FleetProtocol.Accepted(_state.Revision, _state.Servers.Count, events.Count));
            }
        });
    }

    private void SuperviseOrWithdraw(string name)
    {
        // A region that leaves has no home for a new message and waits for one until its time is up: nine seconds at
        // every stop of a single node. Where other nodes stay, the fleet starts there and tells every server anew.
        if (CoordinatedShutdown.Get(Context.System).ShutdownReason is not null)
        {
            return;
        }

        _servers.Tell(_state.Servers.TryGetValue(name, out var declared)
            ? new ServerProtocol.Supervise(name, declared, _state.Revision)
            : new ServerProtocol.Withdraw(name));
    }

    private void OnSupervisorStopped(FleetProtocol.SupervisorStopped stopped)
    {
        if (_state.Servers.ContainsKey(stopped.Name))
        {
            SuperviseOrWithdraw(stopped.Name);
        }
    }

    private void OnStatus(ServerProtocol.ServerStatus status)
    {
        if (!_state.Servers.ContainsKey(status.Name))
        {
            SuperviseOrWithdraw(status.Name);
            return;
        }

        var known = _reports.GetValueOrDefault(status.Name);
        _reports[status.Name] = new Report(status, Sender.Path.Address, _time.GetUtcNow());
        if (known is null || known.Status.State != status.State || known.Status.Cause != status.Cause || known.Status.Pid != status.Pid)
        {
            Publish(status);
        }
    }

    private void OnNodeGone(Address address)
    {
        foreach (var (name, report) in _reports.Where(r => r.Value.From == address).ToList())
        {
            Forget(name, report, "The node that supervised it is gone; another one takes over.");
        }
    }

    private void OnTick()
    {
        var now = _time.GetUtcNow();
        foreach (var (name, report) in _reports.Where(r => now - r.Value.ReceivedAt > s_stale).ToList())
        {
            Forget(name, report, "Its supervisor has not reported for more than two minutes.");
        }

        foreach (var name in _state.Servers.Keys.Where(name => !_reports.ContainsKey(name)))
        {
            SuperviseOrWithdraw(name);
        }

        foreach (var (subscriber, _) in _subscribers.Where(s => s.Value < now).ToList())
        {
            _subscribers.Remove(subscriber);
        }
    }

    private void Forget(string name, Report report, string cause)
    {
        _reports.Remove(name);
        Publish(report.Status with { State = ServerState.Unknown, Cause = cause, Since = _time.GetUtcNow(), Pid = null, Node = null });
        SuperviseOrWithdraw(name);
    }

    private void Publish(ServerProtocol.ServerStatus status)
    {
        foreach (var subscriber in _subscribers.Keys)
        {
            subscriber.Tell(status);
        }
    }

    private FleetProtocol.ServerPage Page(FleetProtocol.ListServers list)
    {
        var limit = Math.Clamp(list.Limit, 1, 200);
        var names = _state.Servers.Keys
            .Where(name => list.After is null || string.CompareOrdinal(name, list.After) > 0)
            .Take(limit + 1)
            .ToList();
        return new FleetProtocol.ServerPage(
            [.. names.Take(limit).Select(name => StatusOf(name)!)], names.Count > limit, _state.Servers.Count, _state.Revision);
    }

    private ServerProtocol.ServerStatus? StatusOf(string name)
    {
        if (!_state.Servers.TryGetValue(name, out var declared))
        {
            return null;
        }

        var now = _time.GetUtcNow();
        return _reports.TryGetValue(name, out var report)
            ? report.Status
            : new ServerProtocol.ServerStatus(name, ServerState.Unknown, "No supervisor has reported on it yet.", now, "", declared.Transport,
                null, null, null, null, null, null, null, null, 0, now);
    }

    private sealed record Report(ServerProtocol.ServerStatus Status, Address From, DateTimeOffset ReceivedAt);

    private sealed class Tick
    {
        public static Tick Instance { get; } = new();
    }
}
