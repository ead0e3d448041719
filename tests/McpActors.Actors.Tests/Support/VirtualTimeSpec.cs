using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using FluentAssertions;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Processes;
using McpActors.Core.Servers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Support;

/// <summary>
/// Actors in virtual time: Akka's timers and the clock of the product advance together, and only when the test says so.
/// Waiting for messages is in real time and bounded.
/// </summary>
public abstract class VirtualTimeSpec : TestKit
{
    /// <summary>How long a test waits, in real time, for something that must come.</summary>
    protected static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>How long a test listens, in real time, for something that must not come.</summary>
    protected static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(120);

    private static readonly Config s_config = ConfigurationFactory.ParseString("""
        akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
        akka.loglevel = WARNING
        akka.stdout-loglevel = OFF
        """);

    private readonly string _folder = Directory.CreateTempSubdirectory("mcpactors-spec-").FullName;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    protected VirtualTimeSpec(ITestOutputHelper output)
        : base(s_config, "spec", output)
    {
        Fleet = CreateTestProbe("fleet");
        Parent = CreateTestProbe("parent");
        Meter = _services.GetRequiredService<IMeterFactory>().Create(ServerGauges.MeterName);
        Gauges = new ServerGauges(_services.GetRequiredService<IMeterFactory>(), "node-1");
    }

    internal FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    internal FakeConnector Connector { get; } = new();

    internal FakeSampler Sampler { get; } = new();

    internal NodeLife Life { get; } = new();

    internal ServerGauges Gauges { get; }

    /// <summary>The factory gives the same meter to whoever asks for its name.</summary>
    internal Meter Meter { get; }

    internal TestProbe Fleet { get; }

    internal TestProbe Parent { get; }

    /// <summary>A stdio server that no test really starts.</summary>
    internal static ServerDefinition Define(string name = "alpha", Func<ServerSettings, ServerSettings>? settings = null) => new()
    {
        Name = name,
        Transport = ServerTransport.Stdio,
        Process = new ProcessDefinition("/bin/true", ["--serve"], new Dictionary<string, string>(), Path.GetTempPath()),
        Settings = (settings ?? (s => s))(ServerSettings.Default),
        Source = new SourcePosition("/fleet/.mcp.json", 3, 5),
    };

    /// <summary>What the node gives to its actors; the fleet is a probe.</summary>
    internal ServerContext Node(params ServerDefinition[] local) => new(
        "node-1",
        new LocalServers(new FleetDeclaration([], local, [])),
        Connector,
        new ServerLogs(new LogFlusher(Path.Combine(_folder, Guid.NewGuid().ToString("N")), Time), Time),
        Gauges,
        Sampler,
        Life,
        Time,
        NullLogger.Instance)
    {
        Fleet = () => Fleet.Ref,
    };

    /// <summary>Time passes for everybody: one period at a time, because a timer fires at most once in each call.</summary>
    internal void Advance(TimeSpan by)
    {
        Time.Advance(by);
        ((TestScheduler)Sys.Scheduler).Advance(by);
    }

    /// <summary>Returns when the actor has handled all that it was sent so far.</summary>
    internal async Task Settle(IActorRef actor)
    {
        var asker = CreateTestProbe();
        actor.Tell(new Identify(null), asker.Ref);
        await asker.ExpectMsgAsync<ActorIdentity>(Bound);
    }

    /// <summary>Returns when a condition has come true, or fails after the bound.</summary>
    internal static async Task Until(Func<bool> condition, string what)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > Bound)
            {
                throw new TimeoutException("This did not come true: " + what);
            }

            await Task.Delay(5);
        }
    }

    /// <summary>The next message of a type; whatever else comes first is passed over.</summary>
    internal static T Next<T>(TestProbe probe, Func<T, bool>? which = null) =>
        (T)probe.FishForMessage(m => m is T t && (which is null || which(t)), Bound);

    /// <summary>Everything that still comes is something else.</summary>
    internal static void ExpectNone<T>(TestProbe probe)
    {
        while (probe.ReceiveOne(Quiet) is { } message)
        {
            (message is T).Should().BeFalse("{0} must not come", typeof(T).Name);
        }
    }

    protected override void AfterAll()
    {
        base.AfterAll();
        Gauges.Dispose();
        _services.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
