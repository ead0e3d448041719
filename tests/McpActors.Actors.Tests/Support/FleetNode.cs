using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using McpActors.Actors.Cluster;
using McpActors.Actors.Servers;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace McpActors.Actors.Tests.Support;

/// <summary>
/// A node with the product's own cluster, serializer and SQLite journal in a folder, in virtual time, with the fleet
/// under its own supervisor and a probe in the place of the servers. Made again on the same folder it is a cold start.
/// </summary>
internal sealed class FleetNode : IAsyncDisposable
{
    private readonly IHost _host;

    private FleetNode(IHost host, string folder, ITestOutputHelper output, FakeTimeProvider time)
    {
        _host = host;
        Folder = folder;
        Time = time;
        System = host.Services.GetRequiredService<ActorSystem>();
        Kit = new TestKit(System, output);
        Servers = Kit.CreateTestProbe("servers");
        Client = Kit.CreateTestProbe("client");
        Fleet = System.ActorOf(ServersHosting.FleetProps(Servers.Ref, time), "fleet");
    }

    public string Folder { get; }

    public ActorSystem System { get; }

    public TestKit Kit { get; }

    public FakeTimeProvider Time { get; }

    /// <summary>Stands where the shard region is.</summary>
    public TestProbe Servers { get; }

    /// <summary>Whoever asks and declares.</summary>
    public TestProbe Client { get; }

    public IActorRef Fleet { get; }

    public JournalFaults Journal => FaultyJournal.Of(ConnectionString(Folder));

    public static string ConnectionString(string folder) => new SqliteConnectionStringBuilder
    {
        DataSource = Path.Combine(folder, StoreHosting.FileName),
        Pooling = true,
        DefaultTimeout = 30,
    }.ToString();

    public static async Task<FleetNode> StartAsync(string folder, ITestOutputHelper output, DateTimeOffset? now = null)
    {
        var settings = ConfigurationFactory.ParseString("""
            akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
            akka.persistence.journal.sql.class = "McpActors.Actors.Tests.Support.FaultyJournal, McpActors.Actors.Tests"
            akka.coordinated-shutdown { exit-clr = off, run-by-actor-system-terminate = off, run-by-clr-shutdown-hook = off }
            akka.loglevel = WARNING
            """);
        var host = new HostBuilder()
            .ConfigureLogging(logging => logging.ClearProviders())
            .ConfigureServices(services => services.AddAkka(ClusterHosting.SystemName, builder => builder
                .WithCluster(new NodeOptions { Name = "node-1", Data = folder })
                .AddHocon(settings.WithFallback(TestKitBase.DefaultConfig), HoconAddMode.Prepend)))
            .Build();
        await host.StartAsync();
        return new FleetNode(host, folder, output, new FakeTimeProvider(now ?? new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero)));
    }

    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        ((TestScheduler)System.Scheduler).Advance(by);
    }

    public SqliteConnection OpenDatabase()
    {
        var connection = new SqliteConnection(ConnectionString(Folder));
        connection.Open();
        return connection;
    }

    public long Execute(string sql)
    {
        using var connection = OpenDatabase();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar() ?? 0L, global::System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>The node dies without a word: what it had not written is lost.</summary>
    public async ValueTask DisposeAsync()
    {
        await System.Terminate().WaitAsync(TimeSpan.FromSeconds(20));
        _host.Dispose();
        SqliteConnection.ClearAllPools();
    }
}
