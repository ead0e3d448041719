using System.Text;
using FluentAssertions;
using McpActors.Core.Protection;
using McpActors.Core.Servers;
using Xunit;

namespace McpActors.Core.Tests.Protection;

public sealed class PolicySpec
{
    [Fact]
    public void The_default_policy_names_every_mutation_at_its_least_tier()
    {
        var reading = Read(AuthorizationPolicy.DefaultText);

        reading.Diagnostics.Should().BeEmpty();
        reading.Policy!.Revision.Number.Should().Be(1);
        Operations.Mutations.Should().OnlyContain(m => Equals(reading.Policy.For(m.Name), new PolicyVerdict.NeedsApproval(m.LeastTier)));
    }

    [Theory]
    [InlineData("restart", ApprovalTier.OneApproval)]
    [InlineData("start", ApprovalTier.OneApproval)]
    [InlineData("cleanup", ApprovalTier.OneApproval)]
    [InlineData("update", ApprovalTier.OneApprovalWithReason)]
    [InlineData("configure", ApprovalTier.OneApprovalWithReason)]
    [InlineData("stop", ApprovalTier.OneApprovalWithReason)]
    [InlineData("adopt_change", ApprovalTier.OneApprovalWithReason)]
    [InlineData("pin_tools", ApprovalTier.OneApprovalWithReason)]
    [InlineData("restore", ApprovalTier.TwoHumans)]
    [InlineData("stop_all", ApprovalTier.TwoHumans)]
    [InlineData("change_policy", ApprovalTier.TwoHumans)]
    [InlineData("rotate_key", ApprovalTier.TwoHumans)]
    [InlineData("set_baseline", ApprovalTier.TwoHumans)]
    [InlineData("change_principal", ApprovalTier.TwoHumans)]
    public void Each_mutation_has_its_tier(string operation, ApprovalTier tier) =>
        Read(AuthorizationPolicy.DefaultText).Policy!.For(operation).Should().Be(new PolicyVerdict.NeedsApproval(tier));

    [Fact]
    public void A_policy_raises_and_denies_and_what_it_leaves_out_is_denied_with_a_warning()
    {
        var reading = Read("""{"format":"mcpactors-policy/v1","revision":7,"operations":{"restart":"two_humans","stop":"denied"}}""");

        reading.Policy!.For("restart").Should().Be(new PolicyVerdict.NeedsApproval(ApprovalTier.TwoHumans));
        reading.Policy.For("stop").Should().Be(new PolicyVerdict.Denied(DenialReason.ByPolicy));
        reading.Policy.For("update").Should().Be(new PolicyVerdict.Denied(DenialReason.NotInPolicy));
        reading.Policy.For("get_logs").Should().BeOfType<PolicyVerdict.Allowed>();
        reading.Policy.For(null).Should().Be(new PolicyVerdict.Denied(DenialReason.UnknownOperation));
        reading.Diagnostics.Should().HaveCount(Operations.Mutations.Count() - 2)
            .And.OnlyContain(d => d.Code == PolicyDiagnosticCodes.NotNamed && d.Severity == DiagnosticSeverity.Warning);
    }

    [Theory]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"update":"one_approval"}}""", PolicyDiagnosticCodes.TierTooLow)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"restart":"allowed"}}""", PolicyDiagnosticCodes.UnknownTier)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"restart":"One_Approval"}}""", PolicyDiagnosticCodes.UnknownTier)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"restart":1}}""", PolicyDiagnosticCodes.UnknownTier)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"Restart":"one_approval"}}""", PolicyDiagnosticCodes.UnknownOperation)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"*":"one_approval"}}""", PolicyDiagnosticCodes.UnknownOperation)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"get_logs":"one_approval"}}""", PolicyDiagnosticCodes.ReadOnlyOperation)]
    [InlineData("""{"format":"mcpactors-policy/v2","revision":1,"operations":{}}""", PolicyDiagnosticCodes.WrongFormat)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":0,"operations":{}}""", PolicyDiagnosticCodes.WrongRevision)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1.0,"operations":{}}""", PolicyDiagnosticCodes.WrongRevision)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":"1","operations":{}}""", PolicyDiagnosticCodes.WrongRevision)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1000000000,"operations":{}}""", PolicyDiagnosticCodes.WrongRevision)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":[]}""", PolicyDiagnosticCodes.WrongShape)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1}""", PolicyDiagnosticCodes.WrongShape)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{},"default":"allow"}""", PolicyDiagnosticCodes.WrongShape)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"restart":"denied","restart":"one_approval"}}""", PolicyDiagnosticCodes.InvalidJson)]
    [InlineData("""{"format":"mcpactors-policy/v1","revision":1,"operations":{},}""", PolicyDiagnosticCodes.InvalidJson)]
    [InlineData("", PolicyDiagnosticCodes.InvalidJson)]
    public void A_faulty_policy_is_no_policy(string text, string code)
    {
        var reading = Read(text);

        reading.Policy.Should().BeNull();
        reading.Diagnostics.Should().Contain(d => d.Code == code && d.Severity == DiagnosticSeverity.Error);
    }

    [Fact]
    public void A_diagnostic_names_the_place_and_shows_no_control_characters()
    {
        var diagnostic = Read("{\n  \"format\": \"mcpactors-policy/v1\", \"revision\": 1,\n  \"operations\": {\n    \"re\\u001bstart\": \"denied\" } }").Diagnostics.Single();

        diagnostic.ToString().Should().Be("policy.json:4:5: error policy_unknown_operation: There is no operation 're?start'. Check the spelling; case and blanks count.");
    }

    [Fact]
    public void White_space_makes_no_other_revision_and_content_does()
    {
        var policy = Read(AuthorizationPolicy.DefaultText).Policy!;
        var again = AuthorizationPolicy.Read("journal", policy.Canonical).Policy!;

        again.Revision.Should().Be(policy.Revision);
        again.Canonical.ToArray().Should().Equal(policy.Canonical.ToArray());
        Read(AuthorizationPolicy.DefaultText.Replace("\"stop\": \"one_approval_with_reason\"", "\"stop\": \"denied\"", StringComparison.Ordinal))
            .Policy!.Revision.Should().Match<PolicyRevision>(r => r.Number == 1 && r.Hash != policy.Revision.Hash);
    }

    private static PolicyReading Read(string text) => AuthorizationPolicy.Read("policy.json", Encoding.UTF8.GetBytes(text));
}
