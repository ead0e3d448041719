using System.Collections.Concurrent;
using System.Collections.Immutable;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql.Journal;

namespace McpActors.Actors.Tests.Support;

/// <summary>The product's own SQL journal, whose writes the test may reject or fail, and which counts those that come through. Told apart by connection string.</summary>
public sealed class FaultyJournal(Config config) : SqlWriteJournal(config)
{
    private static readonly ConcurrentDictionary<string, JournalFaults> s_faults = new();
    private readonly JournalFaults _faults = Of(config.GetString("connection-string"));

    public static JournalFaults Of(string connectionString) => s_faults.GetOrAdd(connectionString, _ => new JournalFaults());

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        if (_faults.Fail is { } failure)
        {
            throw failure;
        }

        if (_faults.Reject is { } rejection)
        {
            return Task.FromResult<IImmutableList<Exception>>(writes.Select(_ => rejection).ToImmutableList());
        }

        _faults.Arrived();
        return base.WriteMessagesAsync(writes, cancellationToken);
    }
}

/// <summary>What the journal does wrong now.</summary>
public sealed class JournalFaults
{
    private int _arrivals;

    public Exception? Fail { get; set; }

    public Exception? Reject { get; set; }

    public int Arrivals => _arrivals;

    internal void Arrived() => Interlocked.Increment(ref _arrivals);
}
