using System.Collections.Concurrent;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Servers;

namespace McpActors.Actors.Servers;

/// <summary>The logs of the servers that this node has run; one for each name, across restarts.</summary>
internal sealed class ServerLogs(LogFlusher flusher, TimeProvider time) : IDisposable
{
    private readonly ConcurrentDictionary<string, ServerLog> _logs = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, (Func<long> Garbage, Func<long> Oversized)> _counters = new(StringComparer.Ordinal);

    /// <summary>The log of a server, made at its first use.</summary>
    public ServerLog For(ServerDefinition definition) => _logs.GetOrAdd(
        definition.Name,
        _ => new ServerLog(definition.Name, time, flusher, new ServerLogOptions { Scrub = SecretScrubber.For(definition).Scrub }));

    /// <summary>Where the counts of discarded lines come from.</summary>
    public void Count(string server, Func<long> garbage, Func<long> oversized) => _counters[server] = (garbage, oversized);

    /// <summary>Notes what the node itself did, if the server has a log.</summary>
    public void Note(string server, string text)
    {
        if (_logs.TryGetValue(server, out var log))
        {
            log.Note(text);
        }
    }

    /// <summary>The last lines; empty for a server that has not written any here.</summary>
    public ServerProtocol.LogReport Report(string server, int tail)
    {
        var (garbage, oversized) = _counters.TryGetValue(server, out var counters) ? (counters.Garbage(), counters.Oversized()) : (0, 0);
        if (!_logs.TryGetValue(server, out var log))
        {
            return new ServerProtocol.LogReport(server, [], 0, 0, garbage, oversized);
        }

        var lines = log.Tail(tail)
            .Select(line => new ServerProtocol.LogLine(line.At, line.Channel switch { "err" => "stderr", "out" => "stdout", _ => "node" }, line.Text))
            .ToList();
        return new ServerProtocol.LogReport(server, lines, lines.Count, log.Dropped, garbage, oversized);
    }

    public void Dispose()
    {
        foreach (var log in _logs.Values)
        {
            log.Dispose();
        }
    }
}
