using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using McpActors.Actors.Serialization;
using McpActors.Core.Monitoring;

namespace McpActors.Actors.Monitoring;

/// <summary>
/// The instruments of the servers that this node supervises. Labels are bounded: server, node, and words of the code.
/// A server's series end when its supervisor leaves the node.
/// </summary>
internal sealed class ServerGauges : IDisposable
{
    /// <summary>The meter to listen to.</summary>
    public const string MeterName = "McpActors";

    private static readonly ServerState[] s_states = Enum.GetValues<ServerState>();

    private readonly ConcurrentDictionary<string, Entry> _servers = new(StringComparer.Ordinal);
    private readonly Meter _meter;
    private readonly Histogram<double> _probes;
    private readonly Counter<long> _restarts;
    private readonly string _node;

    public ServerGauges(IMeterFactory meters, string node)
    {
        _node = node;
        _meter = meters.Create(MeterName);
        _probes = _meter.CreateHistogram<double>("mcpactors.probe.duration", "s", "Time from a health probe's request to its answer or time-out.");
        _restarts = _meter.CreateCounter<long>("mcpactors.server.restarts", description: "Restarts of the server's process, or reconnects of a remote server.");

        Gauge("mcpactors.server.up", null, "1 when the server answers (healthy or degraded), else 0.", e => e.Up ? 1 : 0);
        _meter.CreateObservableGauge("mcpactors.server.state", States, description: "1 for the state that the server is in, 0 for the others.");
        Gauge("mcpactors.server.resident.memory", "By", "Resident memory of the server's process tree.", e => e.Tree?.RssBytes);
        Gauge("mcpactors.server.open_files", null, "Open file descriptors of the server's process tree.", e => e.Tree?.OpenFiles);
        Gauge("mcpactors.server.threads", null, "Threads of the server's process tree.", e => e.Tree?.Threads);
        Gauge("mcpactors.server.processes", null, "Processes of the server's process tree.", e => e.Tree?.Processes);
        Gauge("mcpactors.server.tools", null, "Tools that the server declares.", e => e.Tools);
        Gauge("mcpactors.server.prompts", null, "Prompts that the server declares.", e => e.Prompts);
        Gauge("mcpactors.server.resources", null, "Resources that the server declares, templates not counted.", e => e.Resources);
        Counter("mcpactors.server.cpu", "s", "CPU time of the server's process tree, user and system.", e => e.Tree?.CpuSeconds);
        Counter("mcpactors.server.disk.read", "By", "Bytes that the server's process tree caused to be read from disk.", e => e.Tree?.DiskReadBytes);
        Counter("mcpactors.server.disk.written", "By", "Bytes that the server's process tree caused to be written to disk.", e => e.Tree?.DiskWriteBytes);
        Counter("mcpactors.server.garbage_lines", null, "Lines on standard output that were no JSON-RPC, since the process started.", e => e.Garbage());
        Counter("mcpactors.server.oversized_lines", null, "Lines on standard output that were cut at their bound, since the process started.", e => e.Oversized());
    }

    public void Declare(string server)
    {
        if (_servers.TryAdd(server, new Entry()))
        {
            // A counter that begins with its first event hides that event from a rate.
            _restarts.Add(0, Tag("server", server), Tag("node", _node), Tag("outcome", "restart"));
        }
    }

    public void Remove(string server) => _servers.TryRemove(server, out _);

    public void Health(string server, ServerState state, ProbeOutcome? last)
    {
        if (_servers.TryGetValue(server, out var entry))
        {
            entry.State = state;
            entry.LatencyMs = last is { Answered: true } ? Math.Round(last.Latency.TotalMilliseconds, 2) : null;
        }
    }

    public void Probed(string server, TimeSpan latency, bool answered) => _probes.Record(
        latency.TotalSeconds, Tag("server", server), Tag("node", _node), Tag("outcome", answered ? "answered" : "failed"));

    public void Restarted(string server, bool reconnect) => _restarts.Add(
        1, Tag("server", server), Tag("node", _node), Tag("outcome", reconnect ? "reconnect" : "restart"));

    public void Sampled(string server, TreeSample? tree)
    {
        if (_servers.TryGetValue(server, out var entry))
        {
            entry.Tree = tree;
        }
    }

    public void Lines(string server, Func<long> garbage, Func<long> oversized)
    {
        if (_servers.TryGetValue(server, out var entry))
        {
            (entry.Garbage, entry.Oversized) = (garbage, oversized);
        }
    }

    public void Surface(string server, int tools, int prompts, int resources)
    {
        if (_servers.TryGetValue(server, out var entry))
        {
            (entry.Tools, entry.Prompts, entry.Resources) = (tools, prompts, resources);
        }
    }

    public (bool Up, double? LatencyMs) Current(string server) =>
        _servers.TryGetValue(server, out var entry) ? (entry.Up, entry.LatencyMs) : (false, null);

    public void Dispose() => _meter.Dispose();

    private static KeyValuePair<string, object?> Tag(string key, object value) => new(key, value);

    private void Gauge(string name, string? unit, string description, Func<Entry, double?> value) =>
        _meter.CreateObservableGauge(name, () => Observe(value), unit, description);

    private void Counter(string name, string? unit, string description, Func<Entry, double?> value) =>
        _meter.CreateObservableCounter(name, () => Observe(value), unit, description);

    private IEnumerable<Measurement<double>> Observe(Func<Entry, double?> value)
    {
        foreach (var (server, entry) in _servers)
        {
            if (value(entry) is { } measured)
            {
                yield return new Measurement<double>(measured, Tag("server", server), Tag("node", _node));
            }
        }
    }

    private IEnumerable<Measurement<int>> States()
    {
        foreach (var (server, entry) in _servers)
        {
            foreach (var state in s_states)
            {
                yield return new Measurement<int>(entry.State == state ? 1 : 0,
                    Tag("server", server), Tag("node", _node), Tag("state", Wire.Name(state)));
            }
        }
    }

    // Written by actors and read by the exporter, each field on its own: a torn pair does no harm in a gauge.
    private sealed class Entry
    {
        public volatile ServerState State = ServerState.Unknown;

        public volatile TreeSample? Tree;

        public double? LatencyMs { get; set; }

        public int? Tools { get; set; }

        public int? Prompts { get; set; }

        public int? Resources { get; set; }

        public Func<long> Garbage { get; set; } = () => 0;

        public Func<long> Oversized { get; set; } = () => 0;

        public bool Up => State is ServerState.Healthy or ServerState.Degraded;
    }
}
