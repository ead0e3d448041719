using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Cluster.Sharding;
using FluentAssertions;
using McpActors.Actors.Servers;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Servers;

/// <summary>One server's supervisor: what it starts, replaces and stops, in which order, and what it reports.</summary>
public sealed class McpServerActorSpec(ITestOutputHelper output) : VirtualTimeSpec(output)
{
    [Fact]
    public async Task It_announces_itself_until_it_is_told_what_is_wanted()
    {
        var server = Start(Define());
        Fleet.ExpectMsg<FleetProtocol.Announce>(Bound).Name.Should().Be("alpha");
        await Settle(server);
        Advance(TimeSpan.FromSeconds(3));
        Fleet.ExpectMsg<FleetProtocol.Announce>(Bound);

        Supervise(server, Define());

        Fleet.ExpectMsg<ServerProtocol.ServerStatus>(Bound);
        await Settle(server);
        Advance(TimeSpan.FromSeconds(3));
        ExpectNone<FleetProtocol.Announce>(Fleet);
    }

    [Fact]
    public void Questions_before_it_supervises_are_answered_so()
    {
        var server = Start(Define());
        foreach (var question in (object[])[
            new ServerProtocol.GetHealth("alpha"),
            new ServerProtocol.GetMetrics("alpha", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeSpan.Zero),
            new ServerProtocol.GetLogs("alpha", 10),
            new ServerProtocol.GetVersion("alpha"),
            new ServerProtocol.GetTools("alpha", 0, 10)])
        {
            Ask<ServerProtocol.NotSupervised>(server, question).Name.Should().Be("alpha");
        }
    }

    [Fact]
    public async Task A_supervised_server_is_connected_probed_and_reported()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Supervise(server, definition);
        Status(s => s.State == ServerState.Starting);

        var attempt = await AttemptAsync(1);
        attempt.Launch(4711);
        await attempt.OpenAsync(script, Time);

