using FluentAssertions;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public sealed class VariableExpanderSpec
{
    private static readonly VariableScope Scope = new()
    {
        Environment = new Dictionary<string, string>
        {
            ["TOKEN"] = "abc${HOME}",
            ["HOME"] = "/home/someone",
            ["EMPTY"] = "",
            ["MCPACTORS_INPUT_API_KEY_2"] = "typed",
        },
        WorkspaceFolder = "/srv/fleet",
        UserHome = "/home/someone",
        Inputs = new Dictionary<string, string?> { ["api-key.2"] = "fallback", ["region"] = "eu", ["bare"] = null },
    };

    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("${HOME}/x", "/home/someone/x")]
    [InlineData("${env:HOME}/x", "/home/someone/x")]
    [InlineData("${UNSET:-d}", "d")]
    [InlineData("${UNSET:-}", "")]
    [InlineData("${UNSET:-a:-b}", "a:-b")]
    [InlineData("${UNSET:-${HOME}/y}", "/home/someone/y")]
    [InlineData("${EMPTY:-d}", "")]
    [InlineData("${HOME:-${UNSET}}", "/home/someone")]
    [InlineData("${workspaceFolder}${pathSeparator}a${/}b", "/srv/fleet/a/b")]
    [InlineData("${workspaceFolderBasename}", "fleet")]
    [InlineData("${userHome}", "/home/someone")]
    [InlineData("${input:api-key.2}", "typed")]
    [InlineData("${input:region}", "eu")]
    [InlineData("$HOME ${ ${1} ${x%y} ${}", "$HOME ${ ${1} ${x%y} ${}")]
    [InlineData("open ${HOME", "open ${HOME")]
    public void References_are_replaced_and_everything_else_stays(string text, string expanded)
    {
        var expansion = VariableExpander.Expand(text, Scope);

        expansion.Text.Should().Be(expanded);
        expansion.Missing.Should().BeEmpty();
    }

    [Fact]
    public void The_value_of_a_variable_is_not_expanded_again_and_is_reported()
    {
        var expansion = VariableExpander.Expand("Bearer ${TOKEN}", Scope);

        expansion.Text.Should().Be("Bearer abc${HOME}");
        expansion.Values.Should().ContainSingle().Which.Should().Be(KeyValuePair.Create("TOKEN", "abc${HOME}"));
        expansion.ToString().Should().NotContain("abc");
    }

    [Theory]
    [InlineData("${UNSET} ${env:UNSET}", "UNSET", MissingKind.Variable)]
    [InlineData("${UNSET:-${OTHER}}", "OTHER", MissingKind.Variable)]
    [InlineData("${input:bare}", "MCPACTORS_INPUT_BARE", MissingKind.Input)]
    [InlineData("${input:no such}", "MCPACTORS_INPUT_NO_SUCH", MissingKind.Input)]
    [InlineData("${command:pick}", "command", MissingKind.Unsupported)]
    public void What_cannot_be_replaced_is_named_once(string text, string name, MissingKind kind)
    {
        VariableExpander.Expand(text, Scope).Missing.Should().Equal(new MissingVariable(name, kind));
    }

    [Fact]
    public void Defaults_nested_without_end_do_not_exhaust_the_stack()
    {
        var text = string.Concat(Enumerable.Repeat("${U:-", 20_000)) + new string('}', 20_000);

        VariableExpander.Expand(text, Scope).Missing.Should().BeEmpty();
    }
}
