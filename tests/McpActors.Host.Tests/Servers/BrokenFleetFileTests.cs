using FluentAssertions;
using McpActors.Testing;
using Xunit;

namespace McpActors.Host.Tests.Servers;

/// <summary>A node whose fleet file is as messy as real ones: what can run runs, and every fault is told.</summary>
[Collection(WholeNode.Name)]
public sealed class BrokenFleetFileTests : IDisposable
{
    private readonly NodeFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_with_every_fault_at_once_runs_its_sound_servers_and_tells_the_rest_by_file_line_and_remedy()
    {
        _folder.Write("not-executable.sh", "#!/bin/sh\n");
        _folder.Write(".mcp.json", "\uFEFF" + $$"""
            {
              "$comment": "nothing reads this",
              "mcpServers": {
                "sound": { "command": "{{Checkout.FaultServer}}" },
                "twice": { "command": "{{Checkout.FaultServer}}", "args": ["--exit-at-once", "1"] },
                "twice": { "command": "{{Checkout.FaultServer}}" },
                "odd-key": { "command": "{{Checkout.FaultServer}}", "colour": "blue" },
                "no-command": { },
                "not-found": { "command": "there-is-no-such-program" },
                "not-executable": { "command": "./not-executable.sh" },
                "wrapper-missing": { "command": "sh", "args": ["./there-is-no-such-wrapper.sh"] },
                "unset": { "command": "{{Checkout.FaultServer}}", "env": { "KEY": "${TEST_VARIABLE_THAT_NOBODY_SETS}" } },
                "carrier-pigeon": { "type": "pigeon", "command": "{{Checkout.FaultServer}}" },
                "no-url": { "type": "http" },
                "bad-url": { "type": "http", "url": "not a url" },
                "number": 7,
                "args-of-numbers": { "command": "{{Checkout.FaultServer}}", "args": [1, {}] }
              }
            }
            """);
        _folder.Write("mcpactors.json", """
            { "servers": {
                "sound": { "probe": { "interval": "1 fortnight" } },
                "nobody": { "probe": { "interval": "30s" } },
                "odd-key": { "dependsOn": ["ghost"] }
            } }
            """);
        await using var node = await NodeProcess.StartAsync(_folder);
        await node.UntilAllHealthyAsync(names: ["sound", "twice", "odd-key"]);

        var config = await node.JsonAsync("/api/v1/config");
        var diagnostics = config["diagnostics"]!.AsArray().Select(d => (
            Code: d!["code"]!.GetValue<string>(), Server: d["server"]?.GetValue<string>(), Line: d["line"]!.GetValue<int>(),
            File: d["file"]!.GetValue<string>(), Message: d["message"]!.GetValue<string>(), Fix: d["fix"]!.GetValue<string>())).ToList();
        diagnostics.Should().OnlyContain(d => d.Line >= 1 && d.Message.Length > 0 && d.Fix.Length > 0 && d.File.StartsWith(_folder.Root, StringComparison.Ordinal));
        diagnostics.Where(d => d.File.EndsWith(".mcp.json", StringComparison.Ordinal)).Select(d => $"{d.Line} {d.Server} {d.Code}").Should().Contain([
            "1  byte_order_mark", "5 twice duplicate_name", "7 odd-key unknown_key", "8 no-command missing_command", "9 not-found command_not_found",
            "10 not-executable command_not_executable", "11 wrapper-missing script_not_found", "12 unset unset_variable",
            "13 carrier-pigeon unknown_transport", "14 no-url missing_url", "15 bad-url invalid_url", "16 number wrong_value_kind",
            "17 args-of-numbers wrong_value_kind"]);

        diagnostics.Where(d => d.File.EndsWith("mcpactors.json", StringComparison.Ordinal)).Select(d => d.Code)
            .Should().BeEquivalentTo("invalid_value", "unknown_server", "unknown_dependency");

        foreach (var name in (string[])["no-command", "not-found", "not-executable", "unset", "carrier-pigeon", "no-url", "bad-url"])
        {
            var server = await node.UntilAsync(name, "unreachable");
            server.Cause.Should().StartWith("It was not started: ", name);
            server.NextAction.Should().NotBeEmpty(name);
            server.Diagnostics.Should().BeGreaterThan(0, name);
            var shown = (await node.JsonAsync("/api/v1/servers/" + name))["problems"]!.AsArray();
            shown.Should().Contain(p => p!["server"]!.GetValue<string>() == name);
        }

        // An interpreter may find its script elsewhere, so it is tried all the same.
        await node.UntilAsync("wrapper-missing", s => s.Cause.Contains("there-is-no-such-wrapper.sh", StringComparison.Ordinal));

        foreach (var code in diagnostics.Select(d => d.Code).Distinct())
        {
            node.Output.Should().Contain($" {code}: ", "the console shows every diagnostic");
        }
    }

    [Theory]
    [InlineData("{ \"mcpServers\": { \"a\": ", "invalid_json")]
    [InlineData("", "invalid_json")]
    [InlineData("[1, 2]", null)]
    public async Task Where_the_file_is_no_fleet_the_node_starts_without_one_and_says_why(string text, string? code)
    {
        _folder.Write(".mcp.json", text);
        await using var node = await NodeProcess.StartAsync(_folder);

        (await node.AllServersAsync()).Should().BeEmpty();
        var diagnostics = (await node.JsonAsync("/api/v1/config"))["diagnostics"]!.AsArray();
        diagnostics.Should().NotBeEmpty();
        diagnostics[0]!["severity"]!.GetValue<string>().Should().Be("error");
        if (code is not null)
        {
            diagnostics[0]!["code"]!.GetValue<string>().Should().Be(code);
        }

        node.Output.Should().Contain("error: ").And.Contain(".mcp.json:1:");
        (await node.TerminateAsync()).Status.Should().Be(0);
    }

    [Fact]
    public async Task A_server_that_was_taken_out_of_the_file_is_not_started_again_at_the_next_start()
    {
        _folder.Fault("stays").Fault("goes");
        await using (var first = await NodeProcess.StartAsync(_folder.Save()))
        {
            await first.UntilAllHealthyAsync();
            (await first.TerminateAsync()).Status.Should().Be(0);
        }

        _folder.Write(".mcp.json", $$"""{ "mcpServers": { "stays": { "command": "{{Checkout.FaultServer}}" } } }""");
        await using var second = await NodeProcess.StartAsync(_folder);
        await second.UntilAllHealthyAsync();
        (await second.AllServersAsync()).Should().ContainSingle().Which.Name.Should().Be("stays");
        second.Servers.Should().ContainSingle();
    }
}
