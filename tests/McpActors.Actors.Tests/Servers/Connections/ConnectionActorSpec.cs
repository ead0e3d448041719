using Akka.Actor;
using FluentAssertions;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Servers.Connections;

/// <summary>The order and the timing of starts and stops, in virtual time, without a process.</summary>
public sealed class ConnectionActorSpec(ITestOutputHelper output) : VirtualTimeSpec(output)
{
    private readonly ConnectionRemains _remains = new();

    [Fact]
    public async Task A_connection_is_told_from_the_launch_to_the_handshake()
    {
        await using var script = new ScriptedServer();
        Start();

        Parent.ExpectMsg<ConnectionEvent.Launching>(Bound).Attempt.Should().Be(0);
        var attempt = await AttemptAsync(1);
        attempt.Launch(99);
        Parent.ExpectMsg<ConnectionEvent.Launched>(Bound).Process.Pid.Should().Be(99);
        var server = await attempt.OpenAsync(script, Time);
        Parent.ExpectMsg<ConnectionEvent.Connected>(Bound).Server.Should().BeSameAs(server);
    }

    [Fact]
    public async Task A_failed_start_is_repeated_after_growing_delays_and_slowly_when_the_budget_is_spent()
    {
        var connection = Start(s => s with { Restart = s.Restart with { Budget = 3, InitialDelay = TimeSpan.FromSeconds(1), SlowRetry = TimeSpan.FromMinutes(5) } });
        var delays = new List<double>();
        for (var n = 1; n <= 5; n++)
        {
            (await AttemptAsync(n)).Fail();
            var failed = Next<ConnectionEvent.Failed>(Parent);
            failed.Restarts.Should().Be(n);
            failed.Next.CrashLooping.Should().Be(n > 3);
            delays.Add(failed.Next.After.TotalSeconds);
            await Settle(connection);

            Advance(failed.Next.After - TimeSpan.FromMilliseconds(1));
            await Settle(connection);
            Connector.Attempts.Should().HaveCount(n, "nothing is started before its time");
            Advance(TimeSpan.FromMilliseconds(2));
        }

        await AttemptAsync(6);
        delays[0].Should().BeInRange(0.9, 1.1);
        delays[1].Should().BeInRange(1.8, 2.2);
        delays[2].Should().BeInRange(3.6, 4.4);
        delays[3].Should().BeInRange(270, 330);
        delays[4].Should().BeInRange(270, 330);
    }

    [Fact]
    public async Task A_connection_that_ends_is_closed_before_the_next_one_is_opened()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        var server = await (await AttemptAsync(1)).OpenAsync(script, Time, holdClosing: true);
        Next<ConnectionEvent.Connected>(Parent);

        server.End("It exited with code 3.");
        Next<ConnectionEvent.Failed>(Parent).Detail.Should().Be("It exited with code 3.");
        await Settle(connection);
        Advance(TimeSpan.FromMinutes(10));
        await Settle(connection);
        Connector.Attempts.Should().HaveCount(1, "the old process may still be there");

