using System.Text.Json;
using FluentAssertions;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class ServersPaletteTests
{
    [Fact]
    public async Task The_list_has_a_line_for_each_server_then_the_count_and_the_diagnostics()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "list");

        run.Should().BeEquivalentTo(new { Status = 0, Error = "" });
        run.Lines.Should().Equal(
            "everything | healthy | 3m | pid 4711 | @modelcontextprotocol/server-everything@2026.1.14 | 12 tools | 3.3 ms",
            "wedged | wedged | 3h | pid 4712 | - | - | - | The process lives | the protocol is dead.",
            "we ird/näme | stopped | 22d | - | - | 1 tool | - | Wanted.",
            "Count: 3",
            "2 diagnostics: mcpactors config diagnostics");
    }

    [Fact]
    public async Task A_clean_fleet_gets_no_line_about_diagnostics()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers?limit=100", RecordedBodies.List(RecordedBodies.Everything)).On("/api/v1/config", RecordedBodies.EmptyConfig);

        var run = await CliRun.Of(node, "servers", "list");

        run.Lines.Should().HaveCount(2).And.HaveElementAt(1, "Count: 1");
    }

    [Fact]
    public async Task An_empty_fleet_says_where_to_look()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers?limit=100", RecordedBodies.List()).On("/api/v1/config", RecordedBodies.EmptyConfig);

        var run = await CliRun.Of(node, "servers", "list");

        run.Lines.Should().Equal("Count: 0", "No server is declared: mcpactors config show tells which files the node reads.");
    }

    [Fact]
    public async Task Where_the_node_hides_its_configuration_the_servers_own_diagnostics_are_counted()
    {
        await using var node = await TestNode.WithFleetAsync();
        node.On("/api/v1/config", "", status: 403);

        var run = await CliRun.Of(node, "servers", "list");

        run.Status.Should().Be(0);
        run.Lines[^1].Should().Be("2 diagnostics: mcpactors config diagnostics");
    }

    [Fact]
    public async Task All_pages_are_one_list()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers?limit=100", $$$"""{"items":[{{{RecordedBodies.Everything}}}],"nextCursor":"a/b +=","count":1,"extra":{"x":1.50}}""")
            .On("/api/v1/servers?limit=100&cursor=a%2Fb%20%2B%3D", $$"""{"items":[{{RecordedBodies.Wedged}}],"nextCursor":null,"count":1}""")
            .On("/api/v1/config", RecordedBodies.EmptyConfig);

        var text = await CliRun.Of(node, "servers", "list");
        var json = await CliRun.Of(node, "servers", "list", "-o", "json");

        text.Lines[^1].Should().Be("Count: 2");
        json.Output.TrimEnd().Should().Be(
            $$$"""{"items":[{{{RecordedBodies.Everything}}},{{{RecordedBodies.Wedged}}}],"nextCursor":null,"count":2,"extra":{"x":1.50}}""");
    }

    [Fact]
    public async Task A_cursor_that_does_not_move_on_is_an_error_not_a_loop()
    {
        await using var node = await TestNode.StartAsync();
        const string Page = """{"items":[],"nextCursor":"same","count":0}""";
        node.On("/api/v1/servers?limit=100", Page).On("/api/v1/servers?limit=100&cursor=same", Page);

        var run = await CliRun.Of(node, "servers", "list");

        run.Status.Should().Be(1);
        run.Error.Should().Contain("without an end");
        node.Asked.Should().HaveCount(2);
    }

    [Theory]
    [InlineData("servers list", "/api/v1/servers?limit=100")]
    [InlineData("servers show everything", "/api/v1/servers/everything")]
    [InlineData("servers health everything", "/api/v1/servers/everything/health")]
    [InlineData("servers metrics everything", "/api/v1/servers/everything/metrics")]
    [InlineData("servers logs everything", "/api/v1/servers/everything/logs?tail=100")]
    [InlineData("servers version everything", "/api/v1/servers/everything/version")]
    [InlineData("servers tools everything", "/api/v1/servers/everything/tools")]
    [InlineData("config show", "/api/v1/config")]
    [InlineData("config diagnostics", "/api/v1/config")]
    [InlineData("cluster show", "/api/v1/cluster")]
    public async Task Output_json_is_the_nodes_own_answer(string line, string target)
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, [.. line.Split(' '), "--output", "json"]);

        run.Should().BeEquivalentTo(new { Status = 0, Error = "", Output = RecordedBodies.ByTarget[target].TrimEnd() + Environment.NewLine });
        node.Asked.Should().Equal(target);
    }

    [Fact]
    public async Task Json_keeps_its_value_but_cannot_steer_a_terminal()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/cluster", "{\"node\":\"a\u202Eb\u009Bc\U000E0041d\u007f\",\n\t\"n\":1e3}");

        var run = await CliRun.Of(node, "cluster", "show", "-o", "json");

        run.Output.Should().Be("""{"node":"a\u202eb\u009bc\udb40\udc41d\u007f",""" + "\n\t\"n\":1e3}" + Environment.NewLine);
        JsonDocument.Parse(run.Output).RootElement.GetProperty("node").GetString().Should().Be("a\u202Eb\u009Bc\U000E0041d\u007f");
    }

    [Fact]
    public async Task Show_tells_state_declaration_and_diagnostics()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "show", "everything");

        run.Lines.Should().Equal(
            "name | everything",
            "state | healthy",
            "cause | Answers.",
            "since | 2026-11-23T02:10:00Z (3m ago)",
            "next action | None.",
            "transport | stdio",
            "node | node-1",
            "pid | 4711",
            "package | @modelcontextprotocol/server-everything@2026.1.14",
            "protocol | 2025-11-25 (era 2025-11-25)",
            "tools | 12",
            "latency | 3.3 ms",
            "restarts | 0",
            "command | npx -y \"server everything\"",
            "environment | API_KEY, MODE",
            "declared | /fleet/.mcp.json:3",
            "depends on | wedged",
            "criticality | high",
            "diagnostic | /fleet/.mcp.json:4:9: warning unpinned_package: The package has no version. Pin it.");
    }

    [Fact]
    public async Task A_name_is_one_segment_of_the_path_whatever_it_holds()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "show", "we ird/näme");

        run.Status.Should().Be(0);
        run.Lines[0].Should().Be("name | we ird/näme");
    }

    [Fact]
    public async Task A_name_like_a_package_is_no_file_of_arguments()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers/%40scope%2Fx", RecordedBodies.Stopped);

        (await CliRun.Of(node, "servers", "show", "@scope/x")).Status.Should().Be(0);
    }

    [Fact]
    public async Task Health_tells_probes_history_and_process()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "health", "everything");

        run.Lines.Should().Equal(
            "name | everything",
            "state | degraded",
            "cause | Slow.",
            "since | 2026-11-23T02:10:00Z (3m ago)",
            "next action | Wait.",
            "era | 2025-11-25",
            "failures in a row | 2",
            "last probe | 2026-11-23T02:12:30Z | alive | 3.3 ms | ping",
            "next probe | 2026-11-23T02:13:42Z (in 42s)",
            "pid | 4711",
            "started | 2026-11-23T00:13:00Z (2h ago)",
            "process state | sleeping",
            "processes | 2",
            "probe | 2026-11-23T02:12:30Z | alive | 3.3 ms | ping",
            "probe | 2026-11-23T02:11:30Z | timeout | - | -",
            "history | 2026-11-23T02:10:00Z | degraded | Slow.");
    }

    [Fact]
    public async Task Metrics_have_a_line_for_each_point_with_units()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "metrics", "everything");

        run.Lines.Should().Equal(
            "2026-11-23T02:11:00Z | up | 13 ms | 45.2 MiB | cpu 1.23 s | 11 threads | 23 files | read 0 B | wrote 2.0 KiB | 1 process | 0 restarts",
            "2026-11-23T02:12:00Z | down | - | - | - | - | - | - | - | - | 1 restart",
            "Count: 2");
    }

    [Theory]
    [InlineData("--from 2h --step 5m", "?from=2026-11-23T00%3A13%3A00Z&step=300")]
    [InlineData("--from 2026-11-23T01:00:00+01:00 --to 30", "?from=2026-11-23T00%3A00%3A00Z&to=2026-11-23T02%3A12%3A30Z")]
    public async Task Metrics_are_asked_for_in_utc_and_seconds(string options, string query)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers/x/metrics" + query, """{"points":[]}""");

        var run = await CliRun.Of(node, ["servers", "metrics", "x", .. options.Split(' ')]);

        run.Should().BeEquivalentTo(new { Status = 0, Output = "Count: 0" + Environment.NewLine });
    }

    [Fact]
    public async Task Logs_are_printed_harmlessly_and_say_what_is_missing()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node, "servers", "logs", "everything");

        run.Lines.Should().Equal(
            "2026-11-23T02:12:00Z | stderr | a || b",
            @"2026-11-23T02:12:01Z | stderr | \u001b[31mred\u001b[0m",
            "Count: 2",
            "3 lines dropped, 1 line on standard output was no message.");
    }

    [Fact]
    public async Task Version_tells_package_protocol_and_surface()
    {
        await using var node = await TestNode.WithFleetAsync();

        (await CliRun.Of(node, "servers", "version", "everything")).Lines.Should().Equal(
            "name | everything",
            "package | @modelcontextprotocol/server-everything@2026.1.14",
            "ecosystem | npm",
            "pinned | yes: exact version in args",
            "declared | /fleet/.mcp.json:3",
            "claims to be | Everything mcp-servers/everything@2.0.0",
            "protocol | 2025-11-25 (era initialize)",
            "surface | ab12",
            "tools | 12",
            "prompts | 4",
            "resources | 7",
            "resource templates | 1",
            "complete | yes",
            "read | 2026-11-23T02:03:00Z (10m ago)");
        (await CliRun.Of(node, "servers", "version", "wedged")).Lines.Should().Equal(
            "name | wedged", "package | -", "claims to be | -", "protocol | -", "surface | -");
    }

    [Fact]
    public async Task Tools_are_one_line_each_however_they_are_described()
    {
        await using var node = await TestNode.WithFleetAsync();

        (await CliRun.Of(node, "servers", "tools", "everything")).Lines.Should().Equal(
            @"echo | read-only, idempotent | Echoes.\nTwice.",
            @"a\|b | - | Only a title",
            "Count: 2");
    }

    [Fact]
    public async Task Diagnostics_are_one_line_each()
    {
        await using var node = await TestNode.WithFleetAsync();

        (await CliRun.Of(node, "config", "diagnostics")).Lines.Should().Equal(
            "warning | duplicate_name | /fleet/.mcp.json:12:5 | wedged | The name 'wedged' stands here twice; this one wins. Rename one of the two.",
            "info | unknown_key | /fleet/.mcp.json:30:7 | - | The key 'colour' is not known. Remove it.",
            "Count: 2");
        (await CliRun.Of(node, "config", "show")).Lines.Should().Equal(
            "file | /fleet/.mcp.json", "file | /fleet/mcpactors.json", "servers | 3", "diagnostics | 2", "2 diagnostics: mcpactors config diagnostics");
    }

    [Fact]
    public async Task The_cluster_shows_its_members()
    {
        await using var node = await TestNode.WithFleetAsync();

        (await CliRun.Of(node, "cluster", "show")).Lines.Should().Equal(
            "node | node-1",
            "address | akka.tcp://mcpactors@127.0.0.1:4053",
            "leader | akka.tcp://mcpactors@127.0.0.1:4053",
            "member | akka.tcp://mcpactors@127.0.0.1:4053 | up | node, web | 1",
            "member | akka.tcp://mcpactors@127.0.0.2:4053 | joining | - | -");
    }

    [Theory]
    [InlineData(true, null, "\u001b[31mwedged\u001b[0m | 3h")]
    [InlineData(true, "", "\u001b[31mwedged\u001b[0m | 3h")]
    [InlineData(true, "1", "| wedged | 3h")]
    [InlineData(false, null, "| wedged | 3h")]
    public async Task Only_states_are_coloured_and_only_on_a_terminal_that_wants_it(bool terminal, string? noColour, string expected)
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(null, CliRun.Surroundings(node.Address, colours: terminal, noColour: noColour), ["servers", "list"]);

        run.Lines[1].Should().StartWith("wedged | ").And.Contain(expected);
    }
}
