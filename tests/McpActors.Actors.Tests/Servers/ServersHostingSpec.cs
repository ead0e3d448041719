using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using FluentAssertions;
using McpActors.Actors.Cluster;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Processes;
using McpActors.Actors.Tests.Support;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace McpActors.Actors.Tests.Servers;

/// <summary>
/// The whole of a node below HTTP in real time: cluster of one, journal, shard region, singleton and edge, put together
/// by the product's own hosting methods. Only the servers are scripted.
/// </summary>
public sealed class ServersHostingSpec : IAsyncLifetime
{
    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(30);
    private readonly string _folder = Directory.CreateTempSubdirectory("mcpactors-node-").FullName;
    private readonly List<ScriptedServer> _scripts = [];
    private FakeConnector _connector = new();
    private Task _mayOpen = Task.CompletedTask;
    private IHost _host = null!;
    private IFleet _fleet = null!;

    public Task InitializeAsync() => StartAsync();

    public async Task DisposeAsync()
    {
        await KillAsync();
        foreach (var script in _scripts)
        {
            await script.DisposeAsync();
        }

        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_declared_server_comes_alive_answers_survives_the_node_and_is_withdrawn()
    {
        (await _fleet.DeclareAsync([DeclaredServer.From(Alpha)], Limit())).Should().BeEquivalentTo(new FleetProtocol.Accepted(1, 1, 1));
        await UntilHealthyAsync();
        (await _fleet.AskServerAsync<ServerProtocol.HealthReport>(new ServerProtocol.GetHealth("alpha"), Limit()))!.State.Should().Be(ServerState.Healthy);
        (await _fleet.AskServerAsync<ServerProtocol.ToolsReport>(new ServerProtocol.GetTools("alpha", 0, 10), Limit()))!.Total.Should().Be(1);
        (await _fleet.AskServerAsync<ServerProtocol.HealthReport>(new ServerProtocol.GetHealth("stranger"), Limit())).Should().BeNull();
        var first = _connector;

        await KillAsync();
        await StartAsync();

        // Nobody declares anything: the journal alone brings the server back.
        await UntilHealthyAsync();
        first.MostStanding.Should().Be(1);
        _connector.MostStanding.Should().Be(1);
        (await _fleet.ListAsync(null, 10, Limit())).Should().Match<FleetProtocol.ServerPage>(p => p.Total == 1 && p.Revision == 1);

        (await _fleet.DeclareAsync([], Limit())).Should().BeEquivalentTo(new FleetProtocol.Accepted(2, 0, 1));
        await VirtualTimeSpec.Until(() => _connector.Standing == 0, "the withdrawn server is stopped");
        (await _fleet.FindAsync("alpha", Limit())).Should().Be(new FleetProtocol.ServerFound(null, null));
    }

    [Fact]
    public async Task A_watcher_sees_a_server_come_alive()
    {
        var mayOpen = new TaskCompletionSource();
        _mayOpen = mayOpen.Task;
        using var stop = new CancellationTokenSource(s_bound);
        await using var watching = _fleet.WatchAsync(stop.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = watching.MoveNextAsync();
        await _fleet.DeclareAsync([DeclaredServer.From(Alpha)], stop.Token);
        await UntilAsync(found => found.Status is { State: ServerState.Starting });
        mayOpen.SetResult();

        while (await next && watching.Current.State != ServerState.Healthy)
        {
            next = watching.MoveNextAsync();
        }

        watching.Current.Should().Match<ServerProtocol.ServerStatus>(s => s.Name == "alpha" && s.State == ServerState.Healthy);
    }

    private static ServerDefinition Alpha => VirtualTimeSpec.Define();

    private static CancellationToken Limit() => new CancellationTokenSource(s_bound).Token;

    private Task UntilHealthyAsync() => UntilAsync(found => found.Status is { State: ServerState.Healthy, Tools: 1 });

    private async Task UntilAsync(Func<FleetProtocol.ServerFound, bool> condition)
    {
        var found = new FleetProtocol.ServerFound(null, null);
        var start = TimeProvider.System.GetTimestamp();
        while (!condition(found))
        {
            TimeProvider.System.GetElapsedTime(start).Should().BeLessThan(s_bound, "the server is {0}", found.Status);
            await Task.Delay(20);
            try
            {
                found = await _fleet.FindAsync("alpha", Limit());
            }
            catch (TimeoutException)
            {
                // On a busy machine the singleton may take longer than one question waits.
            }
        }
    }

    private async Task StartAsync()
    {
        _connector = new FakeConnector
        {
            Answer = async attempt =>
            {
                var script = new ScriptedServer();
                lock (_scripts)
                {
                    _scripts.Add(script);
                }

                await _mayOpen;
                await attempt.OpenAsync(script, TimeProvider.System);
            },
        };
        var connector = _connector;

        // The node's process must not end with the test's actor system.
        var settings = ConfigurationFactory.ParseString("""
            akka.coordinated-shutdown { exit-clr = off, run-by-actor-system-terminate = off, run-by-clr-shutdown-hook = off }
            akka.loglevel = WARNING
            """);
        _host = new HostBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .ConfigureServices(services =>
            {
                services.AddMetrics();
                services.AddSingleton(TimeProvider.System);
                services.AddOptions<NodeOptions>().Configure(options => (options.Name, options.Data) = ("node-1", _folder));
                services.AddSingleton(new LogFlusher(Path.Combine(_folder, "logs"), TimeProvider.System));
                services.AddSingleton<ServerLogs>();
                services.AddSingleton(p => new ServerGauges(p.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), "node-1"));
                services.AddSingleton<IFleet, FleetClient>();
                services.AddAkka(ClusterHosting.SystemName, (builder, provider) => builder
                    .WithCluster(new NodeOptions { Name = "node-1", Data = _folder })
                    .WithServers(
                        () => new ServerContext(
                            "node-1",
                            new LocalServers(new FleetDeclaration([], [Alpha], [])),
                            connector,
                            provider.GetRequiredService<ServerLogs>(),
                            provider.GetRequiredService<ServerGauges>(),
                            new FakeSampler(),
                            new NodeLife(),
                            TimeProvider.System,
                            NullLogger.Instance)
                        {
                            Fleet = () => ActorRegistry.For(provider.GetRequiredService<ActorSystem>()).Get<FleetActor>(),
                        },
                        TimeProvider.System)
                    .AddHocon(settings, HoconAddMode.Prepend));
            })
            .Build();
        await _host.StartAsync();
        _fleet = _host.Services.GetRequiredService<IFleet>();
    }

    // As a crash: no farewell, no hand-over. Only what is on disk is left.
    private async Task KillAsync()
    {
        await _host.Services.GetRequiredService<ActorSystem>().Terminate().WaitAsync(s_bound);
        _host.Dispose();
        SqliteConnection.ClearAllPools();
    }
}