        server.LetGo();
        await Until(() => Connector.Standing == 0, "the old connection is gone");
        await AdvanceUntilAsync(connection, () => Connector.Attempts.Count == 2);
        Connector.MostStanding.Should().Be(1);
        Connector.Attempts[1].Revision.Should().Be("2025-06-18", "what the last process spoke is tried first");
    }

    [Fact]
    public async Task A_revision_that_failed_is_forgotten()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        (await (await AttemptAsync(1)).OpenAsync(script, Time)).End("gone");
        await AdvanceUntilAsync(connection, () => Connector.Attempts.Count == 2);
        Connector.Attempts[1].Fail();
        await AdvanceUntilAsync(connection, () => Connector.Attempts.Count == 3);
        Connector.Attempts[2].Revision.Should().BeNull();
    }

    [Fact]
    public async Task A_wanted_restart_counts_as_a_failure_and_only_while_a_connection_stands()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        connection.Tell(new ConnectionActor.Restart("too early"));
        var server = await (await AttemptAsync(1)).OpenAsync(script, Time);
        Next<ConnectionEvent.Connected>(Parent);

        connection.Tell(new ConnectionActor.Restart("It was wedged."));
        connection.Tell(new ConnectionActor.Restart("It was wedged."));

        Next<ConnectionEvent.Failed>(Parent).Should().Match<ConnectionEvent.Failed>(f => f.Kind == FailureKind.Timeout && f.Detail == "It was wedged." && f.Restarts == 1);
        await Until(() => server.Closings == 1, "the wedged server is closed");
        await AdvanceUntilAsync(connection, () => Connector.Attempts.Count == 2);
        Parent.ExpectMsg<ConnectionEvent.Launching>(Bound);
        server.End("late news of the old one");
        await Settle(connection);
        Parent.ExpectNoMsg(Quiet);
    }

    [Fact]
    public async Task Stop_while_opening_calls_the_attempt_off_and_waits_for_its_end()
    {
        var connection = Start();
        Parent.Watch(connection);
        var attempt = await AttemptAsync(1);
        Parent.ExpectMsg<ConnectionEvent.Launching>(Bound);

        connection.Tell(ConnectionActor.Stop.Instance);
        await Settle(connection);
        attempt.Token.IsCancellationRequested.Should().BeTrue();
        attempt.Launch(99);
        Parent.ExpectNoMsg(Quiet);

        attempt.Fail();
        Parent.ExpectTerminated(connection, Bound);
    }

    [Fact]
    public async Task A_start_that_succeeds_after_the_stop_is_closed_and_told_to_nobody()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        Parent.Watch(connection);
        Parent.ExpectMsg<ConnectionEvent.Launching>(Bound);
        var attempt = await AttemptAsync(1);
        connection.Tell(ConnectionActor.Stop.Instance);
        await Settle(connection);

        var late = await attempt.OpenAsync(script, Time, holdClosing: true);
        await Until(() => late.Closings == 1, "the late connection is closed");
        Parent.ExpectNoMsg(Quiet);

        late.LetGo();
        Parent.ExpectTerminated(connection, Bound);
        Connector.Standing.Should().Be(0);
    }

    [Fact]
    public async Task Stop_while_closing_and_twice_closes_once_and_ends_with_the_closing()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        Parent.Watch(connection);
        var server = await (await AttemptAsync(1)).OpenAsync(script, Time, holdClosing: true);
        Next<ConnectionEvent.Connected>(Parent);
        server.End("gone");
        Next<ConnectionEvent.Failed>(Parent);

        connection.Tell(ConnectionActor.Stop.Instance);
        connection.Tell(ConnectionActor.Stop.Instance);
        await Settle(connection);
        Parent.ExpectNoMsg(Quiet);
        server.LetGo();

        Parent.ExpectTerminated(connection, Bound);
        server.Closings.Should().Be(1);
    }

    [Fact]
    public async Task Stop_while_waiting_for_the_next_start_stops_at_once_and_starts_nothing()
    {
        var connection = Start();
        Parent.Watch(connection);
        (await AttemptAsync(1)).Fail();
        Next<ConnectionEvent.Failed>(Parent);

        connection.Tell(ConnectionActor.Stop.Instance);

        Parent.ExpectTerminated(connection, Bound);
        Advance(TimeSpan.FromMinutes(10));
        Connector.Attempts.Should().HaveCount(1);
    }

    [Fact]
    public async Task Nothing_is_opened_again_once_the_node_leaves()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        var server = await (await AttemptAsync(1)).OpenAsync(script, Time);
        Next<ConnectionEvent.Connected>(Parent);

        Life.BeginStop();
        server.End("It was ended by the node.");
        await Until(() => server.Closings == 1, "it is closed");
        await Settle(connection);
        Advance(TimeSpan.FromMinutes(10));
        await Settle(connection);

        Connector.Attempts.Should().HaveCount(1);
        Parent.ExpectNoMsg(Quiet);
    }

    [Fact]
    public async Task A_connector_that_throws_is_a_failed_attempt()
    {
        Connector.Throws = new InvalidOperationException("secret");
        var connection = Start();
        Next<ConnectionEvent.Failed>(Parent).Should().Match<ConnectionEvent.Failed>(f => f.Kind == FailureKind.Other && !f.Detail.Contains("secret"));
        await Settle(connection);
        Connector.Throws = null;
        await AdvanceUntilAsync(connection, () => Connector.Attempts.Count == 1);
    }

    [Fact]
    public async Task A_remote_server_is_retried_at_the_pace_of_its_probes_and_never_counted_as_crash_looping()
    {
        var definition = Define() with { Transport = ServerTransport.Http, Process = null, Url = "http://127.0.0.1:1/mcp" };
        var connection = Start(definition);
        for (var n = 1; n <= 8; n++)
        {
            (await AttemptAsync(n)).Fail(FailureKind.Refused);
            var failed = Next<ConnectionEvent.Failed>(Parent);
            failed.Reconnect.Should().BeTrue();
            failed.Next.CrashLooping.Should().BeFalse();
            failed.Next.After.Should().BeLessThanOrEqualTo(HealthDecider.BadStateInterval * 1.1);
            await Settle(connection);
            Advance(failed.Next.After + TimeSpan.FromMilliseconds(1));
        }
    }

    [Fact]
    public async Task An_actor_that_fails_leaves_word_of_the_process_that_it_could_not_wait_for()
    {
        await using var script = new ScriptedServer();
        var connection = Start();
        Parent.Watch(connection);
        var attempt = await AttemptAsync(1);
        Sys.Stop(connection);
        Parent.FishForMessage(m => m is Terminated, Bound);

        _remains.Gone.IsCompleted.Should().BeFalse("the attempt is still under way");
        attempt.Token.IsCancellationRequested.Should().BeTrue();
        var late = await attempt.OpenAsync(script, Time);
        await _remains.Gone.WaitAsync(Bound);

        late.Closings.Should().Be(1, "an attempt that succeeds after its actor has no other owner");
    }

    private IActorRef Start(Func<ServerSettings, ServerSettings>? settings = null) => Start(Define(settings: settings));

    private IActorRef Start(ServerDefinition definition) => Parent.ChildActorOf(
        Props.Create(() => new ConnectionActor(definition, Connector, Life, Time, _remains, NullLogger.Instance)));

    private async Task<FakeAttempt> AttemptAsync(int number)
    {
        await Until(() => Connector.Attempts.Count >= number, $"attempt {number} is made");
        return Connector.Attempts[number - 1];
    }

    private async Task AdvanceUntilAsync(IActorRef connection, Func<bool> condition)
    {
        // The end of a closing is piped to the actor, so its timer may come a moment after the closing itself.
        await Until(
            () =>
            {
                Advance(TimeSpan.FromSeconds(1));
                return condition();
            },
            "time brings the next attempt");
        await Settle(connection);
    }
}
