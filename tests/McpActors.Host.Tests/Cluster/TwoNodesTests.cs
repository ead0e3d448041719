using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using FluentAssertions;
using McpActors.Testing;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Cluster;

/// <summary>A real PostgreSQL, shared by the tests of this file; each test has a database of its own in it.</summary>
public sealed class SharedPostgres : IAsyncLifetime
{
    private int _databases;

    public PostgresServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await PostgresServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();

    public async Task<string> NewDatabaseAsync()
    {
        var name = "fleet" + Interlocked.Increment(ref _databases).ToString(CultureInfo.InvariantCulture);
        await using var source = Npgsql.NpgsqlDataSource.Create(Server.ConnectionString);
        await using var command = source.CreateCommand($"CREATE DATABASE {name}");
        await command.ExecuteNonQueryAsync();
        return Server.ConnectionString.Replace("Database=postgres", "Database=" + name, StringComparison.Ordinal);
    }
}

/// <summary>
/// Two node processes on one PostgreSQL. The servers end with their input: those that do not would outlive a killed
/// node as orphans, until that node's next start.
/// </summary>
[Collection(WholeNode.Name)]
public sealed class TwoNodesTests(SharedPostgres postgres, ITestOutputHelper output) : IClassFixture<SharedPostgres>, IAsyncLifetime
{
    private const int Count = 12;

    private readonly NodeFolder _firstFolder = new();
    private NodeFolder? _secondFolder;
    private NodeProcess? _first;
    private NodeProcess? _second;

    private NodeProcess First => _first!;

    private NodeProcess Second => _second!;

    // Of two halves of a cluster the one with the lowest address goes on when the other does not answer, and the other
    // half ends itself: two nodes cannot tell a death from a cut cable. So whoever is to survive gets the lower port.
    private async Task StartAsync(bool survivorIsFirst)
    {
        for (var i = 0; i < Count; i++)
        {
            _firstFolder.Fault($"server-{i:00}");
        }

        _firstFolder.Save();
        _secondFolder = new NodeFolder { Config = _firstFolder.Config };
        var database = await postgres.NewDatabaseAsync();
        var (low, high) = TwoFreePorts();
        var ports = survivorIsFirst ? (First: low, Second: high) : (First: high, Second: low);
        var seed = $"akka.tcp://mcpactors@127.0.0.1:{ports.First}";
        _first = await NodeProcess.StartAsync(_firstFolder, Settings("first", ports.First));
        _second = await NodeProcess.StartAsync(_secondFolder, Settings("second", ports.Second));

        Dictionary<string, string> Settings(string name, int port) => new()
        {
            ["MCPACTORS_Node__Store"] = "postgres",
            ["MCPACTORS_Node__ConnectionString"] = database,
            ["MCPACTORS_Node__Port"] = port.ToString(CultureInfo.InvariantCulture),
            ["MCPACTORS_Node__SeedNodes__0"] = seed,
            ["MCPACTORS_Node__Name"] = name,
        };
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await (_second?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_first?.DisposeAsync() ?? ValueTask.CompletedTask);
        _secondFolder?.Dispose();
        _firstFolder.Dispose();
    }

