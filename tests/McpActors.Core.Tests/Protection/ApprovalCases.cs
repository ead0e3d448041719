using System.Collections.Immutable;
using System.Reflection;
using System.Text;
using FluentAssertions;
using McpActors.Core.Protection;
using Xunit;

namespace McpActors.Core.Tests.Protection;

/// <summary>The W cases of approval, as far as they are decided in Core.</summary>
public sealed class ApprovalCases
{
    private readonly World _world = new();

    [Fact]
    public void W01_Nobody_approves_an_own_request()
    {
        var request = _world.File();

        _world.Approve(request, World.Alice, steppedUp: true).Decision.Refusal.Should().Be(Refusals.OwnRequest);
        _world.Phase(request).Should().Be(AuthorizationPhase.Pending);
        Refusals.OwnRequest.Class.Should().Be(RefusalClass.NotAllowed);
    }

    [Fact]
    public void W01_A_single_operator_approves_an_own_request_after_a_step_up_and_it_is_recorded()
    {
        var world = new World(singleOperator: true);
        var request = world.File();

        world.Approve(request, World.Alice).Decision.Refusal.Should().Be(Refusals.StepUpNeeded);
        var issue = world.Approve(request, World.Alice, steppedUp: true);

        issue.Decision.Events.OfType<AuthorizationEvent.ApprovalGiven>().Single().SelfApproved.Should().BeTrue();
        world.Consume(request, issue.Token!.Text).Accepted.Should().BeTrue();
    }

    [Fact]
    public void W01_A_single_operator_approves_nothing_critical_alone()
    {
        var world = new World(singleOperator: true);
        var request = world.File(World.Draft(Operations.Restore));

        world.Approve(request, World.Alice, steppedUp: true).Decision.Refusal.Should().Be(Refusals.OwnCritical);
        world.Approve(request, World.Bob).Decision.Accepted.Should().BeTrue();
        world.Phase(request).Should().Be(AuthorizationPhase.Pending);
        world.Approve(request, World.Carol);
        world.Phase(request).Should().Be(AuthorizationPhase.Approved);
    }

    [Fact]
    public void W01_An_own_approval_no_longer_counts_when_the_mode_is_over()
    {
        var world = new World(singleOperator: true);
        var request = world.File();
        var token = world.Approve(request, World.Alice, steppedUp: true).Token!.Text;
        world.Must(new AuthorizationCommand.AdoptPolicy(world.State.Policy!, false, null));

        world.Consume(request, token).Refusal.Should().Be(Refusals.ApprovalLost);
    }

    [Fact]
    public void W02_One_human_approves_twice_and_counts_once()
    {
        var request = _world.File(World.Draft(Operations.Restore));
        _world.Approve(request, World.Bob);

        var second = _world.Approve(request, World.Bob).Decision;

        second.Refusal.Should().Be(Refusals.AlreadyApprovedByYou);
        second.Refusal!.Class.Should().Be(RefusalClass.WrongState);
        _world.State.Requests[request.Id].Approvals.Should().ContainSingle();
        _world.Phase(request).Should().Be(AuthorizationPhase.Pending);
    }