        var status = Status(s => s.State == ServerState.Healthy && s.Tools == 1);
        status.Should().Match<ServerProtocol.ServerStatus>(s => s.Pid == 4711 && s.Node == "node-1" && s.Era == "initialize" && s.ProtocolVersion == "2025-06-18");
        var health = Ask<ServerProtocol.HealthReport>(server, new ServerProtocol.GetHealth("alpha"));
        health.Should().Match<ServerProtocol.HealthReport>(h => h.State == ServerState.Healthy && h.Process!.Pid == 4711 && h.NextProbeAt != null);
        Ask<ServerProtocol.ToolsReport>(server, new ServerProtocol.GetTools("alpha", 0, 10)).Total.Should().Be(1);
        Ask<ServerProtocol.MetricsReport>(server, new ServerProtocol.GetMetrics("alpha", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeSpan.Zero))
            .Points.Should().ContainSingle();
        Ask<ServerProtocol.LogReport>(server, new ServerProtocol.GetLogs("alpha", 10)).Name.Should().Be("alpha");
    }

    [Fact]
    public async Task To_be_supervised_twice_as_before_changes_nothing_and_is_reported()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        await RunAsync(server, definition, script);

        Supervise(server, definition);

        Status(s => s.State == ServerState.Healthy);
        await Settle(server);
        Connector.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task A_changed_declaration_stops_the_old_process_before_the_new_one_starts()
    {
        await using var script = new ScriptedServer();
        await using var second = new ScriptedServer();
        var before = Define();

        // The fleet is told of another criticality: the same command, declared otherwise.
        var local = before with { Settings = before.Settings with { Criticality = "high" } };
        var node = Node(local);
        var server = Parent.ChildActorOf(McpServerActor.Props("alpha", node));
        Supervise(server, local);
        var old = await (await AttemptAsync(1)).OpenAsync(script, Time, holdClosing: true);
        Status(s => s.State == ServerState.Healthy);

        Supervise(server, before);
        await Until(() => old.Closings == 1, "the old connection is closed");
        Supervise(server, before);
        Supervise(server, local);
        await Settle(server);
        Connector.Attempts.Should().HaveCount(1, "the old process is still there");

        old.LetGo();
        await (await AttemptAsync(2)).OpenAsync(second, Time);
        Connector.MostStanding.Should().Be(1);
        Status(s => s.State == ServerState.Healthy);
    }

    [Fact]
    public async Task A_server_that_is_disabled_is_stopped_and_shows_no_process()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        await RunAsync(server, definition, script);

        server.Tell(new ServerProtocol.Supervise("alpha", DeclaredServer.From(definition) with { Disabled = true }, 2));

        var status = Status(s => s.State == ServerState.Stopped);
        status.Pid.Should().BeNull();
        status.Cause.Should().Contain("disables");
        Connector.Standing.Should().Be(0);
        Connector.Attempts.Should().HaveCount(1);
        Ask<ServerProtocol.HealthReport>(server, new ServerProtocol.GetHealth("alpha")).Process.Should().BeNull();
    }

    [Fact]
    public void A_server_that_this_node_does_not_declare_is_not_started()
    {
        var server = Start();
        Supervise(server, Define());
        Status(s => s.State == ServerState.Unreachable).Should().Match<ServerProtocol.ServerStatus>(s => s.Cause.Contains("do not declare") && s.NextAction.Length > 0);
        Connector.Attempts.Should().BeEmpty();
    }

    [Fact]
    public void A_server_that_this_node_declares_otherwise_is_not_started()
    {
        var server = Start(Define());
        Supervise(server, Define() with { Settings = ServerSettings.Default with { Criticality = "critical" } });
        Status(s => s.State == ServerState.Unreachable).Cause.Should().Contain("otherwise");
        Connector.Attempts.Should().BeEmpty();
        StateInGauges().Should().Equal("unreachable");
    }

    [Fact]
    public void A_server_whose_declaration_has_a_fault_is_not_started_and_says_which()
    {
        var definition = Define() with
        {
            Faults = [new Diagnostic("unset_variable", DiagnosticSeverity.Error, new SourcePosition("/fleet/.mcp.json", 3, 5), "alpha", "TOKEN is not set.", "Set TOKEN.")],
        };
        var server = Start(definition);
        Supervise(server, definition);
        Status(s => s.State == ServerState.Unreachable).Should().Match<ServerProtocol.ServerStatus>(s => s.Cause.Contains("TOKEN is not set.") && s.NextAction == "Set TOKEN.");
        Connector.Attempts.Should().BeEmpty();
    }

    [Fact]
    public async Task A_part_that_fails_is_replaced_with_its_siblings_under_fresh_names_and_one_connection()
    {
        await using var script = new ScriptedServer();
        await using var second = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        var old = await RunAsync(server, definition, script, holdClosing: true);

        Sampler.Throws = new InvalidOperationException("broken");
        server.Tell(new ServerProtocol.GetMetrics("alpha", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeSpan.Zero));

        await Until(() => old.Closings == 1, "the connection of the failed generation is closed");
        Sampler.Throws = null;
        await Settle(server);
        Advance(TimeSpan.FromMinutes(1));
        Connector.Attempts.Should().HaveCount(1);
        old.LetGo();
        await AdvanceUntilAsync(() => Connector.Attempts.Count == 2);
        await Connector.Attempts[1].OpenAsync(second, Time);
        Status(s => s.State == ServerState.Healthy);
        Connector.MostStanding.Should().Be(1);
        (await ChildAsync(server, "metrics-2")).Should().NotBeNull();
        (await ChildAsync(server, "metrics-1")).Should().BeNull();
    }

    [Fact]
    public async Task A_connection_that_fails_itself_is_followed_by_another_only_when_its_process_has_ended()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Supervise(server, definition);
        var old = new FakeOpenServer(await script.ConnectAsync(Time), null) { SessionThrows = new InvalidOperationException("broken") };
        (await AttemptAsync(1)).Open(old);
        await Until(() => old.Closings == 1, "the failed actor closes what it had");
        for (var n = 0; n < 5; n++)
        {
            Supervise(server, definition);
            await Settle(server);
            Advance(TimeSpan.FromSeconds(1));
        }

        Connector.Attempts.Should().HaveCount(1, "the process of the failed connection is still ending");
        old.LetGo();
        await AdvanceUntilAsync(() => Connector.Attempts.Count == 2);
    }

    [Fact]
    public async Task A_part_that_fails_again_and_again_is_replaced_once_a_second_and_no_faster()
    {
        var definition = Define();
        Sampler.Throws = new InvalidOperationException("broken");
        Connector.Answer = attempt =>
        {
            attempt.Launch(1);
            attempt.Token.Register(() => attempt.Fail());
            return Task.CompletedTask;
        };
        var server = Start(definition);
        Supervise(server, definition);
        for (var n = 1; n <= 4; n++)
        {
            await Until(() => Connector.Attempts.Count == n, $"start {n}");
            await Settle(server);
            server.Tell(new ServerProtocol.GetMetrics("alpha", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeSpan.Zero));
            await Until(() => Connector.Standing == 0, "the part failed and its connection is gone");
            ExpectNone<FleetProtocol.Announce>(Fleet);
            Connector.Attempts.Should().HaveCount(n, "a second has not passed");
            Advance(TimeSpan.FromSeconds(1.01));
        }

        Connector.MostStanding.Should().Be(1);
    }

    [Fact]
    public async Task StopSupervising_waits_for_the_end_of_the_connection_and_twice_is_once()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Parent.Watch(server);
        var open = await RunAsync(server, definition, script, holdClosing: true);

        server.Tell(ServerProtocol.StopSupervising.Instance);
        server.Tell(ServerProtocol.StopSupervising.Instance);
        Supervise(server, definition);
        await Until(() => open.Closings == 1, "the connection is closed");
        await Settle(server);
        Parent.ExpectNoMsg(Quiet);

        open.LetGo();
        Parent.ExpectTerminated(server, Bound);
        Next<FleetProtocol.SupervisorStopped>(Fleet).Should().Be(new FleetProtocol.SupervisorStopped("alpha", "node-1"));
        open.Closings.Should().Be(1);
    }

    [Fact]
    public async Task StopSupervising_while_a_replaced_connection_is_leaving_waits_for_it_and_starts_nothing()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Parent.Watch(server);
        var open = await RunAsync(server, definition, script, holdClosing: true);
        server.Tell(new ServerProtocol.Supervise("alpha", DeclaredServer.From(definition) with { Disabled = true }, 2));
        await Until(() => open.Closings == 1, "the connection leaves");

        server.Tell(ServerProtocol.StopSupervising.Instance);
        Parent.ExpectNoMsg(Quiet);
        open.LetGo();

        Parent.ExpectTerminated(server, Bound);
        Connector.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task Withdraw_asks_the_shard_for_the_end_and_tells_the_fleet()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Parent.Watch(server);
        await RunAsync(server, definition, script);

        server.Tell(new ServerProtocol.Withdraw("alpha"));

        Parent.ExpectMsg<Passivate>(Bound).StopMessage.Should().Be(ServerProtocol.StopSupervising.Instance);
        Ask<ServerProtocol.NotSupervised>(server, new ServerProtocol.GetHealth("alpha"));
        server.Tell(ServerProtocol.StopSupervising.Instance);
        Parent.ExpectTerminated(server, Bound);
        Connector.Standing.Should().Be(0);
        Next<FleetProtocol.SupervisorStopped>(Fleet);
    }

    [Fact]
    public async Task A_node_that_leaves_starts_nothing_any_more_and_asks_for_no_successor()
    {
        await using var script = new ScriptedServer();
        var definition = Define();
        var server = Start(definition);
        Parent.Watch(server);
        var open = await RunAsync(server, definition, script);
        Life.BeginStop();

        open.End("It was ended by the node.");
        Sampler.Throws = new InvalidOperationException("broken");
        server.Tell(new ServerProtocol.GetMetrics("alpha", DateTimeOffset.MinValue, DateTimeOffset.MaxValue, TimeSpan.Zero));
        await Settle(server);
        for (var n = 0; n < 20; n++)
        {
            Advance(TimeSpan.FromSeconds(30));
            await Settle(server);
        }

        Connector.Attempts.Should().HaveCount(1);
        server.Tell(ServerProtocol.StopSupervising.Instance);
        Parent.ExpectTerminated(server, Bound);
        ExpectNone<FleetProtocol.SupervisorStopped>(Fleet);
    }

    [Fact]
    public async Task A_wedged_server_is_restarted_with_one_connection_at_a_time()
    {
        await using var script = new ScriptedServer();
        await using var second = new ScriptedServer();
        var definition = Define(settings: s => s with { Restart = s.Restart with { WedgedAfter = TimeSpan.FromSeconds(5) } });
        var server = Start(definition);
        Supervise(server, definition);
        var open = await (await AttemptAsync(1)).OpenAsync(script, Time);
        Status(s => s.State == ServerState.Healthy && s.Tools == 1);
        open.Signs = new ProcessSigns('T', 1, 0, 0, 0, 0);
        script.On("ping", _ => null);

        await AdvanceUntilAsync(() => Connector.Attempts.Count == 2);

        open.Closings.Should().Be(1);
        await Connector.Attempts[1].OpenAsync(second, Time);
        Status(s => s.State == ServerState.Healthy && s.Restarts == 1);
        Connector.MostStanding.Should().Be(1);
        Ask<ServerProtocol.HealthReport>(server, new ServerProtocol.GetHealth("alpha")).History.Select(h => h.State)
            .Should().ContainInOrder(ServerState.Starting, ServerState.Healthy, ServerState.Wedged, ServerState.Healthy);
    }

    [Fact]
    public async Task A_list_that_fails_is_reported_as_degraded()
    {
        await using var script = new ScriptedServer();
        script.On("tools/list", _ => ScriptedServer.Error(-32603, "broken"));
        var definition = Define();
        var server = Start(definition);
        Supervise(server, definition);
        await (await AttemptAsync(1)).OpenAsync(script, Time);
        Status(s => s.State == ServerState.Degraded).Cause.Should().Contain("reading what it declares fails");
    }

    [Fact]
    public async Task It_reports_every_minute_without_any_change()
    {
        var definition = Define() with { Disabled = true };
        var server = Start(definition);
        Supervise(server, definition);
        Status(s => s.State == ServerState.Stopped && s.Package is null);
        await Settle(server);
        while (Fleet.HasMessages)
        {
            await Fleet.ReceiveOneAsync(TimeSpan.Zero);
        }

        Advance(TimeSpan.FromSeconds(60));
        Next<ServerProtocol.ServerStatus>(Fleet).ReportedAt.Should().Be(Time.GetUtcNow());
    }

    private IActorRef Start(params ServerDefinition[] local) => Parent.ChildActorOf(McpServerActor.Props("alpha", Node(local)));

    private static void Supervise(IActorRef server, ServerDefinition definition) =>
        server.Tell(new ServerProtocol.Supervise(definition.Name, DeclaredServer.From(definition), 1));

    private async Task<FakeOpenServer> RunAsync(IActorRef server, ServerDefinition definition, ScriptedServer script, bool holdClosing = false)
    {
        Supervise(server, definition);
        var attempt = await AttemptAsync(1);
        attempt.Launch(4711);
        var open = await attempt.OpenAsync(script, Time, holdClosing: holdClosing);
        Status(s => s.State == ServerState.Healthy && s.Tools == 1);
        await Settle(server);
        return open;
    }

    private async Task<FakeAttempt> AttemptAsync(int number)
    {
        await Until(() => Connector.Attempts.Count >= number, $"attempt {number} is made");
        return Connector.Attempts[number - 1];
    }

    private Task AdvanceUntilAsync(Func<bool> condition) => Until(
        () =>
        {
            Advance(TimeSpan.FromSeconds(0.5));
            return condition();
        },
        "time brings what is awaited");

    private ServerProtocol.ServerStatus Status(Func<ServerProtocol.ServerStatus, bool> which) => Next(Fleet, which);

    private List<string> StateInGauges()
    {
        var states = new List<string>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, l) =>
            {
                if (instrument.Name == "mcpactors.server.state" && instrument.Meter == Meter)
                {
                    l.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            foreach (var tag in tags)
            {
                if (value == 1 && tag.Key == "state")
                {
                    states.Add((string)tag.Value!);
                }
            }
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return states;
    }

    private T Ask<T>(IActorRef server, object question)
    {
        var asker = CreateTestProbe();
        server.Tell(question, asker.Ref);
        return asker.ExpectMsg<T>(Bound);
    }

    private async Task<IActorRef?> ChildAsync(IActorRef server, string name)
    {
        var asker = CreateTestProbe();
        Sys.ActorSelection(server.Path / name).Tell(new Identify(name), asker.Ref);
        return (await asker.ExpectMsgAsync<ActorIdentity>(Bound)).Subject;
    }
}
