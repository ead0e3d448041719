using Akka.Actor;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;

namespace McpActors.Actors.Monitoring;

/// <summary>
/// Samples one server's process tree, feeds the node's gauges, and remembers the last three hours by the minute.
/// </summary>
internal sealed class MetricsActor : ReceiveActor, IWithTimers
{
    /// <summary>Time between two samples.</summary>
    public static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(15);

    /// <summary>Points kept: one a minute.</summary>
    public const int Kept = 180;

    private readonly string _name;
    private readonly ServerContext _node;
    private readonly Queue<ServerProtocol.MetricPoint> _points = new();
    private ServerProtocol.MetricPoint? _newest;
    private LaunchedProcess? _process;
    private int _restarts;

    public MetricsActor(string name, ServerContext node)
    {
        _name = name;
        _node = node;
        node.Gauges.Declare(name);
        Receive<ConnectionEvent.Launching>(_ => _process = null);
        Receive<ConnectionEvent.Launched>(e => _process = e.Process);
        Receive<ConnectionEvent.Connected>(e =>
        {
            _process = e.Server.Process;
            _node.Gauges.Lines(_name, () => e.Server.GarbageLines, () => e.Server.OversizedLines);
            _node.Logs.Count(_name, () => e.Server.GarbageLines, () => e.Server.OversizedLines);
            Take();
        });
        Receive<ConnectionEvent.Failed>(e =>
        {
            _process = null;
            _restarts = e.Restarts;
            _node.Gauges.Restarted(_name, e.Reconnect);
            Take();
        });
        Receive<Sample>(_ => Take());
        Receive<ServerProtocol.GetMetrics>(query => Sender.Tell(Report(query)));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(string name, ServerContext node) =>
        Akka.Actor.Props.Create(() => new MetricsActor(name, node));

    protected override void PreStart() =>
        Timers.StartPeriodicTimer(Sample.Instance, Sample.Instance, SampleEvery * Random.Shared.NextDouble(), SampleEvery);

    private void Take()
    {
        var tree = _process is { } process ? _node.Processes.Sample(process.Pid, process.Instance) : null;
        _node.Gauges.Sampled(_name, tree);
        var now = _node.Time.GetUtcNow();
        var (up, latency) = _node.Gauges.Current(_name);
        var point = new ServerProtocol.MetricPoint(
            now, up ? 1 : 0, latency, tree?.RssBytes, tree?.CpuSeconds, tree?.Threads, tree?.OpenFiles,
            tree?.DiskReadBytes, tree?.DiskWriteBytes, tree?.Processes, _restarts);

        // One point a minute stays: the last of each.
        if (_newest is { } last && last.At.Ticks / TimeSpan.TicksPerMinute != now.Ticks / TimeSpan.TicksPerMinute)
        {
            _points.Enqueue(last);
            if (_points.Count > Kept)
            {
                _points.Dequeue();
            }
        }

        _newest = point;
    }

    private ServerProtocol.MetricsReport Report(ServerProtocol.GetMetrics query)
    {
        Take();
        var points = _points.Append(_newest!).Where(p => p.At >= query.From && p.At < query.To);
        if (query.Step > TimeSpan.Zero)
        {
            points = points.GroupBy(p => (p.At - query.From).Ticks / query.Step.Ticks).Select(step => step.Last());
        }

        return new ServerProtocol.MetricsReport(_name, query.From, query.To, query.Step.TotalSeconds, [.. points]);
    }

    private sealed class Sample
    {
        public static Sample Instance { get; } = new();
    }
}