    [Fact]
    public void W03_Two_ways_of_signing_in_are_one_human()
    {
        var request = _world.File(World.Draft(Operations.Restore));

        _world.Do(_world.Approval(request, World.Bob, via: "session")).Accepted.Should().BeTrue();
        _world.Do(_world.Approval(request, World.Bob, via: "api_key")).Refusal.Should().Be(Refusals.AlreadyApprovedByYou);
        _world.State.Requests[request.Id].CountingApprovals(_world.Directory, false).Should().Be(1);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void W04_An_approver_who_lost_it_before_the_second_approval_does_not_count(bool disabled)
    {
        var request = _world.File(World.Draft(Operations.Restore));
        _world.Approve(request, World.Bob);
        Lose(World.Bob, disabled);

        var issue = _world.Approve(request, World.Carol);

        issue.Decision.Accepted.Should().BeTrue();
        issue.Token.Should().BeNull();
        _world.Phase(request).Should().Be(AuthorizationPhase.Pending);
        _world.Approve(request, World.Dave).Token.Should().NotBeNull("a second approver who counts completes it");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void W04_An_approver_who_lost_it_after_the_approval_stops_the_execution(bool disabled)
    {
        var request = _world.File(World.Draft(Operations.Restore));
        var token = _world.Approved(request);
        Lose(World.Bob, disabled);

        _world.Consume(request, token).Refusal.Should().Be(Refusals.ApprovalLost);
        _world.Events.Should().NotContain(e => e is AuthorizationEvent.Consumed);
    }

    [Fact]
    public void W05_The_expiry_is_one_exact_instant()
    {
        var inTime = _world.File();
        _world.Now = inTime.ExpiresAt.AddTicks(-1);
        _world.Do(_world.Approval(inTime, World.Bob)).Accepted.Should().BeTrue();

        foreach (var late in new[] { TimeSpan.Zero, TimeSpan.FromMilliseconds(1) })
        {
            var world = new World();
            var request = world.File();
            request.ExpiresAt.Should().Be(request.CreatedAt.AddMinutes(30));
            world.Now = request.ExpiresAt + late;
            var refused = world.Do(world.Approval(request, World.Bob));

            refused.Refusal.Should().Be(Refusals.WasExpired);
            refused.Refusal!.Class.Should().Be(RefusalClass.WrongState);
            refused.Events.Should().Equal(new AuthorizationEvent.Expired(request.Id, world.Now));
        }
    }

    [Fact]
    public void W06_A_request_cannot_be_changed_and_another_one_has_another_digest()
    {
        typeof(AuthorizationRequest).GetProperties().Should().OnlyContain(p => !p.CanWrite);
        var request = _world.File();
        var again = _world.Submission() with { Id = request.Id, Draft = World.Draft(parameters: """{"force":true}""") };

        _world.Do(again).Refusal.Should().Be(Refusals.DuplicateId);
        _world.State.Requests[request.Id].Request.Should().Be(request);
        _world.File(World.Draft(parameters: """{"force":true}""")).Digest.Should().NotBe(request.Digest);
    }

    [Fact]
    public void W07_A_denial_after_the_approval_kills_the_token()
    {
        var request = _world.File();
        var token = _world.Approved(request);

        _world.Deny(request, World.Carol).Accepted.Should().BeTrue();
        _world.Phase(request).Should().Be(AuthorizationPhase.Denied);
        _world.Consume(request, token).Refusal.Should().Be(Refusals.TokenDenied);
    }

    [Fact]
    public void W08_A_denied_request_cannot_be_approved()
    {
        var request = _world.File();
        _world.Deny(request, World.Carol);

        _world.Approve(request, World.Bob).Decision.Refusal.Should().Be(Refusals.WasDenied);
        Refusals.WasDenied.Class.Should().Be(RefusalClass.WrongState);
        _world.Phase(request).Should().Be(AuthorizationPhase.Denied);
    }

    [Fact]
    public void W09_Only_the_requester_cancels_and_the_token_dies()
    {
        var request = _world.File();
        var token = _world.Approved(request);

        _world.Cancel(request, World.Bob).Refusal.Should().Be(Refusals.NotRequester);
        _world.Cancel(request, World.Viewer).Refusal.Should().Be(Refusals.NotYours);
        _world.Cancel(request, World.Alice).Accepted.Should().BeTrue();
        _world.Consume(request, token).Refusal.Should().Be(Refusals.TokenCancelled);
        _world.Deny(request, World.Bob).Refusal.Should().Be(Refusals.WasCancelled);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  \t\r\n ")]
    [InlineData("\u200B\u2060\uFEFF")]
    [InlineData("\u3164\uFFA0")]
    [InlineData("...!?")]
    public void W10_A_reason_that_says_nothing_is_no_reason(string reason)
    {
        _world.Do(_world.Submission(World.Draft(Operations.Update, reason: reason))).Refusal.Should().Be(Refusals.ReasonNeeded);
        var request = _world.File(World.Draft(Operations.Update));
        _world.Do(_world.Approval(request, World.Bob, reason: reason)).Refusal.Should().Be(Refusals.ReasonNeeded);
        Refusals.ReasonNeeded.Class.Should().Be(RefusalClass.Malformed);

        var restart = _world.File(World.Draft(reason: reason));
        _world.Do(_world.Approval(restart, World.Bob, reason: reason)).Accepted.Should().BeTrue("a restart needs none");
    }

    [Fact]
    public void W10_A_reason_has_a_bound_and_is_Unicode()
    {
        _world.Do(_world.Submission(World.Draft(reason: new string('x', Reasons.MaxLength)))).Accepted.Should().BeTrue();
        _world.Do(_world.Submission(World.Draft(reason: new string('x', Reasons.MaxLength + 1)))).Refusal.Should().Be(Refusals.BadReason);
        _world.Do(_world.Submission(World.Draft(reason: "x\uD800"))).Refusal.Should().Be(Refusals.BadReason);
    }

    [Theory]
    [InlineData("Update")]
    [InlineData("UPDATE")]
    [InlineData("update ")]
    [InlineData(" update")]
    [InlineData("update\0")]
    [InlineData("updat\u0435")]
    [InlineData("Health_Check")]
    [InlineData("health_check ")]
    [InlineData("")]
    [InlineData("no_such_thing")]
    public void W11_An_operation_of_no_exact_name_is_a_denied_mutation(string name)
    {
        var refused = _world.Do(_world.Submission(World.Draft(name)));

        refused.Refusal.Should().Be(Refusals.UnknownOperation);
        refused.Refusal!.Class.Should().Be(RefusalClass.Malformed);
        _world.State.Policy!.For(name).Should().Be(new PolicyVerdict.Denied(DenialReason.UnknownOperation));
        Operations.Find(name).Should().BeNull();
    }

    [Fact]
    public void W12_Every_operation_in_code_is_read_only_as_declared_or_has_a_tier_of_the_default_policy()
    {
        string[] reads = ["health_check", "get_status", "list_servers", "get_metrics", "check_version", "get_logs", "list_tools", "get_audit"];
        var names = typeof(Operations).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(f => f is { IsLiteral: true } && f.FieldType == typeof(string)).Select(f => (string)f.GetRawConstantValue()!).ToList();
        var policy = World.Policy(AuthorizationPolicy.DefaultText);

        names.Should().BeEquivalentTo(Operations.All.Select(o => o.Name));
        foreach (var name in names)
        {
            if (reads.Contains(name))
            {
                policy.For(name).Should().BeOfType<PolicyVerdict.Allowed>();
            }
            else
            {
                policy.For(name).Should().BeOfType<PolicyVerdict.NeedsApproval>().Which.Tier.Should().Be(((Operation.Mutation)Operations.Find(name)!).LeastTier);
            }
        }
    }

    [Fact]
    public void W12_A_mutation_that_the_policy_does_not_name_is_denied()
    {
        var world = new World(policy: false);
        world.Must(new AuthorizationCommand.AdoptPolicy(World.Policy("""{"format":"mcpactors-policy/v1","revision":1,"operations":{"restart":"one_approval","stop":"denied"}}"""), false, null));

        foreach (var mutation in Operations.Mutations.Where(m => m.Name != Operations.Restart))
        {
            world.Do(world.Submission(World.Draft(mutation.Name, kind: mutation.TargetKind))).Refusal.Should().Be(Refusals.PolicyDenied);
        }

        world.Do(world.Submission()).Accepted.Should().BeTrue();
    }

    [Fact]
    public void W12_Every_command_that_a_caller_sends_is_refused_to_nobody()
    {
        var request = _world.File();
        var token = _world.Approve(request, World.Bob).Token!;
        var nobody = new PrincipalId("nobody");
        var none = _world.Directory;
        AuthorizationCommand[] ofCallers =
        [
            _world.Submission(by: nobody), _world.Approval(request, nobody), new AuthorizationCommand.Deny(request.Id, nobody, none, "no"),
            new AuthorizationCommand.Cancel(request.Id, nobody, none), new AuthorizationCommand.Seal(request.Id, nobody, none, token),
            new AuthorizationCommand.Consume(request.Id, nobody, none, _world.Verifier.Verify(token.Text, _world.Now), request.Targets),
            new AuthorizationCommand.Reconcile(request.Id, nobody, none, "why"), new AuthorizationCommand.ConfirmClock(nobody, none, "why"),
        ];
        Type[] ofTheShell =
        [
            typeof(AuthorizationCommand.AdoptPolicy), typeof(AuthorizationCommand.Complete), typeof(AuthorizationCommand.Recover), typeof(AuthorizationCommand.Tick),
        ];

        typeof(AuthorizationCommand).GetNestedTypes().Should().BeEquivalentTo(ofCallers.Select(c => c.GetType()).Concat(ofTheShell));
        ofCallers.Should().OnlyContain(c => _world.Do(c, null).Refusal == Refusals.UnknownPrincipal);
    }

    [Fact]
    public void W12_A_read_only_operation_is_not_requested() =>
        _world.Do(_world.Submission(World.Draft(Operations.GetLogs))).Refusal.Should().Be(Refusals.ReadOnlyOperation);

    [Theory]
    [InlineData("risk_level", "\"low\"")]
    [InlineData("riskLevel", "\"low\"")]
    [InlineData("impact", "\"none\"")]
    [InlineData("expires_at", "\"2036-01-01T00:00:00Z\"")]
    [InlineData("id", "\"00000000000000000000000000000000\"")]
    [InlineData("requiredApprovals", "0")]
    [InlineData("Operation", "\"get_logs\"")]
    [InlineData("requester", "\"bob\"")]
    public void W13_A_requester_supplies_nothing_but_the_draft(string member, string value)
    {
        const string Rest = "\"operation\":\"restart\",\"target\":{\"kind\":\"server\",\"id\":\"a\"},\"parameters\":{},\"reason\":\"r\"";

        RequestDraft.TryRead(Encoding.UTF8.GetBytes($"{{{Rest}}}")).Should().Be(World.Draft(reason: "r"));
        RequestDraft.TryRead(Encoding.UTF8.GetBytes($"{{\"{member}\":{value},{Rest}}}")).Should().BeNull();
        typeof(RequestDraft).GetProperties().Where(p => p.Name != "EqualityContract").Select(p => p.Name)
            .Should().BeEquivalentTo("Operation", "Target", "Parameters", "Reason");
    }

    [Fact]
    public void W13_Risk_impact_expiry_and_approvals_are_computed()
    {
        var request = _world.File(World.Draft(Operations.Update, parameters: """{"version":"1.2.4"}"""));
        var risky = _world.Submission(World.Draft(Operations.Update), factors: [new RiskFactor("new_release", RiskLevel.High, "Released two days ago.")]);
        _world.Must(risky);

        request.Risk.Should().Be(RiskLevel.Medium);
        request.Impact.Should().Be("Updates server a.");
        request.RequiredApprovals.Should().Be(1);
        request.ExpiresAt.Should().Be(World.Start.AddMinutes(30));
        _world.State.Requests[risky.Id].Request.Risk.Should().Be(RiskLevel.High);
    }

    [Fact]
    public void W15_The_digest_of_another_request_approves_nothing()
    {
        var request = _world.File();
        var other = _world.File(World.Draft(target: "b"));

        var refused = _world.Do(_world.Approval(request, World.Bob, digest: other.Digest));

        refused.Refusal.Should().Be(Refusals.DigestMismatch);
        refused.Refusal!.Class.Should().Be(RefusalClass.WrongState);
        _world.Do(_world.Approval(request, World.Bob, digest: default(Sha256Hash))).Refusal.Should().Be(Refusals.DigestMismatch);
        refused.Events.Should().BeEmpty();
    }

    [Fact]
    public void W16_Ten_thousand_requests_in_a_minute_leave_ten_open()
    {
        var refusals = new List<Refusal?>();
        for (var i = 0; i < 10_000; i++)
        {
            _world.Now = World.Start.AddMilliseconds(6 * i);
            refusals.Add(_world.Do(_world.Submission(World.Draft(target: "s" + i))).Refusal);
        }

        refusals.Count(r => r is null).Should().Be(10);
        refusals.Skip(10).Should().OnlyContain(r => r == Refusals.TooManyOpenOfRequester);
        Refusals.TooManyOpenOfRequester.Class.Should().Be(RefusalClass.Rate);
        _world.State.Open.Should().HaveCount(10);
        _world.Do(_world.Submission(by: World.Dave)).Accepted.Should().BeTrue("one requester does not lock out another");
    }

    [Fact]
    public void W16_All_requesters_together_have_a_cap_and_filing_and_cancelling_in_turn_too()
    {
        var limits = new AuthorizationLimits { Open = 3, FiledPerRequester = 5 };
        for (var i = 0; i < 5; i++)
        {
            var submission = _world.Submission(World.Draft(target: "s" + i));
            _world.Do(submission, limits).Accepted.Should().BeTrue();
            _world.Cancel(_world.State.Requests[submission.Id].Request, World.Alice);
        }

        _world.Do(_world.Submission(), limits).Refusal.Should().Be(Refusals.TooManyLately);
        _world.Now += limits.Window;
        foreach (var by in new[] { World.Alice, World.Bob, World.Dave })
        {
            _world.Do(_world.Submission(by: by), limits).Accepted.Should().BeTrue();
        }

        _world.Do(_world.Submission(by: World.Robot), limits).Refusal.Should().Be(Refusals.TooManyOpen);
    }

    [Fact]
    public void W17_What_was_denied_cools_down_longer_each_time_and_the_approver_sees_how_often()
    {
        for (var denied = 0; denied < 4; denied++)
        {
            var request = _world.File();
            request.DeniedBefore.Should().Be(denied);
            _world.Deny(request, World.Bob);
            var coolDown = TimeSpan.FromMinutes(5 * (1 << denied));

            _world.Now += coolDown - TimeSpan.FromTicks(10);
            _world.Do(_world.Submission(by: World.Dave)).Refusal.Should().Be(Refusals.CoolingDown, "also for another requester");
            _world.Do(_world.Submission(World.Draft(target: "b"))).Accepted.Should().BeTrue("another thing is not cooled down");
            _world.Now += TimeSpan.FromTicks(10);
        }

        Encoding.UTF8.GetString(_world.File().Canonical.Span).Should().Contain("\"denied_before\":4");
        Refusals.CoolingDown.Class.Should().Be(RefusalClass.Rate);
    }

    [Fact]
    public void W17_Fifty_filings_after_denials_reach_an_approver_a_few_times_only()
    {
        var seen = 0;
        for (var i = 0; i < 50; i++)
        {
            _world.Now += TimeSpan.FromMinutes(1);
            var submission = _world.Submission();
            if (_world.Do(submission).Accepted)
            {
                seen++;
                _world.Deny(_world.State.Requests[submission.Id].Request, World.Bob);
            }
        }

        seen.Should().Be(4, "at minutes 1, 6, 16 and 36");
    }

    [Fact]
    public void W17_The_cool_down_has_a_longest_time_and_denials_are_forgotten()
    {
        AuthorizationLimits.Default.CoolDownAfter(40).Should().Be(TimeSpan.FromHours(8));
        _world.Deny(_world.File(), World.Bob);
        _world.Now += AuthorizationState.DenialMemoryTime;
        _world.File().DeniedBefore.Should().Be(0);
    }

    [Fact]
    public void W18_A_pattern_becomes_an_explicit_list_in_the_digest_and_covers_nothing_new()
    {
        ImmutableArray<TargetState> fleet = [World.Server("web-2"), World.Server("db"), World.Server("web-1")];
        var draft = World.Draft(Operations.CleanUp, "web-*");
        var submission = _world.Submission(draft, targets: draft.Target.Expand(fleet));
        _world.Must(submission);
        var request = _world.State.Requests[submission.Id].Request;
        var text = Encoding.UTF8.GetString(request.Canonical.Span);

        request.Targets.Select(t => t.Target.Id).Should().Equal("web-1", "web-2");
        text.Should().Contain("\"web-1\"").And.Contain("\"web-2\"").And.NotContain("*");
        var token = _world.Approved(request);
        _world.Consume(request, token, current: draft.Target.Expand(fleet.Add(World.Server("web-3")))).Refusal.Should().Be(Refusals.StaleTarget);
        var consumed = _world.Consume(request, token);
        var grant = AuthorizationGrant.For(_world.State, consumed.Events.OfType<AuthorizationEvent.Consumed>().Single())!;
        grant.Covers(Operations.CleanUp, World.Server("web-1").Target, CanonicalObject.Empty).Should().BeTrue();
        grant.Covers(Operations.CleanUp, World.Server("web-3").Target, CanonicalObject.Empty).Should().BeFalse();
    }

    [Fact]
    public void W18_A_target_that_is_not_explicit_or_not_asked_for_is_refused()
    {
        _world.Do(_world.Submission(World.Draft(Operations.Restart, "*"), targets: [World.Server("a")])).Refusal.Should().Be(Refusals.BadTarget, "no batch");
        _world.Do(_world.Submission(World.Draft(Operations.CleanUp, "*"), targets: [World.Server("*")])).Refusal.Should().Be(Refusals.BadTarget);
        _world.Do(_world.Submission(World.Draft(Operations.CleanUp, "*"), targets: [World.Server("a?")])).Refusal.Should().Be(Refusals.BadTarget);
        _world.Do(_world.Submission(World.Draft(Operations.CleanUp, "*"), targets: [])).Refusal.Should().Be(Refusals.NoTarget);
        _world.Do(_world.Submission(World.Draft(Operations.CleanUp, "a*"), targets: [World.Server("b")])).Refusal.Should().Be(Refusals.BadTarget);
        _world.Do(_world.Submission(World.Draft(Operations.CleanUp, "a*"), targets: [World.Server("a"), World.Server("a", instance: "2")])).Refusal.Should().Be(Refusals.BadTarget);
        _world.Do(_world.Submission(World.Draft(), targets: [World.Server("A")])).Refusal.Should().Be(Refusals.BadTarget);
        _world.Do(_world.Submission(World.Draft(kind: TargetKinds.File))).Refusal.Should().Be(Refusals.BadTarget);
    }

    [Theory]
    [InlineData("*", "a", true)]
    [InlineData("a*", "a", true)]
    [InlineData("*b*", "abc", true)]
    [InlineData("a*c*e", "abcde", true)]
    [InlineData("a*c*e", "abcdef", false)]
    [InlineData("*ab", "aab", true)]
    [InlineData("a**", "b", false)]
    [InlineData("A*", "a", false)]
    [InlineData("a", "ab", false)]
    public void W18_A_star_stands_for_any_characters(string pattern, string name, bool fits) =>
        new TargetSelector(TargetKinds.Server, pattern).Matches(World.Server(name).Target).Should().Be(fits);

    [Fact]
    public void W19_A_policy_that_changed_since_refuses_approval_and_execution()
    {
        var approved = _world.File();
        var pending = _world.File(World.Draft(target: "b"));
        var token = _world.Approved(approved);
        _world.Adopt(AuthorizationPolicy.DefaultText.Replace("\"revision\": 1", "\"revision\": 2", StringComparison.Ordinal)
            .Replace("\"restart\": \"one_approval\"", "\"restart\": \"two_humans\"", StringComparison.Ordinal));

        _world.Consume(approved, token).Refusal.Should().Be(Refusals.PolicyChanged);
        _world.Approve(pending, World.Bob).Decision.Refusal.Should().Be(Refusals.PolicyChanged);
        _world.File().RequiredApprovals.Should().Be(2);
        _world.Events.OfType<AuthorizationEvent.Consumed>().Should().NotContain(e => e.Id == approved.Id);
    }

    [Fact]
    public void W21_A_service_account_requests_but_does_not_approve_or_deny()
    {
        var request = _world.File(by: World.Robot);
        var other = _world.File(World.Draft(target: "b"));

        _world.Approve(other, World.Robot).Decision.Refusal.Should().Be(Refusals.NotHuman);
        _world.Deny(other, World.Robot).Refusal.Should().Be(Refusals.NotHuman);
        _world.Approve(other, World.Viewer).Decision.Refusal.Should().Be(Refusals.MissingRole);
        _world.Do(_world.Submission(by: World.Viewer)).Refusal.Should().Be(Refusals.MissingRole);
        _world.Do(_world.Submission(by: World.Carol)).Refusal.Should().Be(Refusals.MissingRole, "an approver is not an operator");
        _world.Consume(request, _world.Approved(request)).Accepted.Should().BeTrue();
    }

    [Fact]
    public void W22_A_request_survives_a_replay_of_the_journal_with_the_same_expiry()
    {
        var request = _world.File(World.Draft(Operations.Restore));
        _world.Approve(request, World.Bob);
        var stored = AuthorizationRequest.FromCanonical(request.Canonical);
        var state = _world.Replayed();

        stored.Should().Be(request);
        stored.Digest.Should().Be(request.Digest);
        stored.ExpiresAt.Should().Be(request.ExpiresAt);
        state.Requests[request.Id].Should().BeEquivalentTo(_world.State.Requests[request.Id]);
        state.NextExpiry.Should().Be(request.ExpiresAt);
        AuthorizationDecider.Decide(state, new AuthorizationCommand.Tick(), request.ExpiresAt).Events
            .Should().Equal(new AuthorizationEvent.Expired(request.Id, request.ExpiresAt));
    }

    private void Lose(PrincipalId who, bool disabled) =>
        _world.Change(who, p => disabled ? p with { Enabled = false } : p with { Roles = PrincipalRoles.Operator | PrincipalRoles.Admin });
}
