using System.Collections.Immutable;
using System.Reflection;
using Akka.Actor;
using Akka.Cluster;
using Akka.Util;
using FluentAssertions;
using McpActors.Actors.Servers;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Servers;

/// <summary>The fleet on a real SQLite journal with the product's own serializer, restarted cold where durability is claimed.</summary>
public sealed class FleetActorSpec(ITestOutputHelper output) : IAsyncLifetime
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_quiet = TimeSpan.FromMilliseconds(150);
    private readonly string _folder = Directory.CreateTempSubdirectory("mcpactors-fleet-").FullName;
    private FleetNode _node = null!;

    public async Task InitializeAsync() => _node = await FleetNode.StartAsync(_folder, output);

    public async Task DisposeAsync()
    {
        await _node.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public void A_declaration_is_accepted_and_every_server_is_to_be_supervised()
    {
        Declare("alpha", "beta").Should().BeEquivalentTo(new FleetProtocol.Accepted(1, 2, 2));

        var supervised = new[] { Servers<ServerProtocol.Supervise>(), Servers<ServerProtocol.Supervise>() };
        supervised.Select(s => s.Name).Should().BeEquivalentTo("alpha", "beta");
        supervised.Should().OnlyContain(s => s.Declared.Command == "run-" + s.Name && s.Revision == 1);
        Declare("alpha", "beta").Should().BeEquivalentTo(new FleetProtocol.Accepted(1, 2, 0));
        _node.Servers.ExpectNoMsg(s_quiet);
    }

    [Fact]
    public async Task Nobody_is_told_anything_before_the_write_is_durable()
    {
        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50)).Total.Should().Be(0, "it has recovered");
        await using var other = _node.OpenDatabase();
        await using var lockIt = other.BeginTransaction(deferred: false);
        Tell(new FleetProtocol.Declare([Declared("alpha"), Declared("beta")], "node-1", Now));
        await VirtualTimeSpec.Until(() => _node.Journal.Arrivals == 1, "the events reach the journal");

        _node.Client.ExpectNoMsg(s_quiet);
        _node.Servers.ExpectNoMsg(s_quiet);
        Rows().Should().Be(0, "another writer holds the database");

        await lockIt.RollbackAsync();
        Answer<FleetProtocol.Accepted>().Changes.Should().Be(2);
        Rows().Should().Be(2, "the reply comes after the commit");
    }

    [Fact]
    public async Task A_cold_start_knows_what_was_declared_and_supervises_it_again()
    {
        Declare("alpha", "beta", "gamma");
        Declare("alpha", "gamma");
        await RestartAsync();

        var supervised = new[] { Servers<ServerProtocol.Supervise>(), Servers<ServerProtocol.Supervise>() };
        supervised.Select(s => s.Name).Should().BeEquivalentTo("alpha", "gamma");
        supervised.First(s => s.Name == "alpha").Declared.Should().BeEquivalentTo(Declared("alpha"));
        var page = Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50));
        page.Should().Match<FleetProtocol.ServerPage>(p => p.Total == 2 && p.Revision == 2 && !p.More);
        page.Items.Should().OnlyContain(s => s.State == ServerState.Unknown);
        Declare("alpha", "gamma").Should().BeEquivalentTo(new FleetProtocol.Accepted(2, 2, 0));
    }

    [Fact]
    public void A_server_that_is_no_longer_declared_is_withdrawn()
    {
        Declare("alpha", "beta");
        Servers<ServerProtocol.Supervise>();
        Servers<ServerProtocol.Supervise>();

        Declare("beta").Should().BeEquivalentTo(new FleetProtocol.Accepted(2, 1, 1));

        Servers<ServerProtocol.Withdraw>().Name.Should().Be("alpha");
        Ask<FleetProtocol.ServerFound>(new FleetProtocol.FindServer("alpha")).Should().BeEquivalentTo(new FleetProtocol.ServerFound(null, null));
    }

    [Fact]
    public void Too_many_servers_or_a_name_twice_are_refused_and_nothing_changes()
    {
        Declare("alpha");
        Tell(new FleetProtocol.Declare([.. Enumerable.Range(0, FleetDecider.MaxServers + 1).Select(n => Declared("s" + n))], "node-1", Now));
        Answer<FleetProtocol.Refused>().Reason.Should().Contain("10000");
        Tell(new FleetProtocol.Declare([Declared("beta"), Declared("beta")], "node-1", Now));
        Answer<FleetProtocol.Refused>();

        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50)).Items.Select(s => s.Name).Should().Equal("alpha");
        Rows().Should().Be(1);
    }

    [Fact]
    public void A_rejected_declaration_is_refused_once_changes_nothing_and_the_next_one_is_taken()
    {
        Declare("alpha");
        Servers<ServerProtocol.Supervise>();
        _node.Journal.Reject = new InvalidOperationException("no");

        Tell(new FleetProtocol.Declare([Declared("beta"), Declared("gamma")], "node-1", Now));

        Answer<FleetProtocol.Refused>().Reason.Should().Contain("nothing was changed");
        _node.Client.ExpectNoMsg(s_quiet);
        _node.Servers.ExpectNoMsg(s_quiet);
        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50)).Items.Select(s => s.Name).Should().Equal("alpha");
        _node.Journal.Reject = null;
        Declare("beta", "gamma").Should().BeEquivalentTo(new FleetProtocol.Accepted(2, 2, 3));
    }

    [Fact]
    public async Task A_journal_that_fails_refuses_once_and_the_fleet_comes_back_by_itself()
    {
        Declare("alpha");
        Servers<ServerProtocol.Supervise>();
        _node.Journal.Fail = new IOException("disk full");

        Tell(new FleetProtocol.Declare([Declared("beta"), Declared("gamma")], "node-1", Now));

        Answer<FleetProtocol.Refused>().Reason.Should().Contain("nothing was changed").And.NotContain("disk full");
        _node.Client.ExpectNoMsg(s_quiet);
        _node.Servers.ExpectNoMsg(s_quiet);

        _node.Journal.Fail = null;
        await BackAsync();
        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50)).Items.Select(s => s.Name).Should().Equal("alpha");
        Declare("beta").Should().BeEquivalentTo(new FleetProtocol.Accepted(2, 1, 2));
    }

    [Fact]
    public async Task A_database_without_its_table_refuses_and_serves_again_when_the_table_is_back()
    {
        Declare("alpha");
        Servers<ServerProtocol.Supervise>();
        _node.Execute("ALTER TABLE journal RENAME TO journal_away");

        Tell(new FleetProtocol.Declare([Declared("beta")], "node-1", Now));
        Answer<FleetProtocol.Refused>();

        _node.Execute("ALTER TABLE journal_away RENAME TO journal");
        await BackAsync();
        Declare("alpha", "beta").Should().BeOfType<FleetProtocol.Accepted>();
        await RestartAsync();
        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 50)).Items.Select(s => s.Name).Should().Equal("alpha", "beta");
    }

    [Fact]
    public async Task A_journal_that_cannot_be_read_at_the_start_is_waited_for()
    {
        Declare("alpha");
        _node.Execute("UPDATE journal SET manifest = 'fleet.of-the-future-v1'");
        await RestartAsync();
        _node.Servers.ExpectNoMsg(s_quiet);

        _node.Execute("UPDATE journal SET manifest = 'fleet.server-declared-v1'");
        await BackAsync();
    }

    [Fact]
    public void A_supervisor_that_announces_itself_is_told_what_is_wanted()
    {
        Declare("alpha");
        Servers<ServerProtocol.Supervise>();

        Tell(new FleetProtocol.Announce("alpha"));
        Servers<ServerProtocol.Supervise>().Name.Should().Be("alpha");
        Tell(new FleetProtocol.Announce("stranger"));
        Servers<ServerProtocol.Withdraw>().Name.Should().Be("stranger");
        Report("stranger", ServerState.Healthy);
        Servers<ServerProtocol.Withdraw>().Name.Should().Be("stranger");
        Tell(new FleetProtocol.SupervisorStopped("alpha", "node-1"));
        Servers<ServerProtocol.Supervise>().Name.Should().Be("alpha");
        Tell(new FleetProtocol.SupervisorStopped("stranger", "node-1"));
        _node.Servers.ExpectNoMsg(s_quiet);
    }

    [Fact]
    public async Task A_report_that_is_too_old_becomes_unknown_and_the_server_is_supervised_again()
    {
        Declare("alpha");
        Servers<ServerProtocol.Supervise>();
        Report("alpha", ServerState.Healthy);
        Tell(new FleetProtocol.Subscribe());
        Status("alpha").State.Should().Be(ServerState.Healthy);
        for (var n = 0; n < 15; n++)
        {
            _node.Advance(TimeSpan.FromSeconds(10));
            Tell(new FleetProtocol.Subscribe());
        }

        Status("alpha").State.Should().Be(ServerState.Healthy, "150 s are allowed");
        _node.Servers.ExpectNoMsg(s_quiet);
        _node.Advance(TimeSpan.FromSeconds(10));

        var told = (ServerProtocol.ServerStatus)_node.Client.FishForMessage(m => m is ServerProtocol.ServerStatus, s_bound);
        told.Should().Match<ServerProtocol.ServerStatus>(s => s.State == ServerState.Unknown && s.Pid == null && s.Node == null && s.Since == Now);
        Servers<ServerProtocol.Supervise>().Name.Should().Be("alpha");
        Status("alpha").State.Should().Be(ServerState.Unknown);

        // And again with every tick until a supervisor reports.
        await DrainAsync();
        _node.Advance(TimeSpan.FromSeconds(10));
        Servers<ServerProtocol.Supervise>().Name.Should().Be("alpha");
        Report("alpha", ServerState.Starting);
        Status("alpha").State.Should().Be(ServerState.Starting);
        await DrainAsync();
        _node.Advance(TimeSpan.FromSeconds(10));
        _node.Servers.ExpectNoMsg(s_quiet);
    }

    [Fact]
    public void A_subscriber_gets_only_what_changed_and_only_for_a_minute()
    {
        Declare("alpha");
        Report("alpha", ServerState.Starting);
        Tell(new FleetProtocol.Subscribe());
        Report("alpha", ServerState.Starting);
        _node.Client.ExpectNoMsg(s_quiet);

        Report("alpha", ServerState.Healthy);
        Answer<ServerProtocol.ServerStatus>().State.Should().Be(ServerState.Healthy);
        Report("alpha", ServerState.Healthy, latency: 77);
        _node.Client.ExpectNoMsg(s_quiet);
        Report("alpha", ServerState.Healthy, cause: "It answers again.");
        Answer<ServerProtocol.ServerStatus>().Cause.Should().Be("It answers again.");
        Report("alpha", ServerState.Healthy, cause: "It answers again.", pid: 9);
        Answer<ServerProtocol.ServerStatus>().Pid.Should().Be(9);

        for (var n = 0; n < 7; n++)
        {
            _node.Advance(TimeSpan.FromSeconds(10));
        }

        Ask<FleetProtocol.ServerFound>(new FleetProtocol.FindServer("alpha"));
        Report("alpha", ServerState.Wedged);
        _node.Client.ExpectNoMsg(s_quiet);
        Tell(new FleetProtocol.Subscribe());
        Tell(new FleetProtocol.Unsubscribe());
        Report("alpha", ServerState.Healthy);
        _node.Client.ExpectNoMsg(s_quiet);
    }

    [Fact]
    public void The_servers_of_a_node_that_left_are_unknown_at_once_and_supervised_again()
    {
        Declare("alpha", "beta");
        Servers<ServerProtocol.Supervise>();
        Servers<ServerProtocol.Supervise>();
        var gone = Address.Parse("akka.tcp://mcpactors@10.0.0.9:4053");
        Report("alpha", ServerState.Healthy, from: Remote(gone));
        Report("beta", ServerState.Healthy, from: Remote(Address.Parse("akka.tcp://mcpactors@10.0.0.8:4053")));

        Status("beta").State.Should().Be(ServerState.Healthy, "both reports have arrived");
        _node.System.ActorSelection("/user/fleet/desired").Tell(Removed(gone), ActorRefs.NoSender);

        Servers<ServerProtocol.Supervise>().Name.Should().Be("alpha");
        Status("alpha").State.Should().Be(ServerState.Unknown);
        Status("beta").State.Should().Be(ServerState.Healthy);
        _node.Servers.ExpectNoMsg(s_quiet);
    }

    [Fact]
    public void Pages_follow_the_order_of_the_names_and_stay_within_their_limit()
    {
        Declare([.. Enumerable.Range(0, 250).Select(n => $"s{n:000}")]);

        var first = Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, 1000));
        first.Items.Should().HaveCount(200);
        first.Should().Match<FleetProtocol.ServerPage>(p => p.More && p.Total == 250);
        var rest = Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(first.Items[^1].Name, 100));
        rest.More.Should().BeFalse();
        first.Items.Concat(rest.Items).Select(s => s.Name).Should().Equal(Enumerable.Range(0, 250).Select(n => $"s{n:000}"));
        Ask<FleetProtocol.ServerPage>(new FleetProtocol.ListServers(null, -5)).Items.Should().ContainSingle();
    }

    private DateTimeOffset Now => _node.Time.GetUtcNow();

    private static DeclaredServer Declared(string name) => new(
        name, ServerTransport.Stdio, "run-" + name, ["--serve"], ["HOME"], null, [], false, "normal", [], "/fleet/.mcp.json", 3);

    private static ClusterEvent.MemberRemoved Removed(Address address)
    {
        // Akka makes members itself; a second node only to see it leave would cost ten seconds.
        var create = typeof(Member).GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)
            .Single(m => m.Name == "Create" && m.GetParameters() is [_, { ParameterType.Name: "Int32" }, ..]);
        var member = (Member)create.Invoke(null, [new UniqueAddress(address, 1), 1, MemberStatus.Removed, ImmutableHashSet<string>.Empty, AppVersion.Zero])!;
        return new ClusterEvent.MemberRemoved(member, MemberStatus.Down);
    }

    private IActorRef Remote(Address address) =>
        ((ExtendedActorSystem)_node.System).Provider.ResolveActorRef(new RootActorPath(address) / "user" / "supervisor");

    private void Tell(object message) => _node.Fleet.Tell(message, _node.Client.Ref);

    private T Answer<T>() => _node.Client.ExpectMsg<T>(s_bound);

    private T Ask<T>(object question)
    {
        var asker = _node.Kit.CreateTestProbe();
        _node.Fleet.Tell(question, asker.Ref);
        return asker.ExpectMsg<T>(s_bound);
    }

    private object Declare(params string[] names)
    {
        Tell(new FleetProtocol.Declare([.. names.Select(Declared)], "node-1", Now));
        return Answer<object>();
    }

    private T Servers<T>() => _node.Servers.ExpectMsg<T>(s_bound);

    private void Report(
        string name, ServerState state, string cause = "It answers.", int? pid = null, double? latency = null, IActorRef? from = null) =>
        _node.Fleet.Tell(
            new ServerProtocol.ServerStatus(name, state, cause, Now, "", ServerTransport.Stdio, "node-1", pid, null, null, null, null, null, latency, 0, Now),
            from ?? _node.Kit.CreateTestProbe().Ref);

    private ServerProtocol.ServerStatus Status(string name) =>
        Ask<FleetProtocol.ServerFound>(new FleetProtocol.FindServer(name)).Status!;

    private long Rows() => _node.Execute("SELECT count(*) FROM journal");

    private async Task RestartAsync()
    {
        var now = Now;
        await _node.DisposeAsync();
        _node = await FleetNode.StartAsync(_folder, output, now);
    }

    // The back-off supervisor waits at most some seconds of virtual time between its attempts.
    private Task BackAsync() => VirtualTimeSpec.Until(
        () =>
        {
            _node.Advance(TimeSpan.FromSeconds(1));
            return _node.Servers.HasMessages && _node.Servers.ReceiveOne(TimeSpan.Zero) is ServerProtocol.Supervise { Name: "alpha" };
        },
        "the fleet comes back and supervises again");

    private async Task DrainAsync()
    {
        Ask<FleetProtocol.ServerFound>(new FleetProtocol.FindServer("alpha"));
        while (_node.Servers.HasMessages)
        {
            await _node.Servers.ReceiveOneAsync(TimeSpan.Zero);
        }
    }
}
