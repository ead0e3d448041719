using System.Diagnostics.Metrics;
using Akka.Actor;
using Akka.Hosting;
using McpActors.Actors.Cluster;
using McpActors.Actors.Monitoring;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Connections;
using McpActors.Actors.Servers.Processes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace McpActors.Actors;

/// <summary>Everything below HTTP, composed. The host and the tests call the same method.</summary>
public static class McpActorsServices
{
    /// <summary>The meter that holds every instrument of the product.</summary>
    public const string MeterName = ServerGauges.MeterName;

    /// <summary>Adds the actors and what they stand on. Needs a <see cref="DataDirectory"/> and a <see cref="LocalServers"/>.</summary>
    /// <param name="services">Where to.</param>
    /// <param name="options">The section with the <see cref="NodeOptions"/>.</param>
    public static IServiceCollection AddMcpActors(this IServiceCollection services, IConfiguration options)
    {
        services.AddOptions<NodeOptions>().Bind(options)
            .PostConfigure<DataDirectory>((node, folder) => node.Data = folder.Path)
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<NodeOptions>, NodeOptionsValidator>();
        services.AddMetrics();
        services.AddSingleton<NodeLife>();
        services.AddSingleton(p => new ProcessLedger(p.GetRequiredService<DataDirectory>().Processes, p.GetRequiredService<DataDirectory>().NodeId));
        services.AddSingleton(p => new LogFlusher(p.GetRequiredService<DataDirectory>().Logs, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton<ServerLogs>();
        services.AddSingleton<ProcessHost>();
        services.AddSingleton<SharedHttp>();
        services.AddSingleton(p => new StartGate(Node(p).StartConcurrency, p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new ServerGauges(p.GetRequiredService<IMeterFactory>(), Node(p).Name));
        services.AddSingleton<IConnector, ServerConnector>();
        services.AddSingleton<IFleet, FleetClient>();

        // Before the actors: what an earlier run left behind is ended before anything is started.
        services.AddHostedService<ProcessCaretaker>();
        services.AddAkka(ClusterHosting.SystemName, (builder, provider) => builder
            .ConfigureLoggers(logging =>
            {
                logging.ClearLoggers();
                logging.AddLoggerFactory();

                // The host shows errors of Akka's only. And at its end Akka prints past the host, at this level.
                logging.LogLevel = Akka.Event.LogLevel.ErrorLevel;
            })
            .WithCluster(Node(provider))
            .WithServers(() => Context(provider), provider.GetRequiredService<TimeProvider>()));
        return services;
    }

    private static NodeOptions Node(IServiceProvider provider) => provider.GetRequiredService<IOptions<NodeOptions>>().Value;

    private static ServerContext Context(IServiceProvider provider) => new(
        Node(provider).Name,
        provider.GetRequiredService<LocalServers>(),
        provider.GetRequiredService<IConnector>(),
        provider.GetRequiredService<ServerLogs>(),
        provider.GetRequiredService<ServerGauges>(),
        provider.GetRequiredService<ProcessHost>(),
        provider.GetRequiredService<NodeLife>(),
        provider.GetRequiredService<TimeProvider>(),
        provider.GetRequiredService<ILoggerFactory>().CreateLogger("McpActors.Servers"))
    {
        Fleet = () => ActorRegistry.For(provider.GetRequiredService<ActorSystem>()).Get<FleetActor>(),
    };
}

/// <summary>Ends leftovers of an earlier run when the node starts, and every process of its own when it stops.</summary>
internal sealed class ProcessCaretaker(
    ProcessLedger ledger,
    ProcessHost processes,
    NodeLife life,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<ProcessCaretaker> log) : IHostedLifecycleService
{
    private static readonly TimeSpan s_grace = TimeSpan.FromSeconds(1.5);

    private Task? _stopping;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        var report = await LeftoverReaper.ReapAsync(ledger, time, cancellationToken).ConfigureAwait(false);
        foreach (var words in report.Words)
        {
            log.LogWarning("{What}", words);
        }

        // From the first moment of a stop nothing is restarted, and the servers end while HTTP and the cluster wind down.
        lifetime.ApplicationStopping.Register(() =>
        {
            life.BeginStop();
            _stopping = processes.StopAllAsync(s_grace);
        });
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await (_stopping ?? Task.CompletedTask).ConfigureAwait(false);

        // A start that was under way when the stop began may have come too late for the first round.
        await processes.StopAllAsync(s_grace).ConfigureAwait(false);
        ProcessHost.EndAdopted();
    }
}
