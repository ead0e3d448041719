using Akka.Actor;
using FluentAssertions;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Monitoring;

/// <summary>When a server is probed and what becomes of the answers, in virtual time, over a scripted conversation.</summary>
public sealed class HealthActorSpec(ITestOutputHelper output) : VirtualTimeSpec(output)
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1.01);
    private static readonly ProcessSigns s_well = new('S', 1, 0, 0, 0, 0);

    [Fact]
    public async Task The_first_probe_comes_a_second_after_the_handshake_and_the_next_after_the_interval()
    {
        await using var script = new ScriptedServer();
        var health = Start();
        await ConnectAsync(health, script);

        Advance(s_second);
        var first = await ChangedAsync(c => c.Health.Recent.Count == 1);
        var wait = first.NextProbeAt!.Value - Time.GetUtcNow();
        wait.Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(54)).And.BeLessThanOrEqualTo(TimeSpan.FromSeconds(66), "a tenth is jitter");
        Advance(wait - TimeSpan.FromMilliseconds(10));
        await Settle(health);
        script.Count("ping").Should().Be(1);
        Advance(TimeSpan.FromMilliseconds(20));

        (await ChangedAsync(c => c.Health.Recent.Count == 2)).Health.State.Should().Be(ServerState.Healthy);
        script.Count("ping").Should().Be(2);
    }

    [Fact]
    public async Task Three_probes_that_nobody_answers_change_the_state_and_never_overlap()
    {
        await using var script = new ScriptedServer();
        var under = 0;
        var most = 0;
        script.On("ping", _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref under));
            return null;
        });
        var health = Start();
        await ConnectAsync(health, script);
        var last = Health.Initial(Time.GetUtcNow());
        for (var probe = 1; probe <= 3; probe++)
        {
            last.State.Should().NotBe(ServerState.Wedged, "two lost answers are not yet an outage");
            Advance(TimeSpan.FromSeconds(probe == 3 ? 2.01 : 1.01));
            await Until(() => script.Count("ping") == probe, $"probe {probe} is under way");

            // Whatever asks for a probe now has to wait for this one.
            health.Tell(new HealthInput.Examined("a look", "fault " + probe));
            await Settle(health);
            script.Count("ping").Should().Be(probe);
            Interlocked.Decrement(ref under);
            Advance(TimeSpan.FromSeconds(5.01));
            last = (await ChangedAsync(c => c.Health.FailuresInRow == probe)).Health;
        }

        last.State.Should().Be(ServerState.Wedged);
        last.Cause.Should().Contain("5 s");
        most.Should().Be(1);
        script.Count("ping").Should().Be(3);
    }

    [Fact]
    public async Task A_late_probe_of_an_old_connection_is_ignored()
    {
        await using var old = new ScriptedServer();
        await using var fresh = new ScriptedServer();
        var answer = new TaskCompletionSource<System.Text.Json.Nodes.JsonObject?>(TaskCreationOptions.RunContinuationsAsynchronously);
        old.OnSlowly("ping", _ => answer.Task);
        var health = Start();
        await ConnectAsync(health, old);
        Advance(s_second);
        await Until(() => old.Count("ping") == 1, "the old connection is probed");

        health.Tell(new ConnectionEvent.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromSeconds(1), 1, false), false, 1));
        await ChangedAsync(c => !c.Health.Connected);
        await ConnectAsync(health, fresh);
        answer.SetResult(ScriptedServer.Result([]));
        Parent.ExpectNoMsg(Quiet);
        Advance(s_second);

        var changed = await ChangedAsync(c => c.Health.LastProbe is { Answered: true });
        changed.Health.Recent.Should().HaveCount(2, "the failure of the connection and the probe of the new one");
        fresh.Count("ping").Should().Be(1);
    }

    [Fact]
    public async Task A_sign_asks_for_a_probe_at_once_that_waits_at_most_a_second_and_a_half()
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => null);
        var health = Start();
        var server = await ConnectAsync(health, script);
        server.Signs = s_well with { UnreadInputBytes = 768 };
        health.Tell(new HealthInput.SignsRead(server.Signs));
        await Until(() => script.Count("ping") == 1, "the suspicious probe");

        Advance(TimeSpan.FromSeconds(1.4));
        await Settle(health);
        Advance(TimeSpan.FromSeconds(0.2));

        var changed = await ChangedAsync(c => c.Health.State == ServerState.Wedged);
        changed.Health.LastProbe!.Latency.Should().BeLessThanOrEqualTo(TimeSpan.FromSeconds(1.7));
        changed.Health.Cause.Should().Contain("does not read its input").And.Contain("1.5 s");
    }

    [Fact]
    public async Task A_sign_during_a_probe_is_followed_by_one_more_probe_at_once()
    {
        await using var script = new ScriptedServer();
        var answer = new TaskCompletionSource<System.Text.Json.Nodes.JsonObject?>(TaskCreationOptions.RunContinuationsAsynchronously);
        script.OnSlowly("ping", _ => answer.Task);
        var health = Start();
        await ConnectAsync(health, script);
        Advance(s_second);
        await Until(() => script.Count("ping") == 1, "the first probe");
        health.Tell(new HealthInput.SignsRead(s_well with { UnreadInputBytes = 768 }));
        await Settle(health);
        script.Count("ping").Should().Be(1, "probes do not overlap");

        script.On("ping", _ => ScriptedServer.Result([]));
        answer.SetResult(ScriptedServer.Result([]));

        await ChangedAsync(c => c.Health.Recent.Count == 2);
        script.Count("ping").Should().Be(2);
    }

    [Fact]
    public async Task A_stopped_process_is_wedged_after_two_looks_and_needs_no_probe()
    {
        await using var script = new ScriptedServer();
        var health = Start();
        var server = await ConnectAsync(health, script);
        server.Signs = s_well with { State = 'T' };
        script.On("ping", _ => null);

        for (var n = 0; n < 6; n++)
        {
            Advance(TimeSpan.FromSeconds(1));
            await Settle(health);
        }

        (await ChangedAsync(c => c.Health.State == ServerState.Wedged)).Health.Cause.Should().Contain("SIGSTOP");
    }

    [Fact]
    public async Task A_process_that_stays_wedged_is_to_be_restarted_and_is_looked_at_no_more()
    {
        await using var script = new ScriptedServer();
        script.On("ping", _ => null);
        var health = Start(s => s with { Restart = s.Restart with { WedgedAfter = TimeSpan.FromSeconds(20) } });
        var server = await ConnectAsync(health, script);
        server.Signs = s_well with { State = 'T' };
        Parent.IgnoreMessages(m => m is HealthActor.Changed);
        for (var n = 0; n < 40 && !Parent.HasMessages; n++)
        {
            Advance(TimeSpan.FromSeconds(1));
            await Settle(health);
        }

        Parent.ExpectMsg<HealthActor.RestartWanted>(Bound).Why.Should().Contain("It was wedged for");
        var probes = script.Count("ping");
        for (var n = 0; n < 30; n++)
        {
            Advance(TimeSpan.FromSeconds(1));
        }

        await Settle(health);
        script.Count("ping").Should().Be(probes);
        Parent.ExpectNoMsg(Quiet);
    }

    [Fact]
    public async Task Probing_ends_with_the_connection()
    {
        await using var script = new ScriptedServer();
        var health = Start();
        await ConnectAsync(health, script);
        health.Tell(new ConnectionEvent.Failed(FailureKind.ConnectionLost, "It exited with code 1.", new RestartStep(TimeSpan.FromSeconds(1), 1, false), false, 1));
        var changed = await ChangedAsync(c => c.Health.State == ServerState.Unreachable);
        changed.NextProbeAt.Should().BeNull();
        await Settle(health);
        Advance(TimeSpan.FromMinutes(2));
        await Settle(health);
        script.Count("ping").Should().Be(0);
    }

    [Theory]
    [InlineData(null, ServerState.Healthy)]
    [InlineData("It exited with code 1.", ServerState.Degraded)]
    public async Task The_self_check_runs_with_its_own_arguments_and_a_bound(string? fault, ServerState expected)
    {
        await using var script = new ScriptedServer();
        Sampler.RunFault = fault;
        var health = Start(s => s with { SelfCheck = ["--selfcheck"] });
        await ConnectAsync(health, script);
        Advance(s_second);

        await Until(() => !Sampler.Runs.IsEmpty, "the self-check runs");
        Sampler.Runs.Single().Process.Args.Should().Equal("--selfcheck");
        Sampler.Runs.Single().Limit.Should().Be(TimeSpan.FromSeconds(10));
        (await ChangedAsync(c => c.Health.LastProbe is { Answered: true } && c.Health.State == expected)).Health.Cause.Should().Contain(fault ?? "It answers.");
    }

    private IActorRef Start(Func<ServerSettings, ServerSettings>? settings = null)
    {
        var definition = Define(settings: settings);
        return Parent.ChildActorOf(HealthActor.Props(definition.Name, definition.Settings, definition, Node(definition)));
    }

    private async Task<FakeOpenServer> ConnectAsync(IActorRef health, ScriptedServer script)
    {
        var server = new FakeOpenServer(await script.ConnectAsync(Time), new LaunchedProcess(4711, Time.GetUtcNow(), "")) { Signs = s_well };
        health.Tell(new ConnectionEvent.Connected(server));
        await ChangedAsync(c => c.Health.Connected);
        await Settle(health);
        return server;
    }

    private async Task<HealthActor.Changed> ChangedAsync(Func<HealthActor.Changed, bool> which)
    {
        var changed = Next(Parent, which);

        // Whoever looks at what was decided also wants the timers that follow from it.
        await Settle(Parent.LastSender);
        return changed;
    }
}
