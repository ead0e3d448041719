using FluentAssertions;
using McpActors.Core.Monitoring;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Servers;

public class FitnessDeciderTests
{
    private static readonly ServerDefinition s_local = new()
    {
        Name = "a",
        Transport = ServerTransport.Stdio,
        Process = new ProcessDefinition("node", ["x.js"], new Dictionary<string, string> { ["TOKEN"] = "sesame-open" }, "/"),
        Source = new SourcePosition("/f/.mcp.json", 3, 5),
        Secrets = ["sesame-open"],
    };

    [Fact]
    public void A_server_that_is_declared_here_as_in_the_fleet_may_start() =>
        FitnessDecider.Unfit(DeclaredServer.From(s_local), s_local).Should().BeNull();

    [Fact]
    public void Another_value_of_a_secret_is_no_other_declaration()
    {
        var other = s_local with
        {
            Process = s_local.Process! with { Env = new Dictionary<string, string> { ["TOKEN"] = "another-one" } },
            Secrets = ["another-one"],
        };

        FitnessDecider.Unfit(DeclaredServer.From(s_local), other).Should().BeNull();
    }

    [Fact]
    public void Another_command_under_the_same_name_is_not_started()
    {
        var other = s_local with { Process = s_local.Process! with { Command = "python" } };

        Codes(FitnessDecider.Unfit(DeclaredServer.From(s_local), other)).Should().Equal(DiagnosticCodes.DeclaredOtherwise);
    }

    [Fact]
    public void A_server_that_only_other_nodes_declare_is_not_started() =>
        Codes(FitnessDecider.Unfit(DeclaredServer.From(s_local), null)).Should().Equal(DiagnosticCodes.NotDeclaredHere);

    [Fact]
    public void A_disabled_server_is_wanted_stopped()
    {
        var disabled = s_local with { Disabled = true };

        FitnessDecider.Unfit(DeclaredServer.From(disabled), disabled).Should().BeOfType<HealthInput.WantedStopped>();
    }

    [Fact]
    public void Faults_of_the_declaration_keep_it_from_starting()
    {
        var fault = new Diagnostic("unset_variable", DiagnosticSeverity.Error, s_local.Source, "a", "m", "f");
        var faulty = s_local with { Faults = [fault] };

        Codes(FitnessDecider.Unfit(DeclaredServer.From(faulty), faulty)).Should().Equal("unset_variable");
    }

    private static IEnumerable<string> Codes(HealthInput? input) =>
        input.Should().BeOfType<HealthInput.Blocked>().Subject.Faults.Select(f => f.Code);
}
