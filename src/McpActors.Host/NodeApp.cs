using System.Text.Json;
using System.Text.Json.Serialization;
using McpActors.Actors;
using McpActors.Actors.Servers;
using McpActors.Actors.Servers.Processes;
using McpActors.Host.Cluster;
using McpActors.Host.Monitoring;
using McpActors.Host.Servers;
using McpActors.Host.Servers.Configuration;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace McpActors.Host;

/// <summary>Puts the node together: files, processes left over, actors, HTTP.</summary>
internal static class NodeApp
{
    private const string Index = """
        McpActors watches a fleet of MCP servers. Look here:

          /api/v1/servers    the servers, their health and its cause
          /api/v1/config     the files that were read, and what is wrong in them
          /api/v1/events     changes as they happen (server-sent events)
          /openapi/v1.json   every route
          /metrics           for Prometheus

        Or on the command line: mcpactors servers list

        """;

    private static readonly string[] s_loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

    /// <summary>Runs a node until it is told to stop; 0 stopped in order, 1 could not start.</summary>
    /// <param name="given">What the command line says; it wins over every other source.</param>
    public static async Task<int> RunAsync(IReadOnlyDictionary<string, string?> given)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.Configuration.AddEnvironmentVariables("MCPACTORS_").AddInMemoryCollection(given);
        var settings = builder.Configuration;
        var urls = settings["Urls"] ?? NodeCommandLine.DefaultUrl;
        if (NodeCommandLine.RefuseUrls(urls) is { } refusal)
        {
            return Fail(refusal);
        }

        var config = Path.GetFullPath(settings["Config"] ?? ".mcp.json");
        var data = Path.GetFullPath(settings["Data"] ?? NodeCommandLine.DefaultData(config));
        DataDirectory folder;
        try
        {
            folder = DataDirectory.Open(data);
        }
        catch (DataDirectoryException e)
        {
            return Fail(e.Message);
        }

        using (folder)
        {
            var declaration = FleetFileReader.Read(config, EnvironmentVariables());
            builder.WebHost.UseUrls(urls);
            AddLogging(builder.Logging, settings["LOG_FORMAT"] ?? settings["LogFormat"]);
            AddServices(builder, folder, new LocalServers(declaration));
            var app = builder.Build();
            await using (app.ConfigureAwait(false))
            {
                try
                {
                    MapRoutes(app);
                    await app.RunAsync().ConfigureAwait(false);
                    return 0;
                }
                catch (IOException e) when (e.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
                {
                    return Fail($"{urls} is in use. Another node may be running there; end it, or choose another address with --urls.");
                }
                catch (SqliteException e)
                {
                    return Fail($"the database in {folder.Path} cannot be used ({e.Message}). Restore it from a backup, or move it away and start anew.");
                }
                catch (OperationCanceledException)
                {
                    // Told to stop before the start was through: that is no failure.
                    return 0;
                }
                catch (OptionsValidationException e)
                {
                    return Fail(string.Join(" ", e.Failures));
                }
            }
        }
    }

    private static void AddLogging(ILoggingBuilder logging, string? format)
    {
        logging.ClearProviders();
        logging.AddFilter("Microsoft", LogLevel.Warning)
            .AddFilter("Microsoft.AspNetCore.Server.Kestrel", LogLevel.Error)
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("Akka", LogLevel.Error)
            .AddFilter("ModelContextProtocol", LogLevel.None);
        if (format == "json")
        {
            logging.AddJsonConsole(o =>
            {
                o.UseUtcTimestamp = true;
                o.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
            });
        }
        else
        {
            logging.AddConsole(o => o.FormatterName = PlainFormatter.FormatterName)
                .AddConsoleFormatter<PlainFormatter, ConsoleFormatterOptions>();
        }
    }

    private static void AddServices(WebApplicationBuilder builder, DataDirectory folder, LocalServers local)
    {
        var services = builder.Services;
        services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(9));
        services.Configure<Microsoft.AspNetCore.HostFiltering.HostFilteringOptions>(o =>
        {
            // A page of another origin whose name resolves to loopback must not read the fleet.
            o.AllowedHosts = [.. s_loopbackNames];
            o.AllowEmptyHosts = false;
        });
        services.AddHostFiltering(_ => { });
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.Converters.Add(new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
            o.SerializerOptions.MaxDepth = 128;
        });

        // An unreadable parameter then comes to Problems, which says what to do, in every environment.
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddProblemDetails();
        services.AddOpenApi("v1");
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(local);
        services.AddSingleton(folder);
        services.AddNodeMetrics(local.Declaration.Servers.Count);
        services.AddNodeHealthChecks();
        services.AddSingleton<FleetStarted>();
        services.AddMcpActors(builder.Configuration.GetSection("Node"));
        services.AddHostedService<FleetStarter>();
    }

    private static void MapRoutes(WebApplication app)
    {
        app.UseHostFiltering();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = Problems.HandleAsync,

            // What a caller did, or a fleet that is only just starting, is no fault of the node's.
            SuppressDiagnosticsCallback = context => context.Exception is TimeoutException or BadHttpRequestException or OperationCanceledException,
        });
        app.UseStatusCodePages();
        app.MapGet("/", () => Results.Text(Index)).ExcludeFromDescription();
        app.MapOpenApi();
        app.MapNodeHealth();
        app.MapPrometheusScrapingEndpoint("/metrics");
        app.MapServers();
        app.MapConfig();
        app.MapCluster();
        app.MapEvents();
    }

    private static Dictionary<string, string> EnvironmentVariables() => Environment.GetEnvironmentVariables()
        .Cast<System.Collections.DictionaryEntry>()
        .ToDictionary(e => (string)e.Key, e => (string?)e.Value ?? "", StringComparer.Ordinal);

    private static int Fail(string why)
    {
        Console.Error.WriteLine("McpActors cannot start: " + why);
        return 1;
    }
}
