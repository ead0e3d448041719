using System.Text.Json.Nodes;
using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests.Cli;

/// <summary>The command line as a program of its own, against a real node.</summary>
[Collection(WholeNode.Name)]
public sealed class RealNodeTests(SmallFleet fleet) : IClassFixture<SmallFleet>
{
    [Fact]
    public async Task The_list_shows_one_server_a_line_and_counts_them()
    {
        await fleet.Node.UntilAllHealthyAsync();
        var run = await RunAsync(fleet.Node.Url, "servers", "list");
        run.Status.Should().Be(0, run.Error);
        var lines = run.Output.TrimEnd().Split('\n');
        lines[^1].Should().Be("Count: 5");
        foreach (var name in SmallFleet.Names)
        {
            lines.Should().ContainSingle(l => l.StartsWith(name, StringComparison.Ordinal)).Which.Should().Contain(" | ").And.Contain("healthy");
        }
    }

    [Fact]
    public async Task For_programs_there_is_JSON()
    {
        var run = await RunAsync(fleet.Node.Url, "servers", "list", "-o", "json");
        run.Status.Should().Be(0, run.Error);
        JsonNode.Parse(run.Output)!.ToJsonString().Should().ContainAll(SmallFleet.Names.Select(n => $"\"{n}\""));
    }

    [Theory]
    [InlineData("show")]
    [InlineData("health")]
    [InlineData("metrics")]
    [InlineData("logs")]
    [InlineData("version")]
    [InlineData("tools")]
    public async Task Every_verb_about_one_server_works(string verb)
    {
        var run = await RunAsync(fleet.Node.Url, "servers", verb, "beta");
        run.Status.Should().Be(0, run.Error);
        run.Output.Should().NotBeEmpty();
        var unknown = await RunAsync(fleet.Node.Url, "servers", verb, "nobody");
        unknown.Status.Should().Be(1);
        unknown.Error.Should().NotBeEmpty();
    }

    [Fact]
    public async Task Where_nothing_listens_the_status_is_3_and_says_so()
    {
        var run = await RunAsync($"http://127.0.0.1:{Servers.HttpFleet.FreePort()}", "servers", "list");
        run.Status.Should().Be(3);
        run.Error.Should().NotBeEmpty();
    }

    [Fact]
    public async Task Wrong_usage_has_status_2() =>
        (await RunAsync(fleet.Node.Url, "servers", "explode")).Status.Should().Be(2);

    private static Task<ToolRun> RunAsync(string node, params string[] args) =>
        Tool.RunAsync("dotnet", [Checkout.Cli, "--node", node, .. args], TimeSpan.FromSeconds(60));
}
