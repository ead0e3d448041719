using System.Collections.Immutable;

namespace McpActors.Core.Servers;

/// <summary>What happened to the desired state of the fleet. These records are the journal: extend, never edit.</summary>
public abstract record FleetEvent
{
    private FleetEvent()
    {
    }

    /// <summary>A server was declared, or declared otherwise than before.</summary>
    /// <param name="Server">The declaration, without secrets.</param>
    /// <param name="Revision">The fleet's revision, one higher with every change of the declarations.</param>
    /// <param name="Node">The node whose files say so.</param>
    /// <param name="At">When.</param>
    public sealed record ServerDeclared(DeclaredServer Server, long Revision, string Node, DateTimeOffset At) : FleetEvent;

    /// <summary>A server is no longer declared.</summary>
    public sealed record ServerWithdrawn(string Name, long Revision, string Node, DateTimeOffset At) : FleetEvent;
}

/// <summary>The desired state of the fleet: which servers, as declared. Rebuilt from the journal by <see cref="Apply"/>.</summary>
public sealed record FleetState(ImmutableSortedDictionary<string, DeclaredServer> Servers, long Revision)
{
    /// <summary>Nothing declared yet.</summary>
    public static FleetState Empty { get; } = new(
        ImmutableSortedDictionary.Create<string, DeclaredServer>(StringComparer.Ordinal), 0);

    /// <summary>The state after an event.</summary>
    /// <exception cref="InvalidOperationException">The event is impossible in this state: the journal is damaged.</exception>
    public FleetState Apply(FleetEvent happened) => happened switch
    {
        FleetEvent.ServerDeclared e when e.Revision >= Revision =>
            new FleetState(Servers.SetItem(e.Server.Name, e.Server), e.Revision),
        FleetEvent.ServerWithdrawn e when e.Revision >= Revision && Servers.ContainsKey(e.Name) =>
            new FleetState(Servers.Remove(e.Name), e.Revision),
        _ => throw new InvalidOperationException($"{happened.GetType().Name} is impossible at revision {Revision}."),
    };
}

/// <summary>Decides what a node's declaration changes.</summary>
public static class FleetDecider
{
    /// <summary>Servers that one fleet may have: a bound on the journal's first batch and on memory.</summary>
    public const int MaxServers = 10_000;

    /// <summary>The events that make the desired state equal to the declaration; none when it already is.</summary>
    /// <param name="state">The desired state now.</param>
    /// <param name="declared">All servers that the node's files declare.</param>
    /// <param name="node">The declaring node.</param>
    /// <param name="now">When.</param>
    /// <exception cref="ArgumentException">More than <see cref="MaxServers"/>, or a name twice.</exception>
    public static ImmutableList<FleetEvent> Declare(
        FleetState state, IReadOnlyCollection<DeclaredServer> declared, string node, DateTimeOffset now)
    {
        if (declared.Count > MaxServers)
        {
            throw new ArgumentException($"A fleet has at most {MaxServers} servers; {declared.Count} were declared.", nameof(declared));
        }

        var wanted = declared.ToDictionary(s => s.Name, StringComparer.Ordinal);
        var revision = state.Revision + 1;
        var events = ImmutableList.CreateBuilder<FleetEvent>();
        foreach (var name in state.Servers.Keys.Where(name => !wanted.ContainsKey(name)))
        {
            events.Add(new FleetEvent.ServerWithdrawn(name, revision, node, now));
        }

        foreach (var server in wanted.Values.OrderBy(s => s.Name, StringComparer.Ordinal))
        {
            if (!state.Servers.TryGetValue(server.Name, out var known) || known.Digest() != server.Digest()
                || known.File != server.File || known.Line != server.Line)
            {
                events.Add(new FleetEvent.ServerDeclared(server, revision, node, now));
            }
        }

        return events.ToImmutable();
    }
}
