using FluentAssertions;
using Xunit;

namespace McpActors.Host.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("foo", "There is no palette 'foo'. See mcpactors --help.")]
    [InlineData("server list", "There is no palette 'server'. Did you mean 'servers'? See mcpactors --help.")]
    [InlineData("servers lst", "There is no verb 'lst'. Did you mean 'list'? See mcpactors servers --help.")]
    [InlineData("servers list --nod x", "There is no option '--nod'. Did you mean '--node'? See mcpactors servers list --help.")]
    [InlineData("servers show a b", "'b' is one argument too many. See mcpactors servers show --help.")]
    [InlineData("servers show", "Required argument 'NAME' missing for command: 'show'.")]
    [InlineData("servers show ..", "'..' cannot be the name of a server.")]
    [InlineData("servers list -o yaml", "Must be one of: 'text' 'json'")]
    [InlineData("servers logs a --tail 0", "--tail takes a whole number from 1 to 10000, not '0'.")]
    [InlineData("servers logs a --tail x", "--tail takes a whole number from 1 to 10000, not 'x'.")]
    [InlineData("servers metrics a --step 0", "--step takes a time such as 500ms, 30s, 5m or 2h (from 1s to 1d), not '0'.")]
    [InlineData("servers metrics a --from yesterday", "--from takes a time such as")]
    [InlineData("servers list --timeout 1h", "--timeout takes a time such as 500ms, 30s, 5m or 2h (from 100ms to 10m), not '1h'.")]
    [InlineData("servers list --node ftp://x", "--node must be an http or https address such as http://127.0.0.1:7710.")]
    [InlineData("servers list --node nonsense", "--node must be an http or https address")]
    [InlineData("servers list --node http://h/?q=1", "--node must end with the host, port or path prefix")]
    [InlineData("completion fish", "Must be one of: 'bash' 'zsh'")]
    [InlineData("-o json", "Name a palette: servers, config, cluster, completion.")]
    public async Task A_command_line_that_makes_no_sense_is_status_2_with_the_next_step(string line, string expected)
    {
        var run = await CliRun.Of("http://127.0.0.1:1", null, line.Split(' '));

        run.Should().BeEquivalentTo(new { Status = 2, Output = "" });
        run.Error.Should().Contain(expected);
    }

    [Fact]
    public async Task A_password_in_the_address_is_refused_and_not_repeated()
    {
        var run = await CliRun.Of(null, null, ["servers", "list", "--node", "http://me:hunter2@127.0.0.1:1"]);

        run.Status.Should().Be(2);
        run.Error.Should().NotContain("hunter2").And.Contain("--node must not hold a user name or password");
    }

    [Fact]
    public async Task A_bad_environment_variable_is_named()
    {
        var run = await CliRun.Of("localhost:7710", null, ["servers", "list"]);

        run.Status.Should().Be(2);
        run.Error.Should().StartWith("The environment variable MCPACTORS_NODE must be an http or https address");
    }

    [Fact]
    public async Task An_option_goes_before_the_environment_variable_and_may_have_a_path()
    {
        await using var node = await TestNode.StartAsync();
        node.On("/behind/proxy/api/v1/cluster", "{}");

        var run = await CliRun.Of("http://127.0.0.1:1", null, ["--node", node.Address + "/behind/proxy/", "cluster", "show"]);

        run.Status.Should().Be(0);
    }

    [Theory]
    [InlineData("", "Examples:", "mcpactors servers list")]
    [InlineData("--help", "Examples:", "mcpactors config diagnostics")]
    [InlineData("servers --help", "health <NAME>", "mcpactors servers list")]
    [InlineData("servers list --help", "Prints:", "name | state | since | pid")]
    [InlineData("servers show -h", "Arguments:", "mcpactors servers show everything -o json")]
    [InlineData("config diagnostics --help", "severity | code", "mcpactors config diagnostics")]
    [InlineData("cluster --help", "show", "mcpactors cluster show")]
    [InlineData("completion --help", "bash or zsh", "mcpactors completion bash")]
    public async Task Help_teaches_at_every_level(string line, string first, string second)
    {
        var run = await CliRun.Of(null, null, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        run.Should().BeEquivalentTo(new { Status = 0, Error = "" });
        run.Output.Should().Contain(first).And.Contain(second);
    }

    [Fact]
    public async Task Every_example_of_help_can_be_parsed()
    {
        var examples = new List<string>();
        foreach (var palette in McpActors.Cli.Commands.Palette.All())
        {
            palette.Verbs.Should().OnlyContain(verb => verb.Examples.Count > 0 && verb.Prints != null);
            examples.AddRange(palette.Verbs.SelectMany(verb => verb.Examples));
        }

        foreach (var example in examples)
        {
            // Nobody listens there: a line that is understood ends with 3, one that is not with 2.
            var run = await CliRun.Of("http://127.0.0.1:1", null, example.Split(' '));
            run.Status.Should().Be(3, "of {0}: {1}", example, run.Error);
        }
    }

    [Fact]
    public async Task The_version_is_that_of_this_program()
    {
        var run = await CliRun.Of(null, null, ["--version"]);

        run.Status.Should().Be(0);
        run.Output.Should().MatchRegex(@"^mcpactors \d+\.\d+\.\d+");
    }
}
