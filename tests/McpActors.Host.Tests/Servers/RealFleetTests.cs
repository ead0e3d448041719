using System.Diagnostics;
using FluentAssertions;
using McpActors.Testing;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Servers;

/// <summary>Real MCP servers of npm at pinned versions, over stdio, of every protocol revision.</summary>
[Collection(WholeNode.Name)]
public sealed class RealFleetTests(ITestOutputHelper output)
{
    /// <summary>
    /// What each of them was measured to be: script, arguments, revision, tools. The two newest of "everything" declare
    /// one tool more to clients with roots, which this node is not.
    /// </summary>
    private static readonly (string Name, string Script, string[] Args, string Revision, int Tools)[] s_fleet =
    [
        ("everything-0", "everything-0/dist/index.js", [], "2024-11-05", 5),
        ("everything-2025-04", "everything-2025-04/dist/index.js", [], "2024-11-05", 8),
        ("commands", "mcp-server-commands/build/index.js", [], "2024-11-05", 1),
        ("drawio", "@drawio/mcp/src/index.js", [], "2025-03-26", 3),
        ("excel", "@negokaz/excel-mcp-server/dist/launcher.js", [], "2025-03-26", 6),
        ("thinking-tools", "mcp-sequentialthinking-tools/dist/index.js", [], "2025-06-18", 1),
        ("everything-2025-09", "everything-2025-09/dist/index.js", [], "2025-11-25", 10),
        ("everything-2026", "everything-2026/dist/index.js", [], "2025-11-25", 13),
        ("memory", "@modelcontextprotocol/server-memory/dist/index.js", [], "2025-11-25", 9),
        ("thinking", "@modelcontextprotocol/server-sequential-thinking/dist/index.js", [], "2025-11-25", 1),
        ("files", "@modelcontextprotocol/server-filesystem/dist/index.js", ["SCRATCH"], "2025-11-25", 14),
        ("hello", "mcp-hello-world/build/stdio.js", [], "2025-11-25", 3),
        ("time", "time-mcp/dist/index.js", [], "2025-11-25", 6),
        ("calc", "@coo-quack/calc-mcp/dist/index.js", [], "2025-11-25", 21),
        ("context7", "@upstash/context7-mcp/dist/index.js", [], "2026-07-28", 2),
    ];

    [Fact]
    public async Task Real_servers_of_every_revision_are_healthy_with_their_era_their_revision_and_their_tools()
    {
        await NpmFleet.EnsureAsync();
        using var folder = new NodeFolder();
        foreach (var (name, script, args, _, _) in s_fleet)
        {
            folder.Npm(name, script, [.. args.Select(a => a == "SCRATCH" ? folder.Root : a)]);
        }

        folder.Env("memory", "MEMORY_FILE_PATH", Path.Combine(folder.Root, "memory.json"));
        folder.Stdio("go-time", NpmFleet.Path("mcp-time-linux-x64/bin/mcp-time"));
        folder.Npm("wants-a-key", "server-brave-search/dist/index.js");

        var clock = Stopwatch.StartNew();
        await using var node = await NodeProcess.StartAsync(folder.Save());
        await node.UntilAllHealthyAsync(names: [.. s_fleet.Select(s => s.Name), "go-time"]);
        output.WriteLine($"start -> {s_fleet.Length + 1} real servers healthy: {clock.ElapsedMilliseconds} ms");

        var found = new List<(string Name, string? Revision, string? Era, int? Tools, int Listed)>();
        foreach (var (name, _, _, _, _) in s_fleet)
        {
            var server = await node.UntilAsync(name, s => s.Tools is not null);
            var listed = (await node.JsonAsync($"/api/v1/servers/{name}/tools"))["items"]!.AsArray();
            listed.Should().OnlyContain(t => t!["name"] != null && t["inputSchema"] != null, name);
            found.Add((name, server.ProtocolVersion, server.Era, server.Tools, listed.Count));
        }

        found.Should().Equal(s_fleet.Select(s => (s.Name, (string?)s.Revision, (string?)(s.Revision == "2026-07-28" ? "discover" : "initialize"), (int?)s.Tools, s.Tools)));
        (await node.UntilAsync("go-time", s => s.Tools == 5)).ProtocolVersion.Should().Be("2025-03-26");
        (await node.UntilAsync("wants-a-key", s => s.Cause.Contains("BRAVE_API_KEY environment variable is required", StringComparison.Ordinal)))
            .State.Should().BeOneOf("unreachable", "crash_looping");

        var version = await node.JsonAsync("/api/v1/servers/context7/version");
        version["serverInfo"]!["name"]!.GetValue<string>().Should().Be("Context7");
        version["surface"]!["sha256"]!.GetValue<string>().Should().MatchRegex("^[0-9a-f]{64}$");
        (await node.JsonAsync("/api/v1/servers/time/logs"))["garbageLines"]!.GetValue<int>().Should().Be(1, "it greets on standard output");

        var (status, took) = await node.TerminateAsync();
        output.WriteLine($"SIGTERM -> exit with real servers, three of which ignore the end of input: {took.TotalMilliseconds:0} ms");
        status.Should().Be(0);
        node.Servers.Should().BeEmpty();
    }
}
