using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using McpActors.Benchmarks.Measuring;

namespace McpActors.Benchmarks;

/// <summary>What every group of figures stands on: the node's assembly, the server of the fleets, the report.</summary>
internal sealed class Bench
{
    private Bench(BenchOptions options, string node, string server)
    {
        Options = options;
        Node = node;
        Server = server;
    }

    /// <summary>The counts of this run.</summary>
    public BenchOptions Options { get; }

    /// <summary>The node's assembly.</summary>
    public string Node { get; }

    /// <summary>A small, well-behaved stdio server: a native program of 8 MB.</summary>
    public string Server { get; }

    /// <summary>Where the figures go.</summary>
    public Report Report { get; } = new();

    /// <summary>Finds or makes what is measured: the servers from npm, the node by a publish for this platform.</summary>
    public static async Task<Bench> PrepareAsync(BenchOptions options)
    {
        var root = Root();
        var fleet = Path.Combine(root, "tests", "fleet");
        var server = Path.Combine(fleet, "node_modules", "mcp-time-linux-x64", "bin", "mcp-time");
        if (!File.Exists(server))
        {
            await RunAsync("npm", ["ci", "--ignore-scripts"], fleet).ConfigureAwait(false);
        }


        var node = options.Node ?? Path.Combine(root, "src", "McpActors.Host", "bin", "Release", "net10.0", "McpActors.Host.dll");
        if (options.Node is null && !options.Quick)
        {
            // What is deployed: published for this platform, and so compiled ahead. Its folders are apart from the build's.
            var artifacts = Path.Combine(root, "artifacts", "bench");
            var output = Path.Combine(artifacts, "node");
            await RunAsync("dotnet", ["publish", "src/McpActors.Host", "-c", "Release", "-r", RuntimeInformation.RuntimeIdentifier,
                "--artifacts-path", artifacts, "-o", output, "-v", "q", "--nologo"], root).ConfigureAwait(false);
            node = Path.Combine(output, "McpActors.Host.dll");
        }

        return File.Exists(node)
            ? new Bench(options, node, server)
            : throw new FileNotFoundException($"There is no node at {node}. Build it: dotnet build -c Release src/McpActors.Host");
    }

    /// <summary>A fleet file of so many copies of the stdio server: s0000, s0001, ...</summary>
    public string StdioFleet(int count) => FleetFile(count, i => new JsonObject { ["command"] = Server });

    /// <summary>A fleet file.</summary>
    public static string FleetFile(int count, Func<int, JsonObject> server) => new JsonObject
    {
        ["mcpServers"] = new JsonObject(Enumerable.Range(0, count).Select(i => KeyValuePair.Create<string, JsonNode?>($"s{i:0000}", server(i)))),
    }.ToJsonString();

    private static string Root()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "McpActors.sln")))
            {
                return folder.FullName;
            }
        }

        throw new DirectoryNotFoundException("The benchmarks run from within the repository: dotnet run -c Release --project tests/McpActors.Benchmarks");
    }

    private static async Task RunAsync(string program, string[] args, string folder)
    {
        Console.Error.WriteLine($"{program} {string.Join(' ', args)}");
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        var start = new ProcessStartInfo(program, args) { WorkingDirectory = folder };
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start.");
        try
        {
            await process.WaitForExitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{program} did not end within 10 minutes.");
        }

        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} ended with status {process.ExitCode}.");
        }
    }
}
