using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests;

/// <summary>What keeps a node from starting, told in words, and what it says when it does.</summary>
[Collection(WholeNode.Name)]
public sealed class NodeStartTests : IDisposable
{
    private readonly NodeFolder _folder = new NodeFolder().Fault("only").Save();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("http://0.0.0.0:0", "could be reached from other machines")]
    [InlineData("http://*:0", "is no address to listen at")]
    [InlineData("http://example.com:7710", "could be reached from other machines")]
    [InlineData("http://127.0.0.1:0;http://192.0.2.1:0", "could be reached from other machines")]
    [InlineData("https://127.0.0.1:0", "is no address to listen at")]
    [InlineData("nonsense", "is no address to listen at")]
    public async Task An_address_that_others_could_reach_is_refused(string urls, string words)
    {
        var run = await RunAsync("--urls", urls);
        run.Status.Should().Be(1);
        run.Error.Should().StartWith("McpActors cannot start: ").And.Contain(words);
        run.All.Should().NotContain("   at ");
    }

    [Fact]
    public async Task A_second_node_on_the_same_data_folder_is_refused_and_the_first_goes_on()
    {
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilAllHealthyAsync();

        var run = await RunAsync("--urls", "http://127.0.0.1:0");

        run.Status.Should().Be(1);
        run.Error.Should().Contain("Another node is using the data folder").And.Contain($"process {node.Pid}").And.Contain("--data");
        node.Servers.Should().ContainSingle();
        await node.UntilAllHealthyAsync();
    }

    [Fact]
    public async Task A_port_in_use_is_refused_and_no_server_is_left_running()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";

        var run = await RunAsync("--urls", url);

        run.Status.Should().Be(1);
        run.Error.Should().Contain(url + " is in use").And.Contain("--urls");
        run.All.Should().NotContain("   at ");
        MarkedProcesses.Of(_folder.NodeId!).Should().BeEmpty();
    }

    [Fact]
    public async Task A_database_that_is_none_is_refused_in_words()
    {
        await using (var node = await NodeProcess.StartAsync(_folder))
        {
            await node.UntilAllHealthyAsync();
            (await node.TerminateAsync()).Status.Should().Be(0);
        }

        File.Delete(Path.Combine(_folder.Data, "mcpactors.db-wal"));
        await File.WriteAllBytesAsync(Path.Combine(_folder.Data, "mcpactors.db"), Enumerable.Range(0, 20_000).Select(i => (byte)(i * 7)).ToArray());
        var run = await RunAsync("--urls", "http://127.0.0.1:0");

        run.Status.Should().Be(1);
        run.Error.Should().Contain("the database in " + _folder.Data).And.Contain("backup");
        run.All.Should().NotContain("   at ");
        MarkedProcesses.Of(_folder.NodeId!).Should().BeEmpty();
    }

    [Fact]
    public async Task A_server_with_a_slash_in_its_name_can_be_asked_about()
    {
        _folder.Fault("@scope/pkg").Save();
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilAllHealthyAsync();

        foreach (var route in (string[])["", "/health", "/logs", "/version", "/tools", "/metrics"])
        {
            var answer = await node.JsonAsync("/api/v1/servers/%40scope%2Fpkg" + route);
            answer["name"]!.GetValue<string>().Should().Be("@scope/pkg");
        }
    }

    [Fact]
    public async Task A_stop_during_a_self_check_leaves_nothing_behind()
    {
        _folder.Fault("checked").Setting("checked", "selfCheck", """["--hang-at-start", "--ignore-eof", "--ignore-sigterm"]""").Save();
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilAllHealthyAsync();
        await Poll.UntilAsync(TimeSpan.FromSeconds(30), () => MarkedProcesses.Of(_folder.NodeId!).Count >= 2, () => "The self-check did not start.");

        (await node.TerminateAsync()).Status.Should().Be(0);

        MarkedProcesses.Of(_folder.NodeId!).Should().BeEmpty();
    }

    [Fact]
    public async Task A_setting_out_of_its_range_is_refused_with_the_range()
    {
        var run = await RunAsync(["--urls", "http://127.0.0.1:0"], new Dictionary<string, string?> { ["MCPACTORS_Node__StartConcurrency"] = "0" });
        run.Status.Should().Be(1);
        run.Error.Should().Contain("Node:StartConcurrency must be 1 to 1000");
    }

    [Fact]
    public async Task A_wrong_option_is_a_usage_error()
    {
        var run = await RunAsync("--colour", "blue");
        run.Status.Should().Be(2);
        run.All.Should().Contain("--colour");
    }

    [Fact]
    public async Task JSON_logs_are_one_object_a_line()
    {
        await using var node = await NodeProcess.StartAsync(_folder, null, "--log-format", "json");
        await node.UntilAllHealthyAsync();
        await node.UntilOutputAsync("servers are healthy");
        (await node.TerminateAsync()).Status.Should().Be(0);

        var lines = node.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCountGreaterThan(3);
        foreach (var line in lines)
        {
            FluentActions.Invoking(() => JsonNode.Parse(line)!.AsObject()["Message"]!.GetValue<string>()).Should().NotThrow(line);
        }
    }

    [Fact]
    public async Task The_console_says_where_to_look_and_what_became_of_the_start()
    {
        _folder.Fault("broken", "--exit-at-once", "1").Save();
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilOutputAsync("1 of 2 servers are healthy");
        node.Output.Should().Contain(node.Url + "/api/v1/servers").And.Contain("servers list").And.Contain("/metrics")
            .And.Contain("cannot start: the widget is not configured");
    }

    [Fact]
    public async Task The_data_folder_is_private()
    {
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilAllHealthyAsync();
        File.GetUnixFileMode(_folder.Data).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (var file in Directory.EnumerateFiles(_folder.Data, "*", SearchOption.AllDirectories))
        {
            (File.GetUnixFileMode(file) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)).Should().Be((UnixFileMode)0, file);
        }
    }

    private Task<ToolRun> RunAsync(params string[] args) => RunAsync(args, null);

    private async Task<ToolRun> RunAsync(string[] args, Dictionary<string, string?>? environment)
    {
        var clock = Stopwatch.StartNew();
        var run = await Tool.RunAsync(
            "dotnet", [Checkout.Host, "--config", _folder.Config, "--data", _folder.Data, .. args], TimeSpan.FromSeconds(60), _folder.Root, environment);
        clock.Elapsed.Should().BeLessThan(TimeSpan.FromSeconds(60));
        return run;
    }
}
