using Akka.Actor;
using Akka.Cluster.Sharding;
using McpActors.Actors.Management;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Serialization;
using McpActors.Actors.Servers.Connections;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging;

namespace McpActors.Actors.Servers;

/// <summary>
/// One MCP server under supervision: the shard's entity, named like the server. It owns the children that do the work
/// (connection, health, metrics, version), tells each what concerns it, and reports to the fleet.
/// <code>
///   Announcing --Supervise--> Supervising --Withdraw / StopSupervising--> Stopping --connection gone--> (stops)
///                                 +--Supervise with another declaration: children replaced
/// </code>
/// It keeps nothing on disk: what is wanted comes from the fleet, secrets come from this node's own files.
/// </summary>
internal sealed class McpServerActor : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan s_announceEvery = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_reportEvery = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_replaceAfter = TimeSpan.FromSeconds(1);

    private readonly string _name;
    private readonly ServerContext _node;
    private DeclaredServer? _declared;
    private Children? _children;
    private int _generation;
    private Health _health;
    private DateTimeOffset? _nextProbe;
    private LaunchedProcess? _process;
    private bool _processEnded;
    private ServerProtocol.VersionReport? _version;
    private int _restarts;
    private ServerProtocol.ServerStatus? _reported;
    private IActorRef? _leaving;
    private ConnectionRemains _remains = new();
    private bool _failed;
    private bool _stopping;

    public McpServerActor(string name, ServerContext node)
    {
        _name = name;
        _node = node;
        _health = Health.Initial(node.Time.GetUtcNow());

        Receive<ServerProtocol.Supervise>(OnSupervise);
        Receive<ServerProtocol.Withdraw>(_ => OnWithdraw());
        Receive<ServerProtocol.StopSupervising>(_ => OnStop());
        Receive<Announce>(_ => OnAnnounce());
        Receive<Report>(_ => ReportNow());
        Receive<ConnectionEvent>(OnConnection);
        Receive<HealthActor.Changed>(OnHealth);
        Receive<HealthActor.RestartWanted>(OnRestartWanted);
        Receive<VersionActor.Known>(OnVersion);
        Receive<HealthInput.Examined>(OnExamined);
        Receive<Terminated>(OnTerminated);
        Receive<ConnectionGone>(_ => OnConnectionGone());
        Receive<StartAgain>(_ => StartChildren());

        Receive<ServerProtocol.GetHealth>(_ => Answer(() => ServerReports.Health(_name, _health, _nextProbe, _process, _version?.Era)));
        Receive<ServerProtocol.GetMetrics>(query => Forward(query, c => c.Metrics));
        Receive<ServerProtocol.GetVersion>(query => Forward(query, c => c.Version));
        Receive<ServerProtocol.GetTools>(query => Forward(query, c => c.Version));
        Receive<ServerProtocol.GetLogs>(query => Answer(() => _node.Logs.Report(_name, query.Tail)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string name, ServerContext node) => Akka.Actor.Props.Create(() => new McpServerActor(name, node));

    protected override void PreStart()
    {
        Self.Tell(Announce.Instance);
        Timers.StartPeriodicTimer(Announce.Instance, Announce.Instance, s_announceEvery);
    }

    protected override void PostStop()
    {
        _node.Gauges.Remove(_name);
        if (!_node.Life.Stopping)
        {
            _node.Fleet().Tell(new FleetProtocol.SupervisorStopped(_name, _node.Node));
        }
    }

    // A child that throws is replaced together with its siblings, under fresh names: they share one connection.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(e =>
    {
        _node.Log.LogError(e, "A part of {Name}'s supervision failed; it is replaced.", _name);
        return Directive.Stop;
    });

    private void OnSupervise(ServerProtocol.Supervise supervise)
    {
        if (_stopping)
        {
            return;
        }

        Timers.Cancel(Announce.Instance);
        Timers.StartPeriodicTimer(Report.Instance, Report.Instance, s_reportEvery);
        var changed = _declared is null || _declared.Digest() != supervise.Declared.Digest();
        _declared = supervise.Declared;
        if (changed && _children is not null)
        {
            ReplaceChildren();
        }
        else if (_children is null && _leaving is null)
        {
            StartChildren();
        }

        ReportNow();
    }

    private void OnAnnounce()
    {
        if (_declared is null)
        {
            _node.Fleet().Tell(new FleetProtocol.Announce(_name));
        }
    }

    private void StartChildren()
    {
        if (_declared is not { } declared || _stopping || _node.Life.Stopping || _children is not null || _leaving is not null)
        {
            return;
        }

        if (_failed)
        {
            // What failed may fail again at once: never spin.
            _failed = false;
            Timers.StartSingleTimer(StartAgain.Instance, StartAgain.Instance, s_replaceAfter);
            return;
        }

        Timers.Cancel(StartAgain.Instance);

        var local = _node.Local.Find(_name);
        var settings = local?.Settings ?? ServerSettings.Default;
        var generation = ++_generation;
        // Before any child reports: a state told to a server without gauges would be lost until it changes.
        _node.Gauges.Declare(_name);
        var health = Context.Watch(Context.ActorOf(HealthActor.Props(_name, settings, local, _node), $"health-{generation}"));
        var metrics = Context.Watch(Context.ActorOf(MetricsActor.Props(_name, _node), $"metrics-{generation}"));
        var version = Context.Watch(Context.ActorOf(VersionActor.Props(_name, local, _node), $"version-{generation}"));

        if (FitnessDecider.Unfit(declared, local) is { } unfit)
        {
            _children = new Children(null, health, metrics, version);
            health.Tell(unfit);
            return;
        }

        var remains = _remains = new ConnectionRemains();
        var connection = Context.Watch(Context.ActorOf(
            Akka.Actor.Props.Create(() => new ConnectionActor(local!, _node.Connector, _node.Life, _node.Time, remains, _node.Log)), $"connection-{generation}"));
        _children = new Children(connection, health, metrics, version);
    }

    private void ReplaceChildren()
    {
        if (_children is not { } children)
        {
            return;
        }

        _children = null;
        foreach (var child in (IActorRef[])[children.Health, children.Metrics, children.Version])
        {
            Context.Stop(child);
        }

        if (children.Connection is not { } connection)
        {
            StartChildren();
            return;
        }

        // The old process must be gone before the new one starts: two copies of one server may fight over its files.
        _leaving = connection;
        connection.Tell(ConnectionActor.Stop.Instance);
    }

    private void OnTerminated(Terminated terminated)
    {
        if (_children is { } children && children.Has(terminated.ActorRef) && !_stopping)
        {
            _failed = true;
            if (terminated.ActorRef.Equals(children.Connection))
            {
                _children = children with { Connection = null };
                _leaving = terminated.ActorRef;
            }

            ReplaceChildren();
        }

        if (terminated.ActorRef.Equals(_leaving))
        {
            // A connection that failed could not wait for the end of its process; whoever follows it does.
            _remains.Gone.PipeTo(Self, success: () => ConnectionGone.Instance, failure: _ => ConnectionGone.Instance);
        }
    }

    private void OnConnectionGone()
    {
        _leaving = null;
        _process = null;
        if (_stopping)
        {
            Context.Stop(Self);
        }
        else
        {
            StartChildren();
        }
    }

    private void OnRestartWanted(HealthActor.RestartWanted wanted)
    {
        if (_children is { } children && Sender.Equals(children.Health))
        {
            children.Connection?.Tell(new ConnectionActor.Restart(wanted.Why));
        }
    }

    private void OnExamined(HealthInput.Examined examined)
    {
        if (_children is { } children && Sender.Equals(children.Version))
        {
            children.Health.Tell(examined);
        }
    }

    private void OnConnection(ConnectionEvent happened)
    {
        if (_children is not { } children || !Sender.Equals(children.Connection))
        {
            return;
        }

        switch (happened)
        {
            case ConnectionEvent.Launching:
                _process = null;
                break;
            case ConnectionEvent.Launched launched:
                (_process, _processEnded) = (launched.Process, false);
                ReportIfChanged();
                break;
            case ConnectionEvent.Failed failed:
                _restarts = failed.Restarts;
                _processEnded = true;
                break;
        }

        children.Health.Tell(happened);
        children.Metrics.Tell(happened);
        children.Version.Tell(happened);

        // What else happened is reported with the state that health makes of it.
    }

    private void OnHealth(HealthActor.Changed changed)
    {
        if (_children is null || !Sender.Equals(_children.Health))
        {
            return;
        }

        if (changed.Health.State != _health.State && !_node.Life.Stopping)
        {
            _node.Logs.Note(_name, $"{Wire.Name(_health.State)} -> {Wire.Name(changed.Health.State)}: {changed.Health.Cause}");
            _node.Log.Log(changed.Health.State is ServerState.Healthy or ServerState.Starting or ServerState.Stopped ? LogLevel.Information : LogLevel.Warning,
                "{Name} is {State}. {Cause}", _name, Wire.Name(changed.Health.State), changed.Health.Cause);
        }

        // The process goes with the state that says so: a report in between must not show a healthy server without one.
        if (_processEnded && !changed.Health.Connected)
        {
            (_process, _processEnded) = (null, false);
        }

        _health = changed.Health;
        _nextProbe = changed.NextProbeAt;
        _node.Gauges.Health(_name, _health.State, _health.LastProbe);
        ReportIfChanged();
    }

    private void OnVersion(VersionActor.Known known)
    {
        if (_children is { } children && Sender.Equals(children.Version))
        {
            _version = known.Report;
            ReportIfChanged();
        }
    }

    private void ReportIfChanged()
    {
        if (_declared is not null && !_stopping && (_reported is null || Comparable(Status()) != Comparable(_reported)))
        {
            ReportNow();
        }

        // The latency changes with every probe and waits for the next report; that there is one at all does not.
        static ServerProtocol.ServerStatus Comparable(ServerProtocol.ServerStatus status) =>
            status with { ReportedAt = default, LatencyMs = status.LatencyMs is null ? null : 0 };
    }

    private void ReportNow()
    {
        if (_declared is not null && !_stopping)
        {
            _reported = Status();
            _node.Fleet().Tell(_reported);
        }
    }

    private ServerProtocol.ServerStatus Status() =>
        ServerReports.Status(_declared!, _health, _process, _version, _restarts, _node.Node, _node.Time.GetUtcNow());

    private void Answer(Func<object> report) =>
        Sender.Tell(_declared is null ? new ServerProtocol.NotSupervised(_name) : report());

    private void Forward(object query, Func<Children, IActorRef> to)
    {
        if (_children is { } children)
        {
            to(children).Forward(query);
        }
        else
        {
            Sender.Tell(new ServerProtocol.NotSupervised(_name));
        }
    }

    private void OnWithdraw()
    {
        _declared = null;
        Context.Parent.Tell(new Passivate(ServerProtocol.StopSupervising.Instance));
    }

    private void OnStop()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        Timers.CancelAll();
        if (_children?.Connection is { } connection)
        {
            _leaving = connection;
            connection.Tell(ConnectionActor.Stop.Instance);
        }
        else if (_leaving is null)
        {
            Context.Stop(Self);
        }
    }

    private sealed record Children(IActorRef? Connection, IActorRef Health, IActorRef Metrics, IActorRef Version)
    {
        public bool Has(IActorRef actor) =>
            actor.Equals(Connection) || Health.Equals(actor) || Metrics.Equals(actor) || Version.Equals(actor);
    }

    private sealed class Announce
    {
        public static Announce Instance { get; } = new();
    }

    private sealed class ConnectionGone
    {
        public static ConnectionGone Instance { get; } = new();
    }

    private sealed class StartAgain
    {
        public static StartAgain Instance { get; } = new();
    }

    private sealed class Report
    {
        public static Report Instance { get; } = new();
    }
}
