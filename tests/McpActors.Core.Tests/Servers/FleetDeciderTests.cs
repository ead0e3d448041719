using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public class FleetDeciderTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_first_declaration_declares_every_server_in_the_order_of_names()
    {
        var events = FleetDecider.Declare(FleetState.Empty, [Server("b"), Server("a")], "n", s_now);

        events.Should().Equal(
            new FleetEvent.ServerDeclared(events.OfType<FleetEvent.ServerDeclared>().First().Server, 1, "n", s_now),
            new FleetEvent.ServerDeclared(events.OfType<FleetEvent.ServerDeclared>().Last().Server, 1, "n", s_now));
        events.OfType<FleetEvent.ServerDeclared>().Select(e => e.Server.Name).Should().Equal("a", "b");
    }

    [Fact]
    public void The_same_declaration_again_changes_nothing()
    {
        var state = After(Server("a"), Server("b"));

        FleetDecider.Declare(state, [Server("b"), Server("a")], "other", s_now.AddDays(1)).Should().BeEmpty();
    }

    [Fact]
    public void A_server_that_is_missing_is_withdrawn_and_a_changed_one_is_declared_again()
    {
        var state = After(Server("a"), Server("b"), Server("c"));
        var events = FleetDecider.Declare(state, [Server("a"), Server("b", "python")], "n", s_now);

        events.Should().HaveCount(2);
        events[0].Should().Be(new FleetEvent.ServerWithdrawn("c", 2, "n", s_now));
        events[1].Should().BeOfType<FleetEvent.ServerDeclared>().Which.Server.Command.Should().Be("python");
        events.Aggregate(state, (s, e) => s.Apply(e)).Servers.Keys.Should().Equal("a", "b");
    }

    [Fact]
    public void Names_differ_by_case() =>
        After(Server("a"), Server("A")).Servers.Should().HaveCount(2);

    [Fact]
    public void An_impossible_event_stops_the_replay()
    {
        var withdraw = () => FleetState.Empty.Apply(new FleetEvent.ServerWithdrawn("a", 1, "n", s_now));
        var back = () => After(Server("a")).Apply(new FleetEvent.ServerDeclared(Server("b"), 0, "n", s_now));

        withdraw.Should().Throw<InvalidOperationException>();
        back.Should().Throw<InvalidOperationException>();
    }

    [Fact]
    public void A_fleet_has_a_bound()
    {
        var many = Enumerable.Range(0, FleetDecider.MaxServers + 1).Select(i => Server("s" + i)).ToList();
        var declare = () => FleetDecider.Declare(FleetState.Empty, many, "n", s_now);

        declare.Should().Throw<ArgumentException>().WithMessage("*10000*");
    }

    [Fact]
    public void The_digest_covers_everything_but_the_place_in_the_file()
    {
        var server = Server("a");
        var digests = new[]
        {
            server,
            server with { Name = "b" },
            server with { Transport = ServerTransport.Http },
            server with { Command = null },
            server with { Command = "" },
            server with { Args = ["x", "y"] },
            server with { Args = ["xy"] },
            server with { EnvNames = ["A"] },
            server with { Url = "http://h/" },
            server with { HeaderNames = ["A"] },
            server with { Disabled = true },
            server with { Criticality = "high" },
            server with { DependsOn = ["b"] },
        }.Select(s => s.Digest()).ToList();

        digests.Should().OnlyHaveUniqueItems();
        (server with { File = "other", Line = 99 }).Digest().Should().Be(server.Digest());
    }

    private static FleetState After(params DeclaredServer[] servers) =>
        FleetDecider.Declare(FleetState.Empty, servers, "n", s_now).Aggregate(FleetState.Empty, (s, e) => s.Apply(e));

    private static DeclaredServer Server(string name, string command = "node") =>
        new(name, ServerTransport.Stdio, command, ["x"], [], null, [], false, "normal", [], "f.json", 3);
}
