using FluentAssertions;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class PromptTests
{
    [Fact]
    public async Task Without_a_terminal_each_line_is_a_verb_and_no_prompt_is_printed()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node.Address, null, ["servers"], "# the fleet\n\nservers list\nshow \"we ird/näme\"\nexit\nlist\n");

        run.Should().BeEquivalentTo(new { Status = 0, Error = "" });
        run.Lines[0].Should().StartWith("everything | healthy");
        run.Lines[5].Should().Be("name | we ird/näme");
        node.Asked.Count(target => target.StartsWith("/api/v1/servers?", StringComparison.Ordinal)).Should().Be(1);
    }

    [Fact]
    public async Task A_line_that_fails_does_not_end_a_script_but_is_its_status()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of(node.Address, null, ["cluster"], "show\nshwo\nshow --node http://127.0.0.1:1\nshow");

        run.Status.Should().Be(2);
        run.Lines.Count(line => line == "node | node-1").Should().Be(2);
        run.Error.Should().Contain("Did you mean 'show'?").And.Contain("No node answers at http://127.0.0.1:1.");
    }

    [Fact]
    public async Task Options_of_the_prompt_hold_for_its_lines()
    {
        await using var node = await TestNode.WithFleetAsync();

        var run = await CliRun.Of("http://127.0.0.1:1", null, ["cluster", "--node", node.Address, "-o", "json"], "show\nshow -o text\n");

        run.Status.Should().Be(0);
        run.Lines[0].Should().StartWith("""{"node":"node-1",""");
        run.Lines[1].Should().Be("node | node-1");
    }

    [Theory]
    [InlineData("help", "Commands:")]
    [InlineData("help logs", "--tail <N>")]
    [InlineData("logs --help", "--tail <N>")]
    public async Task Help_works_in_the_prompt(string line, string expected)
    {
        var run = await CliRun.Of("http://127.0.0.1:1", null, ["servers"], line);

        run.Status.Should().Be(0);
        run.Output.Should().Contain(expected);
    }

    [Fact]
    public async Task A_line_without_a_verb_opens_no_second_prompt()
    {
        var run = await CliRun.Of("http://127.0.0.1:1", null, ["servers"], "-o json\n");

        run.Should().BeEquivalentTo(new { Status = 2, Error = "Name a verb first; help shows them." + Environment.NewLine });
    }

    [Fact]
    public async Task On_a_terminal_names_are_completed_from_the_node_and_lines_recalled()
    {
        await using var node = await TestNode.WithFleetAsync();
        var terminal = new ScriptedTerminal("sho<Tab>ev<Tab><Enter><Up><Home><Tab><End><C-u>ver<Tab>wed<Tab><Enter><C-d>");

        var run = await CliRun.Of(null, CliRun.Surroundings(node.Address, terminal), ["servers"]);

        run.Should().BeEquivalentTo(new { Status = 0, Error = "" });
        run.Lines[0].Should().Be("Verbs: list, show, health, metrics, logs, version, tools, watch. Tab completes, help explains, exit leaves.");
        run.Lines.Should().Contain("command | npx -y \"server everything\"").And.Contain("claims to be | -");
        terminal.Written.Should().Contain("\rservers> show everything \u001b[K").And.Contain("\rservers> version wedged \u001b[K");
        terminal.Taken.Should().Be(0);
    }

    [Fact]
    public async Task Several_completions_are_listed()
    {
        await using var node = await TestNode.WithFleetAsync();
        var terminal = new ScriptedTerminal("show w<Tab><Tab>", width: 30);

        await CliRun.Of(null, CliRun.Surroundings(node.Address, terminal), ["servers"]);

        terminal.Written.Should().Contain("\r\nwe ird/näme  wedged       \r\n");
    }

    [Fact]
    public async Task Completion_is_silent_where_no_node_answers()
    {
        var terminal = new ScriptedTerminal("show <Tab>x<Enter><C-c><C-d>");

        var run = await CliRun.Of(null, CliRun.Surroundings("http://127.0.0.1:1", terminal), ["servers"]);

        run.Status.Should().Be(0, "a person saw what failed");
        run.Error.Trim().Should().StartWith("No node answers").And.NotContain("\n");
        terminal.Written.Should().Contain("^C\r\n");
    }

    [Theory]
    [InlineData("mcpactors ", "cluster,completion,config,servers")]
    [InlineData("mcpactors c", "cluster,completion,config")]
    [InlineData("mcpactors completion ", "bash,zsh")]
    [InlineData("mcpactors servers l", "list,logs")]
    [InlineData("mcpactors servers logs --", "--follow,--help,--node,--output,--tail,--timeout")]
    [InlineData("mcpactors servers logs --f", "--follow")]
    [InlineData("mcpactors servers logs -f e", "everything")]
    [InlineData("mcpactors servers logs --tail 5 e", "everything")]
    [InlineData("mcpactors servers logs --tail ", "")]
    [InlineData("mcpactors -o ", "json,text")]
    [InlineData("mcpactors -o json servers sh", "show")]
    [InlineData("mcpactors servers show ", "everything,wedged")]
    [InlineData("mcpactors servers show everything ", "")]
    [InlineData("mcpactors nonsense ", "")]
    [InlineData("mcpactors servers nonsense ", "")]
    [InlineData("mcpactors --node", "--node")]
    public async Task A_shell_gets_completions_and_only_harmless_ones(string line, string expected)
    {
        await using var node = await TestNode.StartAsync();
        node.On("/api/v1/servers?limit=100", RecordedBodies.List(
            RecordedBodies.Everything, RecordedBodies.Wedged, RecordedBodies.Stopped, """{"name":"$(touch x)"}""", """{"name":"e;x"}""", """{"name":"e`x"}"""));

        var run = await CliRun.Of(node, $"[suggest:{line.Length}]", line + "");

        run.Should().BeEquivalentTo(new { Status = 0, Error = "" });
        string.Join(',', run.Output.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries)).Should().Be(expected);
    }

    [Fact]
    public async Task A_shell_completes_at_its_cursor()
    {
        var run = await CliRun.Of(null, null, ["[suggest:18]", "mcpactors servers everything"]);

        run.Lines.Should().Equal("health", "list", "logs", "metrics", "show", "tools", "version", "watch");
    }

    [Theory]
    [InlineData("bash", "complete -o nosort -F _mcpactors mcpactors")]
    [InlineData("zsh", "compdef _mcpactors mcpactors")]
    public async Task A_completion_script_is_printed(string shell, string expected)
    {
        var run = await CliRun.Of(null, null, ["completion", shell]);

        run.Status.Should().Be(0);
        run.Output.Should().Contain(expected).And.Contain("[suggest:");
    }
}