    [Fact]
    public async Task Servers_are_spread_over_both_nodes_and_either_node_answers_for_all_of_them()
    {
        await StartAsync(survivorIsFirst: true);
        var servers = await SpreadAsync();
        servers.Select(s => s.Node).Distinct().Should().BeEquivalentTo("first", "second");
        OneProcessEach(servers);
        foreach (var node in (NodeProcess[])[First, Second])
        {
            (await node.JsonAsync("/api/v1/cluster"))["members"]!.AsArray().Should().HaveCount(2).And.OnlyContain(m => m!["status"]!.GetValue<string>() == "up");
            foreach (var server in servers)
            {
                foreach (var route in (string[])["", "/health", "/metrics", "/logs", "/version", "/tools"])
                {
                    var answer = await node.JsonAsync($"/api/v1/servers/{server.Name}{route}");
                    answer["name"]!.GetValue<string>().Should().Be(server.Name, route);
                }

                (await node.JsonAsync($"/api/v1/servers/{server.Name}/health"))["process"]!["pid"]!.GetValue<int>().Should().Be(server.Pid);
                (await node.JsonAsync($"/api/v1/servers/{server.Name}/logs"))["lines"]!.AsArray().Should().NotBeEmpty("the log of another node is fetched from it");
                (await node.JsonAsync($"/api/v1/servers/{server.Name}/tools"))["items"]!.AsArray().Should().ContainSingle();
            }

            (await node.JsonAsync("/api/v1/config"))["servers"]!.GetValue<int>().Should().Be(Count);
            foreach (var route in (string[])["/metrics", "/openapi/v1.json", "/healthz/live", "/healthz/ready", "/healthz/startup"])
            {
                (await node.GetAsync(route)).Status.Should().Be(HttpStatusCode.OK, route);
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_a_node_is_killed_with_9_the_other_supervises_all_servers_each_in_one_process(bool killTheOldest)
    {
        await StartAsync(survivorIsFirst: !killTheOldest);
        await SpreadAsync();
        var (gone, left, name) = killTheOldest ? (First, Second, "second") : (Second, First, "first");

        var clock = Stopwatch.StartNew();
        await gone.KillAsync();
        var servers = await AllOnAsync(left, name);
        output.WriteLine($"kill -9 of the {(killTheOldest ? "oldest" : "younger")} node -> all {Count} servers healthy on the other: {clock.ElapsedMilliseconds} ms");

        OneProcessEach(servers);
        (await left.JsonAsync("/api/v1/cluster"))["members"]!.AsArray().Should().ContainSingle();
        (await left.GetAsync("/healthz/ready")).Status.Should().Be(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task When_a_node_is_told_to_leave_it_hands_over_and_leaves_no_process(bool stopTheOldest)
    {
        await StartAsync(survivorIsFirst: stopTheOldest);
        await SpreadAsync();
        var (gone, left, name) = stopTheOldest ? (First, Second, "second") : (Second, First, "first");

        var clock = Stopwatch.StartNew();
        var (status, took) = await gone.TerminateAsync();
        gone.Servers.Should().BeEmpty();
        var servers = await AllOnAsync(left, name);
        output.WriteLine($"SIGTERM of the {(stopTheOldest ? "oldest" : "younger")} node -> exit: {took.TotalMilliseconds:0} ms, all {Count} servers healthy on the other: {clock.ElapsedMilliseconds} ms");

        status.Should().Be(0);
        OneProcessEach(servers);
    }

    private async Task<IReadOnlyList<ServerView>> SpreadAsync() => await Poll.UntilAsync(
        TimeSpan.FromSeconds(90),
        async () =>
        {
            var servers = await Second.AllServersAsync();
            return servers.Count == Count && servers.All(s => s is { State: "healthy", Tools: not null }) && servers.Select(s => s.Node).Distinct().Count() == 2
                && servers.Select(s => s.Pid!.Value).Order().SequenceEqual(Running()) ? servers : null;
        },
        () => $"the servers are not spread. First: {First.Output} Second: {Second.Output}");

    private async Task<IReadOnlyList<ServerView>> AllOnAsync(NodeProcess left, string name)
    {
        IReadOnlyList<ServerView> seen = [];
        return await Poll.UntilAsync(
            TimeSpan.FromSeconds(90),
            async () =>
            {
                var (status, body, _) = await left.GetAsync("/api/v1/servers?limit=200");
                seen = status == HttpStatusCode.OK
                    ? [.. System.Text.Json.Nodes.JsonNode.Parse(body)!["items"]!.AsArray().Select(i => ServerView.From(i!))]
                    : [];
                return seen.Count == Count && seen.All(s => s.State == "healthy" && s.Node == name) && seen.Select(s => s.Pid!.Value).Order().SequenceEqual(Running()) ? seen : null;
            },
            () => $"{string.Join("\n", seen)}\nLeft: {left.Output}\nRunning: {string.Join(", ", First.Servers.Concat(Second.Servers))}");
    }

    private static (int Low, int High) TwoFreePorts()
    {
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        var ports = ((IPEndPoint)one.LocalEndpoint, (IPEndPoint)other.LocalEndpoint);
        return (Math.Min(ports.Item1.Port, ports.Item2.Port), Math.Max(ports.Item1.Port, ports.Item2.Port));
    }

    private IEnumerable<int> Running() => First.Servers.Concat(Second.Servers).Select(p => p.Pid).Order();

    private void OneProcessEach(IReadOnlyList<ServerView> servers)
    {
        servers.Should().HaveCount(Count);
        Running().Should().Equal(servers.Select(s => s.Pid!.Value).Order(), "each server has exactly one process");
    }
}
