using Akka.Actor;
using FluentAssertions;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Monitoring;

/// <summary>What is sampled, how long it is kept, and how it is told.</summary>
public sealed class MetricsActorSpec(ITestOutputHelper output) : VirtualTimeSpec(output)
{
    [Fact]
    public void Without_a_process_a_sample_says_down_and_nothing_else()
    {
        var metrics = Start();

        var point = Ask(metrics).Points.Should().ContainSingle().Subject;
        point.Should().Be(new ServerProtocol.MetricPoint(Time.GetUtcNow(), 0, null, null, null, null, null, null, null, null, 0));
        Sampler.Samples.Should().Be(0);
    }

    [Fact]
    public async Task A_running_process_is_sampled_when_asked_and_every_fifteen_seconds()
    {
        var metrics = Start();
        metrics.Tell(new ConnectionEvent.Launched(new LaunchedProcess(4711, Time.GetUtcNow(), "")));
        await Settle(metrics);
        Gauges.Health("alpha", ServerState.Healthy, new ProbeOutcome(Time.GetUtcNow(), TimeSpan.FromMilliseconds(12.5), null, null));

        var point = Ask(metrics).Points.Single();
        point.Should().Be(new ServerProtocol.MetricPoint(Time.GetUtcNow(), 1, 12.5, 50_000_000, 1.5, 4, 20, 1000, 2000, 2, 0));
        var before = Sampler.Samples;
        for (var n = 0; n < 60; n++)
        {
            Advance(TimeSpan.FromSeconds(1));
        }

        await Settle(metrics);
        (Sampler.Samples - before).Should().Be(4);
    }

    [Fact]
    public async Task One_point_a_minute_is_kept_for_three_hours()
    {
        var metrics = Start();
        metrics.Tell(new ConnectionEvent.Launched(new LaunchedProcess(4711, Time.GetUtcNow(), "")));
        for (var n = 0; n < 4 * 200; n++)
        {
            Advance(MetricsActor.SampleEvery);
            await Settle(metrics);
        }

        var points = Ask(metrics).Points;
        points.Should().HaveCount(MetricsActor.Kept + 1, "and the one of this moment");
        points.Should().BeInAscendingOrder(p => p.At);
        points.Select(p => p.At.Ticks / TimeSpan.TicksPerMinute).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task A_query_takes_the_moments_asked_for_and_the_last_of_each_step()
    {
        var metrics = Start();
        var start = Time.GetUtcNow();
        for (var n = 0; n < 4 * 20; n++)
        {
            Advance(MetricsActor.SampleEvery);
            await Settle(metrics);
        }

        var report = Ask(metrics, start.AddMinutes(5), start.AddMinutes(15), TimeSpan.FromMinutes(5));
        report.StepSeconds.Should().Be(300);
        report.Points.Should().HaveCount(2);
        report.Points.Should().OnlyContain(p => p.At >= start.AddMinutes(5) && p.At < start.AddMinutes(15));
        report.Points[0].At.Should().BeOnOrAfter(start.AddMinutes(9)).And.BeBefore(start.AddMinutes(10));
        Ask(metrics, start.AddYears(1), start.AddYears(2)).Points.Should().BeEmpty();
        Ask(metrics, start.AddMinutes(15), start.AddMinutes(5)).Points.Should().BeEmpty();
    }

    [Fact]
    public async Task A_failed_connection_counts_its_restarts_and_ends_the_samples_of_its_process()
    {
        await using var script = new ScriptedServer();
        var metrics = Start();
        metrics.Tell(new ConnectionEvent.Connected(new FakeOpenServer(await script.ConnectAsync(Time), new LaunchedProcess(4711, Time.GetUtcNow(), ""))));
        Ask(metrics).Points.Single().ResidentBytes.Should().Be(50_000_000);

        metrics.Tell(new ConnectionEvent.Failed(FailureKind.ConnectionLost, "gone", new RestartStep(TimeSpan.FromSeconds(1), 1, false), false, 3));

        Ask(metrics).Points.Single().Should().Match<ServerProtocol.MetricPoint>(p => p.ResidentBytes == null && p.Restarts == 3);
    }

    [Fact]
    public void A_process_that_is_gone_shows_no_figures()
    {
        var metrics = Start();
        Sampler.Tree = null;
        metrics.Tell(new ConnectionEvent.Launched(new LaunchedProcess(4711, Time.GetUtcNow(), "")));
        Ask(metrics).Points.Single().ResidentBytes.Should().BeNull();
        Sampler.Samples.Should().Be(1);
    }

    private IActorRef Start() => Parent.ChildActorOf(MetricsActor.Props("alpha", Node(Define())));

    private ServerProtocol.MetricsReport Ask(IActorRef metrics, DateTimeOffset? from = null, DateTimeOffset? to = null, TimeSpan step = default)
    {
        var asker = CreateTestProbe();
        metrics.Tell(new ServerProtocol.GetMetrics("alpha", from ?? DateTimeOffset.MinValue, to ?? DateTimeOffset.MaxValue, step), asker.Ref);
        return asker.ExpectMsg<ServerProtocol.MetricsReport>(Bound);
    }
}
