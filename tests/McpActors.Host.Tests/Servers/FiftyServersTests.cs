using System.Diagnostics;
using FluentAssertions;
using McpActors.Testing;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Servers;

[Collection(WholeNode.Name)]
public sealed class FiftyServersTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Fifty_servers_started_at_once_are_all_healthy_each_in_one_process_and_gone_after_SIGTERM()
    {
        await NpmFleet.EnsureAsync();
        using var folder = new NodeFolder();
        for (var i = 0; i < 50; i++)
        {
            folder.Stdio($"time-{i:00}", NpmFleet.Path("mcp-time-linux-x64/bin/mcp-time"));
        }

        var clock = Stopwatch.StartNew();
        await using var node = await NodeProcess.StartAsync(folder.Save());
        output.WriteLine($"start -> declared: {clock.ElapsedMilliseconds} ms");
        var servers = await node.UntilAllHealthyAsync();
        output.WriteLine($"start -> 50 healthy: {clock.ElapsedMilliseconds} ms");

        servers.Should().HaveCount(50).And.OnlyContain(s => s.Restarts == 0);
        node.Servers.Select(p => p.Pid).Should().BeEquivalentTo(servers.Select(s => s.Pid!.Value));
        await node.UntilOutputAsync("50 of 50 servers are healthy");

        var (status, took) = await node.TerminateAsync();
        output.WriteLine($"SIGTERM -> exit with 50 servers: {took.TotalMilliseconds:0} ms");
        status.Should().Be(0);
        node.Servers.Should().BeEmpty();
    }
}
