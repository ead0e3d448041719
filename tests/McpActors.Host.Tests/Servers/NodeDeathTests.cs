using FluentAssertions;
using McpActors.Testing;
using Xunit;
using Xunit.Abstractions;

namespace McpActors.Host.Tests.Servers;

/// <summary>What becomes of the servers when their node dies or is told to leave.</summary>
[Collection(WholeNode.Name)]
public sealed class NodeDeathTests(ITestOutputHelper output) : IDisposable
{
    private readonly NodeFolder _folder = Stubborn(new NodeFolder());

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task After_kill_9_of_the_node_a_restart_finds_the_leftovers_and_makes_no_second_copy()
    {
        IReadOnlyList<MarkedProcess> first;
        await using (var node = await NodeProcess.StartAsync(_folder.Save()))
        {
            await node.UntilAllHealthyAsync();
            first = Lasting(node);
            first.Should().HaveCount(10, "six servers, one shell before one of them, and three grandchildren run");
            await node.KillAsync();
            await Poll.UntilAsync(TimeSpan.FromSeconds(30), () => !node.Servers.Any(p => p.CommandLine.Contains("--tools 2", StringComparison.Ordinal)),
                () => "the server that ends with its input is still there");
            node.Servers.Should().NotBeEmpty("servers that ignore the end of their input outlive a killed node");

            await using var second = await NodeProcess.StartAsync(_folder);
            var servers = await second.UntilAllHealthyAsync();

            servers.Should().HaveCount(6);
            Lasting(second).Should().HaveCount(10);
            second.Servers.Select(p => p.Pid).Should().NotIntersectWith(first.Select(p => p.Pid), "nothing of the first run is left");
            servers.Select(s => s.Pid!.Value).Should().OnlyHaveUniqueItems().And.BeSubsetOf(second.Servers.Select(p => p.Pid));
            second.Output.Should().Contain("stubborn", "what was ended is told by name");
        }
    }

    [Fact]
    public async Task SIGTERM_of_the_node_ends_every_server_and_grandchild_and_its_status_is_0()
    {
        await using var node = await NodeProcess.StartAsync(_folder.Save());
        await node.UntilAllHealthyAsync();

        var (status, took) = await node.TerminateAsync();

        output.WriteLine($"SIGTERM -> exit, with servers that ignore the end of input and SIGTERM: {took.TotalMilliseconds:0} ms");
        node.Servers.Should().BeEmpty();
        status.Should().Be(0);
        took.Should().BeLessThan(TimeSpan.FromSeconds(30), "a service manager kills after that or later");
        node.Output.Should().NotContain("error:");
    }

    [Fact]
    public async Task SIGTERM_in_the_middle_of_the_start_leaves_nothing_behind()
    {
        for (var i = 0; i < 20; i++)
        {
            _folder.Fault($"more-{i}", "--ignore-eof", "--delay-ms", "100");
        }

        await using var node = await NodeProcess.StartAsync(_folder.Save());
        await Poll.UntilAsync(TimeSpan.FromSeconds(30), () => node.Servers.Count >= 3, () => "no server was started");

        var (status, took) = await node.TerminateAsync();

        output.WriteLine($"SIGTERM -> exit in the middle of the start: {took.TotalMilliseconds:0} ms");
        node.Servers.Should().BeEmpty();
        status.Should().Be(0);
    }

    // The grandchild that ignores SIGTERM is a shell that sleeps a second again and again.
    private static List<MarkedProcess> Lasting(NodeProcess node) => [.. node.Servers.Where(p => p.CommandLine != "sleep 1")];

    private static NodeFolder Stubborn(NodeFolder folder)
    {
        var wrapper = folder.Write("wrapped.sh", $"#!/bin/sh\n'{Checkout.FaultServer}' \"$@\"\nexit $?\n", executable: true);
        return folder
            .Fault("gentle", "--tools", "2")
            .Fault("stubborn", "--ignore-eof", "--ignore-sigterm")
            .Fault("parent", "--ignore-eof", "--grandchild")
            .Fault("parent-of-stubborn", "--ignore-eof", "--grandchild-ignores-sigterm")
            .Fault("parent-of-emigrant", "--ignore-eof", "--grandchild-own-session")
            .Stdio("wrapped", wrapper, "--ignore-eof", "--ignore-sigterm");
    }
}
